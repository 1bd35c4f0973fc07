import { accountNames } from '../entry-facts.ts'
import type { JsonValue } from '../json-text.ts'
import type { Database } from '../schema.ts'
import { namedInClaim } from './named.ts'
import { authorView } from './views.ts'
import { wordsOn } from './words.ts'

const MOST_WORDS = 100

/** The last word about a claim, and about each part of it, of everybody whose word counts; undefined where there is none. */
export async function acknowledgementViews(db: Database, claim: string): Promise<JsonValue[] | undefined> {
  // Of most claims nothing is said: whose word would count is not looked for then.
  const anything = await db
    .selectFrom('link')
    .select('uri')
    .where('subject', '=', claim)
    .where('kind', '=', 'acknowledgement')
    .limit(1)
    .executeTakeFirst()
  if (!anything) return undefined
  const said = await wordsOn(db, new Map([[claim, await namedInClaim(db, claim)]]))
  const words = (said.get(claim) ?? [])
    .filter(({ status }) => status === 'accepted' || status === 'disputed')
    .slice(0, MOST_WORDS)
  if (words.length === 0) return undefined
  const names = await accountNames(
    db,
    words.map(({ did }) => did),
  )
  return words.map(({ did, ...word }) => ({ ...word, author: authorView(names.get(did), did) }))
}
