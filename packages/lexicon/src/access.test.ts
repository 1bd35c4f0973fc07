import { describe, expect, it } from 'vitest'
import { accessNow } from './access.ts'

const now = new Date('2026-11-29T12:00:00Z')

describe('access at a moment', () => {
  it('is open where nothing, or nothing that can be understood, is said', () => {
    for (const access of [
      undefined,
      null,
      'restricted',
      {},
      { level: '' },
      { level: 7 },
      { level: 'open', embargoUntil: '2999' },
    ])
      expect(accessNow(access, now), JSON.stringify(access)).toEqual({ level: 'open', isOpen: true })
  })

  it.each(['registered', 'restricted', 'metadata-only', 'commercial', 'by-courier'])(
    '%s is not open',
    level => {
      expect(accessNow({ level }, now)).toEqual({ level, isOpen: false })
    },
  )

  it.each([
    ['2027', '2027-01-01T00:00:00.000Z'],
    ['2026-12', '2026-12-01T00:00:00.000Z'],
    ['2026-11-30', '2026-11-30T00:00:00.000Z'],
    ['2026-11-29T13:00', '2026-11-29T13:00:00.000Z'],
    ['2026-11-29T13:00:00+01:30', undefined],
    ['2027~', '2027-01-01T00:00:00.000Z'],
    ['2026-11-29', undefined],
    ['2026', undefined],
  ])('an embargo until %s ends at %s', (embargoUntil, end) => {
    const { isOpen, opensAt, openedAt } = accessNow({ level: 'embargoed', embargoUntil }, now)
    expect([isOpen, opensAt?.toISOString()]).toEqual([end === undefined, end])
    expect(openedAt !== undefined).toBe(isOpen)
  })

  it.each(['', 'soon', '2026-13-45', '-0500', '2026/2027', undefined])(
    'an embargo until %s goes on',
    embargoUntil => {
      expect(accessNow({ level: 'embargoed', embargoUntil }, now)).toEqual({
        level: 'embargoed',
        isOpen: false,
      })
    },
  )
})
