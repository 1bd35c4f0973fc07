import { nsid } from '@frost/lexicon'
import { inParts } from '../in-parts.ts'
import { items, text } from '../projection.ts'
import { parseRecord } from '../record-text.ts'
import { isEntryUri, isVersionUri, ownerOf, referenceKey } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { datasetsOfVersions } from '../version-datasets.ts'
import { accountsNamed } from './named.ts'

/** A word is about an issue, the issue about a version, the version of a dataset: nothing lies deeper. */
const DEEPEST = 4

/** The dataset that a record of a discussion belongs to; undefined where it leads to none. */
export async function datasetOf(db: Database, uri: string): Promise<string | undefined> {
  let key: string | undefined = uri
  for (let depth = 0; depth < DEEPEST && key !== undefined; depth++) {
    if (isEntryUri(key)) return key
    if (isVersionUri(key)) return (await datasetsOfVersions(db, [key])).get(key)
    const row: { json: string } | undefined = await db
      .selectFrom('record')
      .select('json')
      .where('uri', '=', key)
      .where('visible', '=', 1)
      .executeTakeFirst()
    if (!row) return undefined
    const { subject, target, issue, claim, cited } = parseRecord(row.json)
    key = text(subject) ?? text(issue) ?? [subject, target, claim, cited].map(referenceKey).find(Boolean)
  }
  return undefined
}

/** What a dataset's owner allows on its page. */
export interface Gate {
  readonly owner: string | undefined
  readonly isLocked: boolean
  /** Since when, as ISO 8601 text. */
  readonly lockedAt?: string
  readonly mayComment: string
  /** Hidden records, and why. */
  readonly hidden: ReadonlyMap<string, string | undefined>
}

interface Written {
  readonly did: string
  readonly sort_at: string
}

/** The gate of a dataset; without one, everybody may take part. */
export async function gateOf(db: Database, dataset: string | undefined): Promise<Gate> {
  const owner = dataset === undefined ? undefined : ownerOf(dataset)
  const open: Gate = { owner, isLocked: false, mayComment: 'everyone', hidden: new Map() }
  if (dataset === undefined) return open
  const row = await db
    .selectFrom('link')
    .innerJoin('record', 'record.uri', 'link.uri')
    .select(['record.json', 'record.indexed_at'])
    .where('link.subject', '=', dataset)
    .where('link.kind', '=', 'gate')
    .executeTakeFirst()
  if (!row) return open
  const { hidden, locked, lockedAt, mayComment } = parseRecord(row.json)
  return {
    owner,
    isLocked: locked === true,
    ...(locked === true && {
      lockedAt: typeof lockedAt === 'string' ? new Date(lockedAt).toISOString() : row.indexed_at,
    }),
    mayComment: typeof mayComment === 'string' ? mayComment : 'everyone',
    hidden: new Map(
      items(hidden).map(({ uri, reason }) => [String(uri), typeof reason === 'string' ? reason : undefined]),
    ),
  }
}

/** Those of what was written that the gate lets in; the owner may always write. */
export async function admitted<Row extends Written>(
  db: Database,
  { owner, lockedAt, mayComment }: Gate,
  dataset: string | undefined,
  rows: readonly Row[],
): Promise<readonly Row[]> {
  const inTime =
    lockedAt === undefined ? rows : rows.filter(row => row.did === owner || row.sort_at <= lockedAt)
  const others = [...new Set(inTime.map(({ did }) => did))].filter(did => did !== owner)
  if (others.length === 0) return inTime
  const allowed = await allowedAmong(db, mayComment, owner, dataset, others)
  return allowed === 'all' ? inTime : inTime.filter(({ did }) => did === owner || allowed.has(did))
}

async function allowedAmong(
  db: Database,
  mayComment: string,
  owner: string | undefined,
  dataset: string | undefined,
  dids: readonly string[],
): Promise<'all' | ReadonlySet<string>> {
  if (mayComment === 'nobody') return new Set()
  if (mayComment === 'followed') return followedAmong(db, owner, dids)
  if (mayComment === 'contributors') return namedIn(db, dataset)
  // A word that is not known here restricts nothing: what it would keep out can still be hidden.
  return 'all'
}

async function followedAmong(db: Database, owner: string | undefined, dids: readonly string[]) {
  if (owner === undefined) return new Set<string>()
  const rows = await inParts(dids, part =>
    db
      .selectFrom('record')
      .innerJoin('link', 'link.uri', 'record.uri')
      .select('link.subject')
      .where('record.did', '=', owner)
      .where('record.collection', '=', nsid('graph.follow'))
      .where('record.visible', '=', 1)
      .where('link.kind', '=', 'follow')
      .where('link.subject', 'in', part)
      .execute(),
  )
  return new Set(rows.map(({ subject }) => subject))
}

/** Accounts that the entry names as having to do with it. */
async function namedIn(db: Database, dataset: string | undefined): Promise<ReadonlySet<string>> {
  if (dataset === undefined) return new Set()
  const row = await db
    .selectFrom('record')
    .select('json')
    .where('uri', '=', dataset)
    .where('visible', '=', 1)
    .executeTakeFirst()
  return accountsNamed(row?.json ?? '{}')
}
