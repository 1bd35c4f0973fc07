/** A failure that a person can act on: one line that names the field, its value and the remedy. */
export class FrostError extends Error {
  override name = 'FrostError'
  /** Machine-readable kind, e.g. `RecordChanged`, `NotSignedIn`; `--json` callers may branch on it. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Wrong usage: the caller asked for something that can never work; the CLI exits with 2. */
export class UsageError extends FrostError {
  override name = 'UsageError'

  constructor(message: string, options?: ErrorOptions) {
    super('Usage', message, options)
  }
}

const SYSTEM_REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name could not be looked up just now',
  ETIMEDOUT: 'it did not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'it did not answer in time',
  UND_ERR_SOCKET: 'the connection was cut',
  ENOENT: 'there is no such file',
  EACCES: 'access is denied',
  EISDIR: 'it is a folder',
}

/** Why a request did not arrive or a file was not read, in words; undefined for other errors. */
export function systemReason(error: unknown): string | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    const { code, name } = cause as NodeJS.ErrnoException
    if (code && SYSTEM_REASONS[code]) return SYSTEM_REASONS[code]
    if (name === 'TimeoutError') return 'it did not answer in time'
    if (cause instanceof AggregateError && cause.errors.length > 0) return systemReason(cause.errors[0])
  }
  return undefined
}
