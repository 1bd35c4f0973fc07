import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatTid, isTid, tidMicroseconds } from './tid.ts'

const times = fc.integer({ min: 0, max: 2 ** 53 - 1 })
const clocks = fc.integer({ min: 0, max: 1023 })

describe('a TID', () => {
  it('law: holds its time, and sorts as times do', () => {
    fc.assert(
      fc.property(times, clocks, times, clocks, (a, clockOfA, b, clockOfB) => {
        const [first, second] = [formatTid(a, clockOfA), formatTid(b, clockOfB)]
        expect(isTid(first)).toBe(true)
        expect(tidMicroseconds(first)).toBe(a)
        if (a !== b) expect(first < second).toBe(a < b)
        else if (clockOfA !== clockOfB) expect(first < second).toBe(clockOfA < clockOfB)
      }),
    )
  })

  it('is the one of the specification', () => {
    expect(tidMicroseconds('3jzfcijpj2z2a')).toBe(1_688_137_381_887_007)
  })

  // https://atproto.com/specs/tid
  it.each([
    '3jzfcijpj2z21',
    '0000000000000',
    '3JZFCIJPJ2Z2A',
    '3jzfcijpj2z2aa',
    '3jzfcijpj2z2',
    '',
    'kjzfcijpj2z2a',
  ])("is not '%s'", text => {
    expect(isTid(text)).toBe(false)
  })

  it('has nothing after it', () => {
    expect(isTid('3jzfcijpj2z2a\n')).toBe(false)
    expect(isTid('3jzfcijpj2z2\n')).toBe(false)
  })
})
