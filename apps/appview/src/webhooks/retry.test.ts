import fc from 'fast-check'
import { expect, it } from 'vitest'
import { GIVEN_UP_MILLISECONDS, retryAfter, retryDelay } from './retry.ts'

it('waits longer each time, scattered by half, never beyond nine hours', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempts, chance) => {
        const delay = retryDelay(attempts, 0, { random: () => chance })
        const middle = Math.min(5000 * 3 ** (attempts - 1), 6 * 3_600_000)
        expect(delay).toBeGreaterThanOrEqual(middle / 2)
        expect(delay).toBeLessThanOrEqual(middle * 1.5)
      },
    ),
  )
})

it('makes a good number of attempts in the three days', () => {
  let attempts = 0
  for (
    let spent = 0;
    spent < GIVEN_UP_MILLISECONDS;
    spent += retryDelay(++attempts, 0, { random: () => 0.5 })
  ) {}
  expect(attempts).toBeGreaterThan(15)
  expect(attempts).toBeLessThan(40)
})

it('waits as long as the receiver asks, a day at most', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  expect(retryAfter('120', now)).toBe(120_000)
  expect(retryAfter('Thu, 01 Jan 2026 01:00:00 GMT', now)).toBe(3_600_000)
  expect(retryAfter('Wed, 31 Dec 2025 01:00:00 GMT', now)).toBe(0)
  expect(retryAfter('soon', now)).toBe(0)
  expect(retryAfter(undefined, now)).toBe(0)
  expect(retryDelay(1, 60_000)).toBe(60_000)
  expect(retryDelay(1, 1e12)).toBe(86_400_000)
})
