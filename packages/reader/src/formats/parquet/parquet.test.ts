import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sharedPath } from '../../../../../test/shared.ts'
import { ReaderError } from '../../errors.ts'
import { localObjects } from '../../objects/local.ts'
import { duckdb, memoryObjects, openLocal, openWith, readAll, watched } from '../../table/oracle.ts'
import { parquet } from './parquet.ts'

const data = sharedPath('fixtures', 'data', 'parquet', 'data')
const bad = sharedPath('fixtures', 'data', 'parquet', 'bad_data')
const flights = new URL('../../../../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url)
  .pathname

/** Files that DuckDB does not open, and what is held against them instead. */
const ONLY_OURS: Readonly<Record<string, string>> = {
  'byte_stream_split_extended.gzip.parquet': 'DuckDB: BYTE_STREAM_SPLIT only of floats',
  'hadoop_lz4_compressed.parquet': 'DuckDB: no LZ4 in frames of Hadoop',
  'hadoop_lz4_compressed_larger.parquet': 'DuckDB: no LZ4 in frames of Hadoop',
  'non_hadoop_lz4_compressed.parquet': 'DuckDB: no deprecated LZ4',
  'map_no_value.parquet': 'DuckDB: a map without values is refused',
}

/** Rows that DuckDB gives otherwise, and why ours stand. */
const OTHERWISE: Readonly<
  Record<string, { readonly row: number; readonly ours: string; readonly why: string }>
> = {
  'int96_from_spark.parquet': {
    row: 5,
    ours: 't-9357363680509551616000',
    why: 'the day and time that the bytes say lie beyond int64 microseconds: DuckDB wraps around',
  },
}

const filesOf = (folder: string) =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter(name => name.endsWith('.parquet'))
    .sort()

describe.skipIf(data === undefined)('every Parquet file of apache/parquet-testing', () => {
  for (const name of filesOf(data ?? '/')) {
    if (name in ONLY_OURS || name.startsWith('geospatial/')) continue
    it(`${name}: as DuckDB reads it`, async () => {
      const path = join(data!, name)
      const [theirs, ours] = await Promise.all([
        duckdb(`select * from read_parquet('${path}')`),
        openLocal(parquet, path).then(dataset => readAll(dataset)),
      ])
      if (theirs.rows.length > 0) expect(ours.names).toEqual(theirs.names)
      const { row, ours: stands } = OTHERWISE[name] ?? {}
      expect(ours.rows).toEqual(theirs.rows.map((values, at) => (at === row ? [stands] : values)))
    })
  }

  for (const name of filesOf(data ?? '/').filter(file => file.startsWith('geospatial/')))
    it(`${name}: geometries are the bytes that DuckDB knows`, async () => {
      const path = join(data!, name)
      const dataset = await openLocal(parquet, path)
      const { table } = await dataset.describe()
      const columns = table!.columns.map(({ name: column, type }) =>
        type === 'binary' ? `ST_AsWKB("${column}")` : `"${column}"`,
      )
      const theirs = await duckdb(`select ${columns.join(', ')} from read_parquet('${path}')`)
      expect((await readAll(dataset)).rows).toEqual(theirs.rows)
    })

  it('LZ4 in all its framings gives what LZ4_RAW gives', async () => {
    const rows = async (name: string) => (await readAll(await openLocal(parquet, join(data!, name)))).rows
    expect(await rows('hadoop_lz4_compressed.parquet')).toEqual(await rows('lz4_raw_compressed.parquet'))
    expect(await rows('non_hadoop_lz4_compressed.parquet')).toEqual(await rows('lz4_raw_compressed.parquet'))
    expect(await rows('hadoop_lz4_compressed_larger.parquet')).toEqual(
      await rows('lz4_raw_compressed_larger.parquet'),
    )
  })

  it('BYTE_STREAM_SPLIT of every type gives what PLAIN gives in the column beside', async () => {
    const { names, rows } = await readAll(
      await openLocal(parquet, join(data!, 'byte_stream_split_extended.gzip.parquet')),
    )
    expect(rows.length).toBe(200)
    const split = names.filter(name => name.endsWith('byte_stream_split'))
    expect(split.length).toBe(7)
    for (const name of split) {
      const plain = names.indexOf(name.replace('_byte_stream_split', '_plain'))
      expect(rows.map(row => row[names.indexOf(name)])).toEqual(rows.map(row => row[plain]))
    }
  })

  it('a map without values has null for each', async () => {
    const { names, rows } = await readAll(await openLocal(parquet, join(data!, 'map_no_value.parquet')))
    expect(names).toEqual(['my_map', 'my_map_no_v', 'my_list'])
    expect(rows[0]).toEqual(['[[1,null],[2,null],[3,null]]', '[[1,null],[2,null],[3,null]]', '[1,2,3]'])
  })

  it('describes each in at most 10 requests and 150 KB', async () => {
    for (const name of filesOf(data!)) {
      const { objects, seen } = watched(localObjects(join(data!, name)))
      const description = await (await openWith(parquet, objects)).describe()
      expect(seen.requests, name).toBeLessThanOrEqual(10)
      expect(seen.bytes, name).toBeLessThanOrEqual(150_000)
      expect(description.cost.bytes, name).toBeLessThanOrEqual(seen.bytes)
      expect(JSON.parse(JSON.stringify(description)), name).toEqual(description)
    }
  })

  it('ranges of int64 beyond 2^53 are exact, as decimal strings', async () => {
    const { table } = await (await openLocal(parquet, join(data!, 'delta_binary_packed.parquet'))).describe()
    const theirs = await duckdb(
      `select min(bitwidth63), max(bitwidth63) from '${join(data!, 'delta_binary_packed.parquet')}'`,
    )
    const range = table!.columns.find(({ name }) => name === 'bitwidth63')!.range!
    expect(range.map(String).map(text => `${text}n`)).toEqual(theirs.rows[0])
  })

  it('coverage comes from the bounding boxes of geospatial statistics', async () => {
    const { coverage } = await (
      await openLocal(parquet, join(data!, 'geospatial', 'crs-default.parquet'))
    ).describe()
    expect(coverage.space).toEqual({ west: -111, south: 41, east: -104, north: 45 })
  })
})

describe.skipIf(bad === undefined)('every corrupt Parquet file of apache/parquet-testing', () => {
  for (const name of filesOf(bad ?? '/'))
    it(`${name}: is refused by name`, async () => {
      const failure = await openLocal(parquet, join(bad!, name))
        .then(dataset => readAll(dataset))
        .catch(error => error)
      expect(failure).toBeInstanceOf(ReaderError)
      expect(failure.code).toMatch(/Corrupt|Unsupported/)
    })
})

describe('a Parquet file with many row groups', () => {
  it('gives 20 rows for a few requests', async () => {
    const { objects, seen } = watched(localObjects(flights))
    const dataset = await openWith(parquet, objects)
    const before = { ...seen }
    expect(before.requests).toBeLessThanOrEqual(10)
    expect(before.bytes).toBeLessThanOrEqual(150_000)
    const estimated = await dataset.estimate({ limit: 20 })
    const { rows } = await readAll(dataset, { limit: 20 })
    expect(rows).toEqual((await duckdb(`select * from '${flights}' limit 20`)).rows)
    expect(seen.requests - before.requests).toBeLessThanOrEqual(8)
    expect(seen.requests - before.requests).toBeLessThanOrEqual(estimated.requests)
    expect(seen.bytes - before.bytes).toBeLessThanOrEqual(estimated.bytes)
  })

  it('skips row groups by offset, and by statistics', async () => {
    const { objects, seen } = watched(localObjects(flights))
    const dataset = await openWith(parquet, objects)
    const before = seen.bytes
    const { rows } = await readAll(dataset, { offset: 2_999_990, limit: 20, columns: ['delay'] })
    expect(rows).toEqual((await duckdb(`select delay from '${flights}' offset 2999990 limit 20`)).rows)
    const { table } = await dataset.describe()
    expect(seen.bytes - before).toBeLessThan(2_000_000)
    expect(table!.rows).toBe(3_000_000)
    const none = await readAll(dataset, { where: [{ column: 'delay', op: '>', value: 5000 }] })
    expect(none.rows).toEqual([])
    expect(seen.bytes - before).toBeLessThan(2_000_000)
  })

  it('filters as DuckDB does', async () => {
    const dataset = await openLocal(parquet, flights)
    const where = [
      { column: 'date', op: '>=' as const, value: '2001-03-01' },
      { column: 'delay', op: '>' as const, value: 900n },
    ]
    const ours = await readAll(dataset, { where, columns: ['distance', 'date'] })
    const theirs = await duckdb(
      `select distance, date from '${flights}' where date >= '2001-03-01' and delay > 900`,
    )
    expect(ours.rows.length).toBeGreaterThan(10)
    expect(ours.rows).toEqual(theirs.rows)
  })
})

describe('a selection that cannot be', () => {
  it('names what is there', async () => {
    const dataset = await openLocal(parquet, flights)
    const refusal = async (selection: object) => readAll(dataset, selection).catch(error => error)
    expect(await refusal({ columns: ['nope'] })).toMatchObject({
      code: 'InvalidSelection',
      message: /date, delay, distance/,
    })
    expect(await refusal({ where: [{ column: 'date', op: '>', value: 'yesterday' }] })).toMatchObject({
      code: 'InvalidSelection',
      message: /ISO 8601/,
    })
  })

  it('an object that ends early is no complete download', async () => {
    const cut = readFileSync(flights).subarray(0, 100_000)
    await expect(openWith(parquet, memoryObjects({ '': cut }))).rejects.toMatchObject({ code: 'Corrupt' })
  })
})
