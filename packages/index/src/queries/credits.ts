import { nsid } from '@frost/lexicon'
import { sql } from 'kysely'
import { claimsOf } from '../graph/identity.ts'
import { bitsOf, DERIVED, derivation, OWNERS, SOURCES } from '../graph/relations.ts'
import { inParts } from '../in-parts.ts'
import { isEntryUri, ownerOf } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { wordsOn } from './words.ts'

/**
 * Relations by which one thing cites another, as DataCite counts citations
 * (https://support.datacite.org/docs/citations-and-references).
 */
const CITING: readonly string[] = ['cites', 'references', 'is-supplement-to']
/** The same said from the other end. */
export const CITED: readonly string[] = ['is-cited-by', 'is-referenced-by', 'is-supplemented-by']

/** That somebody else's thing cites, or was made from, a dataset. */
export interface Credit {
  readonly kind: 'citation' | 'derivation'
  /** The dataset that is credited. */
  readonly entry: string
  /** What cites it or was made from it: an at-uri, `doi:…` or an address; one name for one thing. */
  readonly by: string
  /** Whose word it is; and whose thing cites, where that is known. */
  readonly asserter: string
  readonly giver: string
  /** When it was said, capped at first sight: ISO 8601. */
  readonly time: string
  /** The owner says that it is not so. */
  readonly isDisputed: boolean
}

interface CreditEdge {
  readonly uri: string
  readonly asserter: string
  readonly asserted_by: string
  readonly from_key: string
  readonly to_key: string
  readonly relation: string
  /** The key by which the dataset is named, and the dataset. */
  readonly name: string
  readonly entry: string
}

/**
 * What others say of an account's datasets. Nobody's word about their own datasets is credit; a name that several datasets claim
 * credits none; a derivation counts by the word of an owner of either end.
 * @param canonical gives one name to a thing that has several
 */
export async function creditsOf(
  db: Database,
  did: string,
  canonical: (key: string) => string,
): Promise<Credit[]> {
  const [towards, from] = await Promise.all([
    edgesOf(db, did, 'to_key', [...CITING, ...DERIVED]),
    edgesOf(db, did, 'from_key', [...CITED, ...SOURCES]),
  ])
  const edges = [...towards, ...from]
  const shared = await sharedAmong(db, edges)
  const uris = [...new Set(edges.map(({ uri }) => uri))]
  const own = new Set([did])
  const [words, times] = await Promise.all([
    wordsOn(db, new Map(uris.map(uri => [uri, own]))),
    timesOf(db, uris),
  ])
  const credits = new Map<string, Credit>()
  for (const edge of edges) {
    if (shared.has(edge.name)) continue
    const isCitation = CITING.includes(edge.relation) || CITED.includes(edge.relation)
    // A derivation from the downstream owner, or turned: a third party's word about it counts nothing.
    if (!isCitation && (derivation(edge).bits & bitsOf(OWNERS)) === 0) continue
    const by = canonical(edge.name === edge.to_key ? edge.from_key : edge.to_key)
    const owner = ownerOf(by)
    if (owner === did || (!isCitation && !isEntryUri(by))) continue
    const isDisputed = (words.get(edge.uri) ?? []).some(
      word =>
        word.did === did &&
        word.status === 'disputed' &&
        (word.part === undefined || [did, edge.from_key, edge.to_key].includes(word.part)),
    )
    const credit: Credit = {
      kind: isCitation ? 'citation' : 'derivation',
      entry: canonical(edge.entry),
      by,
      asserter: edge.asserter,
      giver: owner ?? edge.asserter,
      time: times.get(edge.uri) ?? '',
      isDisputed,
    }
    const key = `${credit.kind} ${credit.entry} ${by}`
    const held = credits.get(key)
    // Said by several: undisputed goes before disputed, the earliest before the later ones.
    if (
      !held ||
      (held.isDisputed && !isDisputed) ||
      (held.isDisputed === isDisputed && credit.time < held.time)
    )
      credits.set(key, credit)
  }
  return [...credits.values()]
}

/** Edges in which others name a dataset of the account, by any of its names. */
async function edgesOf(
  db: Database,
  did: string,
  column: 'to_key' | 'from_key',
  relations: readonly string[],
): Promise<CreditEdge[]> {
  const entry = nsid('dataset.entry')
  const { rows } = await sql<CreditEdge>`
    select edge.uri, edge.asserter, edge.asserted_by, edge.from_key, edge.to_key, edge.relation, named.name, named.entry
    from (
      select uri as name, uri as entry from record where did = ${did} and collection = ${entry} and visible = 1
      union
      select uri as name, subject as entry from link where did = ${did} and kind = 'version'
      union
      select identifier.value as name, coalesce(link.subject, identifier.uri) as entry
      from record
      join identifier on identifier.uri = record.uri
      left join link on link.uri = record.uri and link.kind = 'version'
      where record.did = ${did} and record.visible = 1
        and record.collection in (${entry}, ${nsid('dataset.version')})
    ) as named
    join edge on ${sql.ref(`edge.${column}`)} = named.name
    where edge.relation in (${sql.join(relations)}) and edge.asserter <> ${did}`.execute(db)
  return rows
}

/** Names that more than one dataset claims: whose the credit is, nobody can say. */
async function sharedAmong(db: Database, edges: readonly CreditEdge[]): Promise<ReadonlySet<string>> {
  const names = [...new Set(edges.map(({ name }) => name))].filter(name => !isEntryUri(name))
  const claims = await claimsOf(db, names)
  return new Set(names.filter(name => claims.get(name)?.length !== 1))
}

async function timesOf(db: Database, uris: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await inParts(uris, part =>
    db.selectFrom('record').select(['uri', 'sort_at']).where('uri', 'in', part).execute(),
  )
  return new Map(rows.map(row => [row.uri, row.sort_at]))
}
