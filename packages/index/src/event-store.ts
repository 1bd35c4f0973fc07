import { setImmediate as breath } from 'node:timers/promises'
import { atUri } from '@frost/lexicon'
import type {
  AccountEvent,
  Batch,
  CommitEvent,
  EventStore,
  IdentityEvent,
  RepoEvent,
  RepoState,
} from '@frost/sync'
import { among } from './among.ts'
import { keepHeads } from './archive.ts'
import type { Engine, Put } from './engine.ts'
import { parts } from './in-parts.ts'
import type { Takedowns } from './moderation/takedowns.ts'
import { sortTime } from './projection.ts'
import type { ProofPolicy } from './proof-policy.ts'
import type { RecordQuota } from './record-quota.ts'
import { readRecord, rememberFields } from './record-text.ts'
import { type Database, INACTIVE, type RecordRow, type RepoRow } from './schema.ts'
import type { UpdateLog } from './update-log.ts'
import { WriteSession } from './write-session.ts'

/**
 * Events whose rows are held and written at once. A transaction may be of many more: the pages of its indexes are shared by all, and what
 * was read of records for a piece is let go with it, before it costs garbage collection anything.
 */
const EVENTS_A_PIECE = 256

/** What is let in of what the network says. */
export interface Admission {
  readonly takedowns: Takedowns
  readonly quota: RecordQuota
  /** Which proofs of former states are kept. */
  readonly proofs: ProofPolicy
}

/** The index as sync sees it: each batch is one transaction with its repository states and cursors. */
export function createEventStore(
  engine: Engine,
  updates: UpdateLog,
  { takedowns, quota, proofs }: Admission,
): EventStore {
  return {
    async cursors() {
      const rows = await engine.reader.selectFrom('upstream').selectAll().execute()
      return new Map(rows.map(({ url, cursor }) => [url, cursor]))
    },
    async repo(did) {
      const row = await engine.reader.selectFrom('repo').selectAll().where('did', '=', did).executeTakeFirst()
      return row && stateOf(row)
    },
    async records(did) {
      const rows = await engine.reader
        .selectFrom('record')
        .select(['collection', 'rkey', 'cid'])
        .where('did', '=', did)
        .execute()
      return new Map(rows.map(({ collection, rkey, cid }) => [`${collection}/${rkey}`, cid]))
    },
    async *unfinished() {
      const repos = engine.reader.selectFrom('repo')
      const open = await repos.select('did').where('sync', 'in', ['desynchronized', 'in-progress']).execute()
      for (const part of parts(open.map(({ did }) => did)))
        yield* (await repos.selectAll().where('did', 'in', part).execute()).map(stateOf)
    },
    async inactive(host) {
      const rows = await engine.reader
        .selectFrom('repo')
        .selectAll()
        .where('host', '=', host)
        .where('active', '=', INACTIVE)
        .execute()
      return rows.map(stateOf)
    },
    async deleted(before) {
      const rows = await engine.reader
        .selectFrom('repo')
        .selectAll()
        .where('deleted_at', '<=', before)
        .execute()
      return rows.map(stateOf)
    },
    async apply(batch) {
      try {
        await engine.write((tx, put) => applyBatch(tx, put, batch, { takedowns, quota, proofs }))
      } catch (error) {
        // What was counted did not come to be.
        quota.forget()
        throw error
      }
      updates.appended()
    },
  }
}

async function applyBatch(tx: Database, put: Put, batch: Batch, admission: Admission): Promise<void> {
  const { takedowns } = admission
  const standing = await Standing.load(tx, batch)
  for (const [place, events] of parts(batch.events, EVENTS_A_PIECE).entries()) {
    if (place > 0) await breath()
    await applyEvents({ tx, put, standing, admission }, events)
  }
  // Whatever the events said, the repository's state has the last word on whether the account is active.
  const session = new WriteSession(tx, put, admission.proofs)
  for (const { did, active, status } of batch.repos) {
    if ((active && !takedowns.has(did)) !== standing.isActive(did)) {
      await applyAccount(
        session,
        { type: 'account', did, active, status, time: new Date().toISOString() },
        standing,
        admission,
      )
    }
  }
  await session.flush()
  const states = new Map(batch.repos.map(state => [state.did, rowOf(state, takedowns)]))
  await put('repo', [...states.values()], 'did')
  await writeCursors(tx, put, batch.cursors)
}

interface Applying {
  readonly tx: Database
  readonly put: Put
  readonly standing: Standing
  readonly admission: Admission
}

async function applyEvents(
  { tx, put, standing, admission }: Applying,
  events: readonly RepoEvent[],
): Promise<void> {
  const { quota, proofs } = admission
  const session = new WriteSession(tx, put, proofs)
  await session.load(
    events.flatMap(event =>
      event.type === 'commit'
        ? event.changes.map(({ collection, rkey }) => atUri(event.did, collection, rkey))
        : [],
    ),
  )
  await quota.load(
    tx,
    events.flatMap(({ type, did }) => (type === 'commit' ? did : [])),
  )
  for (const event of events) {
    if (event.type === 'commit') applyCommit(session, event, standing, admission)
    else if (event.type === 'account') await applyAccount(session, event, standing, admission)
    else applyIdentity(session, event)
  }
  await session.flush(events)
  await keepHeads(tx, put, events)
}

/** Which accounts are active while a batch is applied. */
class Standing {
  readonly #active: Map<string, boolean>

  private constructor(active: Map<string, boolean>) {
    this.#active = active
  }

  static async load(tx: Database, batch: Batch): Promise<Standing> {
    const dids = [...new Set([...batch.events, ...batch.repos].map(({ did }) => did))]
    const active = new Map<string, boolean>()
    for (const part of parts(dids)) {
      const rows = await tx
        .selectFrom('repo')
        .select(['did', 'active'])
        .where(among(tx, 'did', part))
        .execute()
      for (const row of rows) active.set(row.did, row.active === 1)
    }
    return new Standing(active)
  }

  isActive(did: string): boolean {
    return this.#active.get(did) ?? true
  }

  set(did: string, active: boolean): void {
    this.#active.set(did, active)
  }
}

function applyCommit(
  session: WriteSession,
  event: CommitEvent,
  standing: Standing,
  { takedowns, quota }: Admission,
): void {
  const { did, time } = event
  for (const change of event.changes) {
    const uri = atUri(did, change.collection, change.rkey)
    const before = session.get(uri)
    if (change.action === 'delete' || !change.cid || !change.bytes) {
      if (!before) continue
      session.remove(uri)
      quota.removed(did)
      logRecord(session, 'delete', time, before, undefined)
      continue
    }
    // Said again: a replay, or a resync of what is held.
    if (before?.cid === change.cid) continue
    const { json, fields, issues } = quota.admit(did, before) ?? readRecord(change.collection, change.bytes)
    const firstSeen = before?.first_seen ?? time
    const row: RecordRow = {
      uri,
      did,
      collection: change.collection,
      rkey: change.rkey,
      cid: change.cid,
      json,
      first_seen: firstSeen,
      indexed_at: time,
      sort_at: sortTime(fields, firstSeen),
      valid: issues ? 0 : 1,
      issues: issues ? JSON.stringify(issues) : null,
      visible: !issues && standing.isActive(did) && !takedowns.has(uri) ? 1 : 0,
      edited: before ? 1 : 0,
      seq: null,
    }
    rememberFields(row, fields)
    session.put(row, event)
    logRecord(session, before?.visible ? 'update' : 'create', time, before, row)
  }
}

/** Only what readers could see is told: an invalid record that comes or goes changes no answer. */
export function logRecord(
  session: WriteSession,
  action: 'create' | 'update' | 'delete',
  time: string,
  before: RecordRow | undefined,
  after: RecordRow | undefined,
): void {
  if (!before?.visible && !after?.visible) return
  const { did, uri, collection } = (after ?? before) as RecordRow
  session.log({
    time,
    kind: 'record',
    action: after?.visible ? action : 'delete',
    did,
    uri,
    collection,
    ...(after?.visible && { cid: after.cid }),
    touches: session.touchesOf(before, after),
  })
}

/** Shows or hides everything of an account; whoever is taken down is as if away. */
export async function applyAccount(
  session: WriteSession,
  event: AccountEvent,
  standing: Pick<Standing, 'isActive' | 'set'>,
  { takedowns, quota }: Admission,
): Promise<void> {
  const { did, purge, time } = event
  const active = event.active && !takedowns.has(did)
  const wasActive = standing.isActive(did)
  const rows = await session.loadAccount(did)
  const touches = new Set(session.touchesOf(...rows))
  standing.set(did, active)
  if (purge) quota.forget(did)
  for (const row of rows) {
    if (purge) session.remove(row.uri)
    else {
      const visible = active && row.valid && !takedowns.has(row.uri) ? 1 : 0
      if (visible !== row.visible) session.put({ ...row, visible })
    }
  }
  if (active === wasActive && !purge) return
  for (const key of session.touchesOf(...rows.map(row => session.get(row.uri)))) touches.add(key)
  session.log({
    time,
    kind: 'account',
    action: purge ? 'purged' : active ? 'active' : 'hidden',
    did,
    touches: [...touches],
  })
}

function applyIdentity(session: WriteSession, { did, time }: IdentityEvent): void {
  session.log({ time, kind: 'identity', action: 'changed', did, touches: [] })
}

async function writeCursors(tx: Database, put: Put, cursors: ReadonlyMap<string, number>): Promise<void> {
  const rows: { url: string; cursor: number }[] = []
  for (const [url, cursor] of cursors) {
    if (cursor < 0) await tx.deleteFrom('upstream').where('url', '=', url).execute()
    else rows.push({ url, cursor })
  }
  await put('upstream', rows, 'url')
}

function rowOf(state: RepoState, takedowns: Takedowns): RepoRow {
  return {
    did: state.did,
    host: state.host,
    handle: state.handle ?? null,
    active: state.active && !takedowns.has(state.did) ? 1 : 0,
    status: state.status ?? null,
    rev: state.rev ?? null,
    commit_cid: state.commit ?? null,
    data_cid: state.data ?? null,
    sync: state.sync,
    deleted_at: state.deletedAt ?? null,
    state: JSON.stringify(state),
  }
}

/** The state as sync gave it, fields that the index does not know included. */
function stateOf(row: RepoRow): RepoState {
  return JSON.parse(row.state) as RepoState
}
