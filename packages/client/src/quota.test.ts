import { describe, expect, it } from 'vitest'
import { hoursUnderPublicQuota, Pace, waitOf } from './quota.ts'

describe('waitOf', () => {
  it('reads seconds, dates and epochs', () => {
    const now = Date.UTC(2026, 0, 1)
    expect(waitOf(new Headers({ 'retry-after': '7' }), now)).toBe(7_000)
    expect(waitOf(new Headers({ 'retry-after': new Date(now + 9_000).toUTCString() }), now)).toBe(9_000)
    expect(waitOf(new Headers({ 'ratelimit-reset': String(now / 1000 + 5) }), now)).toBe(5_500)
    expect(waitOf(new Headers(), now)).toBeUndefined()
  })
})

describe('Pace', () => {
  it('waits for the window to end where too little is left, and says for how long', async () => {
    const waits: number[] = []
    const stop = new AbortController()
    const pace = new Pace(milliseconds => {
      waits.push(milliseconds)
      stop.abort()
    }, stop.signal)
    const reset = String(Math.floor(Date.now() / 1000) + 600)
    pace.observe(new Headers({ 'ratelimit-remaining': '2', 'ratelimit-reset': reset }))
    await pace.spend(2)
    await expect(pace.spend(3)).rejects.toThrow()
    expect(waits[0]).toBeGreaterThan(590_000)
  })

  it('gives up where a server asks for hours', async () => {
    expect(await new Pace().afterRefusal(new Headers({ 'retry-after': '86400' }), 0)).toBe(false)
  })
})

it('10,000 creations take the better part of an hour and more under the public quota', () => {
  expect(hoursUnderPublicQuota(3_000)).toBe(0)
  expect(hoursUnderPublicQuota(30_000)).toBe(5)
  expect(hoursUnderPublicQuota(36_000)).toBe(24)
})
