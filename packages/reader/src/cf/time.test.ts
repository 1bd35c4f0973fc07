import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Calendar, dateOf, daysOf } from './calendar.ts'
import {
  decodeTime,
  encodeTime,
  isoTime,
  isoTimes,
  parsePeriod,
  parseTimeUnits,
  resolutionOf,
} from './time.ts'

const CALENDARS: readonly Calendar[] = [
  'standard',
  'proleptic_gregorian',
  'julian',
  'noleap',
  'all_leap',
  '360_day',
]

describe('time coordinates', () => {
  it.each(CALENDARS)('days and dates of %s are each other reversed', calendar => {
    fc.assert(
      fc.property(fc.integer({ min: -3_000_000, max: 3_000_000 }), days => {
        expect(daysOf(calendar, dateOf(calendar, days))).toBe(days)
        const text = isoTime(BigInt(days) * 86_400_000_000_000n, calendar)
        expect(parsePeriod(text, calendar)?.start).toBe(BigInt(days) * 86_400_000_000_000n)
      }),
    )
  })

  it('reads units as people write them', () => {
    const at = (units: string, value: number | bigint, calendar?: string) => {
      const parsed = parseTimeUnits(units, calendar)!
      return isoTime(decodeTime(value, parsed)!, parsed.calendar)
    }
    expect(at('days since 1850-01-01', 0)).toBe('1850-01-01')
    expect(at('days since 1850-1-1 0:0:0', 59)).toBe('1850-03-01')
    expect(at('hours since 2000-01-01 00:00:00 +02:00', 2)).toBe('2000-01-01')
    expect(at('hours since 2000-01-01T00:00:00Z', 6)).toBe('2000-01-01T06:00:00Z')
    expect(at('seconds since 1970-01-01T00:00:00-0130', 0)).toBe('1970-01-01T01:30:00Z')
    expect(at('days since 0000-01-01', 0, 'noleap')).toBe('0000-01-01')
    expect(at('nanoseconds since 1970-01-01', 1_600_000_000_123_456_789n)).toBe(
      '2020-09-13T12:26:40.123456789Z',
    )
    expect(at('days since 2000-01-01', 58, '360_day')).toBe('2000-02-29')
    expect(at('months since 1960-01-01', 13, '360_day')).toBe('1961-02-01')
    expect(at('days since 2000-01-01', 0.1)).toBe('2000-01-01T02:24:00Z')
    expect(at('days since 1582-10-04', 1)).toBe('1582-10-15')
    expect(at('days since -0004-01-01', 0, 'proleptic_gregorian')).toBe('-000004-01-01')
    for (const wrong of [
      'm',
      'days',
      'days since',
      'days since 2000-13-01',
      'furlongs since 2000-01-01',
      'day as %Y%m%d.%f',
    ])
      expect(parseTimeUnits(wrong)).toBeUndefined()
    expect(parseTimeUnits('days since 2000-01-01', 'none')).toBeUndefined()
    expect(parseTimeUnits('days since 2001-02-29', 'noleap')).toBeUndefined()
    expect(parseTimeUnits('days since 2001-01-01', 'constructor')).toBeUndefined()
    expect(decodeTime(Number.NaN, parseTimeUnits('days since 2000-01-01')!)).toBeUndefined()
  })

  it('numbers of any int64 come back from their instants exactly', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
        fc.constantFrom('days', 'hours', 'seconds', 'ms', 'us', 'ns'),
        (value, unit) => {
          const units = parseTimeUnits(`${unit} since 1900-01-01`)!
          expect(encodeTime(decodeTime(value, units)!, units)).toBe(value)
        },
      ),
    )
  })

  it('an axis has one precision', () => {
    const units = parseTimeUnits('hours since 2000-01-01')!
    const texts = isoTimes(
      [0, 6, Number.NaN].map(hours => decodeTime(hours, units)),
      'standard',
    )
    expect(texts).toEqual(['2000-01-01T00:00:00Z', '2000-01-01T06:00:00Z', null])
  })

  it('knows regular steps', () => {
    const at = (text: string, calendar: Calendar = 'standard') => parsePeriod(text, calendar)!.start
    const step = (first: string, second: string, last: string, count: number) =>
      resolutionOf(at(first), at(second), at(last), count, 'standard')
    expect(step('2000-01-01', '2000-01-01T06', '2000-01-02', 5)).toBe('PT6H')
    expect(step('2000-01-01', '2000-02-01', '2000-12-01', 12)).toBe('P1M')
    expect(step('2000-01-16T12', '2000-02-15', '2001-12-16T12', 24)).toBe('P1M')
    expect(step('2000-07-01', '2001-07-01', '2009-07-01', 10)).toBe('P1Y')
    expect(step('2000-01-01', '2000-01-02', '2000-02-01', 5)).toBeUndefined()
    expect(step('2000-01-01', '2000-01-01T00:00:01.5', '2000-01-01T00:00:03', 3)).toBe('PT1.5S')
  })

  it('a partial date is the whole period', () => {
    const length = (text: string) => {
      const { start, end } = parsePeriod(text, 'standard')!
      return Number(end - start) / 86_400e9
    }
    expect([length('2020'), length('2020-02'), length('2020-02-29'), length('2020-02-29T12')]).toEqual([
      366,
      29,
      1,
      1 / 24,
    ])
  })
})

const python = '/usr/bin/python3'
const cftime = existsSync(python) && spawnSync(python, ['-c', 'import cftime']).status === 0
if (!cftime) console.warn('skipped what needs cftime: /usr/bin/python3 has none here')

describe.skipIf(!cftime)('beside cftime', () => {
  it('the same dates in every calendar', () => {
    const cases = fc
      .sample(
        fc.record({
          calendar: fc.constantFrom(...CALENDARS),
          unit: fc.constantFrom('days', 'hours', 'minutes', 'seconds'),
          year: fc.integer({ min: 1, max: 3000 }),
          month: fc.integer({ min: 1, max: 12 }),
          day: fc.integer({ min: 1, max: 28 }),
          hour: fc.integer({ min: 0, max: 23 }),
          days: fc.integer({ min: 0, max: 1_000_000 }),
          half: fc.boolean(),
        }),
        3000,
      )
      .filter(({ year, month, calendar }) => !(calendar === 'standard' && year === 1582 && month === 10))
      .map(({ calendar, unit, year, month, day, hour, days, half }) => ({
        calendar,
        units: `${unit} since ${String(year).padStart(4, '0')}-${month}-${day} ${hour}:30:00`,
        value: days * { days: 1, hours: 24, minutes: 1440, seconds: 86_400 }[unit] + (half ? 0.5 : 0),
      }))
    const script = `
import cftime, json, sys
out = []
for case in json.load(sys.stdin):
    d = cftime.num2date(case['value'], case['units'], calendar=case['calendar'])
    out.append('%04d-%02d-%02dT%02d:%02d:%02d.%06d' % (d.year, d.month, d.day, d.hour, d.minute, d.second, d.microsecond))
json.dump(out, sys.stdout)`
    const answer = spawnSync(python, ['-c', script], {
      input: JSON.stringify(cases),
      maxBuffer: 64e6,
      encoding: 'utf8',
    })
    expect(answer.stderr).toBe('')
    const theirs = JSON.parse(answer.stdout) as string[]
    const ours = cases.map(({ units, calendar, value }) => {
      const parsed = parseTimeUnits(units, calendar)!
      return isoTime(decodeTime(value, parsed)!, parsed.calendar, 'microsecond').replace('Z', '')
    })
    expect(ours).toEqual(theirs)
  })
})
