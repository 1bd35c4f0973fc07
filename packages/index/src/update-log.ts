import type { Engine, Put } from './engine.ts'
import type { Database, UpdateRow } from './schema.ts'

/** Something that happened, as the log keeps it. */
export interface Update {
  readonly seq: number
  readonly time: string
  readonly kind: 'record' | 'account' | 'identity'
  readonly action: 'create' | 'update' | 'delete' | 'active' | 'hidden' | 'purged' | 'changed'
  readonly did: string
  readonly uri?: string
  readonly collection?: string
  readonly cid?: string
  /** Keys whose answers changed by it: at-uris of entries and versions, and what a claim is about (`doi:…`, an address). */
  readonly touches: readonly string[]
}

export type NewUpdate = Omit<Update, 'seq'>

/** Reads the append-only log; whatever follows it keeps its own position and wakes on {@link onAppend}. */
export class UpdateLog {
  readonly #reader: Database
  readonly #listeners = new Set<() => void>()

  constructor(reader: Database) {
    this.#reader = reader
  }

  /** Updates after `seq`, oldest first. */
  async read(after: number, limit: number): Promise<Update[]> {
    const rows = await this.#reader
      .selectFrom('update_log')
      .selectAll()
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(limit)
      .execute()
    return rows.map(fromRow)
  }

  last(): Promise<number> {
    return lastSeq(this.#reader)
  }

  /** Calls back after each append; returns what ends it. */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** For the writer, after its transaction. */
  appended(): void {
    for (const listener of this.#listeners) listener()
  }
}

async function lastSeq(db: Database): Promise<number> {
  const row = await db
    .selectFrom('update_log')
    .select('seq')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.seq ?? 0
}

/** Gives updates their seqs inside a writing transaction: writers follow one another, so they rise without a gap in the order of effects. */
export async function numbered(tx: Database, updates: readonly NewUpdate[]): Promise<Update[]> {
  if (updates.length === 0) return []
  const last = await lastSeq(tx)
  return updates.map((update, place) => ({ ...update, seq: last + place + 1 }))
}

export async function append(put: Put, updates: readonly Update[]): Promise<void> {
  await put('update_log', updates.map(toRow))
}

/** What the uri says already is not said again: the log is kept long. */
function toRow({ seq, time, kind, action, did, uri, cid, touches }: Update): UpdateRow {
  return {
    time,
    kind,
    action,
    did: uri === undefined ? did : '',
    seq,
    uri: uri ?? null,
    collection: null,
    cid: cid ?? null,
    touches: JSON.stringify(touches.map(key => (key === uri ? '' : key))),
  }
}

function fromRow({ seq, time, kind, action, did, uri, cid, touches }: UpdateRow): Update {
  const [, , account = '', collection = ''] = uri?.split('/') ?? []
  const keys = JSON.parse(touches) as string[]
  return {
    seq,
    time,
    kind: kind as Update['kind'],
    action: action as Update['action'],
    did: uri === null ? did : account,
    ...(uri !== null && { uri, collection }),
    ...(cid !== null && { cid }),
    touches: uri === null ? keys : keys.map(key => (key === '' ? uri : key)),
  }
}

const HORIZON = 'update_log_horizon'

/** What happened up to this seq is no longer told; 0 while the log goes back to the beginning. */
export async function horizonOf(db: Database): Promise<number> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', HORIZON).executeTakeFirst()
  return Number(row?.value ?? 0)
}

/**
 * Forgets what happened before a time, up to a seq at most. That a record was deleted stays known: lineage says so of what is
 * no longer held.
 * @returns the new horizon
 */
export async function pruneUpdates(
  engine: Engine,
  { before: time, upTo }: { readonly before: string; readonly upTo: number },
): Promise<number> {
  return engine.write(async tx => {
    const kept = await tx
      .selectFrom('update_log')
      .select('seq')
      .where('time', '>=', time)
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst()
    const last = await lastSeq(tx)
    const before = await horizonOf(tx)
    const horizon = Math.min(upTo, kept === undefined ? last : kept.seq - 1)
    if (horizon <= before) return before
    // The last entry stays: the next seq follows it.
    await tx
      .deleteFrom('update_log')
      .where('seq', '<=', horizon)
      .where('seq', '<', last)
      .where('action', '!=', 'delete')
      .execute()
    await tx
      .insertInto('meta')
      .values({ key: HORIZON, value: String(horizon) })
      .onConflict(c => c.column('key').doUpdateSet({ value: String(horizon) }))
      .execute()
    return horizon
  })
}
