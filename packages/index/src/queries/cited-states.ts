import { nsid, parseReference } from '@frost/lexicon'
import { type AccountName, accountNames, UNKNOWN_HANDLE } from '../entry-facts.ts'
import { QueryError } from '../errors.ts'
import { type RecordState, stateAt, stateNow } from '../former-states.ts'
import type { Fields } from '../projection.ts'
import { parseRecord } from '../record-text.ts'
import { isEntryUri, isVersionUri, ownerOf } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { withDid } from './accounts.ts'
import { type PinState, pinnedState } from './pinned-state.ts'
import { keyOf } from './resolve.ts'

/** What a citation is made of: the record in the state that is cited, and whose it is. */
export interface CitedState {
  readonly uri: string
  readonly cid: string
  readonly pinState: PinState
  readonly owner: AccountName
  /** The dataset that the site has a page of. */
  readonly entryUri: string
  /** The entry's fields; for a version, those of the state that it describes. */
  readonly entry: Fields
  readonly version?: Fields
}

/**
 * Looks up what is to be cited, in the order given.
 * @param uris at-uris of entries and versions, handle/slug, DOIs, addresses
 * @param cid the state to cite, where one thing is
 * @throws QueryError EntryNotFound, InvalidIdentifier
 */
export async function citedStates(
  db: Database,
  { uris, cid }: { uris: readonly string[]; cid?: string },
): Promise<CitedState[]> {
  const states: CitedState[] = []
  for (const id of uris) states.push(await citedState(db, id, cid))
  return states
}

async function citedState(db: Database, id: string, cid: string | undefined): Promise<CitedState> {
  const uri = await citableUri(db, id)
  const { state, pinState } = cid === undefined ? await unpinned(db, uri, id) : await pinned(db, uri, cid)
  const value = parseRecord(state.json)
  const names = await accountNames(db, [state.did])
  const owner = names.get(state.did) ?? { did: state.did, handle: UNKNOWN_HANDLE }
  const said = { uri, cid: state.cid, pinState, owner }
  if (!isVersionUri(uri)) return { ...said, entryUri: uri, entry: value }
  const entryUri = String(value.dataset)
  return { ...said, entryUri, entry: await describedEntry(db, entryUri, value, state.did), version: value }
}

/** A version is cited as such; everything else means its dataset. */
async function citableUri(db: Database, id: string): Promise<string> {
  const reference = parseReference(id)
  if (reference?.kind === 'record' && reference.collection === nsid('dataset.version')) {
    const { authority, collection, rkey } = reference
    const uri = await withDid(db, `at://${authority}/${collection}/${rkey}`)
    if (uri) return uri
  }
  const { name } = await keyOf(db, id)
  if (isEntryUri(name) && ownerOf(name)) return name
  throw notFound(`nothing is known here by '${id.slice(0, 100)}'`)
}

async function unpinned(
  db: Database,
  uri: string,
  id: string,
): Promise<{ state: RecordState; pinState: PinState }> {
  const state = await stateNow(db, uri)
  if (!state) throw notFound(`'${id.slice(0, 100)}' is not known here, or its owner withdrew it`)
  return { state, pinState: 'unchanged' }
}

async function pinned(
  db: Database,
  uri: string,
  cid: string,
): Promise<{ state: RecordState; pinState: PinState }> {
  const { state, pinState } = await pinnedState(db, uri, cid)
  if (state) return { state, pinState }
  const why =
    pinState === 'gone'
      ? 'its owner deleted it'
      : pinState === 'unavailable'
        ? 'it is not held here, or its account is away'
        : 'what it said then was not kept here: leave out cid to cite it as it is now'
  throw notFound(`${uri} in the state ${cid} cannot be cited: ${why}`)
}

/** The entry as the version saw it; as it is now, where that state was not kept. */
async function describedEntry(db: Database, uri: string, version: Fields, did: string): Promise<Fields> {
  if (ownerOf(uri) !== did) throw notFound(`the version names '${uri}', a dataset of another account`)
  const { cid } = (version.entry ?? {}) as { cid?: unknown }
  const then = typeof cid === 'string' ? await stateAt(db, uri, cid) : undefined
  const { json } = then ?? (await unpinned(db, uri, uri)).state
  return parseRecord(json)
}

const notFound = (message: string) => new QueryError('EntryNotFound', message)
