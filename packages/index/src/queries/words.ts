import { sql } from 'kysely'
import { parts } from '../in-parts.ts'
import { type Fields, text } from '../projection.ts'
import { parseRecord } from '../record-text.ts'
import { ownerOf } from '../reference-key.ts'
import type { Database, EdgeRow } from '../schema.ts'

/** Of one account about one claim, all its parts taken together, so many words are looked at: the newest. */
const MOST_OF_ONE = 50
/** Records that are in memory at once: strangers write them, and any of them may be as large as a record can be. */
const READ_AT_ONCE = 8

/** Whose word about which claim counts: DIDs by the claim's at-uri. */
export type Heard = ReadonlyMap<string, ReadonlySet<string>>

/** What somebody said last about a claim or a part of it. */
export interface Word {
  readonly uri: string
  readonly did: string
  readonly status: string
  /** Absent for all of the claim. */
  readonly part: string | undefined
  readonly note: string | undefined
  /** The state of the claim of which it was said. */
  readonly claimCid: string | undefined
  /** ISO 8601. */
  readonly indexedAt: string
}

/** By claim, the last word about it and about each part of it of those whose word counts, newest first. Nobody else's is read. */
export async function wordsOn(db: Database, heard: Heard): Promise<ReadonlyMap<string, readonly Word[]>> {
  const words = new Map<string, Word[]>()
  const told = new Set<string>()
  for (const claims of parts([...heard.keys()]))
    for (const some of parts(await linksOf(db, claims, heard), READ_AT_ONCE)) {
      const records = await recordsOf(
        db,
        some.map(({ uri }) => uri),
      )
      for (const { uri, did, subject } of some) {
        const record = records.get(uri)
        const word = record && wordIn(record)
        const name = JSON.stringify([subject, did, word?.part])
        if (!word || told.has(name)) continue
        told.add(name)
        const held = words.get(subject)
        if (held) held.push({ uri, did, ...word })
        else words.set(subject, [{ uri, did, ...word }])
      }
    }
  return words
}

interface WordLink {
  readonly uri: string
  readonly did: string
  readonly subject: string
}

async function linksOf(db: Database, claims: readonly string[], heard: Heard): Promise<WordLink[]> {
  const dids = [...new Set(claims.flatMap(claim => [...heard.get(claim)!]))]
  if (dids.length === 0) return []
  const { rows } = await sql<WordLink>`
    select uri, did, subject from (
      select uri, did, subject, sort_key,
        row_number() over (partition by subject, did order by sort_key desc, uri desc) as place
      from link
      where subject in (${sql.join(claims)}) and kind = 'acknowledgement' and did in (${sql.join(dids)})
    ) as said
    where place <= ${sql.lit(MOST_OF_ONE)}
    order by sort_key desc, uri desc`.execute(db)
  return rows.filter(({ did, subject }) => heard.get(subject)?.has(did))
}

interface StoredWord {
  readonly json: string
  readonly indexed_at: string
}

async function recordsOf(db: Database, uris: readonly string[]): Promise<ReadonlyMap<string, StoredWord>> {
  const rows = await db
    .selectFrom('record')
    .select(['uri', 'json', 'indexed_at'])
    .where('uri', 'in', uris)
    .execute()
  return new Map(rows.map(row => [row.uri, row]))
}

function wordIn({ json, indexed_at: indexedAt }: StoredWord) {
  const { status, part, note, claim } = parseRecord(json)
  const claimCid = text((claim as Fields | undefined)?.cid)
  return { status: String(status), part: text(part), note: text(note), claimCid, indexedAt }
}

type Ends = Pick<EdgeRow, 'from_key' | 'to_key' | 'asserter'>

/**
 * Whose word on an edge counts: owners of its ends who do not assert it.
 * @param known datasets that the ends are known to be, where the edge names them otherwise
 */
export function heardOn({ from_key, to_key, asserter }: Ends, known: readonly string[]): string[] {
  return [from_key, to_key, ...known].flatMap(end => {
    const owner = ownerOf(end)
    return owner === undefined || owner === asserter ? [] : owner
  })
}

/** The last word on an edge that counts; one on another part of the claim does not. */
export function wordOn(edge: Ends, words: readonly Word[], known: readonly string[]): string | undefined {
  const ends = [edge.from_key, edge.to_key, ...known]
  const owners = heardOn(edge, known)
  return words.find(
    ({ did, part }) => owners.includes(did) && (part === undefined || part === did || ends.includes(part)),
  )?.status
}

/** Adds whose word on an edge counts to those of its claim. */
export function hear(heard: Map<string, Set<string>>, claim: string, dids: readonly string[]): void {
  const held = heard.get(claim)
  if (held) for (const did of dids) held.add(did)
  else if (dids.length > 0) heard.set(claim, new Set(dids))
}
