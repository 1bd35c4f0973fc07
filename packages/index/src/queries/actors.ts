import { nsid } from '@frost/lexicon'
import { sql } from 'kysely'
import { accountNames } from '../entry-facts.ts'
import type { LineageGraph } from '../graph/graph.ts'
import { answer, type JsonText, type JsonValue, raw } from '../json-text.ts'
import { labelsOf, labelViews } from '../moderation/labels.ts'
import { decodePosition, paged } from '../page-cursor.ts'
import type { Database } from '../schema.ts'
import { accountsLike } from './account-names.ts'
import { requireAccount } from './accounts.ts'
import { creditsOf } from './credits.ts'
import type { Paging } from './entries.ts'
import { authorView } from './views.ts'

const PROFILE = nsid('actor.profile')

/** A profile with what its owner did, and what others made of it. */
export async function getProfile(
  db: Database,
  graph: LineageGraph,
  { actor }: { actor: string },
): Promise<JsonText> {
  const did = await requireAccount(db, actor)
  await graph.caughtUp()
  const [[profile], credits] = await Promise.all([
    profileViews(db, [did]),
    creditsOf(db, did, key => graph.canonical(key)),
  ])
  const { counts, ...said } = profile as { counts?: object }
  const counted = credits.filter(({ isDisputed }) => !isDisputed)
  const citations = counted.filter(({ kind }) => kind === 'citation').length
  const derived = new Set(counted.filter(({ kind }) => kind === 'derivation').map(({ by }) => by)).size
  return answer({ ...said, counts: { ...counts, citations, derived } })
}

/** Accounts that a search for people may find: who is not among them is found by more of the name. */
const MOST_FOUND = 500

/**
 * People and organisations whose handle begins so, or whose name holds the words, the last one begun; those with most datasets
 * first.
 */
export async function searchActors(
  db: Database,
  { q = '', limit = 25, cursor }: Paging & { q?: string },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const name = q.trim().replace(/^@/, '').slice(0, 200)
  const among = name === '' ? undefined : await accountsCalled(db, name)
  const { rows } = await sql<{ did: string; sort_key: string }>`
    select did, sort_key from (
      select repo.did as did,
        substr(${'0000000000'} || cast(coalesce(published.count, 0) as text), -10) || ' ' || repo.did as sort_key
      from repo
      left join record on record.did = repo.did and record.collection = ${PROFILE} and record.visible = 1
      left join (
        select did, count(*) as count from record
        where collection = ${nsid('dataset.entry')} and visible = 1 and ${oneOf('record.did', among)} group by did
      ) as published on published.did = repo.did
      where repo.active = 1 and (record.uri is not null or published.count > 0) and ${oneOf('repo.did', among)}
    ) as found
    where ${after ? sql`sort_key < ${after[0]}` : sql`1 = 1`}
    order by sort_key desc limit ${limit + 1}`.execute(db)
  const { page, cursor: next } = paged(rows, limit, row => [row.sort_key, row.did])
  const actors = await profileViews(
    db,
    page.map(({ did }) => did),
  )
  return answer({ actors, cursor: next })
}

async function accountsCalled(db: Database, name: string): Promise<readonly string[]> {
  if (name.startsWith('did:')) return [name]
  const accounts = await accountsLike(db, `${name}*`, MOST_FOUND)
  return accounts.map(({ did }) => did)
}

/** Without a list, whatever the column holds. */
function oneOf(column: string, values: readonly string[] | undefined) {
  if (values === undefined) return sql`1 = 1`
  return values.length === 0 ? sql`1 = 0` : sql`${sql.ref(column)} in (${sql.join(values)})`
}

/** Profiles with what their owners did, in the order given. */
export async function profileViews(
  db: Database,
  dids: readonly string[],
): Promise<{ [name: string]: JsonValue }[]> {
  if (dids.length === 0) return []
  const distinct = [...new Set(dids)]
  const [accounts, profiles, counts, labels] = await Promise.all([
    accountNames(db, distinct),
    db
      .selectFrom('record')
      .select(['did', 'uri', 'cid', 'json', 'indexed_at'])
      .where('did', 'in', distinct)
      .where('collection', '=', PROFILE)
      .where('visible', '=', 1)
      .execute(),
    profileCounts(db, distinct),
    labelsOf(db, distinct),
  ])
  return dids.map(did => {
    const profile = profiles.find(row => row.did === did)
    return {
      ...authorView(accounts.get(did), did),
      ...(profile && {
        uri: profile.uri,
        cid: profile.cid,
        record: raw(profile.json),
        indexedAt: profile.indexed_at,
      }),
      counts: counts.get(did),
      labels: labelViews(labels, { did }),
    }
  })
}

const OWNED: Readonly<Record<string, string>> = {
  [nsid('dataset.entry')]: 'entries',
  [nsid('dataset.version')]: 'versions',
  [nsid('dataset.collection')]: 'collections',
  [nsid('graph.follow')]: 'follows',
}

async function profileCounts(
  db: Database,
  dids: readonly string[],
): Promise<Map<string, Record<string, number>>> {
  const [owned, followers] = await Promise.all([
    db
      .selectFrom('record')
      .select(['did', 'collection', db.fn.countAll<number>().as('count')])
      .where('did', 'in', dids)
      .where('collection', 'in', Object.keys(OWNED))
      .where('visible', '=', 1)
      .groupBy(['did', 'collection'])
      .execute(),
    db
      .selectFrom('link')
      .select(['subject', db.fn.countAll<number>().as('count')])
      .where('subject', 'in', dids)
      .where('kind', '=', 'follow')
      .groupBy('subject')
      .execute(),
  ])
  const counts = new Map(
    dids.map(did => [
      did,
      { entries: 0, versions: 0, collections: 0, follows: 0, followers: 0 } as Record<string, number>,
    ]),
  )
  for (const { did, collection, count } of owned) counts.get(did)![OWNED[collection]!] = Number(count)
  for (const { subject, count } of followers) counts.get(subject)!.followers = Number(count)
  return counts
}
