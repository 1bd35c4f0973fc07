/**
 * What re-ranking and phrases need to know of a document, small enough to fetch for hundreds of candidates: the hashes of
 * its terms, field by field, in order. Layout: one little-endian 32-bit length per field, then the hashes.
 */
import { hashInto } from './analysis.ts'
import type { SearchDocument } from './engine.ts'

export const rankedFields = [
  'title',
  'slug',
  'subjects',
  'people',
  'distributions',
  'variables',
  'description',
] as const
export type RankedField = (typeof rankedFields)[number]
export const fieldCount = rankedFields.length

/** Most terms kept of each field, in the order of {@link rankedFields}. */
const mostTerms = [80, 40, 200, 120, 200, 400, 800] as const

/** Separates values inside a field, so that a phrase does not reach from one into the next. */
export const separator = 0

/** What a document is analysed in, written over by the next: lengths, and of each field its terms and one separator beyond the most. */
const numbers = new Uint32Array(mostTerms.reduce<number>((sum, most) => sum + most + 1, fieldCount))

export function analyse(document: SearchDocument): Uint32Array {
  const values: readonly (readonly string[])[] = [
    [document.title],
    [document.slugWords],
    document.subjects,
    [document.publisher, ...document.creators],
    document.distributionTitles,
    document.variables,
    [document.description],
  ]
  let at: number = fieldCount
  for (let field = 0; field < fieldCount; field++) {
    const before = at
    const end = before + mostTerms[field]!
    for (const value of values[field]!) {
      if (at >= end) break
      const between = at > before ? 1 : 0
      const after = hashInto(value, numbers, at + between, end + between)
      if (after === at + between) continue
      if (between === 1) numbers[at] = separator
      at = after
    }
    numbers[field] = at - before
  }
  return numbers.slice(0, at)
}

/** The stored form. */
export const pack = (features: Uint32Array): Buffer =>
  Buffer.from(features.buffer, features.byteOffset, features.byteLength)

/** The stored form as 32-bit numbers, copied only where the bytes are not aligned. */
export function unpack(features: Uint8Array): Uint32Array {
  if (features.byteOffset % 4 === 0)
    return new Uint32Array(features.buffer, features.byteOffset, features.byteLength >>> 2)
  return new Uint32Array(new Uint8Array(features).buffer)
}

/** Whether the hashes occur side by side in one value of a field: of any, or of the one named. */
export function hasSequence(features: Uint32Array, sequence: readonly number[], within?: 'title'): boolean {
  // The title is the first field.
  const end = within ? fieldCount + features[0]! : features.length
  const last = end - sequence.length
  for (let at = fieldCount; at <= last; at++) {
    let matched = 0
    while (matched < sequence.length && features[at + matched] === sequence[matched]) matched++
    if (matched === sequence.length && !crossesFields(features, at, at + sequence.length)) return true
  }
  return false
}

function crossesFields(features: Uint32Array, start: number, end: number): boolean {
  let border = fieldCount
  for (let field = 0; field < fieldCount; field++) {
    border += features[field]!
    if (border > start) return border < end
  }
  return false
}
