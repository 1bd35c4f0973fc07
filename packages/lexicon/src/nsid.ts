import { AUTHORITY } from './generated/authority.ts'
import { documents } from './generated/documents.ts'

/** Name of a lexicon without its authority, e.g. `dataset.entry`. */
export type LexiconName = string

/** The full NSID of one of FROST's lexicons: `nsid('dataset.entry')`. */
export function nsid<Name extends LexiconName>(name: Name): `${typeof AUTHORITY}.${Name}` {
  return `${AUTHORITY}.${name}`
}

/** `$type` of a shared definition in a union: `definition('recordRef')`. */
export function definition<Name extends string>(name: Name): `${typeof AUTHORITY}.defs#${Name}` {
  return `${AUTHORITY}.defs#${name}`
}

/** NSIDs of all record types, sorted. */
export const RECORD_NSIDS: readonly string[] = documents
  .filter(({ defs }) => (defs.main as { type?: string } | undefined)?.type === 'record')
  .map(({ id }) => id)
  .sort()

/** True for the NSID of anything under FROST's authority, also of record types that this version does not know. */
export function isFrostNsid(text: string): boolean {
  return text.startsWith(`${AUTHORITY}.`)
}
