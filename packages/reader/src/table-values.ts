import { bytesText } from './cf/packing.ts'

/** A value of a column as JSON holds it without loss; `type` is Arrow's name of the column's type. */
export function jsonValueOf(value: unknown, type = ''): unknown {
  if (value === null || value === undefined) return null
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (value instanceof Date) return dateText(value, type)
  if (value instanceof Uint8Array) return bytesText(value)
  if (ArrayBuffer.isView(value))
    return Array.from(value as unknown as ArrayLike<unknown>, item => jsonValueOf(item))
  if (Array.isArray(value)) return value.map(item => jsonValueOf(item))
  if (value instanceof Map) return [...value].map(([key, item]) => [jsonValueOf(key), jsonValueOf(item)])
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonValueOf(item)]))
  return value
}

/** ISO 8601: a date where the column is one, else a time, with `Z` where the column is in a zone or says nothing of it. */
export function dateText(date: Date, type: string): string {
  if (Number.isNaN(date.getTime())) return ''
  const text = date.toISOString()
  if (type.startsWith('date')) return text.slice(0, text.indexOf('T'))
  return /^timestamp\[\w+\]$/.test(type) ? text.slice(0, -1) : text
}
