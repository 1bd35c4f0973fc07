import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { duckdb, memoryObjects, openLocal, openWith, readAll, watched } from '../../table/oracle.ts'
import { csv } from './csv.ts'

const vega = (name: string) =>
  new URL(`../../../../../node_modules/vega-datasets/data/${name}`, import.meta.url).pathname
const opened = (text: string | Uint8Array, name = 'table.csv') =>
  openWith(csv, memoryObjects({ '': typeof text === 'string' ? new TextEncoder().encode(text) : text }, name))
const read = async (text: string | Uint8Array, selection = {}) =>
  (await readAll(await opened(text), selection)).rows
const typesOf = async (text: string) =>
  (await (await opened(text)).describe()).table!.columns.map(({ type }) => type)

describe('CSV files of vega-datasets are what DuckDB reads of them', () => {
  for (const name of [
    'airports.csv',
    'birdstrikes.csv',
    'co2-concentration.csv',
    'disasters.csv',
    'flights-airport.csv',
    'gapminder-health-income.csv',
    'github.csv',
    'global-temp.csv',
    'iowa-electricity.csv',
    'lookup_groups.csv',
    'population_engineers_hurricanes.csv',
    'seattle-weather.csv',
    'seattle-weather-hourly-normals.csv',
    'sp500-2000.csv',
    'species.csv',
    'stocks.csv',
    'unemployment.tsv',
    'us-employment.csv',
    'weather.csv',
    'windvectors.csv',
  ])
    it(name, async () => {
      const dataset = await openLocal(csv, vega(name))
      const { table } = await dataset.describe()
      const casts = table!.columns.map(({ name: column, type }) =>
        type === 'utf8' ? `"${column}"` : `nullif("${column}", 'NA')::${SQL[type.replace(/\[.*/, '')]}`,
      )
      const ours = await readAll(dataset)
      const theirs = await duckdb(
        `select ${casts.join(', ')} from read_csv('${vega(name)}', all_varchar=true, header=true)`,
      )
      expect(ours.rows.length).toBe(theirs.rows.length)
      expect(ours.rows).toEqual(theirs.rows)
    })

  const SQL: Readonly<Record<string, string>> = {
    utf8: 'VARCHAR',
    int64: 'BIGINT',
    double: 'DOUBLE',
    bool: 'BOOLEAN',
    date32: 'DATE',
    timestamp: 'TIMESTAMP',
  }
})

describe('a type is given only where nothing is lost by it', () => {
  it('by example', async () => {
    expect(await typesOf('a,b\n1,2.5\n-3,1e3\n')).toEqual(['int64', 'double'])
    expect(await typesOf('a,b\n007,x\n')).toEqual(['utf8', 'utf8'])
    expect(await typesOf('a,b\n9007199254740993,18446744073709551615\n')).toEqual(['int64', 'uint64'])
    expect(await typesOf('a,b\n18446744073709551616,9007199254740993\n1,0.5\n')).toEqual(['utf8', 'utf8'])
    expect(await typesOf('a,b\n2020-01-31,2020-01-31T00:00:00Z\n')).toEqual(['date32', 'timestamp[ms, UTC]'])
    expect(await typesOf('a,b\n2020-02-30,2020-01-31 10:00:00.123456\n')).toEqual(['utf8', 'timestamp[us]'])
    expect(await typesOf('a,b\ntrue,NA\nFALSE,3\n')).toEqual(['bool', 'int64'])
  })

  it('whole numbers beyond 2^53 come back digit by digit', async () => {
    expect(await read('id,x\n9007199254740993,1\n-9223372036854775808,2\n')).toEqual([
      ['9007199254740993n', '1n'],
      ['-9223372036854775808n', '2n'],
    ])
  })

  it('a later cell that does not fit is named, with a remedy, and never lost', async () => {
    const rows = Array.from({ length: 40_000 }, (_, i) => `${i},x`)
    rows[30_000] = 'oops,x'
    const dataset = await opened(`n,s\n${rows.join('\n')}\n`)
    await expect(readAll(dataset)).rejects.toMatchObject({
      code: 'Corrupt',
      message: /row 30001, column 'n': 'oops' is no int64/,
      details: { row: 30_001, column: 'n' },
    })
    expect((await readAll(dataset, { columns: ['s'] })).rows.length).toBe(40_000)
  })

  it('what the sampled end of a long file holds widens the type', async () => {
    const rows = Array.from({ length: 40_000 }, (_, i) => `${i},x`)
    rows[39_990] = '1.5,x'
    const { table } = await (await opened(`n,s\n${rows.join('\n')}\n`)).describe()
    expect(table!.columns[0]!.type).toBe('double')
  })
})

describe('dialects', () => {
  it('semicolons, tabs, bars; quotes within quotes; lines within cells', async () => {
    expect(await read('a;b\r\n1;"x;y"\r\n2;"say ""hi"""\r\n')).toEqual([
      ['1n', '"x;y"'],
      ['2n', '"say \\"hi\\""'],
    ])
    expect(await read('a\tb\n1\t"two\nlines"\n')).toEqual([['1n', '"two\\nlines"']])
    expect(await read('a|b\rx|y\rz|\r')).toEqual([
      ['"x"', '"y"'],
      ['"z"', 'null'],
    ])
  })

  it('an empty cell is null, a quoted one is empty text', async () => {
    expect(await read('a,b\n,""\nx,y\n')).toEqual([
      ['null', '""'],
      ['"x"', '"y"'],
    ])
  })

  it('comments before, no header, repeated names', async () => {
    expect((await readAll(await opened('# made by\n# somebody\nt,v\n1,2\n'))).rows).toEqual([['1n', '2n']])
    expect((await readAll(await opened('1,2\n3,4\n'))).names).toEqual(['column0', 'column1'])
    expect((await readAll(await opened('x,x,\nu,v,w\n'))).names).toEqual(['x', 'x_1', 'column2'])
  })

  it('UTF-16, latin-1 without a word about it, gzip', async () => {
    const text = 'name,city\nBj\u00f6rn,Malm\u00f6\n'
    const expected = [['"Björn"', '"Malmö"']]
    expect(await read(Buffer.from(`\ufeff${text}`, 'utf16le'))).toEqual(expected)
    expect(await read(Buffer.from(text, 'latin1'))).toEqual(expected)
    expect(await read(Buffer.from(`\ufeff${text}`))).toEqual(expected)
    expect(await read(gzipSync(text))).toEqual(expected)
  })

  it('more cells than columns are named, fewer are null', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `${i},x`)
    rows[15_000] = '1,2,3'
    rows[10] = '1'
    const dataset = await opened(`n,s\n${rows.join('\n')}\n`)
    await expect(readAll(dataset)).rejects.toMatchObject({ code: 'Corrupt', details: { row: 15_001 } })
    expect((await readAll(dataset, { offset: 10, limit: 1 })).rows).toEqual([['1n', 'null']])
  })
})

describe('cost', () => {
  it('a limit stops the stream early, and describing costs little', async () => {
    const { objects, seen } = watched(
      memoryObjects({ '': readFileSync(vega('flights-airport.csv')).subarray() }, 'f.csv'),
    )
    const big = Buffer.concat(
      Array.from({ length: 200 }, () => readFileSync(vega('airports.csv')).subarray(40)),
    )
    const large = watched(
      memoryObjects(
        { '': Buffer.concat([Buffer.from('iata,name,city,state,country,latitude,longitude\n'), big]) },
        'b.csv',
      ),
    )
    expect((await readAll(await openWith(csv, objects), { limit: 20 })).rows.length).toBe(20)
    expect(seen.requests).toBeLessThanOrEqual(10)
    const dataset = await openWith(csv, large.objects)
    await dataset.describe()
    expect(large.seen.requests).toBeLessThanOrEqual(10)
    expect(large.seen.bytes).toBeLessThanOrEqual(150_000)
    const before = { ...large.seen }
    const cost = await dataset.estimate({ limit: 20 })
    await readAll(dataset, { limit: 20 })
    expect(large.seen.bytes - before.bytes).toBeLessThanOrEqual(cost.bytes)
    expect(large.seen.requests - before.requests).toBeLessThanOrEqual(cost.requests)
  })
})

const cell = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('"', ',', '\n', '\r\n', "'", 'a "quoted" word'),
)

describe('laws', () => {
  it('any table of text, quoted, is read as it was, whatever the pieces it comes in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 20 }),
        fc.constantFrom(',', ';', '\t', '|'),
        async (rows, delimiter) => {
          const quoted = (row: readonly string[]) =>
            row.map(text => `"${text.replaceAll('"', '""')}"`).join(delimiter)
          const text = [['id', 'second', 'third'], ...rows].map(quoted).join('\r\n')
          const batches: string[][] = []
          for await (const { columns, rows: count } of (await opened(text)).read({})) {
            const values = [...columns.values()]
            for (let i = 0; i < count; i++) batches.push(values.map(column => String(column[i])))
          }
          const types = await typesOf(text)
          for (const [i, row] of rows.entries())
            for (const [j, original] of row.entries()) {
              const value = batches[i]![j]!
              // In columns of numbers an empty cell, quoted or not, and what stands for none is null.
              if (types[j] !== 'utf8' && value === 'null')
                expect(original).toMatch(/^(|na|n\/a|null|none|-|--|\\n)$/i)
              else if (types[j] === 'double') expect(Number(value)).toBe(Number(original))
              else expect(value).toBe(original)
            }
        },
      ),
      { numRuns: 150 },
    )
  })
})
