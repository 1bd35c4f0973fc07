import { describeError } from '@frost/client/describe-error'
import { clean } from './text.ts'

/** Explains a failure in one line on standard error. @returns The exit status: 2 for wrong usage, else 1. */
export function reportFailure(error: unknown): number {
  process.stderr.write(`frost: ${clean(describeError(error))}\n`)
  if (process.env.FROST_LOG_LEVEL === 'debug') console.error(error)
  return error instanceof Error && error.name === 'UsageError' ? 2 : 1
}
