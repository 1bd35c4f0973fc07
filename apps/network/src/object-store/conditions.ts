import type { IncomingHttpHeaders } from 'node:http'

/** What identifies the state of a file. */
export interface Validators {
  /** Strong, with its quotes. */
  readonly etag: string
  /** Milliseconds since 1970. */
  readonly modified: number
}

/** First and last byte, both included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** What a request's conditions come to, in the order of RFC 9110 section 13.2.2. */
export function evaluate(headers: IncomingHttpHeaders, { etag, modified }: Validators): 200 | 304 | 412 {
  const ifMatch = headers['if-match']
  if (ifMatch !== undefined) {
    if (!listed(ifMatch, etag, false)) return 412
  } else if (isBefore(headers['if-unmodified-since'], modified)) return 412
  const ifNoneMatch = headers['if-none-match']
  if (ifNoneMatch !== undefined) return listed(ifNoneMatch, etag, true) ? 304 : 200
  const since = parseDate(headers['if-modified-since'])
  return since !== undefined && seconds(modified) <= seconds(since) ? 304 : 200
}

/**
 * The range that is asked for: undefined for the whole file (no range, several ranges, an unknown unit, or a condition
 * that no longer holds), `unsatisfiable` where it lies beyond the end.
 */
export function requestedRange(
  headers: IncomingHttpHeaders,
  size: number,
  { etag, modified }: Validators,
): ByteRange | 'unsatisfiable' | undefined {
  const parts = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/.exec(headers.range ?? '')
  if (!parts || (parts[1] === '' && parts[2] === '')) return undefined
  const ifRange = headers['if-range'] as string | undefined
  if (ifRange !== undefined) {
    const date = ifRange.startsWith('"') ? undefined : parseDate(ifRange)
    if (ifRange !== etag && (date === undefined || seconds(date) !== seconds(modified))) return undefined
  }
  const [, first, last] = parts
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 }
  }
  const start = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && Number(last) < start) return undefined
  return start >= size ? 'unsatisfiable' : { start, end }
}

function listed(header: string, etag: string, weak: boolean): boolean {
  if (header.trim() === '*') return true
  return header.split(',').some(entry => {
    const candidate = entry.trim()
    return candidate === etag || (weak && candidate === `W/${etag}`)
  })
}

function isBefore(header: string | undefined, modified: number): boolean {
  const date = parseDate(header)
  return date !== undefined && seconds(modified) > seconds(date)
}

function parseDate(header: string | undefined): number | undefined {
  const time = header === undefined ? Number.NaN : Date.parse(header)
  return Number.isNaN(time) ? undefined : time
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000)
}
