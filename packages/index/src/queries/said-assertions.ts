import { sql } from 'kysely'
import { QueryError } from '../errors.ts'
import { SOURCES, turned } from '../graph/relations.ts'
import { decodePosition, encodePosition } from '../page-cursor.ts'
import type { Database } from '../schema.ts'
import { CITED } from './credits.ts'
import type { Paging } from './entries.ts'

/** Said from the end that is cited: `is-cited-by`, `is-source-of`. */
const INVERSE: readonly string[] = [...CITED, ...SOURCES]

/** One record may say so many different relations of two things: the rest tells nothing new. */
const MOST_RELATIONS = 8
/** No record names more things than this, each with one relation. */
const MOST_SAID = 400

/** What one record says of which other thing. */
export interface Assertion {
  readonly uri: string
  readonly other: string
  readonly relation: string
  /** Said from the end that is cited. */
  readonly isInverse: boolean
  /** When it was said, capped at first sight: ISO 8601. */
  readonly saidAt: string
}

export type Direction = 'received' | 'made'

export interface Asked extends Paging {
  readonly direction: Direction
  /** Only what these assert; what anybody does where it is empty. */
  readonly assertedBy: readonly string[]
  readonly limit: number
}

/**
 * What is said of a thing, newest first, without the records that say it: they are large, and one of them says much.
 * @param keys every name of the thing
 * @throws QueryError InvalidCursor
 */
export async function assertionsOn(
  db: Database,
  keys: readonly string[],
  asked: Asked,
): Promise<{ page: Assertion[]; cursor?: string }> {
  const start = startOf(asked.cursor)
  const most = asked.limit + (start?.told ?? 0) + MOST_SAID
  const rows = await select(db, keys, asked, { start, most })
  const kept = withFewRelations(rows)
  // What a record says is counted, since the ends that it names are too long for a cursor.
  let told = 0
  while (told < (start?.told ?? 0) && kept[told]?.uri === start!.uri) told++
  const page = kept.slice(told, told + asked.limit)
  const last = page.at(-1)
  if (!last || (kept.length === told + page.length && rows.length < most)) return { page }
  const here = page.filter(({ uri }) => uri === last.uri).length
  const count = last.uri === start?.uri ? told + here : here
  return { page, cursor: encodePosition([last.saidAt, `${last.uri} ${count}`]) }
}

/** Without what one record says further of two things; they stand beside each other. */
function withFewRelations(rows: readonly Assertion[]): Assertion[] {
  let run = 0
  return rows.filter(({ uri, other }, place) => {
    const before = rows[place - 1]
    run = before?.uri === uri && before.other === other ? run + 1 : 1
    return run <= MOST_RELATIONS
  })
}

/** Where the last page ended: at a record of which so much was told. */
interface Start {
  readonly time: string
  readonly uri: string
  readonly told: number
}

function startOf(cursor: string | undefined): Start | undefined {
  const position = decodePosition(cursor)
  if (!position) return undefined
  const [, uri, told] = /^(at:\S+) (\d{1,4})$/.exec(position[1]) ?? []
  if (uri === undefined)
    throw new QueryError(
      'InvalidCursor',
      `cursor '${cursor!.slice(0, 60)}' was not answered by this query: leave it out to begin anew`,
    )
  return { time: position[0], uri, told: Number(told) }
}

async function select(
  db: Database,
  keys: readonly string[],
  { direction, assertedBy }: Asked,
  { start, most }: { start: Start | undefined; most: number },
): Promise<Assertion[]> {
  const names = sql.join(keys)
  const inverse = sql.join(INVERSE)
  // From the citing thing to the cited one, and the same said the other way round.
  const [here, there] =
    direction === 'received'
      ? [sql.ref('to_key'), sql.ref('from_key')]
      : [sql.ref('from_key'), sql.ref('to_key')]
  const by = (asserters: readonly string[]) =>
    asserters.length > 0 ? sql`and asserted_by in (${sql.join(asserters)})` : sql``
  const after = start ? sql`and (record.sort_at, record.uri) <= (${start.time}, ${start.uri})` : sql``
  const { rows } = await sql<Omit<Assertion, 'isInverse'> & { isInverse: number }>`
    select said.uri as uri, said.other as other, said.relation as relation, said.is_inverse as ${sql.ref('isInverse')},
      record.sort_at as ${sql.ref('saidAt')}
    from (
      select uri, ${there} as other, relation, 0 as is_inverse from edge
      where ${here} in (${names}) and ${there} not in (${names}) and relation not in (${inverse}) ${by(assertedBy)}
      union
      select uri, ${here} as other, relation, 1 as is_inverse from edge
      where ${there} in (${names}) and ${here} not in (${names}) and relation in (${inverse})
        ${by(assertedBy.map(turned))}
    ) as said
    join record on record.uri = said.uri
    where record.visible = 1 ${after}
    order by record.sort_at desc, record.uri desc, said.other desc, said.relation desc
    limit ${most}`.execute(db)
  return rows.map(row => ({ ...row, isInverse: Number(row.isInverse) === 1 }))
}
