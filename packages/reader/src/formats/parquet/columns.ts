import type { Column } from '../../model.ts'
import { type Test, testsOf } from '../../table/predicate.ts'
import { rangeOf } from '../../table/ranges.ts'
import type { Footer } from './footer.ts'
import { isFlat, nullable, type SchemaNode, typeOf } from './schema.ts'
import { boundsOf } from './statistics.ts'

/** A column as descriptions give it, with what the statistics of all row groups together say. */
export function describedColumn(node: SchemaNode, footers: readonly Footer[]): Column {
  const type = typeOf(node)
  const column: Column = { name: node.name, type, nullable: nullable(node) }
  if (!isFlat(node)) return column
  const groups = footers.flatMap(({ rowGroups }) => rowGroups).filter(({ rows }) => rows > 0)
  const bounds = groups.map(({ chunks, rows }) =>
    boundsOf(node.leaf!, chunks[node.leaf!.index]?.statistics, rows),
  )
  const exact = groups.every(({ chunks }) => chunks[node.leaf!.index]?.statistics?.exact !== false)
  const nulls = node.repetition === 'required' ? 0 : sumOf(bounds.map(bound => bound.nulls))
  const filled = bounds.filter(bound => bound.nulls === undefined || bound.nulls !== bound.rows)
  const known = exact && filled.length > 0 && filled.every(bound => bound.min !== undefined)
  const order = orderOf(node.name, type)
  const range = known
    ? rangeOf(
        type,
        filled.map(bound => bound.min).reduce((a, b) => (order(b, a) ? b : a)),
        filled.map(bound => bound.max).reduce((a, b) => (order(a, b) ? b : a)),
      )
    : undefined
  return { ...column, ...(nulls !== undefined && { nulls }), ...(range && { range }) }
}

function sumOf(counts: readonly (number | undefined)[]): number | undefined {
  return counts.every(count => count !== undefined)
    ? counts.reduce((sum, count) => sum + count, 0)
    : undefined
}

/** Whether one value comes before another, as the column's predicates order them. */
function orderOf(column: string, type: string): (a: unknown, b: unknown) => boolean {
  return (a, b) => {
    try {
      const value = b instanceof Date ? b.toISOString() : (b as string | number | bigint | boolean)
      return testsOf([{ column, op: '<', value }], new Map([[column, type]]))[0]!.accepts(a)
    } catch {
      return false
    }
  }
}

export type NodeTest = readonly [SchemaNode, Test]
