import { nsid } from '@frost/lexicon'
import { sql } from 'kysely'
import { among } from '../among.ts'
import { inParts, parts } from '../in-parts.ts'
import { isEntryUri, isVersionUri } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { datasetsOfVersions } from '../version-datasets.ts'

const ENTRY = nsid('dataset.entry')

/** Which datasets claim a key as theirs: by an identifier, a place where it lies, a page, a version. */
export type Claims = ReadonlyMap<string, readonly string[]>

/**
 * Two claimants of a key tell as much as all of them: it belongs to nobody alone. So no more are looked for, however many claim
 * it. A claim counts only while its record is visible: the tables hold no others.
 */
export async function claimsOf(db: Database, keys: readonly string[]): Promise<Claims> {
  const claims = new Map<string, Set<string>>()
  const add = (key: string, entry: string) => {
    if (!isEntryUri(entry)) return
    const held = claims.get(key)
    if (held) held.add(entry)
    else claims.set(key, new Set([entry]))
  }
  for (const [version, dataset] of await datasetsOfVersions(db, keys.filter(isVersionUri)))
    add(version, dataset)
  const others = keys.filter(key => !key.startsWith('at://'))
  let asked: (readonly [key: string, another: string])[] = others.map(key => [key, ''])
  for (let claimant = 1; claimant <= 2; claimant++) {
    const found: (readonly [string, string])[] = []
    for (const part of parts(asked)) found.push(...(await claimants(db, part)))
    for (const [key, entry] of found) add(key, entry)
    asked = found
  }
  return new Map([...claims].map(([key, entries]) => [key, [...entries].sort()]))
}

/** For each key a dataset that claims it, another than the one beside it; none where there is none. */
async function claimants(
  db: Database,
  keys: readonly (readonly [key: string, another: string])[],
): Promise<(readonly [key: string, entry: string])[]> {
  const asked = sql.join(keys.map(([key, another]) => sql`(${key}, ${another})`))
  const { rows } = await sql<{ key: string; entry: string | null }>`
    with asked(key, another) as (values ${asked})
    select asked.key as key, (
      select coalesce(link.subject, identifier.uri)
      from identifier left join link on link.uri = identifier.uri and link.kind = 'version'
      where identifier.value = asked.key
        and coalesce(link.subject, identifier.uri) like ${`at://%/${ENTRY}/%`}
        and coalesce(link.subject, identifier.uri) <> asked.another
      limit 1
    ) as entry
    from asked`.execute(db)
  return rows.flatMap(({ key, entry }) => (entry === null ? [] : [[key, entry] as const]))
}

/** The keys that these datasets claim, their versions' included. */
export async function keysClaimedBy(db: Database, entries: readonly string[]): Promise<string[]> {
  const versions = await inParts(entries, part =>
    db
      .selectFrom('link')
      .select('uri')
      .where(among(db, 'subject', part))
      .where('kind', '=', 'version')
      .execute(),
  )
  const versionUris = versions.map(({ uri }) => uri)
  const identifiers = await inParts([...entries, ...versionUris], part =>
    db
      .selectFrom('identifier')
      .select('value')
      .where(among(db, 'uri', part))
      .execute(),
  )
  return [...versionUris, ...identifiers.map(({ value }) => value)]
}

/** The relation by which owners say that two records describe one dataset. */
export const IDENTICAL = 'is-identical-to'
/**
 * Pairs of datasets that are one: each says so of the other, or one account owns both and says so once. Anybody else's word joins
 * nothing, since otherwise anybody could take over another's place in the graph.
 * @param ofThese only pairs that one of these is part of; all pairs when absent
 */
export async function identicalPairs(
  db: Database,
  ofThese?: readonly string[],
): Promise<readonly (readonly [string, string])[]> {
  const said = (
    await (ofThese
      ? inParts(ofThese, part =>
          identicalEdges(db)
            .where(({ or }) => or([among(db, 'from_key', part), among(db, 'to_key', part)]))
            .execute(),
        )
      : identicalEdges(db).execute())
  ).filter(({ from_key, to_key }) => isEntryUri(from_key) && isEntryUri(to_key))
  const known = new Set(said.map(({ from_key, to_key }) => `${from_key} ${to_key}`))
  const pairs = new Map<string, readonly [string, string]>()
  for (const { from_key, to_key } of said) {
    const isOneOwner = ownerPart(from_key) === ownerPart(to_key)
    if (!isOneOwner && !known.has(`${to_key} ${from_key}`)) continue
    const pair = [from_key, to_key].sort() as [string, string]
    pairs.set(pair.join(' '), pair)
  }
  return [...pairs.values()]
}

function identicalEdges(db: Database) {
  return db
    .selectFrom('edge')
    .select(['from_key', 'to_key'])
    .where('relation', '=', IDENTICAL)
    .where('asserted_by', '=', 'downstream-owner')
}

const ownerPart = (uri: string) => uri.slice(0, uri.indexOf(`/${ENTRY}/`))
