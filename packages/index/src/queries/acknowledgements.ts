import { accountNames } from '../entry-facts.ts'
import type { JsonValue } from '../json-text.ts'
import { parseRecord } from '../record-text.ts'
import type { Database } from '../schema.ts'
import { namedInClaim } from './named.ts'
import { authorView } from './views.ts'

const MOST_WORDS = 100
/** Anybody may write a word about a claim; those beyond these are not looked through for the ones that count. */
const MOST_READ = 1000

/** The last word about a claim, and about each part of it, of everybody whose word counts; undefined where there is none. */
export async function acknowledgementViews(db: Database, claim: string): Promise<JsonValue[] | undefined> {
  const rows = await db
    .selectFrom('link')
    .innerJoin('record', 'record.uri', 'link.uri')
    .select(['link.uri', 'link.did', 'record.json', 'record.indexed_at'])
    .where('link.subject', '=', claim)
    .where('link.kind', '=', 'acknowledgement')
    .orderBy('link.sort_key', 'desc')
    .orderBy('link.uri', 'desc')
    .limit(MOST_READ)
    .execute()
  if (rows.length === 0) return undefined
  const named = await namedInClaim(db, claim)
  const heard = new Set<string>()
  const words = rows.flatMap(({ uri, did, json, indexed_at: indexedAt }) => {
    const { status, part, note, claim: of } = parseRecord(json) as Record<string, JsonValue>
    const about = `${did} ${part ?? ''}`
    if (!named.has(did) || heard.has(about)) return []
    heard.add(about)
    if (status !== 'accepted' && status !== 'disputed') return []
    const { cid: claimCid } = of as { cid?: string }
    return [{ uri, did, status, part, note, claimCid, indexedAt }]
  })
  if (words.length === 0) return undefined
  const names = await accountNames(
    db,
    words.map(({ did }) => did),
  )
  return words
    .slice(0, MOST_WORDS)
    .map(({ did, ...word }) => ({ ...word, author: authorView(names.get(did), did) }))
}
