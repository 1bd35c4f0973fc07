import { ReaderError, type ReaderErrorCode } from '@frost/reader'
import { Busy } from '../pool/pool.ts'

/** A request that is refused before anything is read. */
export class Refusal extends Error {
  readonly status: number
  readonly error: string
  readonly details: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    error: string,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.status = status
    this.error = error
    this.details = details
    this.headers = headers
  }
}

const STATUSES: Readonly<Record<ReaderErrorCode, number>> = {
  InvalidSelection: 400,
  Forbidden: 403,
  NotFound: 404,
  OverBudget: 413,
  Unrecognised: 415,
  Unsupported: 422,
  Corrupt: 422,
  Unavailable: 502,
  Cancelled: 503,
}

/** What any error is told as; undefined for one that nobody foresaw. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error
  if (error instanceof Busy)
    return new Refusal(
      503,
      'Busy',
      error.message,
      { retryAfter: error.retryAfter },
      retryAfter(error.retryAfter),
    )
  if (!(error instanceof ReaderError)) return undefined
  const { code, message, details } = error
  const status = code === 'Unavailable' && details.cause === 'time' ? 504 : (STATUSES[code] ?? 502)
  return new Refusal(status, code, message, details, retryAfter(details.retryAfter))
}

function retryAfter(seconds: unknown): Readonly<Record<string, string>> {
  return typeof seconds === 'number' ? { 'Retry-After': String(Math.ceil(seconds)) } : {}
}
