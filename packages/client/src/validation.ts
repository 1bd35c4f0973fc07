import type { TypedLexMap } from '@atproto/lex'
import { recordHints, validateRecord } from '@frost/lexicon'
import { UsageError } from './errors.ts'

/**
 * A record that its lexicon allows, and what would make it better.
 * @throws UsageError that names the field, its value and what the lexicon wants.
 */
export function checked(record: TypedLexMap): { record: TypedLexMap; warnings: string[] } {
  const fault = faultOf(record)
  if (fault !== undefined) throw new UsageError(`the record cannot be published: ${fault}`)
  return { record, warnings: recordHints(record) }
}

/** Why a record breaks its lexicon; undefined where it does not. */
export function faultOf(record: TypedLexMap): string | undefined {
  const validity = validateRecord(record.$type, record)
  if (validity.ok) return undefined
  const [first, ...more] = validity.issues
  return more.length > 0 ? `${first} (and ${more.length} more)` : first
}
