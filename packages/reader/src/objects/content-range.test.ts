import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answers, parseContentRange, rangeHeader } from './content-range.ts'

const size = fc.integer({ min: 1, max: 1000 })

describe('Content-Range', () => {
  it('of an honest server answers what was asked for', () => {
    fc.assert(
      fc.property(size, fc.nat(1000), fc.integer({ min: 1, max: 1000 }), (size, start, length) => {
        fc.pre(start < size)
        const end = Math.min(size, start + length)
        const range = parseContentRange(`bytes ${start}-${end - 1}/${size}`)!
        expect(range).toEqual({ start, end, size })
        expect(answers({ start, end: start + length }, range)).toBe(true)
        expect(answers({ start, end: undefined }, range)).toBe(end === size)
        const suffix = { start: -length, end: undefined }
        expect(answers(suffix, range)).toBe(end === size && start === Math.max(0, size - length))
      }),
    )
  })

  it('with any other start or a range that is too long does not', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), fc.integer({ min: 1, max: 100 }), (asked, start, length) => {
        const range = { start, end: start + length, size: 1000 }
        const answered = answers({ start: asked, end: asked + 10 }, range)
        expect(answered).toBe(asked === start && length === 10)
      }),
    )
  })

  it.each(['bytes 5-4/10', 'bytes 0-10/10', 'bytes 0-9', 'bytes -5/10', 'bytes */10', 'bytes 0-9/1e3', ''])(
    '%s is none',
    header => expect(parseContentRange(header)).toBeUndefined(),
  )
})

it('ranges are asked for by first and last byte', () => {
  expect(rangeHeader({ start: 0, end: 10 })).toBe('bytes=0-9')
  expect(rangeHeader({ start: 5, end: undefined })).toBe('bytes=5-')
  expect(rangeHeader({ start: -7, end: undefined })).toBe('bytes=-7')
})
