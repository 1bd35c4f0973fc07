import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonText, parseJson } from '../../table/json.ts'
import {
  canonical,
  duckdb,
  memoryObjects,
  openLocal,
  openWith,
  readAll,
  watched,
} from '../../table/oracle.ts'
import { json, ndjson } from './json.ts'

const vega = (name: string) =>
  new URL(`../../../../../node_modules/vega-datasets/data/${name}`, import.meta.url).pathname
const objects = (text: string | Uint8Array, name = 'rows') =>
  memoryObjects({ '': typeof text === 'string' ? new TextEncoder().encode(text) : text }, name)
const lines = async (text: string | Uint8Array, selection = {}) =>
  readAll(await openWith(ndjson, objects(text)), selection)

describe('JSON files of vega-datasets are what DuckDB reads of them', () => {
  for (const name of [
    'barley.json',
    'burtin.json',
    'cars.json',
    'countries.json',
    'crimea.json',
    'driving.json',
    'flights-2k.json',
    'flights-20k.json',
    'football.json',
    'gapminder.json',
    'income.json',
    'jobs.json',
    'movies.json',
    'normal-2d.json',
    'obesity.json',
    'ohlc.json',
    'penguins.json',
    'population.json',
    'unemployment-across-industries.json',
    'us-state-capitals.json',
    'wheat.json',
  ])
    it(name, async () => {
      const ours = await readAll(await openLocal(json, vega(name)))
      const { table } = await (await openLocal(json, vega(name))).describe()
      const types = table!.columns.map(({ name: column, type }) => `'${column}': '${SQL[type]}'`)
      const theirs = await duckdb(
        `select * from read_json('${vega(name)}', format='array', columns={${types.join(', ')}}, maximum_object_size=50000000)`,
      )
      expect(ours.rows.length).toBeGreaterThan(0)
      expect(ours.rows).toEqual(theirs.rows)
    })

  const SQL: Readonly<Record<string, string>> = {
    utf8: 'VARCHAR',
    int64: 'BIGINT',
    double: 'DOUBLE',
    bool: 'BOOLEAN',
    json: 'JSON',
  }
})

describe('documents that are no tables', () => {
  for (const [name, seen] of [
    ['us-10m.json', /TopoJSON topology .* no table/],
    ['miserables.json', /fields .*'nodes'.* no table/],
    ['annual-precip.json', /no table/],
  ] as const)
    it(name, async () => {
      await expect(openLocal(json, vega(name))).rejects.toMatchObject({ code: 'Unrecognised', message: seen })
    })

  it('arrays of something else', async () => {
    await expect(openWith(json, objects('[1, 2, 3]'))).rejects.toMatchObject({
      code: 'Unrecognised',
      message: /array of numbers/,
    })
    await expect(openWith(json, objects('[]'))).rejects.toMatchObject({ code: 'Unrecognised' })
  })
})

describe('NDJSON', () => {
  it('whole numbers beyond 2^53, nested values, missing fields', async () => {
    const text =
      '{"id": 9007199254740993, "tags": ["a", null]}\n{"id": -1, "at": {"x": 1.5}}\n\n{"id": null}\n'
    const { names, rows } = await lines(text)
    expect(names).toEqual(['id', 'tags', 'at'])
    expect(rows).toEqual([
      ['9007199254740993n', '["a",null]', 'null'],
      ['-1n', 'null', '{x:1.5}'],
      ['null', 'null', 'null'],
    ])
    const { table } = await (await openWith(ndjson, objects(text))).describe()
    expect(table).toEqual({
      rows: 3,
      columns: [
        { name: 'id', type: 'int64', nullable: true, nulls: 1 },
        { name: 'tags', type: 'list<utf8>', nullable: true, nulls: 2 },
        { name: 'at', type: 'struct<x: double>', nullable: true, nulls: 2 },
      ],
    })
  })

  it('values of several kinds are JSON text', async () => {
    const { rows } = await lines('{"v": 1}\n{"v": "x"}\n{"v": {"n": 12345678901234567890}}\n')
    expect(rows.flat().map(text => JSON.parse(text))).toEqual(['1', '"x"', '{"n":12345678901234567890}'])
  })

  it('a field or a value that the sample does not foresee is named, with a remedy', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `{"n":${i},"s":"x"}`)
    rows[14_000] = '{"n":1,"s":"x","late":true}'
    await expect(lines(rows.join('\n'))).rejects.toMatchObject({
      code: 'Corrupt',
      details: { row: 14_001, column: 'late' },
    })
    expect((await lines(rows.join('\n'), { columns: ['n', 's'] })).rows.length).toBe(20_000)
    rows[14_000] = '{"n":"one","s":"x"}'
    await expect(lines(rows.join('\n'))).rejects.toMatchObject({
      code: 'Corrupt',
      details: { row: 14_001, column: 'n' },
    })
    rows[14_000] = '{"n":1,'
    await expect(lines(rows.join('\n'))).rejects.toMatchObject({
      code: 'Corrupt',
      message: /row 14001 is no JSON/,
    })
  })

  it('a limit stops the stream early; gzip is read through', async () => {
    const text = Array.from({ length: 100_000 }, (_, i) => `{"n":${i},"s":"some text"}`).join('\n')
    const { objects: store, seen } = watched(objects(text))
    const dataset = await openWith(ndjson, store)
    expect((await readAll(dataset, { limit: 20 })).rows.length).toBe(20)
    expect(seen.bytes).toBeLessThan(300_000)
    const { rows } = await readAll(await openWith(ndjson, objects(gzipSync(text))), {
      where: [{ column: 'n', op: '>=', value: 99_998 }],
    })
    expect(rows).toEqual([
      ['99998n', '"some text"'],
      ['99999n', '"some text"'],
    ])
  })

  it('an array that does not end is no complete download', async () => {
    const cut = readFileSync(vega('flights-20k.json')).subarray(0, 700_000)
    await expect(readAll(await openWith(json, objects(cut)))).rejects.toMatchObject({ code: 'Corrupt' })
  })
})

const value = fc.letrec(tie => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: 'grapheme' }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie('any'), { maxKeys: 3 }),
  ),
})).any

describe('laws', () => {
  it('JSON text keeps every whole number', () => {
    fc.assert(
      fc.property(value, any => {
        expect(jsonText(parseJson(jsonText(any)))).toBe(jsonText(any))
      }),
    )
  })

  it('rows come back as they were written, by line or in an array', async () => {
    const row = fc.record({
      a: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      b: value,
      c: fc.string(),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 2, maxLength: 10 }),
        fc.boolean(),
        async (rows, asArray) => {
          const texts = rows.map(jsonText)
          const text = asArray ? `[${texts.join(',\n')}]` : texts.join('\n')
          const dataset = await openWith(asArray ? json : ndjson, objects(text))
          const types = new Map(
            (await dataset.describe()).table!.columns.map(({ name, type }) => [name, type]),
          )
          const read = await readAll(dataset)
          expect(read.rows.map(([a]) => a)).toEqual(rows.map(({ a }) => canonical(a)))
          expect(read.rows.map(cells => cells[2])).toEqual(rows.map(({ c }) => canonical(c)))
          if (types.get('b') === 'json')
            expect(read.rows.map(cells => cells[1])).toEqual(
              rows.map(({ b }) => (b === null ? 'null' : canonical(jsonText(parseJson(jsonText(b)))))),
            )
        },
      ),
      { numRuns: 60 },
    )
  })
})
