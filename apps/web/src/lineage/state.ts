/** The state of a lineage drawing is its address. */
export const ASSERTERS = ['downstream-owner', 'upstream-owner', 'third-party'] as const
export type AsserterKind = (typeof ASSERTERS)[number]
export const DIRECTIONS = ['both', 'upstream', 'downstream'] as const
export type Direction = (typeof DIRECTIONS)[number]

export interface LineageState {
  readonly direction: Direction
  readonly depth: number
  readonly assertedBy: readonly AsserterKind[]
  /** Only what this account says. */
  readonly asserter?: string
  /** Columns that are shown whole. */
  readonly open: readonly number[]
}

export const DEEPEST = 12
const DEFAULT_DEPTH = 3
const OWNERS: readonly AsserterKind[] = ['downstream-owner', 'upstream-owner']

export function readLineageState(query: URLSearchParams, depth = DEFAULT_DEPTH): LineageState {
  const direction = DIRECTIONS.find(one => one === query.get('direction')) ?? 'both'
  const asked = Number(query.get('depth') ?? depth)
  const asserted = ASSERTERS.filter(one => query.getAll('by').includes(one))
  const asserter = query.get('asserter')?.slice(0, 300)
  return {
    direction,
    depth: Number.isInteger(asked) && asked >= 1 && asked <= DEEPEST ? asked : depth,
    assertedBy: asserted.length > 0 ? asserted : OWNERS,
    ...(asserter && { asserter }),
    open: [...new Set(query.getAll('open').map(Number))]
      .filter(column => Number.isInteger(column) && Math.abs(column) <= 100)
      .slice(0, 40),
  }
}

export function lineageQuery({ direction, depth, assertedBy, asserter, open }: LineageState): string {
  const query = new URLSearchParams()
  if (direction !== 'both') query.set('direction', direction)
  if (depth !== DEFAULT_DEPTH) query.set('depth', String(depth))
  if (String(assertedBy) !== String(OWNERS)) for (const one of assertedBy) query.append('by', one)
  if (asserter) query.set('asserter', asserter)
  for (const column of open) query.append('open', String(column))
  return query.toString()
}
