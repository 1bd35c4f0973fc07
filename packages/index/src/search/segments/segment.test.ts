import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IndexedRow } from '../document-row.ts'
import { fieldCount } from '../features.ts'
import type { ResolvedFilter, TextQuery } from '../source.ts'
import { invert } from './invert.ts'
import { Merging } from './merge.ts'
import type { Segment } from './segment.ts'
import { openSegment, writeSegment } from './segment-file.ts'

const ROWS = 6_000
/** Terms by what every how many rows has them; hashes of any size. */
const TERMS = new Map([1, 2, 3, 7, 500, 5_999].map(n => [n, Math.imul(n, 0x9e3779b1) >>> 0]))
const hashOf = (n: number): number => TERMS.get(n) ?? 12_345
const NO_FILTER: ResolvedFilter = { groups: [], without: [], years: [], published: [] }
/** Tags are numbered above four bits of kind. */
const tagOf = (n: number) => n * 16

/** Term 3 stands in titles, every row has one word of its own, and 7 stands several times. */
function featuresOf(index: number): Uint32Array {
  const has = (n: number) => index % n === 0
  const title = has(3) ? [hashOf(3)] : []
  const sevens = Array.from({ length: has(7) ? (index % 300) + 1 : 0 }, () => hashOf(7))
  const description = [1, 2, 500, 5_999].filter(has).map(hashOf)
  const rest = [...description, 0, ...sevens, index + 1_000_000]
  return Uint32Array.from([title.length, ...Array(fieldCount - 2).fill(0), rest.length, ...title, ...rest])
}

/** Tag `n` is on every `n`th row; terms likewise. */
const rows: IndexedRow[] = Array.from({ length: ROWS }, (_, index) => {
  const west = (index % 360) - 180
  const placed = index % 5 > 0
  return {
    id: index * 3 + 1,
    features: featuresOf(index),
    tags: Int32Array.from([1, 2, 5, 50, 4000].filter(n => index % n === 0).map(tagOf)),
    west: placed ? west : null,
    south: placed ? -10 : null,
    east: placed ? west + 5 : null,
    north: placed ? 10 : null,
    from: index % 4 > 0 ? 1900 + (index % 100) : null,
    until: index % 4 > 0 ? 1905 + (index % 100) : null,
    createdAt: (index * 7919) % 5_000,
    used: index % 11,
  }
})

/** What a filter means, said once more without arrays or indices. */
function passes({ groups, without, bbox, years, published }: ResolvedFilter, row: IndexedRow): boolean {
  const has = (tag: number) => row.tags.includes(tag)
  return (
    groups.every(group => group.some(has)) &&
    !without.some(has) &&
    (!bbox ||
      (row.west !== null &&
        row.south! <= bbox.north &&
        row.north! >= bbox.south &&
        row.west <= bbox.east &&
        row.east! >= bbox.west)) &&
    years.every(
      ({ from = -9999, until = 9999 }) => row.from !== null && row.from <= until && row.until! >= from,
    ) &&
    published.every(({ from = 0, until = 1e9 }) => row.createdAt >= from && row.createdAt <= until)
  )
}

const termsOf = (row: IndexedRow): number[] => {
  const words = [...row.features.subarray(fieldCount)].filter(hash => hash !== 0)
  return [...words, ...words.slice(0, row.features[0])]
}

/** BM25 as it is written down, over all that a segment was made of. */
function bm25(query: readonly number[], made: readonly IndexedRow[]): Map<number, number> {
  // What separates values counts as a term, and the title twice.
  const lengths = made.map(({ features }) =>
    features.subarray(0, fieldCount).reduce((sum, length) => sum + length, features[0]!),
  )
  const mean = lengths.reduce((a, b) => a + b) / made.length
  const scores = new Map<number, number>()
  for (const hash of new Set(query)) {
    const often = made.map(row => Math.min(255, termsOf(row).filter(one => one === hash).length))
    const having = often.filter(times => times > 0).length
    const idf = Math.log(1 + (made.length - having + 0.5) / (having + 0.5))
    for (const [place, times] of often.entries())
      if (times > 0)
        scores.set(
          made[place]!.id,
          (scores.get(made[place]!.id) ?? 0) +
            (idf * times * 2.2) / (times + 1.2 * (0.25 + (0.75 * lengths[place]!) / mean)),
        )
  }
  return scores
}

const tag = fc.constantFrom(...[1, 2, 5, 50, 4000, 999].map(tagOf))
const range = (least: number, most: number) =>
  fc.record({ from: fc.integer({ min: least, max: most }), until: fc.integer({ min: least, max: most }) })
const filters: fc.Arbitrary<ResolvedFilter> = fc.record(
  {
    groups: fc.array(fc.array(tag, { maxLength: 3 }), { maxLength: 2 }),
    without: fc.array(tag, { maxLength: 1 }),
    bbox: fc.constantFrom(
      { west: 0, south: 0, east: 20, north: 5 },
      { west: -150, south: 10, east: 150, north: 90 },
    ),
    years: fc.array(range(1890, 2010), { maxLength: 1 }),
    published: fc.array(range(0, 5_000), { maxLength: 1 }),
  },
  { requiredKeys: ['groups', 'without', 'years', 'published'] },
)
const term = fc.constantFrom(...TERMS.values(), 77)
const queries: fc.Arbitrary<TextQuery> = fc.record({
  any: fc.array(term, { minLength: 1, maxLength: 3 }),
  all: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(term, { maxLength: 2 })),
  none: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(term, { maxLength: 1 })),
})

describe('a segment', () => {
  let dir: string
  const segments: { name: string; segment: Segment }[] = []
  const gone = rows.filter((_, index) => index % 13 === 0)
  const held = rows.filter((_, index) => index % 13 > 0)

  /** Made at once and losing rows; merged of parts that lost them before; the same in a file. */
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'frost-segment-'))
    const whole = invert(rows)
    for (const { id } of gone) expect(whole.remove(id)).toBe(true)
    const parts = [rows.slice(0, 100), rows.slice(100, 5_000), rows.slice(5_000)].map(invert)
    for (const { id } of gone) parts.some(part => part.remove(id))
    const path = join(dir, 'merged')
    const merged = await writeSegment(path, new Merging(parts), async () => {})
    segments.push({ name: 'whole', segment: whole }, { name: 'merged', segment: merged! })
    segments.push({ name: 'opened', segment: openSegment(path) })
  })

  afterAll(() => {
    for (const { segment } of segments) segment.close()
    rmSync(dir, { recursive: true, force: true })
  })

  test('law: filters pass what their definition says, and rows that are gone are gone', async () => {
    await fc.assert(
      fc.asyncProperty(filters, async filter => {
        for (const { segment } of segments)
          expect(await segment.count(filter)).toBe(held.filter(row => passes(filter, row)).length)
      }),
    )
  })

  test('law: what matches is what the query says, by BM25 over what the segment was made of', async () => {
    await fc.assert(
      fc.asyncProperty(queries, filters, fc.constantFrom(5, 400, ROWS), async (query, filter, limit) => {
        for (const { name, segment } of segments) {
          const scores = bm25([...query.any, ...query.all], name === 'whole' ? rows : held)
          const expected = held.filter(row => {
            const own = new Set(termsOf(row))
            return (
              query.any.some(hash => own.has(hash)) &&
              query.all.every(hash => own.has(hash)) &&
              !query.none.some(hash => own.has(hash)) &&
              passes(filter, row)
            )
          })
          const { list, truncated } = await segment.match(query, filter, limit)
          expect(truncated).toBe(expected.length > limit)
          expect(list).toHaveLength(Math.min(limit, expected.length))
          const best = expected.map(({ id }) => scores.get(id)!).sort((a, b) => b - a)
          const ids = new Set(expected.map(({ id }) => id))
          for (const [place, { id, score }] of list.entries()) {
            expect(ids.has(id)).toBe(true)
            expect(score).toBeCloseTo(scores.get(id)!, 4)
            expect(score).toBeCloseTo(best[place]!, 4)
          }
        }
      }),
      { numRuns: 40 },
    )
  })

  test('counts the rows that have a term, and the terms of fields, without those that are gone', () => {
    for (const { segment } of segments) {
      for (const [n, hash] of TERMS)
        expect(segment.frequency(hash)).toBe(
          rows.filter((_, index) => index % n === 0 && index % 13 > 0).length,
        )
      expect(segment.frequency(77)).toBe(0)
      expect(segment.columns.count).toBe(held.length)
      for (const field of Array(fieldCount).keys())
        expect(segment.fieldLengths[field]).toBe(
          held.reduce((sum, { features }) => sum + features[field]!, 0),
        )
    }
  })

  test('law: pages of a listing are all that passes, in order, each once', async () => {
    await fc.assert(
      fc.asyncProperty(filters, fc.constantFrom('newest', 'most-used' as const), async (filter, order) => {
        const key = (row: IndexedRow) => (order === 'newest' ? row.createdAt : row.used)
        const expected = held
          .filter(row => passes(filter, row))
          .sort((a, b) => key(b) - key(a) || b.id - a.id)
          .map(({ id }) => id)
        for (const { segment } of segments) {
          const found: number[] = []
          for (let after: { id: number; score: number } | undefined; ; ) {
            const { list, truncated } = await segment.browse(filter, order, after, 700)
            found.push(...list.map(({ id }) => id))
            if (!truncated) break
            after = list.at(-1)
          }
          expect(found).toEqual(expected)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('rows without tags make a file, however many they are', async () => {
    for (const count of [1, 2, 3, 4]) {
      const bare = rows.slice(0, count).map(row => ({ ...row, tags: new Int32Array(0) }))
      const path = join(dir, `bare-${count}`)
      const segment = await writeSegment(path, new Merging([invert(bare)]), async () => {})
      expect((await segment!.match({ any: [hashOf(1)], all: [], none: [] }, NO_FILTER, 9)).list).toHaveLength(
        count,
      )
      segment!.close()
    }
  })

  test('a merge of which nothing is left is none', async () => {
    const part = invert(rows.slice(0, 3))
    for (const { id } of rows.slice(0, 3)) part.remove(id)
    expect(await writeSegment(join(dir, 'empty'), new Merging([part]), async () => {})).toBeUndefined()
  })
})
