import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Faults, interleave, randomSource } from './faults.ts'
import type { EventRow } from './store.ts'

function event(seq: number, did = 'did:plc:a'): EventRow {
  return { seq, did, type: '#commit', frame: new Uint8Array() }
}

describe('randomSource', () => {
  it('gives the same numbers for the same seed, evenly spread over [0, 1)', () => {
    const [first, again, other] = [randomSource(7), randomSource(7), randomSource(8)]
    const numbers = Array.from({ length: 1_000 }, first)
    expect(Array.from({ length: 1_000 }, again)).toEqual(numbers)
    expect(Array.from({ length: 1_000 }, other)).not.toEqual(numbers)
    expect(numbers.every(number => number >= 0 && number < 1)).toBe(true)
    expect(numbers.reduce((sum, number) => sum + number) / 1_000).toBeCloseTo(0.5, 1)
  })
})

describe('interleave', () => {
  it('loses nothing and keeps the order within every key', () => {
    const items = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), n: fc.nat() }))
    fc.assert(
      fc.property(items, fc.nat(), (before, seed) => {
        const after = interleave(before, ({ key }) => key, randomSource(seed))
        expect(after).toHaveLength(before.length)
        for (const key of ['a', 'b', 'c']) {
          expect(after.filter(item => item.key === key)).toEqual(before.filter(item => item.key === key))
        }
      }),
    )
  })
})

describe('Faults', () => {
  const events = Array.from({ length: 200 }, (_, index) => event(index + 1))

  it('harms nothing unless told to', () => {
    const fate = new Faults().forConnection(1)
    expect(
      events.map(fate).every(({ drop, duplicate, disconnect }) => !drop && !duplicate && !disconnect),
    ).toBe(true)
  })

  it('repeats itself for the same seed and connection, and not for others', () => {
    const fates = (seed: number, connection: number) => {
      const faults = new Faults()
      faults.set({ seed, drop: 0.2, duplicate: 0.2, tamper: 0.2, delayMs: 9 })
      return events.map(faults.forConnection(connection))
    }
    expect(fates(4, 1)).toEqual(fates(4, 1))
    expect(fates(4, 2)).not.toEqual(fates(4, 1))
    expect(fates(5, 1)).not.toEqual(fates(4, 1))
  })

  it('does not let one setting shift another', () => {
    const faults = new Faults()
    faults.set({ seed: 1, drop: 0.2 })
    const dropped = events.map(faults.forConnection(1)).map(({ drop }) => drop)
    faults.set({ seed: 1, drop: 0.2, tamper: 0.5, duplicate: 0.5 })
    expect(events.map(faults.forConnection(1)).map(({ drop }) => drop)).toEqual(dropped)
    expect(dropped.filter(Boolean).length).toBeGreaterThan(20)
    expect(dropped.filter(Boolean).length).toBeLessThan(60)
  })

  it('leaves alone what is not selected, and stops when cleared', () => {
    const faults = new Faults()
    faults.set({ drop: 1, select: ({ did }) => did === 'did:plc:b' })
    const fate = faults.forConnection(1)
    expect([fate(event(1)).drop, fate(event(2, 'did:plc:b')).drop]).toEqual([false, true])
    faults.clear()
    expect(fate(event(3, 'did:plc:b')).drop).toBe(false)
  })
})
