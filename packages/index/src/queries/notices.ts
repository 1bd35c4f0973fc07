import { answer, type JsonText } from '../json-text.ts'
import { isActive, type Notice } from '../notice-facts.ts'
import { decodePosition } from '../page-cursor.ts'
import { ownerOf } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { withDid } from './accounts.ts'
import type { Paging } from './entries.ts'
import { listLinked } from './list.ts'
import { recordViews } from './views.ts'

/** What is said about an entry or version, whoever says it; whose word it is stands beside. */
export async function listNotices(
  db: Database,
  { subject, limit = 25, cursor }: Paging & { subject: string },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const uri = (await withDid(db, subject)) ?? subject
  const { page, cursor: next } = await listLinked(db, uri, 'notice', limit, after)
  const views = await recordViews(db, page)
  return answer({
    notices: views.map((view, place) => ({
      ...view,
      byOwner: ownerOf(uri) === page[place]!.did,
      active: isActive(JSON.parse(page[place]!.json) as Notice),
    })),
    cursor: next,
  })
}
