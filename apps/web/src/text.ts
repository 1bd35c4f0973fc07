/** How numbers, sizes and times are written for people. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

export const formatCount = (count: number): string => whole.format(count)

/** @param text bytes as a decimal string of any length (the record's own notation) */
export function formatSize(text: string): string {
  if (!/^\d{1,40}$/.test(text)) return text
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB']
  const bytes = Number(text)
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** power
  return `${value >= 100 || power === 0 ? value.toFixed(0) : value.toPrecision(3).replace(/\.?0+$/, '')} ${units[power]}`
}

/** The day of an ISO 8601 time; anything else is left as it is. */
export const formatDay = (time: string): string =>
  /^\d{4}-\d{2}-\d{2}T/.test(time) ? time.slice(0, 10) : time

/** The minute of an ISO 8601 time, in UTC: `2026-11-29 10:05 UTC`; anything else is left as it is. */
export function formatMoment(time: string): string {
  const at = /^\d{4}-\d{2}-\d{2}T/.test(time) ? Date.parse(time) : Number.NaN
  return Number.isFinite(at) ? `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC` : time
}

/** `one dataset`, `12 datasets`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count === 1 ? 'one' : formatCount(count)} ${count === 1 ? one : many}`
}

/** `erratum` → `Erratum`, as what begins a sentence. */
export const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

export function truncate(text: string, length: number): string {
  if (text.length <= length) return text
  const cut = text.slice(0, length)
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), length - 20))} …`
}

const UNITS = new Map([
  ['Y', 'year'],
  ['M', 'month'],
  ['W', 'week'],
  ['D', 'day'],
])
const CLOCK_UNITS = new Map([
  ['H', 'hour'],
  ['M', 'minute'],
  ['S', 'second'],
])

/** `P1D` → `1 day`, `PT3H` → `3 hours`; anything but one plain unit is left as it is. https://www.rfc-editor.org/rfc/rfc3339#appendix-A */
export function durationInWords(duration: string): string {
  const [, clock, count, letter = ''] = /^P(T?)(\d{1,6})([A-Z])$/.exec(duration) ?? []
  const unit = (clock ? CLOCK_UNITS : UNITS).get(letter)
  return unit ? `${count} ${unit}${count === '1' ? '' : 's'}` : duration
}

const KINDS = new Map([
  ['continuous', 'continuously'],
  ['periodic', 'regularly'],
  ['irregular', 'irregularly'],
  ['as-needed', 'as needed'],
  ['not-planned', 'no updates planned'],
])

/** How often a dataset changes: `every 3 hours`, `as needed`, or the note that says it better. */
export function frequencyInWords({
  kind,
  interval,
  note,
}: {
  kind?: string
  interval?: string
  note?: string
}): string {
  if (interval) {
    const words = durationInWords(interval)
    return words === interval ? interval : `every ${words.replace(/^1 /, '')}`
  }
  return note ?? KINDS.get(kind ?? '') ?? kind ?? ''
}

const figures = new Intl.NumberFormat('en', { maximumSignificantDigits: 6, useGrouping: 'min2' })
const powers = new Intl.NumberFormat('en', { maximumSignificantDigits: 4, notation: 'scientific' })

/** A measured number with at most six digits: `12.5`, `120,000`, `3.2 × 10⁻⁹`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size === 0 || (size >= 1e-3 && size < 1e9)) return figures.format(value).replace('-', '−')
  const [digits, power] = powers.format(value).split('E')
  return `${digits} × 10${superscript(power!)}`.replace('-', '−')
}

function superscript(number: string): string {
  return [...number].map(char => (char === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(char)])).join('')
}
