/**
 * Moments as tables hold them: whole numbers of a unit since 1970, as JavaScript's Date up to milliseconds and as ISO 8601 text
 * beyond. Text of moments that no Date reaches (years past 275760) is made by the calendar itself.
 */
export type TimeUnit = 's' | 'ms' | 'us' | 'ns'

const PER_SECOND: Readonly<Record<TimeUnit, bigint>> = {
  s: 1n,
  ms: 1_000n,
  us: 1_000_000n,
  ns: 1_000_000_000n,
}
const DIGITS: Readonly<Record<TimeUnit, number>> = { s: 0, ms: 3, us: 6, ns: 9 }
const LAST_DATE_MS = 8.64e15
const DAY_SECONDS = 86_400n

/** A `timestamp` value: Date for seconds and milliseconds, ISO 8601 text for finer units; with a Z when it is in UTC. */
export function momentOf(value: bigint, unit: TimeUnit, utc: boolean): Date | string {
  if (unit === 's' || unit === 'ms') {
    const ms = Number(value) * (unit === 's' ? 1000 : 1)
    if (Math.abs(ms) <= LAST_DATE_MS) return new Date(ms)
  }
  return momentText(value, unit, utc)
}

/** `2020-01-01T00:00:00.000001Z`, with as many digits as the unit has. */
export function momentText(value: bigint, unit: TimeUnit, utc: boolean): string {
  const seconds = floorDivide(value, PER_SECOND[unit])
  const fraction = value - seconds * PER_SECOND[unit]
  const days = floorDivide(seconds, DAY_SECONDS)
  return `${dateText(days)}T${clockText(seconds - days * DAY_SECONDS, fraction, unit)}${utc ? 'Z' : ''}`
}

/** A time of day: `13:04:05.000001`. Values outside the day are shown as they are, counted on. */
export function clockTextOf(value: bigint, unit: TimeUnit): string {
  const seconds = floorDivide(value, PER_SECOND[unit])
  return clockText(seconds, value - seconds * PER_SECOND[unit], unit)
}

/** Whole units of so many nanoseconds, and whether nothing is left over. */
export function unitsOf(nanos: bigint, unit: TimeUnit): { readonly units: bigint; readonly exact: boolean } {
  const per = PER_SECOND.ns / PER_SECOND[unit]
  const units = floorDivide(nanos, per)
  return { units, exact: units * per === nanos }
}

/** A `date32` value: Date at midnight UTC, or ISO 8601 text where Date ends. */
export function dateOf(days: number): Date | string {
  const ms = days * 86_400_000
  return Math.abs(ms) <= LAST_DATE_MS ? new Date(ms) : dateText(BigInt(days))
}

function clockText(seconds: bigint, fraction: bigint, unit: TimeUnit): string {
  const s = Number(seconds)
  const clock = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60].map(part =>
    String(part).padStart(2, '0'),
  )
  const digits = DIGITS[unit]
  return clock.join(':') + (digits === 0 ? '' : `.${String(fraction).padStart(digits, '0')}`)
}

/** Days since 1970 to a date of the proleptic Gregorian calendar (H. Hinnant, `civil_from_days`). */
function dateText(days: bigint): string {
  const shifted = days + 719_468n
  const era = floorDivide(shifted, 146_097n)
  const dayOfEra = Number(shifted - era * 146_097n)
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const year = BigInt(yearOfEra) + era * 400n + (month <= 2 ? 1n : 0n)
  return `${yearText(year)}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}

function yearText(year: bigint): string {
  if (year >= 0n && year <= 9999n) return String(year).padStart(4, '0')
  return `${year < 0n ? '-' : '+'}${String(year < 0n ? -year : year).padStart(6, '0')}`
}

const MOMENT =
  /^([+-]\d{4,9}|\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d:?\d\d|[+-]\d\d)?)?)?)?$/i

/** Nanoseconds since 1970 of an ISO 8601 date or moment (a year or a month is its first instant); undefined for other text. */
export function nanosOf(text: string): bigint | undefined {
  const parts = MOMENT.exec(text)
  if (parts === null) return undefined
  const [
    ,
    year,
    month = '01',
    day = '01',
    hour = '00',
    minute = '00',
    second = '00',
    fraction = '',
    zone = 'Z',
  ] = parts
  const [m, d, h, min, s] = [month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ]
  if (m < 1 || m > 12 || d < 1 || d > daysOfMonth(BigInt(year!), m) || h > 24 || min > 59 || s > 60)
    return undefined
  const seconds =
    daysOf(BigInt(year!), m, d) * DAY_SECONDS + BigInt(h * 3600 + min * 60 + s - zoneSeconds(zone))
  return seconds * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))
}

/** Nanoseconds since midnight of `HH:MM[:SS[.fraction]]`; undefined for other text. */
export function clockNanosOf(text: string): bigint | undefined {
  const parts = /^(\d{2,}):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?$/.exec(text)
  if (parts === null) return undefined
  const [, hour, minute, second = '00', fraction = ''] = parts
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second)
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))
}

function zoneSeconds(zone: string): number {
  if (/^z$/i.test(zone)) return 0
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0')
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2)) * 60
  return zone.startsWith('-') ? -seconds : seconds
}

function daysOfMonth(year: bigint, month: number): number {
  if (month === 2) return year % 4n === 0n && (year % 100n !== 0n || year % 400n === 0n) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

/** A date of the proleptic Gregorian calendar to days since 1970 (H. Hinnant, `days_from_civil`). */
function daysOf(year: bigint, month: number, day: number): bigint {
  const shifted = month <= 2 ? year - 1n : year
  const era = floorDivide(shifted, 400n)
  const yearOfEra = Number(shifted - era * 400n)
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097n + BigInt(dayOfEra) - 719_468n
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value % by < 0n ? quotient - 1n : quotient
}
