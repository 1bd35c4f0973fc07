import { type CitationContext, citedVersion } from '@frost/catalogs/citation/index'
import { nsid } from '@frost/lexicon'
import { FrostError } from './errors.ts'
import type { Identity } from './identity.ts'
import { findRecord, type LookupOptions, publicClient } from './lookup.ts'
import { subjectOf } from './publish.ts'
import { recordReference } from './reference.ts'
import { versionsOf } from './release.ts'
import { readRecord, type StoredRecord } from './repository.ts'
import { faultOf } from './validation.ts'

/** The records that a citation is made of. */
export interface Cited {
  readonly uri: string
  /** The state that is cited. */
  readonly cid: string
  /** Key of the entry, for its page's address. */
  readonly rkey: string
  readonly owner: Identity
  /** The entry's fields; for a version, with those that differ in it. */
  readonly entry: Record<string, unknown>
  readonly version?: NonNullable<CitationContext['version']>
}

/**
 * Finds what is to be cited: an entry, or one of its versions by REF or by tag.
 * @throws FrostError `NotFound` that names the versions there are.
 */
export async function findCitable(ref: string, lookup: LookupOptions, tag?: string): Promise<Cited> {
  const found = await findRecord(ref, lookup)
  const { owner } = found
  if (found.collection === nsid('dataset.version')) {
    const { rkey } = recordReference(String(subjectOf(found.value.dataset)))
    const entry = await readRecord(publicClient(owner.pds), owner.did, nsid('dataset.entry'), rkey)
    if (!entry)
      throw new FrostError('NotFound', `the dataset of ${found.uri} is gone: only its version is left`)
    return versionCited(entry, found, owner)
  }
  assertValid(found)
  if (tag === undefined)
    return { uri: found.uri, cid: found.cid, rkey: found.rkey, owner, entry: found.value }
  const versions = await versionsOf(found)
  const version = versions.find(({ value }) => value.version === tag)
  if (!version) {
    const tags = versions.map(({ value }) => value.version).join(', ')
    throw new FrostError(
      'NotFound',
      `'${ref}' has no version '${tag}'${tags ? `: there are ${tags}` : ': none is released'}`,
    )
  }
  return versionCited(found, version, owner)
}

function assertValid({ uri, value }: StoredRecord): void {
  const fault = faultOf(value)
  if (fault !== undefined)
    throw new FrostError('InvalidRecord', `${uri} cannot be cited, it breaks its lexicon: ${fault}`)
}

function versionCited(entry: StoredRecord, version: StoredRecord, owner: Identity): Cited {
  assertValid(entry)
  assertValid(version)
  return {
    uri: version.uri,
    cid: version.cid,
    rkey: entry.rkey,
    owner,
    ...citedVersion(entry.value, version.value),
  }
}
