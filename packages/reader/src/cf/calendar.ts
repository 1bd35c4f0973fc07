/**
 * The calendars of the CF conventions (section 4.4.1), as maps between dates and whole days. Years are astronomical, as in
 * ISO 8601: year 0 is 1 BCE.
 */
export type Calendar = 'standard' | 'proleptic_gregorian' | 'julian' | 'noleap' | 'all_leap' | '360_day'

export interface CalendarDate {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  /** 1 to 31. */
  readonly day: number
}

const NAMES: Readonly<Record<string, Calendar>> = {
  standard: 'standard',
  gregorian: 'standard',
  proleptic_gregorian: 'proleptic_gregorian',
  julian: 'julian',
  noleap: 'noleap',
  no_leap: 'noleap',
  '365_day': 'noleap',
  all_leap: 'all_leap',
  '366_day': 'all_leap',
  '360_day': '360_day',
}

/** Undefined for `none` and for calendars unknown here: their times are lengths, not dates. `standard` when there is no name. */
export function calendarOf(name: unknown): Calendar | undefined {
  if (name === undefined || name === null || name === '') return 'standard'
  return typeof name === 'string' && Object.hasOwn(NAMES, name.toLowerCase())
    ? NAMES[name.toLowerCase()]
    : undefined
}

/** The first day of the Gregorian calendar, 1582-10-15, which follows 1582-10-04 of the Julian one; in days since 1970-01-01. */
const GREGORIAN_START = -141427
/** Days from 0000-03-01 to 1970-01-01 (Gregorian). */
const GREGORIAN_SHIFT = 719468
/** The same from 0000-03-01 of the Julian calendar. */
const JULIAN_SHIFT = 719470

const MONTH_STARTS = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365]
const LEAP_MONTH_STARTS = MONTH_STARTS.map((days, month) => (month > 1 ? days + 1 : days))

/** Whole days since 1970-01-01 of the real calendars, since 0000-01-01 of the model calendars. */
export function daysOf(calendar: Calendar, { year, month, day }: CalendarDate): number {
  switch (calendar) {
    case 'noleap':
      return year * 365 + MONTH_STARTS[month - 1]! + day - 1
    case 'all_leap':
      return year * 366 + LEAP_MONTH_STARTS[month - 1]! + day - 1
    case '360_day':
      return year * 360 + (month - 1) * 30 + day - 1
    case 'julian':
      return julianDays(year, month, day)
    case 'proleptic_gregorian':
      return gregorianDays(year, month, day)
    case 'standard': {
      const days = gregorianDays(year, month, day)
      return days >= GREGORIAN_START ? days : julianDays(year, month, day)
    }
  }
}

/** The reverse of `daysOf`. */
export function dateOf(calendar: Calendar, days: number): CalendarDate {
  switch (calendar) {
    case 'noleap':
      return fixedYear(days, 365, MONTH_STARTS)
    case 'all_leap':
      return fixedYear(days, 366, LEAP_MONTH_STARTS)
    case '360_day': {
      const year = Math.floor(days / 360)
      const rest = days - year * 360
      return { year, month: Math.floor(rest / 30) + 1, day: (rest % 30) + 1 }
    }
    case 'julian':
      return julianDate(days)
    case 'proleptic_gregorian':
      return gregorianDate(days)
    case 'standard':
      return days >= GREGORIAN_START ? gregorianDate(days) : julianDate(days)
  }
}

/** Days of that month, 28 to 31. */
export function monthLength(calendar: Calendar, year: number, month: number): number {
  const next = month === 12 ? { year: year + 1, month: 1, day: 1 } : { year, month: month + 1, day: 1 }
  if (calendar === 'standard' && year === 1582 && month === 10) return 31
  return daysOf(calendar, next) - daysOf(calendar, { year, month, day: 1 })
}

function fixedYear(days: number, length: number, starts: readonly number[]): CalendarDate {
  const year = Math.floor(days / length)
  const rest = days - year * length
  const month = starts.findLastIndex(start => start <= rest) + 1
  return { year, month, day: rest - starts[month - 1]! + 1 }
}

// Years that begin in March put the leap day last: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".

function marchBased(year: number, month: number, day: number): readonly [number, number] {
  const marchYear = month <= 2 ? year - 1 : year
  const marchMonth = month > 2 ? month - 3 : month + 9
  return [marchYear, Math.floor((153 * marchMonth + 2) / 5) + day - 1]
}

function fromMarchBased(marchYear: number, dayOfYear: number): CalendarDate {
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return { year: month <= 2 ? marchYear + 1 : marchYear, month, day }
}

function gregorianDays(year: number, month: number, day: number): number {
  const [y, dayOfYear] = marchBased(year, month, day)
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - GREGORIAN_SHIFT
}

function gregorianDate(days: number): CalendarDate {
  const shifted = days + GREGORIAN_SHIFT
  const era = Math.floor(shifted / 146097)
  const dayOfEra = shifted - era * 146097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  return fromMarchBased(era * 400 + yearOfEra, dayOfYear)
}

function julianDays(year: number, month: number, day: number): number {
  const [y, dayOfYear] = marchBased(year, month, day)
  return y * 365 + Math.floor(y / 4) + dayOfYear - JULIAN_SHIFT
}

function julianDate(days: number): CalendarDate {
  const shifted = days + JULIAN_SHIFT
  const era = Math.floor(shifted / 1461)
  const dayOfEra = shifted - era * 1461
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460)) / 365)
  return fromMarchBased(era * 4 + yearOfEra, dayOfEra - 365 * yearOfEra)
}
