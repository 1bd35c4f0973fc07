import { ReaderError } from '@frost/reader'
import type { Failure } from '../job.ts'
import { exactJson } from '../json.ts'

const LONGEST_MESSAGE = 2_000
const LONGEST_DETAILS = 20_000

/** An error as it is told; what no reader threw comes from bytes that nobody foresaw. */
export function failureOf(error: unknown, location: string): Failure {
  if (error instanceof ReaderError) {
    const { code, message, details } = error
    return { code, message: message.slice(0, LONGEST_MESSAGE), details: plain(details) }
  }
  const text = error instanceof Error ? error.message : String(error)
  if (error instanceof Error && error.name === 'AbortError')
    return { code: 'Cancelled', message: 'the read was cancelled', details: {} }
  return {
    code: 'Corrupt',
    message: `'${location}' cannot be read: ${text}`.slice(0, LONGEST_MESSAGE),
    details: { unforeseen: error instanceof Error ? error.name : typeof error },
  }
}

function plain(details: Failure['details']): Failure['details'] {
  const text = exactJson(details)
  return text.length > LONGEST_DETAILS ? {} : (JSON.parse(text) as Failure['details'])
}
