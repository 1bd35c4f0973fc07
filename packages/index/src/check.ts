import { nsid } from '@frost/lexicon'
import { Digest } from './digest.ts'
import type { Engine } from './engine.ts'
import type { SearchEngine } from './search/engine.ts'
import { rowsOf } from './write-session.ts'

/** What does not agree with the records; empty lists mean that all is well. */
export interface Check {
  readonly records: number
  /** Collections whose count or digest differs from the records'. */
  readonly tallies: readonly string[]
  /** Records whose projected rows are not those that the record gives. */
  readonly projections: readonly string[]
  /** Datasets held by the truth and by search. */
  readonly datasets: number
  readonly searchable: number
}

const RECORDS_A_PAGE = 2000
const MOST_NAMED = 100

/** Goes through every record and makes anew what is derived from it, to compare. */
export async function checkIndex({ reader }: Engine, search: SearchEngine): Promise<Check> {
  const sums = new Map<string, { count: number; digest: Digest }>()
  const wrong: string[] = []
  let records = 0
  let last = ''
  for (;;) {
    const rows = await reader
      .selectFrom('record')
      .selectAll()
      .where('uri', '>', last)
      .orderBy('uri')
      .limit(RECORDS_A_PAGE)
      .execute()
    if (rows.length === 0) break
    last = rows.at(-1)!.uri
    records += rows.length
    const uris = rows.map(({ uri }) => uri)
    const counts = new Map<string, number>()
    for (const table of ['link', 'edge', 'identifier'] as const) {
      const found = await reader
        .selectFrom(table)
        .select(['uri', reader.fn.countAll<number>().as('count')])
        .where('uri', 'in', uris)
        .groupBy('uri')
        .execute()
      for (const { uri, count } of found) counts.set(uri, (counts.get(uri) ?? 0) + Number(count))
    }
    for (const row of rows) {
      const sum = sums.get(row.collection) ?? { count: 0, digest: new Digest() }
      sums.set(row.collection, sum)
      if (row.visible) {
        sum.count += 1
        sum.digest.add(row.uri, row.cid)
      }
      const projected = row.visible ? rowsOf(row) : { links: [], edges: [], identifiers: [] }
      const expected = projected.links.length + projected.edges.length + projected.identifiers.length
      if ((counts.get(row.uri) ?? 0) !== expected && wrong.length < MOST_NAMED) wrong.push(row.uri)
    }
  }
  const tallies = await reader.selectFrom('tally').selectAll().execute()
  const disagree = new Set<string>()
  for (const { collection, count, digest } of tallies) {
    const sum = sums.get(collection) ?? { count: 0, digest: new Digest() }
    if (sum.count !== count || sum.digest.hex !== digest) disagree.add(collection)
  }
  for (const [collection, { count }] of sums) {
    if (count > 0 && !tallies.some(tally => tally.collection === collection)) disagree.add(collection)
  }
  return {
    records,
    tallies: [...disagree],
    projections: wrong,
    datasets: sums.get(nsid('dataset.entry'))?.count ?? 0,
    searchable: await search.count(),
  }
}
