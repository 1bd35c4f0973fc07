/**
 * The tables of the edition for analysis: metadata of records that are shown, and nothing of what is withdrawn, hidden or invalid.
 * Names of columns are part of the public interface: they may be added to, not changed.
 */
import { nsid } from '@frost/lexicon'
import { accountNames } from '../entry-facts.ts'
import { inParts } from '../in-parts.ts'
import { items, text } from '../projection.ts'
import { recordPages, type ShownRecord } from '../record-pages.ts'
import { parseRecord } from '../record-text.ts'
import type { Database } from '../schema.ts'
import { searchDocument } from '../search-document.ts'
import { withdrawn } from './changed.ts'

export type Row = Readonly<Record<string, string | number | bigint | Date | null>>

/** Arrow's names of types; times are milliseconds in UTC, `json` is a text. */
export type ColumnType = 'utf8' | 'int64' | 'double' | 'timestamp[ms, UTC]'

/** From where an increment goes on. */
export interface Since {
  readonly seq: number
  /** Accounts of which something was told after it: `accountsTold`. */
  readonly told: ReadonlySet<string>
}

export interface SnapshotTable {
  readonly name: string
  readonly columns: Readonly<Record<string, ColumnType>>
  /** Pages of rows, of what came after `since` where it is given. */
  rows(db: Database, since?: Since): AsyncIterable<readonly Row[]>
}

const ROWS_A_PAGE = 1000
const TIME = 'timestamp[ms, UTC]'

/** Records that are shown, in the order of their names; of an account that came back all of them are new. */
const shown = (
  db: Database,
  { collection, since }: { readonly collection?: string; readonly since?: Since | undefined },
): AsyncGenerator<ShownRecord[]> =>
  recordPages(
    db,
    place =>
      (collection === undefined || place.collection === collection) &&
      (since === undefined || (place.seq ?? 0) > since.seq || since.told.has(place.did)),
  )

const records: SnapshotTable = {
  name: 'records',
  columns: {
    uri: 'utf8',
    did: 'utf8',
    collection: 'utf8',
    rkey: 'utf8',
    cid: 'utf8',
    record: 'utf8',
    created_at: TIME,
    indexed_at: TIME,
    seq: 'int64',
  },
  async *rows(db, since) {
    for await (const page of shown(db, { since }))
      yield page.map(({ json, ...row }) => ({
        ...places(row),
        collection: row.collection,
        rkey: row.rkey,
        record: json,
      }))
  },
}

const entries: SnapshotTable = {
  name: 'entries',
  columns: {
    uri: 'utf8',
    did: 'utf8',
    handle: 'utf8',
    slug: 'utf8',
    cid: 'utf8',
    title: 'utf8',
    description: 'utf8',
    publisher: 'utf8',
    doi: 'utf8',
    landing_page: 'utf8',
    licenses: 'utf8',
    keywords: 'utf8',
    formats: 'utf8',
    models: 'utf8',
    variables: 'utf8',
    distributions: 'utf8',
    west: 'double',
    south: 'double',
    east: 'double',
    north: 'double',
    covers_from: 'double',
    covers_until: 'double',
    created_at: TIME,
    indexed_at: TIME,
    seq: 'int64',
  },
  async *rows(db, since) {
    for await (const page of shown(db, { collection: nsid('dataset.entry'), since })) {
      const names = await accountNames(
        db,
        page.map(({ did }) => did),
      )
      yield page.map(row => ({ ...entryRow(row), handle: names.get(row.did)?.handle ?? null }))
    }
  },
}

function entryRow(row: ShownRecord): Row {
  const record = parseRecord(row.json)
  const { uri, did, sort_at: sortAt } = row
  const known = searchDocument(record, { uri, did, sortAt, account: '', used: 0 })
  const doi = items(record.identifiers).find(({ scheme }) => scheme === 'doi')?.value
  // One place: more than one would not be a rectangle.
  const box = known.boxes.length === 1 ? known.boxes[0] : undefined
  return {
    ...places(row),
    slug: row.rkey,
    title: known.title,
    description: text(record.description) ?? null,
    publisher: text(items([record.publisher])[0]?.name) ?? null,
    doi: text(doi) ?? null,
    landing_page: text(record.landingPage) ?? null,
    licenses: list(known.licenses),
    keywords: list(known.keywords),
    formats: list(known.formats),
    models: list(known.models),
    variables: list(known.variables),
    distributions: list(items(record.distributions).flatMap(({ uri }) => text(uri) ?? [])),
    west: box?.west ?? null,
    south: box?.south ?? null,
    east: box?.east ?? null,
    north: box?.north ?? null,
    covers_from: finite(known.from),
    covers_until: finite(known.until),
  }
}

const versions: SnapshotTable = {
  name: 'versions',
  columns: {
    uri: 'utf8',
    did: 'utf8',
    cid: 'utf8',
    dataset: 'utf8',
    version: 'utf8',
    title: 'utf8',
    released_at: TIME,
    entry_cid: 'utf8',
    pins: 'utf8',
    previous: 'utf8',
    created_at: TIME,
    indexed_at: TIME,
    seq: 'int64',
  },
  async *rows(db, since) {
    for await (const page of shown(db, { collection: nsid('dataset.version'), since }))
      yield page.map(row => {
        const record = parseRecord(row.json)
        return {
          ...places(row),
          dataset: text(record.dataset) ?? null,
          version: text(record.version) ?? null,
          title: text(record.title) ?? null,
          released_at: moment(Date.parse(text(record.releasedAt) ?? '')),
          entry_cid: text(items([record.entry])[0]?.cid) ?? null,
          pins: list(items(record.pins)),
          previous: text(items([record.previous])[0]?.uri) ?? null,
        }
      })
  },
}

const lineage: SnapshotTable = {
  name: 'lineage',
  columns: {
    record: 'utf8',
    asserter: 'utf8',
    asserted_by: 'utf8',
    downstream: 'utf8',
    upstream: 'utf8',
    relation: 'utf8',
    role: 'utf8',
    upstream_cid: 'utf8',
    upstream_pin: 'utf8',
  },
  async *rows(db, since) {
    for await (const page of shown(db, { since })) {
      const edges = await inParts(
        page.map(({ uri }) => uri),
        part =>
          db
            .selectFrom('edge')
            .selectAll()
            .where('uri', 'in', part)
            .orderBy('uri')
            .orderBy('from_key')
            .orderBy('to_key')
            .execute(),
      )
      if (edges.length > 0)
        yield edges.map(edge => ({
          record: edge.uri,
          asserter: edge.asserter,
          asserted_by: edge.asserted_by,
          downstream: edge.from_key,
          upstream: edge.to_key,
          relation: edge.relation,
          role: edge.role,
          upstream_cid: edge.cid,
          upstream_pin: edge.pin,
        }))
    }
  },
}

const accounts: SnapshotTable = {
  name: 'accounts',
  columns: { did: 'utf8', handle: 'utf8', name: 'utf8' },
  async *rows(db) {
    for (let after = ''; ; ) {
      const page = await db
        .selectFrom('repo')
        .select('did')
        .where('active', '=', 1)
        .where('did', '>', after)
        .orderBy('did')
        .limit(ROWS_A_PAGE / 2)
        .execute()
      const last = page.at(-1)
      if (!last) return
      const names = await accountNames(
        db,
        page.map(({ did }) => did),
      )
      yield [...names.values()].map(({ did, handle, name }) => ({ did, handle, name: name ?? null }))
      after = last.did
    }
  },
}

/** Of increments alone: what is to be removed from the tables before. */
const gone: SnapshotTable = {
  name: 'withdrawn',
  columns: { name: 'utf8', seq: 'int64', time: TIME },
  async *rows(db, since) {
    if (since === undefined) return
    const all = await withdrawn(db, since.seq)
    for (let from = 0; from < all.length; from += ROWS_A_PAGE)
      yield all
        .slice(from, from + ROWS_A_PAGE)
        .map(({ name, seq, time }) => ({ name, seq: BigInt(seq), time: moment(Date.parse(time)) }))
  },
}

/** The tables of a whole snapshot, or of an increment. */
export const tablesOf = (since?: Since): readonly SnapshotTable[] => [
  records,
  entries,
  versions,
  lineage,
  accounts,
  ...(since === undefined ? [] : [gone]),
]

function places({ uri, did, cid, sort_at, indexed_at, seq }: Omit<ShownRecord, 'json'>): Row {
  return {
    uri,
    did,
    cid,
    created_at: moment(Date.parse(sort_at)),
    indexed_at: moment(Date.parse(indexed_at)),
    seq: seq === null ? null : BigInt(seq),
  }
}

/** A time that Parquet and its readers can hold; what has no end has none. */
function moment(milliseconds: number | undefined): Date | null {
  const LATEST = Date.UTC(9999, 11, 31)
  const inRange = milliseconds !== undefined && Math.abs(milliseconds) < LATEST
  return inRange ? new Date(milliseconds) : null
}

/** Years with a fraction; before the common era they are negative, and what is open has no end. */
function finite(year: number | undefined): number | null {
  return year !== undefined && Number.isFinite(year) ? year : null
}

function list(values: readonly unknown[]): string {
  return JSON.stringify(values)
}
