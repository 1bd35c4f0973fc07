import { sql } from 'kysely'
import { QueryError } from '../errors.ts'
import { SOURCES, turned } from '../graph/relations.ts'
import { decodePosition, paged } from '../page-cursor.ts'
import type { Database } from '../schema.ts'
import { CITED } from './credits.ts'
import type { Paging } from './entries.ts'

/** Said from the end that is cited: `is-cited-by`, `is-source-of`. */
const INVERSE: readonly string[] = [...CITED, ...SOURCES]

/** One record may say so many different relations of two things: the rest tells nothing new. */
const MOST_RELATIONS = 8

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
  const rows = await select(db, keys, asked, start)
  // What a record says is counted, since the ends that it names are too long for a cursor.
  let told = 0
  while (told < (start?.told ?? 0) && rows[told]?.uri === start!.uri) told++
  const rest = rows.slice(told)
  return paged(rest, asked.limit, ({ saidAt, uri }) => {
    const here = rest.slice(0, asked.limit).filter(row => row.uri === uri).length
    return [saidAt, `${uri} ${uri === start?.uri ? told + here : here}`]
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
  { direction, assertedBy, limit }: Asked,
  start: Start | undefined,
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
      select uri, other, relation, is_inverse,
        row_number() over (partition by uri, other order by relation desc) as place
      from (
        select uri, ${there} as other, relation, 0 as is_inverse from edge
        where ${here} in (${names}) and ${there} not in (${names}) and relation not in (${inverse})
          ${by(assertedBy)}
        union
        select uri, ${here} as other, relation, 1 as is_inverse from edge
        where ${there} in (${names}) and ${here} not in (${names}) and relation in (${inverse})
          ${by(assertedBy.map(turned))}
      ) as once
    ) as said
    join record on record.uri = said.uri
    where said.place <= ${sql.lit(MOST_RELATIONS)} and record.visible = 1 ${after}
    order by record.sort_at desc, record.uri desc, said.other desc, said.relation desc
    limit ${limit + 1 + (start?.told ?? 0)}`.execute(db)
  return rows.map(row => ({ ...row, isInverse: Number(row.isInverse) === 1 }))
}
