/** Cursors name the last result given, not a number of results, so that arrivals and departures shift nothing. */
import { createHash } from 'node:crypto'
import type { SearchRequest } from './engine.ts'
import { InvalidCursor } from './engine.ts'

export interface Position {
  /** `ranked`: inside the re-ranked best; `rest`: below them, by BM25; `listed`: in the order of a stored key. */
  readonly phase: 'ranked' | 'rest' | 'listed'
  readonly score: number
  readonly id: number
}

export interface Cursor extends Position {
  /** Datasets first seen after this id are not part of the listing under way. */
  readonly asOf: number
}

const longestCursor = 512
const phases = ['ranked', 'rest', 'listed'] as const

/** Stands for filters, query and order, and for this making of the index: a cursor fits these alone. */
export function requestKey(request: SearchRequest, sort: string, generation: string): string {
  const {
    q,
    format,
    license,
    model,
    keyword,
    variable,
    publisher,
    creator,
    offer,
    access,
    bbox,
    polygon,
    from,
    until,
  } = request
  const box = bbox && [bbox.west, bbox.south, bbox.east, bbox.north]
  const text = JSON.stringify([
    generation,
    sort,
    q,
    format,
    license,
    model,
    keyword,
    variable,
    publisher,
    box,
    from,
    until,
    creator,
    offer,
    access,
    polygon?.rings,
  ])
  return createHash('sha256').update(text).digest('base64url').slice(0, 12)
}

export function encodeCursor(cursor: Cursor, key: string): string {
  const { phase, score, id, asOf } = cursor
  return Buffer.from(JSON.stringify([1, key, phases.indexOf(phase), score, id, asOf])).toString('base64url')
}

/** @throws {InvalidCursor} when it was not made by {@link encodeCursor} for the same key */
export function decodeCursor(text: string, key: string): Cursor {
  const refuse = (why: string) => new InvalidCursor(`cursor ${why}; leave it out to start from the beginning`)
  if (typeof text !== 'string' || text.length > longestCursor || !/^[\w-]+$/.test(text))
    throw refuse('is malformed')
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    throw refuse('is malformed')
  }
  if (!Array.isArray(parts) || parts.length !== 6 || parts[0] !== 1) throw refuse('is malformed')
  const [, forKey, phase, score, id, asOf] = parts
  if (forKey !== key) throw refuse('belongs to other filters, another order or an index made anew since')
  if (!Number.isFinite(score) || !Number.isSafeInteger(id) || !Number.isSafeInteger(asOf) || !phases[phase])
    throw refuse('is malformed')
  return { phase: phases[phase as 0 | 1 | 2], score, id, asOf }
}

interface Scored {
  readonly score: number
  readonly id: number
}

/** Results come by score descending, then id descending. */
export function compare(a: Scored, b: Scored): number {
  return b.score - a.score || b.id - a.id
}

/**
 * Where the listing stands now. Arrivals shift the scores of relevance, so the last result given is looked up by its id; its
 * old score serves when it is gone.
 */
export function locate<T extends Scored>(
  list: readonly T[],
  position: Position | undefined,
): Scored | undefined {
  return position && (list.find(one => one.id === position.id) ?? position)
}

export function isAfter(one: Scored, position: Scored | undefined): boolean {
  return position === undefined || compare(one, position) > 0
}
