import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { publisherHandle } from './accounts.ts'

describe('publisherHandle', () => {
  it.each([
    ['NASA', 'nasa'],
    ['National Aeronautics and Space Administration', 'nasa'],
    ['National Oceanic and Atmospheric Administration (NOAA)', 'noaa'],
    ['Met Office', 'met-office'],
    ['Allen Institute for Brain Science', 'aibs'],
    ['Université Laval', 'universite-laval'],
    ['GBIF.org', 'gbif-org'],
    ['WU', 'wu-data'],
    ['国家气象中心', 'publisher'],
    ['', 'publisher'],
  ])('%s: %s', (name, label) => {
    expect(publisherHandle(name)).toBe(label)
  })

  it('always gives a label that a PDS takes, and another one where that is taken', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat({ max: 30 }), (name, count) => {
        const given = new Set<string>()
        for (let index = 0; index <= count; index++) {
          const label = publisherHandle(name, candidate => given.has(candidate))
          expect(label).toMatch(/^[a-z0-9](?:[a-z0-9-]{1,16})[a-z0-9]$/)
          expect(given.has(label)).toBe(false)
          given.add(label)
        }
      }),
    )
  })
})
