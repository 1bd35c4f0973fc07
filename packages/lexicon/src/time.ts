/**
 * ISO 8601-2 (EDTF) times as ranges of years, for search and drawing: `1979`, `1979-03`, `2002-06-01`, full times, `-4500`,
 * `Y-170000000`, `198X`, `1984~`, intervals `1979/2020`, open ends `1979/..`.
 */
export interface YearRange {
  /** Fractional year of the beginning; -Infinity if open. Year 0 is 1 BCE. */
  readonly start: number
  /** Fractional year of the end, exclusive of nothing that the text names; Infinity if open. */
  readonly end: number
}

const LONGEST = 128

/** @returns the range the text names, or undefined where it is no time */
export function edtfRange(text: string): YearRange | undefined {
  const trimmed = text.trim()
  if (trimmed.length === 0 || trimmed.length > LONGEST) return undefined
  const [first, second, ...rest] = trimmed.split('/')
  if (rest.length > 0) return undefined
  if (second === undefined) return singleRange(first as string)
  const start = isOpen(first) ? { start: -Infinity } : singleRange(first as string)
  const end = isOpen(second) ? { end: Infinity } : singleRange(second)
  if (!start || !end || start.start > end.end) return undefined
  return { start: start.start, end: end.end }
}

const isOpen = (text: string | undefined) => text === '..' || text === ''

function singleRange(text: string): YearRange | undefined {
  const plain = text.replace(/[~?%]/g, '')
  const far = /^Y(-?\d{1,12})$/.exec(plain)
  if (far) return { start: Number(far[1]), end: Number(far[1]) + 1 }
  const decade = /^(-?\d{1,3})(X{1,3})$/.exec(plain)
  if (decade && (decade[1] as string).replace('-', '').length + (decade[2] as string).length === 4) {
    const span = 10 ** (decade[2] as string).length
    const start = Number(decade[1]) * span
    return { start, end: start + span }
  }
  const match = /^([+-]?\d{1,6})(?:-(\d{2})(?:-(\d{2})(?:T(.+))?)?)?$/.exec(plain)
  if (!match) return undefined
  const year = Number(match[1])
  if (match[2] === undefined) return { start: year, end: year + 1 }
  const month = Number(match[2])
  if (month < 1 || month > 12) return undefined
  if (match[3] === undefined) return { start: yearAt(year, month - 1, 1), end: yearAt(year, month, 1) }
  const day = Number(match[3])
  if (day < 1 || day > 31) return undefined
  const start = yearAt(year, month - 1, day)
  if (match[4] === undefined) return { start, end: yearAt(year, month - 1, day + 1) }
  const time = /^(\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/.exec(match[4])
  if (!time) return undefined
  const hours = Number(time[1]) + Number(time[2] ?? 0) / 60 + Number(time[3] ?? 0) / 3600
  if (hours > 24) return undefined
  const moment = start + hours / (24 * daysIn(year))
  return { start: moment, end: moment }
}

/** Fractional year of a day; month 12 is the next January. Proleptic Gregorian calendar, also before year 1. */
function yearAt(year: number, month: number, day: number): number {
  const startOfYear = new Date(0).setUTCFullYear(year, 0, 1)
  const moment = new Date(0).setUTCFullYear(year, month, day)
  return year + (moment - startOfYear) / (daysIn(year) * 86_400_000)
}

function daysIn(year: number): number {
  return (new Date(0).setUTCFullYear(year + 1, 0, 1) - new Date(0).setUTCFullYear(year, 0, 1)) / 86_400_000
}
