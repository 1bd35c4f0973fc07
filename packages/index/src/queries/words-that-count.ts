import { nsid } from '@frost/lexicon'
import { inParts } from '../in-parts.ts'
import type { NewsRow } from '../news.ts'
import { type Fields, items, type Reason, text } from '../projection.ts'
import { parseRecord } from '../record-text.ts'
import { ownerOf, referenceKey } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { datasetOf } from './gate.ts'
import { namedInClaim } from './named.ts'

/** Reasons to be told of a record that counts only from certain people: anyone may write one. */
const WORDS: ReadonlySet<string> = new Set<Reason>(['issue-state', 'correction-state', 'acknowledgement'])

/**
 * Those of the news that somebody may be told of: the word about an issue of its reporter and of the dataset's owner, about a
 * correction of its proposer and of the owner, about another claim of whoever is named in it.
 */
export async function wordsThatCount<Row extends NewsRow & { readonly reason: string }>(
  db: Database,
  viewer: string,
  rows: readonly Row[],
): Promise<readonly Row[]> {
  const words = rows.filter(({ reason }) => WORDS.has(reason))
  if (words.length === 0) return rows
  const records = await recordsOf(
    db,
    words.map(({ uri }) => uri),
  )
  const owners = new Map<string, Promise<string | undefined>>()
  const ownerOfDataset = (thread: string) => {
    const known = owners.get(thread) ?? datasetOf(db, thread).then(dataset => ownerOf(dataset ?? ''))
    owners.set(thread, known)
    return known
  }
  const judged = await Promise.all(
    words.map(
      async row => [row, await counts(db, viewer, row, records.get(row.uri), ownerOfDataset)] as const,
    ),
  )
  const idle = new Set(judged.flatMap(([row, isWord]) => (isWord ? [] : [row])))
  return rows.filter(row => !idle.has(row))
}

async function counts(
  db: Database,
  viewer: string,
  { uri, did, kind, subject, reason }: NewsRow & { readonly reason: string },
  record: Fields | undefined,
  ownerOfDataset: (thread: string) => Promise<string | undefined>,
): Promise<boolean> {
  if (!record) return false
  if (reason === 'acknowledgement') return (await namedInClaim(db, referenceKey(record.claim) ?? '')).has(did)
  if (uri.split('/')[3] === nsid('dataset.version')) {
    const adopted = items(record.corrects).flatMap(item => text(item.uri) ?? [])
    const concerned = kind === 'settled' ? [subject] : adopted.filter(one => ownerOf(one) === viewer)
    const owners = await Promise.all(concerned.map(ownerOfDataset))
    return owners.includes(did)
  }
  const thread = text(record.issue) ?? referenceKey(record.claim) ?? ''
  if (reason === 'issue-state') return did === ownerOf(thread) || did === (await ownerOfDataset(thread))
  // To take a proposal back is its proposer's, to accept or decline it the owner's.
  return did === (record.status === 'withdrawn' ? ownerOf(thread) : await ownerOfDataset(thread))
}

async function recordsOf(db: Database, uris: readonly string[]): Promise<ReadonlyMap<string, Fields>> {
  const rows = await inParts([...new Set(uris)], part =>
    db.selectFrom('record').select(['uri', 'json']).where('uri', 'in', part).execute(),
  )
  return new Map(rows.map(({ uri, json }) => [uri, parseRecord(json)]))
}
