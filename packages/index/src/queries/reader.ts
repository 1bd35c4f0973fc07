import { accountNames } from '../entry-facts.ts'
import { answer, type JsonText } from '../json-text.ts'
import { decodePosition, paged } from '../page-cursor.ts'
import type { Database } from '../schema.ts'
import type { Paging } from './entries.ts'
import { authorView } from './views.ts'

/** What somebody has seen and wants to hear. */
export interface Reader {
  /** ISO 8601; {@link NEVER} sorts before every time. */
  readonly seenAt: string
  readonly quietReasons: ReadonlySet<string>
}

export const NEVER = '0000'

export async function readerOf(db: Database, did: string): Promise<Reader> {
  const row = await db.selectFrom('reader').selectAll().where('did', '=', did).executeTakeFirst()
  return {
    seenAt: row?.seen_at ?? NEVER,
    quietReasons: new Set(JSON.parse(row?.quiet_reasons ?? '[]') as string[]),
  }
}

export async function listMutes(
  db: Database,
  { viewer, limit = 25, cursor }: Paging & { viewer: string },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const rows = await db
    .selectFrom('mute')
    .select(['subject', 'created_at'])
    .where('did', '=', viewer)
    .$if(after !== undefined, ask =>
      ask.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('created_at', 'subject'), '<', tuple(after![0], after![1])),
      ),
    )
    .orderBy('created_at', 'desc')
    .orderBy('subject', 'desc')
    .limit(limit + 1)
    .execute()
  const { page, cursor: next } = paged(rows, limit, ({ created_at, subject }) => [created_at, subject])
  const names = await accountNames(
    db,
    page.map(({ subject }) => subject),
  )
  return answer({
    mutes: page.map(({ subject, created_at }) => ({
      actor: authorView(names.get(subject), subject),
      createdAt: created_at,
    })),
    cursor: next,
  })
}
