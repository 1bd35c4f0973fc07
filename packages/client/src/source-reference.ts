import type { LexMap } from '@atproto/lex'
import { definition, nsid } from '@frost/lexicon'
import { headKey } from './head.ts'
import { type FoundRecord, findRecord, type LookupOptions, publicClient } from './lookup.ts'
import { referenceFrom } from './normalise.ts'
import { parseReference } from './reference.ts'
import { readRecord, type StoredRecord } from './repository.ts'
import { latestVersionOf, versionOf } from './versions.ts'

/**
 * What something was made from, pinned so that it survives whatever becomes of the source: the version of `REF@TAG`, else the latest
 * one, with its CID and the state of the data that it pins; of a dataset without versions the state of its head. Identifiers and
 * addresses that are no dataset here stay as they are.
 */
export async function sourceReference(text: string, lookup: LookupOptions): Promise<LexMap> {
  const { ref, tag } = splitTag(text)
  if (tag === undefined && parseReference(ref).kind !== 'record' && parseReference(ref).kind !== 'slug')
    return referenceFrom(ref, lookup)
  const found = await findRecord(ref, lookup)
  if (found.collection !== nsid('dataset.entry')) return pinned(found, found.value.pins ?? found.value.states)
  const version = tag === undefined ? await latestVersionOf(found) : await versionOf(found, tag)
  if (version) return pinned(version, version.value.pins)
  const head = await readRecord(
    publicClient(found.owner.pds),
    found.owner.did,
    nsid('dataset.head'),
    headKey(found.rkey, 'main'),
  )
  return pinned(found, head?.value.states)
}

/** `REF@TAG` as its parts. Handles that begin with @ and addresses, which may hold one, have none. */
export function splitTag(text: string): { readonly ref: string; readonly tag?: string } {
  if (/^(?!at:)[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { ref: text }
  const [, ref, tag] = /^([^@]+)@([^@/]+)$/.exec(text) ?? []
  return ref && tag ? { ref, tag } : { ref: text }
}

function pinned({ uri, cid }: StoredRecord | FoundRecord, states: unknown): LexMap {
  const [first] = Array.isArray(states) ? (states as { pin?: LexMap; distribution?: string }[]) : []
  return {
    $type: definition('recordRef'),
    uri,
    cid,
    ...(first?.pin && { pin: first.pin }),
    ...(first?.distribution && { distribution: first.distribution }),
  }
}
