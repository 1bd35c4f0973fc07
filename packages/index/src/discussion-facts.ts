import { type RawBuilder, sql } from 'kysely'
import type { Database } from './schema.ts'

/** Kinds of links that say something about a dataset or a version. */
export const DISCUSSED = ['comment', 'issue', 'correction', 'endorsement'] as const

/** What is said about datasets, counted for many at once; what is said about a version counts for its dataset. */
export async function discussionCounts(
  db: Database,
  entries: readonly string[],
): Promise<Map<string, Record<string, number>>> {
  const counts = new Map<string, Record<string, number>>()
  if (entries.length === 0) return counts
  const rows = await sql<{ subject: string; kind: string; said: number; sayers: number }>`
    select named.subject as subject, link.kind as kind, count(*) as said, count(distinct link.did) as sayers
    from ${named(entries)} as named
    join link on link.subject = named.name
    where link.kind in (${sql.join(DISCUSSED)})
    group by named.subject, link.kind`.execute(db)
  const disputed = { issue: new Set<string>(), correction: new Set<string>() }
  for (const { subject, kind, said, sayers } of rows.rows) {
    const held = counts.get(subject) ?? {}
    counts.set(subject, held)
    if (kind === 'comment') held.comments = Number(said)
    else if (kind === 'endorsement') held.endorsements = Number(sayers)
    else disputed[kind as keyof typeof disputed].add(subject)
    if (kind === 'issue') held.issues = Number(said)
  }
  // Most datasets have neither: only of those that do is asked what is settled.
  for (const [subject, count] of await openOnes(db, 'issue', isIssueOpen, [...disputed.issue]))
    counts.get(subject)!.openIssues = count
  for (const [subject, count] of await openOnes(db, 'correction', isCorrectionOpen, [...disputed.correction]))
    counts.get(subject)!.corrections = count
  return counts
}

/** Datasets under their own name and those of their versions, with their owner. */
const named = (entries: readonly string[]) => sql`(
  select uri as subject, uri as name, did from record where uri in (${sql.join(entries)})
  union all
  select subject, uri as name, did from link where kind = 'version' and subject in (${sql.join(entries)})
)`

async function openOnes(
  db: Database,
  kind: 'issue' | 'correction',
  isOpen: (
    uri: RawBuilder<unknown>,
    did: RawBuilder<unknown>,
    owner: RawBuilder<unknown>,
  ) => RawBuilder<unknown>,
  entries: readonly string[],
): Promise<readonly (readonly [string, number])[]> {
  if (entries.length === 0) return []
  const { rows } = await sql<{ subject: string; count: number }>`
    select named.subject as subject, count(*) as count
    from ${named(entries)} as named
    join link on link.subject = named.name and link.kind = ${kind}
    where ${isOpen(sql`link.uri`, sql`link.did`, sql`named.did`)}
    group by named.subject`.execute(db)
  return rows.map(({ subject, count }) => [subject, Number(count)])
}

/** Whether an issue is open: nobody whose word counts (its reporter, the dataset's owner) said otherwise last. */
export const isIssueOpen = (
  uri: RawBuilder<unknown>,
  reporter: RawBuilder<unknown>,
  owner: RawBuilder<unknown>,
) => sql<boolean>`coalesce((
  select max(said.sort_key) from link as said
  where said.subject = ${uri} and said.kind = 'issue-state' and said.did in (${reporter}, ${owner})
), ' open') like '% open'`

/** The state of a correction: what a version of the owner adopts, else the owner's last word, else the proposer's. */
export const correctionState = (
  uri: RawBuilder<unknown>,
  proposer: RawBuilder<unknown>,
  owner: RawBuilder<unknown>,
) => sql<string>`case
  when exists (
    select 1 from link as said where said.subject = ${uri} and said.kind = 'adoption' and said.did = ${owner}
  ) then 'adopted'
  when ${lastWord(uri, owner)} like '% accepted' then 'adopted'
  when ${lastWord(uri, owner)} like '% disputed' then 'declined'
  when ${lastWord(uri, proposer)} like '% withdrawn' then 'withdrawn'
  else 'open' end`

const isCorrectionOpen: typeof isIssueOpen = (uri, proposer, owner) =>
  sql<boolean>`${correctionState(uri, proposer, owner)} = 'open'`

const lastWord = (uri: RawBuilder<unknown>, did: RawBuilder<unknown>) => sql`coalesce((
  select max(said.sort_key) from link as said
  where said.subject = ${uri} and said.kind = 'word' and said.did = ${did}
), '')`
