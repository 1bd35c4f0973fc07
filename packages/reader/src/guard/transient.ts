/** A failure that may pass: the read is made again, and is `Unavailable` when it does not. */
export class TransientError extends Error {
  /** Milliseconds the server asks to wait. */
  readonly retryAfter: number | undefined

  constructor(message: string, options: { readonly retryAfter?: number; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'TransientError'
    this.retryAfter = options.retryAfter
  }
}

const TRANSIENT_CODES = new Map([
  ['ECONNRESET', 'the connection was reset'],
  ['ECONNREFUSED', 'the connection was refused'],
  ['EPIPE', 'the connection was closed'],
  ['ETIMEDOUT', 'the connection timed out'],
  ['EHOSTUNREACH', 'the host cannot be reached'],
  ['ENETUNREACH', 'the network cannot be reached'],
  ['EAI_AGAIN', 'its name could not be looked up'],
  ['UND_ERR_SOCKET', 'the connection was closed before the answer was whole'],
  ['UND_ERR_CONNECT_TIMEOUT', 'it took too long to connect'],
  ['UND_ERR_HEADERS_TIMEOUT', 'it took too long to answer'],
  ['UND_ERR_BODY_TIMEOUT', 'it fell silent'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'the answer is not as long as it says'],
])

/** A failure of the connection as one that may pass; undefined where it will not. */
export function asTransient(error: unknown): TransientError | undefined {
  if (error instanceof TransientError) return error
  const code = (error as { code?: unknown } | null)?.code
  const message = typeof code === 'string' ? TRANSIENT_CODES.get(code) : undefined
  if (message) return new TransientError(message, { cause: error })
  // Node joins the failures of a host's addresses in one.
  const failures = error instanceof AggregateError ? error.errors.map(asTransient) : []
  return failures.find(failure => failure !== undefined)
}

/** Statuses after which the same read may succeed. */
export const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([429, 500, 502, 503, 504])

/** Milliseconds of a Retry-After header: seconds, or a date. */
export function retryAfterOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
