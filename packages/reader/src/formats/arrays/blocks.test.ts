import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { IndexRange } from '../../dataset.ts'
import { blocksOf, checkRanges, elementsOf, stepsOf, touchedUnits } from './blocks.ts'

const range: fc.Arbitrary<IndexRange> = fc
  .tuple(fc.nat(40), fc.nat(40), fc.integer({ min: 1, max: 12 }))
  .map(([a, b, step]) => ({ start: Math.min(a, b), end: Math.max(a, b), step }))

const selection = fc
  .array(fc.tuple(range, fc.integer({ min: 1, max: 15 })), { maxLength: 3 })
  .map(axes => ({ ranges: axes.map(([own]) => own), units: axes.map(([, unit]) => unit) }))

const indicesOf = ({ start, step, ...rest }: IndexRange) =>
  Array.from({ length: stepsOf({ start, step, ...rest }) }, (_, at) => start + at * step)

/** All combinations, the last axis fastest. */
function combined(axes: readonly (readonly number[])[]): number[][] {
  return axes.reduce<number[][]>((found, axis) => found.flatMap(head => axis.map(at => [...head, at])), [[]])
}

describe('blocks of a selection', () => {
  it('hold each selected index once, where they say', () => {
    fc.assert(
      fc.property(selection, fc.integer({ min: 1, max: 500 }), ({ ranges, units }, budget) => {
        const expected = ranges.map(indicesOf)
        const seen = new Map<string, string>()
        for (const block of blocksOf(ranges, units, budget)) {
          expect(block.ranges.map(stepsOf)).toEqual(block.shape)
          const places = combined(
            block.shape.map((length, axis) => Array.from({ length }, (_, at) => block.start[axis]! + at)),
          )
          const indices = combined(block.ranges.map(indicesOf))
          places.forEach((place, at) => {
            expect(seen.has(String(place))).toBe(false)
            seen.set(String(place), String(indices[at]))
          })
        }
        if (elementsOf(ranges) === 0) expect(seen.size).toBe(0)
        else
          for (const place of combined(expected.map(axis => axis.map((_, at) => at))))
            expect(seen.get(String(place))).toBe(String(place.map((at, axis) => expected[axis]![at])))
      }),
      { numRuns: 60 },
    )
  })

  it('come in C order, cut no unit that fits, and have more than the budget only where one unit has', () => {
    fc.assert(
      fc.property(selection, fc.integer({ min: 1, max: 500 }), ({ ranges, units }, budget) => {
        let before: readonly number[] | undefined
        for (const { start, shape, ranges: own } of blocksOf(ranges, units, budget)) {
          if (before !== undefined) {
            const axis = start.findIndex((at, other) => at !== before![other])
            expect(start[axis]).toBeGreaterThan(before[axis]!)
          }
          before = start
          const elements = shape.reduce((product, length) => product * length, 1)
          if (elements > budget) expect(touchedUnits(own, units)).toBe(1)
        }
        const blocks = [...blocksOf(ranges, units, budget)]
        const pieces = blocks.reduce((sum, { ranges: own }) => sum + touchedUnits(own, units), 0)
        expect(pieces).toBe(elementsOf(ranges) === 0 ? 0 : touchedUnits(ranges, units))
      }),
      { numRuns: 200 },
    )
  })
})

describe('touched units', () => {
  it('are as many as hold a selected index', () => {
    fc.assert(
      fc.property(selection, ({ ranges, units }) => {
        const counted = ranges.map(
          (own, axis) => new Set(indicesOf(own).map(at => Math.floor(at / units[axis]!))).size,
        )
        expect(touchedUnits(ranges, units)).toBe(counted.reduce((product, count) => product * count, 1))
      }),
    )
  })

  it('of thousands of millions are arithmetic', () => {
    const whole = { start: 0, end: 2 ** 40, step: 1 }
    expect(touchedUnits([whole, { ...whole, step: 1024 }], [16, 1])).toBe(2 ** 36 * 2 ** 30)
  })
})

it('ranges that are none of an array are named', () => {
  const whole = { start: 0, end: 4, step: 1 }
  expect(() => checkRanges('v', [4], [whole])).not.toThrow()
  for (const bad of [
    { ...whole, end: 5 },
    { ...whole, start: -1 },
    { ...whole, step: 0 },
    { ...whole, start: 3, end: 2 },
    { ...whole, end: 1.5 },
    { ...whole, end: Number.NaN },
  ])
    expect(() => checkRanges('v', [4], [bad])).toThrow(
      expect.objectContaining({ code: 'InvalidSelection', details: { variable: 'v', axis: 0 } }),
    )
  expect(() => checkRanges('v', [4], [])).toThrow(expect.objectContaining({ code: 'InvalidSelection' }))
})
