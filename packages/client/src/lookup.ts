import { Client } from '@atproto/lex'
import { nsid } from '@frost/lexicon'
import type { AppView } from './appview.ts'
import { FrostError, UsageError } from './errors.ts'
import { type Identity, resolveIdentity } from './identity.ts'
import { parseReference, type Reference, recordReference } from './reference.ts'
import { readRecord, type StoredRecord } from './repository.ts'
import type { Settings } from './settings.ts'

/** A record as its owner's own repository holds it now. */
export interface FoundRecord extends StoredRecord {
  readonly collection: string
  readonly owner: Identity
}

export interface LookupOptions {
  readonly settings: Settings
  /** Whose repository a bare slug is looked up in. */
  readonly self?: { readonly did: string; readonly pds: string; readonly handle?: string }
  readonly appview: Pick<AppView, 'resolveEntry'>
}

/**
 * Reads the record that REF stands for from its owner's PDS. DOIs and addresses are resolved by the AppView; at-uris,
 * handle/slug and slugs of one's own need none.
 * @throws UsageError for what is no reference, FrostError `NotFound` that names it.
 */
export async function findRecord(text: string, options: LookupOptions): Promise<FoundRecord> {
  const { authority, collection, rkey } = await recordOf(parseReference(text), text, options)
  const { self, settings } = options
  const isOwn = self && (self.did === authority || self.handle === authority)
  const owner: Identity = isOwn ? self : await resolveIdentity(authority, settings)
  const record = await readRecord(publicClient(owner.pds), owner.did, collection, rkey)
  if (record) return { ...record, uri: `at://${owner.did}/${collection}/${rkey}`, collection, owner }
  throw new FrostError(
    'NotFound',
    `'${text}' is not in the repository of ${owner.handle ?? owner.did}: check the spelling`,
  )
}

/** As `findRecord`, for the signed-in account's own datasets only: what is changed must be one's own. */
export async function findOwnEntry(text: string, options: LookupOptions): Promise<FoundRecord> {
  const found = await findRecord(text, options)
  if (found.owner.did !== options.self?.did) {
    const owner = found.owner.handle ?? found.owner.did
    throw new FrostError(
      'NotYours',
      `'${text}' belongs to ${owner}: sign in as ${owner}, or choose it with --account`,
    )
  }
  if (found.collection !== nsid('dataset.entry')) {
    throw new UsageError(`'${text}' is a ${found.collection}, not a dataset: give the dataset's handle/slug`)
  }
  return found
}

/** The record that a reference names; DOIs and addresses are resolved by the AppView. */
export async function recordOf(
  reference: Reference,
  text: string,
  { self, appview }: LookupOptions,
): Promise<Extract<Reference, { kind: 'record' }>> {
  switch (reference.kind) {
    case 'record':
      return reference
    case 'slug':
      if (self)
        return {
          kind: 'record',
          authority: self.did,
          collection: nsid('dataset.entry'),
          rkey: reference.slug,
        }
      throw new UsageError(
        `'${text}' is a slug without its owner: write handle/${reference.slug}, or sign in first`,
      )
    case 'account':
      throw new UsageError(`'${text}' is an account, not a dataset: write ${text}/slug`)
    default: {
      const resolved = await appview.resolveEntry(text.trim())
      if (!resolved)
        throw new FrostError(
          'NotFound',
          `no dataset is known for '${text}': search for it with 'frost search'`,
        )
      return recordReference(resolved)
    }
  }
}

/** Reads from a PDS without an account. */
export function publicClient(pds: string): Client {
  return new Client(pds, { validateResponse: false })
}
