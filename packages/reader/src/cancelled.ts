import { ReaderError } from './errors.ts'

/** @throws {ReaderError} `Cancelled` where the caller's signal says so */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ReaderError('Cancelled', 'the read was cancelled')
}
