import { QueryError } from '../errors.ts'
import type { LineageGraph } from '../graph/graph.ts'
import { answer, type JsonText, type JsonValue, raw } from '../json-text.ts'
import type { Database } from '../schema.ts'
import { horizonOf, UpdateLog } from '../update-log.ts'
import { type FilterParams, readFilter, UpdateMatcher } from '../updates/filter.ts'
import { describeUpdates, type UpdateView } from '../updates/view.ts'

const UPDATES_A_STEP = 500
/** The log is read this far for one answer; the answer says how far that was. */
const MOST_READ = 10_000

/** Updates after a seq, oldest first. @throws QueryError OutdatedCursor, FutureCursor, InvalidQuery */
export async function listUpdates(
  db: Database,
  graph: LineageGraph,
  { after = 0, limit = 100, ...params }: FilterParams & { after?: number; limit?: number },
): Promise<JsonText> {
  const log = new UpdateLog(db)
  const filter = await readFilter(db, params)
  const last = await checkCursor(db, log, after)
  const found: UpdateView[] = []
  let seq = after
  for (let read = 0; read < MOST_READ && found.length < limit; ) {
    const batch = await log.read(seq, Math.min(UPDATES_A_STEP, MOST_READ - read))
    if (batch.length === 0) break
    const views = await describeUpdates(db, batch)
    const matcher = await UpdateMatcher.over(db, graph, views, [filter])
    for (const view of views) {
      if (found.length >= limit) break
      seq = view.seq
      if (matcher.matches(filter, view)) found.push(view)
    }
    read += batch.length
  }
  return answer({ updates: found.map(updateJson), seq, last: Math.max(last, seq) })
}

/**
 * Sees that the log holds what comes after a cursor.
 * @returns the last seq
 * @throws QueryError OutdatedCursor, FutureCursor
 */
export async function checkCursor(db: Database, log: UpdateLog, cursor: number): Promise<number> {
  const [last, horizon] = await Promise.all([log.last(), horizonOf(db)])
  if (cursor > last)
    throw new QueryError(
      'FutureCursor',
      `the cursor is ${cursor}, and the log has come to ${last}: a seq holds for the AppView that gave it`,
    )
  // Everything from the beginning is asked for with 0: what is told of that is what the log still holds.
  if (cursor > 0 && cursor < horizon)
    throw new QueryError(
      'OutdatedCursor',
      `the cursor is ${cursor}, and the log begins after ${horizon}: read the datasets anew, and go on from there`,
    )
  return last
}

/** An update in the shape of the lexicon. */
export function updateJson({ about, roots, collection, json, ...told }: UpdateView): JsonValue {
  return { ...told, ...(json !== undefined && { record: raw(json) }) }
}
