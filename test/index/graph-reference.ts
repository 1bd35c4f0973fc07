import { DERIVED, LINEAGE, SOURCES } from '@frost/index/graph/relations'
import type { Database } from '@frost/index/schema'
import { nsid } from '@frost/lexicon'
import { type RawBuilder, sql } from 'kysely'

/**
 * The graph as SQL says it of the tables, written independently of the one in memory: what each key stands for, and closures by a
 * recursive query. Slow on purpose.
 */
export async function sqlClosure(
  db: Database,
  options: { from: string; way: 'upstream' | 'downstream'; assertedBy: readonly string[]; depth: number },
): Promise<Map<string, number>> {
  const { from, way, assertedBy, depth } = options
  const ends: RawBuilder<unknown> = way === 'upstream' ? sql`made, source` : sql`source, made`
  const { rows } = await sql<{ node: string; depth: number }>`
    with recursive ${names},
    said(made, source, asserted_by) as (
      select from_key, to_key, asserted_by from edge where relation in (${sql.join(DERIVED)})
      union all
      select to_key, from_key, case asserted_by when 'downstream-owner' then 'upstream-owner'
        when 'upstream-owner' then 'downstream-owner' else asserted_by end
      from edge where relation in (${sql.join(SOURCES)})
    ),
    arc(made, source) as (
      select coalesce(m.node, said.made), coalesce(s.node, said.source)
      from said left join name as m on m.key = said.made left join name as s on s.key = said.source
      where said.asserted_by in (${sql.join([...assertedBy])})
    ),
    step(here, there) as (select ${ends} from arc where made <> source),
    walk(node, depth) as (
      select coalesce((select node from name where key = ${from}), cast(${from} as text)), 0
      union
      select step.there, walk.depth + 1 from walk join step on step.here = walk.node where walk.depth < ${depth}
    )
    select node, min(depth) as depth from walk group by node`.execute(db)
  return new Map(rows.map(({ node, depth: steps }) => [node, Number(steps)]))
}

/** Every key that an edge of lineage names. */
export async function lineageKeys(db: Database): Promise<string[]> {
  const rows = await db
    .selectFrom('edge')
    .select(['from_key', 'to_key'])
    .where('relation', 'in', LINEAGE)
    .execute()
  return [...new Set(rows.flatMap(({ from_key, to_key }) => [from_key, to_key]))]
}

const ENTRIES = `%/${nsid('dataset.entry')}/%`
const OWN = sql`substr(from_key, 1, 40) = substr(to_key, 1, 40)`

/** `name(key, node)`: what a key stands for where that is not itself. DIDs of these tests have 32 characters. */
const names = sql`
  said_same(a, b) as (
    select from_key, to_key from edge
    where relation = 'is-identical-to' and asserted_by = 'downstream-owner'
      and from_key like ${ENTRIES} and to_key like ${ENTRIES} and ${OWN}
    union select e.from_key, e.to_key from edge as e
    join edge as back on back.from_key = e.to_key and back.to_key = e.from_key
      and back.relation = 'is-identical-to' and back.asserted_by = 'downstream-owner'
    where e.relation = 'is-identical-to' and e.asserted_by = 'downstream-owner'
      and e.from_key like ${ENTRIES} and e.to_key like ${ENTRIES}
  ),
  same(a, b) as (select a, b from said_same union select b, a from said_same),
  one(a, b) as (select a, b from same union select one.a, same.b from one join same on same.a = one.b),
  joined(key, node) as (select a, min(b) from one group by a),
  claim(key, node) as (
    select uri, subject from link where kind = 'version' and subject like ${ENTRIES}
    union select identifier.value, coalesce(link.subject, identifier.uri)
    from identifier left join link on link.uri = identifier.uri and link.kind = 'version'
  ),
  alone(key, node) as (
    select key, min(node) from claim where node like ${ENTRIES} group by key having count(distinct node) = 1
  ),
  name(key, node) as (
    select key, node from joined
    union all select alone.key, coalesce(joined.node, alone.node)
    from alone left join joined on joined.key = alone.node
    where alone.key not in (select key from joined)
  )`
