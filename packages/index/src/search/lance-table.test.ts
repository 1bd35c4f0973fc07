import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as lancedb from '@lancedb/lancedb'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IndexedRow } from './document-row.ts'
import { LanceTable } from './lance-table.ts'
import type { ResolvedFilter } from './source.ts'

const ROWS = 6_000
/** Tags are numbered above four bits of kind. */
const tagOf = (n: number) => n * 16
const everything: ResolvedFilter = { groups: [], without: [], years: [], published: [] }
/** Tag `n` is on every `n`th row; terms likewise. */
const rows: IndexedRow[] = Array.from({ length: ROWS }, (_, index) => {
  const id = index * 3 + 1
  const west = (index % 360) - 180
  const placed = index % 5 > 0
  return {
    id,
    text: ['all', ...[2, 3, 7].filter(n => index % n === 0).map(n => `every${n}`)].join(' '),
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

describe('a table of a segment', () => {
  let dir: string
  let connection: lancedb.Connection
  let table: LanceTable
  const deleted = new Set(rows.filter((_, index) => index % 13 === 0).map(({ id }) => id))
  const held = rows.filter(({ id }) => !deleted.has(id))

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'frost-table-'))
    connection = await lancedb.connect(dir)
    const built = await LanceTable.build(connection, 'made', [rows.slice(0, 2_000), rows.slice(2_000)])
    await built.table!.delete([...deleted])
    built.table!.close()
    table = await LanceTable.open(connection, 'made')
  })

  afterAll(() => {
    table.close()
    connection.close()
    rmSync(dir, { recursive: true, force: true })
  })

  test('law: filters pass what their definition says, rows deleted before it was opened are gone', async () => {
    await fc.assert(
      fc.asyncProperty(filters, async filter => {
        expect(await table.count(filter)).toBe(held.filter(row => passes(filter, row)).length)
      }),
    )
  })

  test('law: words among what passes are the words, less what does not pass, best first', async () => {
    const any = fc.constantFrom(['all'], ['every2'], ['every3', 'every7'])
    await fc.assert(
      fc.asyncProperty(any, filters, fc.constantFrom(5, 400, ROWS), async (words, filter, limit) => {
        const text = { any: words, all: [], none: [] }
        const whole = (await table.match(text, everything, ROWS)).list
        const among = new Set(held.filter(row => passes(filter, row)).map(({ id }) => id))
        const expected = whole.filter(({ id }) => among.has(id))
        const { list, truncated } = await table.match(text, filter, limit)
        expect(list.map(({ score }) => score)).toEqual(expected.slice(0, limit).map(({ score }) => score))
        expect(list.every(({ id }) => among.has(id))).toBe(true)
        expect(truncated).toBe(expected.length >= limit)
      }),
      { numRuns: 60 },
    )
  })

  test('law: pages of a listing are all that passes, in order, each once', async () => {
    await fc.assert(
      fc.asyncProperty(filters, fc.constantFrom('newest', 'most-used' as const), async (filter, order) => {
        const key = (row: IndexedRow) => (order === 'newest' ? row.createdAt : row.used)
        const expected = held
          .filter(row => passes(filter, row))
          .sort((a, b) => key(b) - key(a) || b.id - a.id)
          .map(({ id }) => id)
        const found: number[] = []
        for (let after: { id: number; score: number } | undefined; ; ) {
          const { list, truncated } = await table.browse(filter, order, after, 700)
          found.push(...list.map(({ id }) => id))
          if (!truncated) break
          after = list.at(-1)
        }
        expect(found).toEqual(expected)
      }),
      { numRuns: 40 },
    )
  })
})
