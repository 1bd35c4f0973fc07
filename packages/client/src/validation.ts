import type { TypedLexMap } from '@atproto/lex'
import { validateRecord } from '@frost/lexicon'
import { UsageError } from './errors.ts'

/**
 * A record that its lexicon allows, and what would make it better.
 * @throws UsageError that names the field, its value and what the lexicon wants.
 */
export function checked(record: TypedLexMap): { record: TypedLexMap; warnings: string[] } {
  const result = validateRecord(record)
  if (!result.valid) throw new UsageError(`the record cannot be published: ${result.message}`)
  return { record, warnings: [...result.hints] }
}

/** Why a record breaks its lexicon; undefined where it does not. */
export function faultOf(record: TypedLexMap): string | undefined {
  const result = validateRecord(record)
  return result.valid ? undefined : result.message
}
