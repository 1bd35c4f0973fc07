import { nsid } from '@frost/lexicon'
import { sql } from 'kysely'
import type { Database } from '../schema.ts'

/** The newest threads of somebody are heard of, and those that others opened about what is theirs. */
const MOST_THREADS = 300
const MOST_TOLD = 2000

/**
 * Issues and corrections that somebody takes part in, each with the time since when: those on which they commented, and those about
 * their datasets.
 */
export async function threadsOf(db: Database, did: string): Promise<ReadonlyMap<string, string>> {
  const threads = [nsid('discussion.issue'), nsid('discussion.correction')].map(name => `%/${name}/%`)
  const { rows } = await sql<{ subject: string; since: string }>`
    select link.subject as subject, said.sort_at as since
    from (
      select uri, sort_at from record
      where did = ${did} and collection = ${nsid('discussion.comment')} and visible = 1
      order by sort_at desc, rkey desc limit ${MOST_THREADS}
    ) as said
    join link on link.uri = said.uri and link.kind = 'comment'
    where link.subject like ${threads[0]} or link.subject like ${threads[1]}
    union all
    select * from (
      select told.uri as subject, told.sort_key as since
      from (
        select uri, sort_key from link
        where subject = ${did} and kind = 'told'
        order by sort_key desc, uri desc limit ${MOST_TOLD}
      ) as told
      where told.uri like ${threads[0]} or told.uri like ${threads[1]}
      order by told.sort_key desc limit ${MOST_THREADS}
    ) as opened`.execute(db)
  const since = new Map<string, string>()
  for (const row of rows) {
    const time = row.since.split(' ', 1)[0]!
    if (time < (since.get(row.subject) ?? '~')) since.set(row.subject, time)
  }
  return since
}
