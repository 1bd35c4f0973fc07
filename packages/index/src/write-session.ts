import { nsid } from '@frost/lexicon'
import type { CommitEvent, RepoEvent } from '@frost/sync'
import { cidFromText } from '@frost/sync/cid'
import type { RangeRecord } from '@frost/sync/mst-range'
import { among } from './among.ts'
import { Digest } from './digest.ts'
import type { Put } from './engine.ts'
import { FormerStates } from './former-states.ts'
import { SOURCES } from './graph/relations.ts'
import { parts } from './in-parts.ts'
import { heardAt, type Rows, sortTime } from './projection.ts'
import { projections } from './projections/index.ts'
import { DEFAULT_PROOFS, type ProofPolicy } from './proof-policy.ts'
import { fieldsOf } from './record-text.ts'
import { isEntryUri, isVersionUri } from './reference-key.ts'
import type { Database, EdgeRow, LinkRow, RecordRow, Tables } from './schema.ts'
import { append, type NewUpdate, numbered } from './update-log.ts'

/** What is written anew when it says something else: each time is news. */
const OVERWRITTEN: readonly string[] = [nsid('dataset.head'), nsid('graph.acknowledgement')]
const NO_ROWS: Rows = { links: [], edges: [], identifiers: [] }

/**
 * One writing transaction's view of the records: changes are made in memory, record by record, and written in bulk at the end,
 * with the counts, the digests and the log.
 */
export class WriteSession {
  readonly #tx: Database
  readonly #put: Put
  readonly #proofs: ProofPolicy
  /** Records as they are now, for those that were looked at. Undefined: there is none. */
  readonly #now = new Map<string, RecordRow | undefined>()
  /** Records as they were when the transaction began. */
  readonly #before = new Map<string, RecordRow | undefined>()
  readonly #former = new FormerStates()
  readonly #updates: NewUpdate[] = []

  constructor(tx: Database, put: Put, proofs: ProofPolicy = DEFAULT_PROOFS) {
    this.#tx = tx
    this.#put = put
    this.#proofs = proofs
  }

  /** Reads the records that will be changed, all at once. */
  async load(uris: readonly string[]): Promise<void> {
    const unknown = uris.filter(uri => !this.#now.has(uri))
    for (const part of parts(unknown)) {
      const rows = await this.#tx
        .selectFrom('record')
        .selectAll()
        .where(among(this.#tx, 'uri', part))
        .execute()
      const found = new Map(rows.map(row => [row.uri, row]))
      for (const uri of part) this.#remember(uri, found.get(uri))
    }
  }

  /** Reads all records of an account, those changed in this transaction included. */
  async loadAccount(did: string): Promise<RecordRow[]> {
    const rows = await this.#tx.selectFrom('record').selectAll().where('did', '=', did).execute()
    for (const row of rows) if (!this.#now.has(row.uri)) this.#remember(row.uri, row)
    return [...this.#now.values()].filter(row => row?.did === did) as RecordRow[]
  }

  get(uri: string): RecordRow | undefined {
    return this.#now.get(uri)
  }

  /** @param by the commit that says so */
  put(row: RecordRow, by?: CommitEvent): void {
    const before = this.#now.get(row.uri)
    if (before) this.#former.replaced(before, row, by)
    this.#now.set(row.uri, row)
  }

  remove(uri: string): void {
    const before = this.#now.get(uri)
    if (before) this.#former.forget(before)
    this.#now.set(uri, undefined)
  }

  log(update: NewUpdate): void {
    this.#updates.push(update)
  }

  /** What answers depend on the record: entries and versions, and whatever else it says an edge of. */
  touchesOf(...rows: readonly (RecordRow | undefined)[]): string[] {
    const keys = new Set<string>()
    for (const row of rows) {
      if (!row?.visible) continue
      if (isEntryUri(row.uri)) keys.add(row.uri)
      const { links, edges } = rowsOf(row)
      for (const { subject } of links) if (isEntryUri(subject) || isVersionUri(subject)) keys.add(subject)
      for (const { from, to, relation } of edges) {
        keys.add(from)
        if (isEntryUri(to) || isVersionUri(to) || SOURCES.includes(relation)) keys.add(to)
      }
    }
    return [...keys]
  }

  /**
   * Writes everything.
   * @param events what it comes from, for proofs of what it replaces
   */
  async flush(events: readonly RepoEvent[] = []): Promise<void> {
    const updates = await numbered(this.#tx, this.#updates)
    for (const { uri, seq } of updates) {
      const row = uri === undefined ? undefined : this.#now.get(uri)
      if (row) row.seq = seq
    }
    const changed = [...this.#now].filter(([uri, row]) => row !== this.#before.get(uri))
    if (changed.length > 0) {
      await this.#writeProjections(changed.map(([uri, row]) => [uri, this.#before.get(uri), row]))
      await this.#writeRecords(changed)
      await this.#writeTallies(changed)
    }
    await this.#former.write(this.#tx, this.#put, {
      events,
      policy: this.#proofs,
      recordsBefore: did => this.#recordsBefore(did),
    })
    await append(this.#put, updates)
  }

  /** The account's records as they were when the transaction began, in the order of their keys; once they are written. */
  async #recordsBefore(did: string): Promise<RangeRecord[]> {
    const rows = await this.#tx.selectFrom('record').select(['uri', 'cid']).where('did', '=', did).execute()
    const states = new Map(rows.map(({ uri, cid }) => [uri, cid]))
    for (const [uri, row] of this.#before) {
      if ((row ?? this.#now.get(uri))?.did !== did && !states.has(uri)) continue
      if (row) states.set(uri, row.cid)
      else states.delete(uri)
    }
    const prefix = `at://${did}/`
    return [...states]
      .map(([uri, cid]) => ({ key: uri.slice(prefix.length), cid: cidFromText(cid) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  #remember(uri: string, row: RecordRow | undefined): void {
    this.#now.set(uri, row)
    this.#before.set(uri, row)
  }

  async #writeProjections(
    changed: readonly (readonly [string, RecordRow | undefined, RecordRow | undefined])[],
  ): Promise<void> {
    const shown = changed.filter(([, before]) => before?.visible).map(([uri]) => uri)
    for (const part of parts(shown)) {
      for (const table of ['link', 'edge', 'identifier'] as const) {
        await this.#tx
          .deleteFrom(table)
          .where(among(this.#tx, 'uri', part))
          .execute()
      }
    }
    const links: LinkRow[] = []
    const edges: EdgeRow[] = []
    const identifiers: Tables['identifier'][] = []
    for (const [uri, , row] of changed) {
      if (!row?.visible) continue
      const rows = rowsOf(row)
      for (const { kind, subject, sortKey } of rows.links) {
        links.push({ uri, did: row.did, kind, subject, sort_key: sortKey })
      }
      for (const edge of rows.edges) {
        edges.push({
          uri,
          asserter: row.did,
          asserted_by: edge.assertedBy,
          from_key: edge.from,
          to_key: edge.to,
          relation: edge.relation,
          role: edge.role ?? null,
          cid: edge.cid ?? null,
          pin: edge.pin ?? null,
        })
      }
      for (const { scheme, value } of rows.identifiers) identifiers.push({ uri, scheme, value })
    }
    await this.#put('link', links)
    await this.#put('edge', edges)
    await this.#put('identifier', identifiers)
  }

  async #writeRecords(changed: readonly (readonly [string, RecordRow | undefined])[]): Promise<void> {
    const removed = changed.filter(([, row]) => !row).map(([uri]) => uri)
    for (const part of parts(removed))
      await this.#tx
        .deleteFrom('record')
        .where(among(this.#tx, 'uri', part))
        .execute()
    const written = changed.flatMap(([, row]) => row ?? [])
    await this.#put('record', written, 'uri')
  }

  async #writeTallies(changed: readonly (readonly [string, RecordRow | undefined])[]): Promise<void> {
    const collections = new Set(
      changed
        .flatMap(([uri, row]) => [row?.collection, this.#before.get(uri)?.collection])
        .filter(name => name !== undefined),
    )
    const held = await this.#tx
      .selectFrom('tally')
      .selectAll()
      .where('collection', 'in', [...collections])
      .execute()
    const tallies = new Map(
      [...collections].map(collection => {
        const row = held.find(tally => tally.collection === collection)
        return [collection, { count: row?.count ?? 0, digest: new Digest(row?.digest) }]
      }),
    )
    for (const [uri, row] of changed) {
      const before = this.#before.get(uri)
      if (before?.visible) {
        const tally = tallies.get(before.collection)!
        tally.count -= 1
        tally.digest.remove(uri, before.cid)
      }
      if (row?.visible) {
        const tally = tallies.get(row.collection)!
        tally.count += 1
        tally.digest.add(uri, row.cid)
      }
    }
    const rows = [...tallies].map(([collection, { count, digest }]) => ({
      collection,
      count,
      digest: digest.hex,
    }))
    await this.#put('tally', rows, 'collection')
  }
}

const projected = new WeakMap<RecordRow, Rows>()

/** The projection's rows of a record; a record type that this version does not know has none. */
export function rowsOf(row: RecordRow): Rows {
  const known = projected.get(row)
  if (known) return known
  const projection = projections.get(row.collection)
  if (!projection) return NO_ROWS
  const { uri, did, sort_at: sortAt } = row
  const value = fieldsOf(row)
  const arrived = OVERWRITTEN.includes(row.collection) ? row.indexed_at : row.first_seen
  const said = arrived === row.first_seen ? sortAt : sortTime(value, arrived)
  const rows = withoutRepeats(projection.rows({ uri, did, sortAt, heardAt: heardAt(said, arrived), value }))
  projected.set(row, rows)
  return rows
}

/** A record that says twice whom it is about is about them once. */
function withoutRepeats(rows: Rows): Rows {
  const { links } = rows
  if (links.length < 2) return rows
  const kept = new Map(links.map(link => [`${link.kind}\0${link.subject}\0${link.sortKey}`, link]))
  return kept.size === links.length ? rows : { ...rows, links: [...kept.values()] }
}
