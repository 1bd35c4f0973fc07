import { nsid } from '@frost/lexicon'
import { sql } from 'kysely'
import { DISCUSSED, discussionCounts } from './discussion-facts.ts'
import { type Archived, archivedOf } from './hosts.ts'
import type { Database, RepoRow } from './schema.ts'
import { rowsOf } from './sql-text.ts'

/** What others say about entries, counted for many at once. */
export interface EntryFacts {
  readonly counts: Readonly<Record<string, number>>
}

const COUNTED: Readonly<Record<string, string>> = {
  version: 'versions',
  citation: 'citations',
  follow: 'followers',
  mirror: 'mirrors',
  'in-collection': 'collections',
  offer: 'offers',
  head: 'heads',
}

const NO_COUNTS = {
  versions: 0,
  citations: 0,
  derived: 0,
  followers: 0,
  endorsements: 0,
  comments: 0,
  issues: 0,
  openIssues: 0,
  corrections: 0,
  offers: 0,
  mirrors: 0,
  collections: 0,
  heads: 0,
}

/** How many links of each kind are about each subject. */
export type LinkCounts = ReadonlyMap<string, ReadonlyMap<string, number>>

/** What is said about subjects at all. About most of them little is: whatever is asked further is asked of those that have it. */
export async function linkCounts(db: Database, subjects: readonly string[]): Promise<LinkCounts> {
  const counts = new Map<string, Map<string, number>>()
  if (subjects.length === 0) return counts
  const rows = await rowsOf<{ subject: string; kind: string; count: number }>(db)`
    select subject, kind, count(*) as count from link where subject in (${subjects}) group by subject, kind`
  for (const { subject, kind, count } of rows) {
    const kinds = counts.get(subject)
    if (kinds) kinds.set(kind, Number(count))
    else counts.set(subject, new Map([[kind, Number(count)]]))
  }
  return counts
}

/** The subjects that something of one of these kinds is said about. */
export const havingLinks = (counts: LinkCounts, ...kinds: readonly string[]): string[] =>
  [...counts].flatMap(([subject, held]) => (kinds.some(kind => held.has(kind)) ? subject : []))

/**
 * Counts per entry: links by kind, and `derived`: datasets whose owners say that they were made from it or a version of it.
 * @param links of these entries, where they are counted already
 */
export async function entryCounts(
  db: Database,
  uris: readonly string[],
  links?: LinkCounts,
): Promise<Map<string, Record<string, number>>> {
  const counts = new Map(uris.map(uri => [uri, { ...NO_COUNTS } as Record<string, number>]))
  const held = links ?? (await linkCounts(db, uris))
  const versioned = havingLinks(held, 'version')
  const [derived, ofVersioned, discussion] = await Promise.all([
    derivedFromEntries(db, uris),
    derivedFromVersions(db, versioned),
    discussionCounts(db, havingLinks(held, 'version', ...DISCUSSED)),
  ])
  for (const [subject, kinds] of held)
    for (const [kind, count] of kinds) if (COUNTED[kind]) counts.get(subject)![COUNTED[kind]] = count
  for (const [uri, counted] of discussion) Object.assign(counts.get(uri)!, counted)
  for (const [uri, count] of [...derived, ...ofVersioned]) counts.get(uri)!.derived = count
  return counts
}

type Counted = readonly (readonly [uri: string, count: number])[]

/** Datasets that name the entry itself. */
async function derivedFromEntries(db: Database, uris: readonly string[]): Promise<Counted> {
  if (uris.length === 0) return []
  const rows = await rowsOf<{ to_key: string; count: number }>(db)`
    select to_key, count(distinct from_key) as count from edge
    where to_key in (${uris}) and relation = 'is-derived-from' and asserted_by = 'downstream-owner'
      and from_key <> to_key
    group by to_key`
  return rows.map(({ to_key, count }) => [to_key, Number(count)])
}

/** Datasets that name the entry or one of its versions: some name both. */
async function derivedFromVersions(db: Database, uris: readonly string[]): Promise<Counted> {
  if (uris.length === 0) return []
  const { rows } = await sql<{ subject: string; count: number }>`
    select named.subject as subject, count(distinct edge.from_key) as count
    from (
      select subject, uri as name from link where kind = 'version' and subject in (${sql.join(uris)})
      union all
      select uri as subject, uri as name from record where uri in (${sql.join(uris)})
    ) as named
    join edge on edge.to_key = named.name
    where edge.relation = 'is-derived-from' and edge.asserted_by = 'downstream-owner' and edge.from_key <> named.subject
    group by named.subject`.execute(db)
  return rows.map(({ subject, count }) => [subject, Number(count)])
}

/** How often others build on an entry: what "most used" means. */
export function usesOf(counts: Readonly<Record<string, number>>): number {
  return (
    3 * (counts.derived ?? 0) +
    2 * (counts.citations ?? 0) +
    (counts.followers ?? 0) +
    (counts.endorsements ?? 0)
  )
}

/** Names of accounts by DID: the profile's name, the handle, and whether their host is gone. */
export async function accountNames(db: Database, dids: readonly string[]): Promise<Map<string, AccountName>> {
  const distinct = [...new Set(dids)]
  if (distinct.length === 0) return new Map()
  const rows = await rowsOf<NamedRow>(db)`
    select repo.did, repo.handle, record.json, heard_at, silent_since, is_gone
    from repo
    left join record on record.did = repo.did and record.collection = ${nsid('actor.profile')} and record.visible = 1
    left join host on host.host = repo.host
    where repo.did in (${distinct})`
  return new Map(
    rows.map(({ did, handle, json, ...host }) => [
      did,
      { did, handle: handle ?? UNKNOWN_HANDLE, name: nameIn(json), archived: archivedOf(host) },
    ]),
  )
}

type NamedRow = Pick<RepoRow, 'did' | 'handle'> & {
  readonly json: string | null
  readonly heard_at: string | null
  readonly silent_since: string | null
  readonly is_gone: number | null
}

export interface AccountName {
  readonly did: string
  readonly handle: string
  readonly name?: string
  readonly archived?: Archived
}

/** What stands for a handle that does not resolve both ways (https://atproto.com/specs/handle). */
export const UNKNOWN_HANDLE = 'handle.invalid'

function nameIn(json: string | null): string | undefined {
  if (!json) return undefined
  const { name } = JSON.parse(json) as { name?: unknown }
  return typeof name === 'string' && name ? name.slice(0, 640) : undefined
}
