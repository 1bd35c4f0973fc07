import { type Calendar, type CalendarDate, calendarOf, dateOf, daysOf, monthLength } from './calendar.ts'

/** Nanoseconds since day 0 of a calendar (see `daysOf`), exact. Instants of two calendars cannot be compared. */
export type Instant = bigint

/** How numbers of a time coordinate are read: `UNIT since REFERENCE` in a calendar (CF conventions, section 4.4). */
export interface TimeUnits {
  readonly calendar: Calendar
  /** Length of the unit, in nanoseconds. */
  readonly unit: bigint
  readonly reference: Instant
}

const SECOND = 1_000_000_000n
const DAY = 86_400n * SECOND
/** UDUNITS: the tropical year of 365.242198781 days; a month is its twelfth. */
const YEAR = 31_556_925_974_700_000n

const UNITS: Readonly<Record<string, bigint>> = Object.fromEntries(
  (
    [
      ['ns nsec nsecs nanosec nanosecs nanosecond nanoseconds', 1n],
      ['us usec usecs microsec microsecs microsecond microseconds', 1000n],
      ['ms msec msecs millisec millisecs millisecond milliseconds', 1_000_000n],
      ['s sec secs second seconds', SECOND],
      ['min mins minute minutes', 60n * SECOND],
      ['h hr hrs hour hours', 3600n * SECOND],
      ['d day days', DAY],
      ['week weeks', 7n * DAY],
      ['month months mon', YEAR / 12n],
      ['y yr yrs year years tropical_year', YEAR],
      ['common_year common_years', 365n * DAY],
    ] as const
  ).flatMap(([names, length]) => names.split(' ').map(name => [name, length])),
)

const TIME = /^(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[.,](\d+))?)?)?$/
const ZONE = /^(?:z|utc|gmt)$|^([+-])(\d{1,2}):?(\d{2})?$/i
const DATE = /^([+-]?\d{1,6})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/

/**
 * `days since 1850-01-01`, `hours since 2000-01-01 00:00 +02:00`; undefined when that is not what `units` says or the calendar has
 * no dates. A reference without a zone is UTC. Months and years are those of UDUNITS, except in the 360-day calendar.
 */
export function parseTimeUnits(units: unknown, calendarName?: unknown): TimeUnits | undefined {
  const calendar = calendarOf(calendarName)
  if (calendar === undefined || typeof units !== 'string' || units.length > 200) return undefined
  const match = /^\s*([a-z_]+)\s+(?:since|after|from|ref|@)\s+(\S.*?)\s*$/i.exec(units)
  if (match === null) return undefined
  const name = match[1]!.length === 1 ? match[1]! : match[1]!.toLowerCase()
  if (!Object.hasOwn(UNITS, name)) return undefined
  const reference = parsePeriod(match[2]!, calendar)
  if (reference === undefined) return undefined
  let unit = UNITS[name]!
  if (calendar === '360_day' && unit === YEAR) unit = 360n * DAY
  if (calendar === '360_day' && unit === YEAR / 12n) unit = 30n * DAY
  return { calendar, unit, reference: reference.start }
}

/** NumPy's `datetime64[ns]` and the like: since 1970-01-01 in the proleptic Gregorian calendar. */
export function numpyTimeUnits(dtype: string): TimeUnits | undefined {
  const match = /^datetime64\[(\d*)(ns|us|ms|s|m|h|D|W)\]$/.exec(dtype)
  if (match === null) return undefined
  const name = match[2] === 'm' ? 'min' : match[2]!.toLowerCase() === 'w' ? 'week' : match[2]!.toLowerCase()
  return { calendar: 'proleptic_gregorian', unit: UNITS[name]! * BigInt(match[1] || 1), reference: 0n }
}

/** A length of time without a reference (`hours`, `days`), in nanoseconds. */
export function unitLength(units: unknown): bigint | undefined {
  return typeof units === 'string' && Object.hasOwn(UNITS, units.trim()) ? UNITS[units.trim()] : undefined
}

/** `[start, end)` of what an ISO 8601 text names: a year, a month, a day, an hour, a minute, a second or less. */
export interface Period {
  readonly start: Instant
  readonly end: Instant
}

/** Undefined when the text is no date of that calendar. Spaces may stand for `T`; fields may lack their leading zeros. */
export function parsePeriod(text: string, calendar: Calendar): Period | undefined {
  const [dateText = '', ...others] = text
    .trim()
    .replace(/(\d)[Tt](?=\d)/, '$1 ')
    .replace(/(\d)\s*(z|utc|gmt)$/i, '$1 Z')
    .split(/\s+/)
  const date = parseDate(dateText, calendar)
  if (date === undefined || others.length > 2) return undefined
  const start = BigInt(daysOf(calendar, date)) * DAY
  const [timeText, zoneText] = splitZone(others)
  const zone = zoneText === undefined ? 0n : parseZone(zoneText)
  if (zone === undefined) return undefined
  if (timeText === undefined) return { start: start - zone, end: endOfDate(date, calendar) - zone }
  const time = TIME.exec(timeText)
  if (time === null || date.precision !== 'day') return undefined
  const [hours, minutes, seconds] = [time[1], time[2] ?? '0', time[3] ?? '0'].map(Number) as [
    number,
    number,
    number,
  ]
  if (hours > 24 || minutes > 59 || seconds > 60 || (hours === 24 && minutes + seconds > 0)) return undefined
  const digits = (time[4] ?? '').slice(0, 9)
  const fraction = BigInt(digits.padEnd(9, '0'))
  const from = start + BigInt(hours * 3600 + minutes * 60 + seconds) * SECOND + fraction - zone
  const length =
    time[4] !== undefined
      ? 10n ** BigInt(9 - digits.length)
      : time[3] !== undefined
        ? SECOND
        : time[2] !== undefined
          ? 60n * SECOND
          : 3600n * SECOND
  return { start: from, end: from + length }
}

interface PartialDate extends CalendarDate {
  readonly precision: 'year' | 'month' | 'day'
}

function parseDate(text: string, calendar: Calendar): PartialDate | undefined {
  const packed = /^(\d{4})(\d{2})(\d{2})$/.exec(text)
  const match = packed ?? DATE.exec(text)
  if (match === null) return undefined
  const year = Number(match[1])
  const month = Number(match[2] ?? 1)
  const day = Number(match[3] ?? 1)
  if (month < 1 || month > 12 || day < 1 || day > monthLength(calendar, year, month)) return undefined
  return {
    year,
    month,
    day,
    precision: match[3] !== undefined ? 'day' : match[2] !== undefined ? 'month' : 'year',
  }
}

function endOfDate({ year, month, day, precision }: PartialDate, calendar: Calendar): Instant {
  const next =
    precision === 'year'
      ? { year: year + 1, month: 1, day: 1 }
      : precision === 'month'
        ? { year: month === 12 ? year + 1 : year, month: (month % 12) + 1, day: 1 }
        : undefined
  const days = next === undefined ? daysOf(calendar, { year, month, day }) + 1 : daysOf(calendar, next)
  return BigInt(days) * DAY
}

function splitZone(parts: readonly string[]): readonly [string | undefined, string | undefined] {
  const [first, second] = parts
  if (first === undefined) return [undefined, undefined]
  if (second !== undefined) return [first, second]
  if (ZONE.test(first)) return [undefined, first]
  const glued = /^([\d:.,]+)([+-]\d{1,2}(?::?\d{2})?)$/.exec(first)
  return glued === null ? [first, undefined] : [glued[1], glued[2]]
}

/** How far the zone is ahead of UTC, in nanoseconds. */
function parseZone(text: string): bigint | undefined {
  const match = ZONE.exec(text)
  if (match === null) return undefined
  const minutes = Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0)
  return BigInt(match[1] === '-' ? -minutes : minutes) * 60n * SECOND
}

/**
 * The instant that a coordinate's number stands for; undefined for NaN, infinities and NumPy's NaT. Integers are exact. Of a
 * float64 the roundest instant within its own precision is taken, so that 0.1 days are 02:24:00 and not some nanoseconds more.
 */
export function decodeTime(value: number | bigint, { unit, reference }: TimeUnits): Instant | undefined {
  if (typeof value === 'bigint') return value === -(2n ** 63n) ? undefined : reference + value * unit
  if (!Number.isFinite(value) || Math.abs(value) > 1e18) return undefined
  if (Number.isSafeInteger(value)) return reference + BigInt(value) * unit
  const whole = Math.floor(value)
  const exact = BigInt(whole) * unit + BigInt(Math.round((value - whole) * Number(unit)))
  const slack = BigInt(Math.ceil(Math.abs(value) * 2 ** -52 * Number(unit)))
  for (const grain of [SECOND, 1_000_000n, 1000n]) {
    const rounded = roundTo(exact, grain)
    if (abs(rounded - exact) <= slack) return reference + rounded
  }
  return reference + exact
}

/** The coordinate's number for an instant: exact as a bigint where it is whole, else the nearest float64. */
export function encodeTime(instant: Instant, { unit, reference }: TimeUnits): number | bigint {
  const distance = instant - reference
  if (distance % unit === 0n) return distance / unit
  const whole = distance / unit
  return Number(whole) + Number(distance - whole * unit) / Number(unit)
}

export type Precision = 'day' | 'minute' | 'second' | 'millisecond' | 'microsecond' | 'nanosecond'

const GRAINS: readonly (readonly [Precision, bigint])[] = [
  ['day', DAY],
  ['minute', 60n * SECOND],
  ['second', SECOND],
  ['millisecond', 1_000_000n],
  ['microsecond', 1000n],
  ['nanosecond', 1n],
]

/** The coarsest precision that loses nothing of any of them. */
export function precisionOf(instants: Iterable<Instant>): Precision {
  let at = 0
  for (const instant of instants) while (instant % GRAINS[at]![1] !== 0n) at++
  return GRAINS[at]![0]
}

/** ISO 8601. Real calendars say `Z` after a time of day; dates of model calendars are no moments of UTC. */
export function isoTime(
  instant: Instant,
  calendar: Calendar,
  precision: Precision = precisionOf([instant]),
): string {
  const days = floorDivide(instant, DAY)
  const date = isoDate(dateOf(calendar, Number(days)))
  if (precision === 'day') return date
  const rest = instant - days * DAY
  const seconds = Number(rest / SECOND)
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two)
  const digits = { minute: 0, second: 0, millisecond: 3, microsecond: 6, nanosecond: 9 }[precision]
  const fraction =
    digits === 0
      ? ''
      : `.${String(rest % SECOND)
          .padStart(9, '0')
          .slice(0, digits)}`
  const zone = calendar === 'standard' || calendar === 'proleptic_gregorian' ? 'Z' : ''
  return `${date}T${clock.join(':')}${fraction}${zone}`
}

/** All to one precision: what an axis shows. Undefined stays null. */
export function isoTimes(instants: readonly (Instant | undefined)[], calendar: Calendar): (string | null)[] {
  const precision = precisionOf(instants.filter(instant => instant !== undefined))
  return instants.map(instant => (instant === undefined ? null : isoTime(instant, calendar, precision)))
}

/**
 * The constant step of a regular axis as an ISO 8601 duration (`PT6H`, `P1D`, `P1M`, `P1Y`), from its first two instants and its
 * last; undefined when they do not fit one.
 */
export function resolutionOf(
  first: Instant,
  second: Instant,
  last: Instant,
  count: number,
  calendar: Calendar,
): string | undefined {
  const step = second - first
  if (step === 0n || count < 2) return undefined
  if (last - first === step * BigInt(count - 1)) return isoDuration(abs(step))
  const months = monthsBetween(first, second, calendar)
  const all = monthsBetween(first, last, calendar)
  if (months === 0 || all !== months * (count - 1)) return undefined
  const size = Math.abs(months)
  return size % 12 === 0 ? `P${size / 12}Y` : `P${size}M`
}

/** Calendar months from one to another, by which month each lies in: axes of months are given at their starts, middles or ends. */
function monthsBetween(from: Instant, to: Instant, calendar: Calendar): number {
  const a = dateOf(calendar, Number(floorDivide(from, DAY)))
  const b = dateOf(calendar, Number(floorDivide(to, DAY)))
  return (b.year - a.year) * 12 + b.month - a.month
}

/** An ISO 8601 duration of a positive length in nanoseconds. */
export function isoDuration(length: bigint): string {
  const days = length / DAY
  let rest = length % DAY
  const parts: string[] = []
  for (const [letter, size] of [
    ['H', 3600n * SECOND],
    ['M', 60n * SECOND],
  ] as const) {
    if (rest / size > 0n) parts.push(`${rest / size}${letter}`)
    rest %= size
  }
  if (rest > 0n) {
    const fraction = String(rest % SECOND)
      .padStart(9, '0')
      .replace(/0+$/, '')
    parts.push(`${rest / SECOND}${fraction === '' ? '' : `.${fraction}`}S`)
  }
  return `P${days > 0n ? `${days}D` : ''}${parts.length > 0 ? `T${parts.join('')}` : ''}`
}

function isoDate({ year, month, day }: CalendarDate): string {
  const digits =
    year >= 0 && year <= 9999
      ? String(year).padStart(4, '0')
      : `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`
  return `${digits}-${two(month)}-${two(day)}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b < 0n ? quotient - 1n : quotient
}

/** To the nearest multiple of a grain. */
function roundTo(value: bigint, grain: bigint): bigint {
  return floorDivide(value + grain / 2n, grain) * grain
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value
}
