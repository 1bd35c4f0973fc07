import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { timeScale } from './time-scale.ts'

const NOW = 2026.5

describe('a line of time', () => {
  it('shows several stretches, instants and ends that are open', () => {
    const scale = timeScale(
      [
        { start: '1980', end: '1989' },
        { start: '2000-01-01T00:00:00Z', end: '2000-01-01T00:00:00Z' },
        { start: '2010', ongoing: true },
      ],
      300,
      NOW,
    )!
    expect(scale.bars.map(({ after, isOpenBefore }) => [after, isOpenBefore])).toEqual([
      ['nothing', false],
      ['nothing', false],
      ['ongoing', false],
    ])
    const [eighties, instant, now] = scale.bars
    expect(eighties!.x).toBe(0)
    expect(instant!.width).toBe(3)
    expect(now!.x + now!.width).toBe(300)
    expect(scale.ticks.map(({ label }) => label)).toEqual(['1980', '2000', '2020'])
  })

  it('tells what has no end from what has an end that nobody says, and what has no beginning', () => {
    const only = (stretch: object) => timeScale([stretch], 300, NOW)!.bars[0]
    expect(only({ start: '1990' })).toMatchObject({ x: 0, width: 300, after: 'unknown' })
    expect(only({ start: '1990', ongoing: true })).toMatchObject({ after: 'ongoing' })
    expect(only({ end: '1990' })).toMatchObject({ isOpenBefore: true, after: 'nothing' })
    expect(only({ start: '../1990' })).toMatchObject({ isOpenBefore: true, after: 'nothing' })
  })

  it.each([
    [{ start: 'Y-66000000', end: 'Y-65000000' }, ['66 million BCE', '65.5 million BCE', '65 million BCE']],
    [{ start: '-0499', end: '0500' }, ['1 BCE', '500']],
    [{ start: '2020-03-01', end: '2020-03-09' }, ['2020-03-01', '2020-03-10']],
  ])('names years as people do: %j', (stretch, labels) => {
    expect(timeScale([stretch], 300, NOW)!.ticks.map(({ label }) => label)).toEqual(
      expect.arrayContaining(labels),
    )
  })

  it('draws nothing of what is no time', () => {
    expect(timeScale([{ start: 'soon', end: 'later' }, {}], 300, NOW)).toBeUndefined()
  })

  it('stays within its width, whatever the record says', () => {
    const time = fc.oneof(
      fc.constantFrom(
        '',
        '..',
        '../2000',
        '1990/..',
        'nonsense',
        '198X',
        'Y170000000',
        '-4500',
        '2002-06-01T12:00Z',
      ),
      fc
        .integer({ min: -9999, max: 9999 })
        .map(year => `${year < 0 ? '-' : ''}${String(Math.abs(year)).padStart(4, '0')}`),
    )
    const stretch = fc.record({ start: time, end: time, ongoing: fc.boolean() }, { requiredKeys: [] })
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 8 }), stretches => {
        const { bars, ticks } = timeScale(stretches, 300, NOW) ?? { bars: [], ticks: [] }
        for (const { x, width } of bars) {
          expect(x).toBeGreaterThanOrEqual(0)
          expect(width).toBeGreaterThanOrEqual(3)
          expect(x + width).toBeLessThanOrEqual(300.1)
        }
        for (const { x } of ticks) expect(x >= 0 && x <= 300).toBe(true)
        expect(ticks.length).toBeLessThanOrEqual(6)
      }),
    )
  })
})
