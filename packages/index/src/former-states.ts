import { nsid } from '@frost/lexicon'
import type { CommitEvent, RepoEvent } from '@frost/sync'
import type { RangeRecord } from '@frost/sync/mst-range'
import { among } from './among.ts'
import type { Put } from './engine.ts'
import { proveReplaced } from './former-proofs.ts'
import { parts } from './in-parts.ts'
import { keepWithin, type ProofPolicy } from './proof-policy.ts'
import type { Database, FormerStateRow, RecordRow } from './schema.ts'

/**
 * What records said before they said what they say now: the moves of heads, and the states that versions and citations pin. An
 * owner's deletion takes them along, and so does a purge; what an AppView never saw, it cannot tell.
 */

const HEAD = nsid('dataset.head')
const KEPT: ReadonlySet<string> = new Set(
  ['dataset.entry', 'dataset.version', 'dataset.model', 'dataset.head'].map(name => nsid(name)),
)

/** Moves of a head that are kept: at one a minute, the last 16 hours; at one an hour, six weeks. */
export const MOST_MOVES = 1000
/** Of a head that says more than a pointer does, fewer are kept, so that nobody fills the disk by moving it. */
const POINTER_BYTES = 8192
/** States of another record that are kept although nobody pins them, and those that somebody does. */
export const MOST_UNPINNED = 20
export const MOST_PINNED = 500

/** What proofs of former states are made from. */
export interface Provable {
  readonly events: readonly RepoEvent[]
  readonly policy: ProofPolicy
  readonly recordsBefore: (did: string) => Promise<readonly RangeRecord[]>
}

type Left = Omit<FormerStateRow, 'place' | 'proof'> & { readonly by: CommitEvent | undefined }

/** The states that records leave behind in one writing transaction. */
export class FormerStates {
  readonly #left = new Map<string, Left[]>()
  readonly #forgotten = new Set<string>()

  /** The record says something else from now on. */
  replaced(before: RecordRow, after: RecordRow, by: CommitEvent | undefined): void {
    if (before.cid === after.cid || !before.valid || !KEPT.has(before.collection)) return
    const states = this.#left.get(before.uri) ?? []
    states.push({
      uri: before.uri,
      cid: before.cid,
      did: before.did,
      json: before.json,
      since: before.indexed_at,
      until: after.indexed_at,
      by,
    })
    this.#left.set(before.uri, states)
  }

  /** The record is gone. */
  forget({ uri, collection }: RecordRow): void {
    if (!KEPT.has(collection)) return
    this.#left.delete(uri)
    this.#forgotten.add(uri)
  }

  /** Once the records and what they say of each other are written. */
  async write(tx: Database, put: Put, provable: Provable): Promise<void> {
    for (const part of parts([...this.#forgotten]))
      await tx
        .deleteFrom('former_state')
        .where(among(tx, 'uri', part))
        .execute()
    for (const part of parts([...this.#left.keys()])) {
      const last = await lastPlaces(tx, part)
      const proofs = await proofsOf(
        tx,
        part.flatMap(uri => this.#left.get(uri)!),
        provable,
      )
      const rows = part.flatMap(uri =>
        this.#left.get(uri)!.map((state, at): FormerStateRow => {
          const { by: _, ...row } = state
          return { ...row, place: (last.get(uri) ?? 0) + at + 1, proof: proofs.get(state) ?? null }
        }),
      )
      await put('former_state', rows)
      for (const uri of part) await forgetOld(tx, rows.findLast(row => row.uri === uri)!)
      const proved = new Set(rows.flatMap(({ did, proof }) => (proof ? did : [])))
      for (const did of proved) await keepWithin(tx, did, provable.policy)
    }
  }
}

/** Of the states left behind, those that somebody pins are proved, as far as the policy keeps that. */
async function proofsOf(
  tx: Database,
  left: readonly Left[],
  { events, policy, recordsBefore }: Provable,
): Promise<ReadonlyMap<unknown, Uint8Array>> {
  const isKept = ({ did, uri }: Left) =>
    policy.bytes > 0 && (policy.accounts?.has(did) ?? true) && !uri.includes(`/${HEAD}/`)
  const wanted = left.filter(
    (state): state is Left & { by: CommitEvent } => state.by?.head !== undefined && isKept(state),
  )
  if (wanted.length === 0) return new Map()
  const pinned = new Set<string>()
  for (const [uri, states] of Map.groupBy(wanted, state => state.uri))
    for (const cid of await pinnedAmong(tx, uri, [...new Set(states.map(state => state.cid))]))
      pinned.add(`${uri} ${cid}`)
  const replaced = wanted.filter(({ uri, cid }) => pinned.has(`${uri} ${cid}`))
  return replaced.length === 0 ? new Map() : proveReplaced(tx, events, replaced, recordsBefore)
}

async function lastPlaces(tx: Database, uris: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await tx
    .selectFrom('former_state')
    .select(['uri', tx.fn.max('place').as('place')])
    .where(among(tx, 'uri', uris))
    .groupBy('uri')
    .execute()
  return new Map(rows.map(({ uri, place }) => [uri, Number(place)]))
}

/** Keeps what is stored of one record within bounds. @param newest the last state that it left */
async function forgetOld(tx: Database, { uri, json, place: last }: FormerStateRow): Promise<void> {
  if (uri.includes(`/${HEAD}/`)) {
    const most = json.length <= POINTER_BYTES ? MOST_MOVES : MOST_UNPINNED
    if (last > most)
      await tx
        .deleteFrom('former_state')
        .where('uri', '=', uri)
        .where('place', '<=', last - most)
        .execute()
    return
  }
  if (last <= MOST_UNPINNED) return
  const old = await tx
    .selectFrom('former_state')
    .select(['place', 'cid'])
    .where('uri', '=', uri)
    .where('place', '<=', last - MOST_UNPINNED)
    .orderBy('place', 'desc')
    .execute()
  const pinned = await pinnedAmong(tx, uri, [...new Set(old.map(({ cid }) => cid))])
  const seen = new Set<string>()
  const unwanted = old.flatMap(({ place, cid }) => {
    // Of a state that comes back the newest copy is kept.
    if (pinned.has(cid) && !seen.has(cid) && seen.size < MOST_PINNED) {
      seen.add(cid)
      return []
    }
    return place
  })
  for (const part of parts(unwanted))
    await tx.deleteFrom('former_state').where('uri', '=', uri).where('place', 'in', part).execute()
}

/** Which states of a record anybody pins: a citation or derivation, or a version of the dataset. */
async function pinnedAmong(
  tx: Database,
  uri: string,
  cids: readonly string[],
): Promise<ReadonlySet<string | null>> {
  if (cids.length === 0) return new Set()
  const [cited, released] = await Promise.all([
    tx
      .selectFrom('edge')
      .select('cid')
      .distinct()
      .where('to_key', '=', uri)
      .where('cid', 'in', cids)
      .execute(),
    tx
      .selectFrom('link')
      .select('subject as cid')
      .distinct()
      .where('kind', '=', 'state')
      .where('subject', 'in', cids)
      .execute(),
  ])
  return new Set([...cited, ...released].map(({ cid }) => cid))
}

/** One state of a record. */
export interface RecordState {
  readonly uri: string
  readonly cid: string
  readonly did: string
  readonly json: string
  /** When this AppView took it in. */
  readonly indexedAt: string
  /** When another took its place; absent for what the record says now. */
  readonly until?: string
}

/** What a record says now; undefined where it is not held or hidden. */
export async function stateNow(db: Database, uri: string): Promise<RecordState | undefined> {
  const record = await db
    .selectFrom('record')
    .select(['uri', 'cid', 'did', 'json', 'indexed_at'])
    .where('uri', '=', uri)
    .where('visible', '=', 1)
    .executeTakeFirst()
  return record && currentState(record)
}

/** A state of a record by its CID: what the record says now, or what was kept of it; undefined where it is not held or hidden. */
export async function stateAt(db: Database, uri: string, cid: string): Promise<RecordState | undefined> {
  const record = await db
    .selectFrom('record')
    .select(['uri', 'cid', 'did', 'json', 'indexed_at', 'visible'])
    .where('uri', '=', uri)
    .executeTakeFirst()
  // What was said before goes where the record goes: with its account, and with a takedown.
  if (record?.visible !== 1) return undefined
  if (record.cid === cid) return currentState(record)
  const row = await db
    .selectFrom('former_state')
    .select(['cid', 'did', 'json', 'since', 'until'])
    .where('uri', '=', uri)
    .where('cid', '=', cid)
    .orderBy('place', 'desc')
    .executeTakeFirst()
  return row && { uri, cid, did: row.did, json: row.json, indexedAt: row.since, until: row.until }
}

function currentState({
  uri,
  cid,
  did,
  json,
  indexed_at,
}: Pick<RecordRow, 'uri' | 'cid' | 'did' | 'json' | 'indexed_at'>): RecordState {
  return { uri, cid, did, json, indexedAt: indexed_at }
}
