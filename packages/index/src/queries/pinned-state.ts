import { accountNames } from '../entry-facts.ts'
import { type RecordState, stateAt } from '../former-states.ts'
import { answer, type JsonText, raw } from '../json-text.ts'
import { ownerOf } from '../reference-key.ts'
import { type Database, DELETED } from '../schema.ts'
import { withDid } from './accounts.ts'
import { deletedAmong } from './lineage-nodes.ts'
import { authorView } from './views.ts'

/**
 * What became of a record that somebody pinned by its CID. `gone`: its owner deleted it, and what it said went with it.
 * `unavailable`: it is not held here, or its account is away.
 */
export type PinState = 'unchanged' | 'changed-since' | 'gone' | 'unavailable'

export interface PinnedState {
  readonly pinState: PinState
  /** The record's state now, where it is visible. */
  readonly currentCid?: string
  /** What the record said in the pinned state, where that was kept. */
  readonly state?: RecordState
}

/** Looks up one state of a record. @param uri under the owner's DID */
export async function pinnedState(db: Database, uri: string, cid: string): Promise<PinnedState> {
  const current = await db
    .selectFrom('record')
    .select('cid')
    .where('uri', '=', uri)
    .where('visible', '=', 1)
    .executeTakeFirst()
  if (!current) {
    const isGone = (await deletedAmong(db, [uri])).has(uri)
    return { pinState: isGone ? 'gone' : 'unavailable' }
  }
  const state = await stateAt(db, uri, cid)
  return {
    pinState: current.cid === cid ? 'unchanged' : 'changed-since',
    currentCid: current.cid,
    ...(state && { state }),
  }
}

/** A record in the state that a citation pins, and what became of it since. */
export async function getState(db: Database, { uri, cid }: { uri: string; cid: string }): Promise<JsonText> {
  const resolved = (await withDid(db, uri)) ?? uri
  const { pinState, currentCid, state } = await pinnedState(db, resolved, cid)
  const did = ownerOf(resolved)
  const names = did && pinState !== 'unavailable' ? await accountNames(db, [did]) : undefined
  return answer({
    uri: resolved,
    cid,
    pinState,
    author: did && names ? authorView(names.get(did), did) : undefined,
    record: state && raw(state.json),
    indexedAt: state?.indexedAt,
    until: state?.until ?? (pinState === 'gone' ? await deletedAt(db, resolved) : undefined),
    currentCid,
  })
}

/** When this AppView heard last that a record was deleted. */
export async function deletedAt(db: Database, uri: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('update_log')
    .select('time')
    .where('uri', '=', uri)
    .where('action', '=', DELETED)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.time
}
