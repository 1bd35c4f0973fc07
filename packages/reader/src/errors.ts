/**
 * What a reader can refuse, and why:
 * - `NotFound`: nothing lies at the location
 * - `Forbidden`: the address may not be read (a private network), or the store refuses
 * - `Unrecognised`: no format knows these bytes
 * - `Unsupported`: the format is known, one of its features is not
 * - `Corrupt`: the bytes contradict themselves
 * - `OverBudget`: the read would cost more than was allowed; `cost` and `cheaper` say what it would and what would not
 * - `InvalidSelection`: the selection names what is not there, or cannot be parsed
 * - `Unavailable`: the server failed, was too slow, or lies about ranges
 * - `Cancelled`: the caller's signal
 */
export type ReaderErrorCode =
  | 'NotFound'
  | 'Forbidden'
  | 'Unrecognised'
  | 'Unsupported'
  | 'Corrupt'
  | 'OverBudget'
  | 'InvalidSelection'
  | 'Unavailable'
  | 'Cancelled'

export class ReaderError extends Error {
  readonly code: ReaderErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ReaderErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = 'ReaderError'
    this.code = code
    this.details = details
  }
}
