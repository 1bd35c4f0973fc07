import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, it } from 'vitest'
import { sharedPath } from '../../../../../test/shared.ts'
import type { Predicate } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import { canonical, duckdb, memoryObjects, openWith, readAll, watched } from '../../table/oracle.ts'
import { parquet } from './parquet.ts'

const data = sharedPath('fixtures', 'data', 'parquet', 'data')
const opened = (bytes: Uint8Array) => openWith(parquet, memoryObjects({ '': bytes }))
const written = (options: object) => new Uint8Array(parquetWriteBuffer(options as never))

interface Row {
  readonly i: bigint | null
  readonly n: number | null
  readonly d: number | null
  readonly s: string | null
  readonly b: boolean | null
  readonly t: Date | null
}

const row: fc.Arbitrary<Row> = fc.record({
  i: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  n: fc.option(fc.integer({ min: -5, max: 5 })),
  d: fc.option(fc.double()),
  s: fc.option(fc.string({ unit: 'grapheme', maxLength: 8 })),
  b: fc.option(fc.boolean()),
  t: fc.option(fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })),
})

const NAMES = ['i', 'n', 'd', 's', 'b', 't'] as const
const TYPES = { i: 'INT64', n: 'INT32', d: 'DOUBLE', s: 'STRING', b: 'BOOLEAN', t: 'TIMESTAMP' } as const

function table(rows: readonly Row[], options: object = {}): Uint8Array {
  return written({
    columnData: NAMES.map(name => ({
      name,
      type: TYPES[name],
      nullable: true,
      columnIndex: true,
      data: rows.map(one => one[name]),
    })),
    ...options,
  })
}

const layout = fc.record({
  rowGroupSize: fc.integer({ min: 1, max: 40 }),
  pageSize: fc.constantFrom(1, 16, 64, 1_000_000),
  codec: fc.constantFrom('SNAPPY', 'UNCOMPRESSED'),
})

describe('laws', () => {
  it('any table comes back as it was written, however it is laid out, cut anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 60 }),
        layout,
        fc.nat(60),
        fc.nat(60),
        async (rows, how, offset, limit) => {
          const dataset = await opened(table(rows, how))
          const expected = rows.map(one => NAMES.map(name => canonical(one[name])))
          expect((await readAll(dataset)).rows).toEqual(expected)
          expect((await readAll(dataset, { offset, limit })).rows).toEqual(
            expected.slice(offset, offset + limit),
          )
        },
      ),
      { numRuns: 150 },
    )
  })

  it('predicates pushed down to row groups and pages give what filtering after reading gives', async () => {
    const predicate: fc.Arbitrary<Predicate> = fc
      .tuple(fc.constantFrom(...NAMES), fc.constantFrom('=', '!=', '<', '<=', '>', '>='), row, fc.boolean())
      .map(([column, op, values, isNull]) => {
        const value = values[column]
        if (value === null || isNull) return { column, op: op === '=' ? '=' : '!=', value: null } as Predicate
        return { column, op, value: value instanceof Date ? value.toISOString() : value } as Predicate
      })
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 60 }),
        layout,
        fc.array(predicate, { minLength: 1, maxLength: 2 }),
        async (rows, how, where) => {
          const sorted = [...rows].sort((a, b) => (a.n ?? 9) - (b.n ?? 9))
          const dataset = await opened(table(sorted, how))
          const expected = sorted.filter(one =>
            where.every(test => holds(one[test.column as keyof Row], test)),
          )
          const { rows: found } = await readAll(dataset, { where })
          expect(found).toEqual(expected.map(one => NAMES.map(name => canonical(one[name]))))
        },
      ),
      { numRuns: 300 },
    )
  })

  function holds(value: Row[keyof Row], { op, value: target }: Predicate): boolean {
    if (target === null) return (value === null) === (op === '=')
    if (value === null) return false
    const own = value instanceof Date ? value.toISOString() : value
    if (typeof own === 'string' && typeof target === 'string')
      return ordered(Buffer.compare(Buffer.from(own), Buffer.from(target)), op)
    if (Number.isNaN(own) || Number.isNaN(target)) return op === '!='
    return ordered(own < target! ? -1 : own > target! ? 1 : 0, op)
  }

  function ordered(order: number, op: Predicate['op']): boolean {
    return {
      '=': order === 0,
      '!=': order !== 0,
      '<': order < 0,
      '<=': order <= 0,
      '>': order > 0,
      '>=': order >= 0,
    }[op]
  }
})

describe('one giant row group', () => {
  const rows = 400_000
  const columnData = [
    {
      name: 'id',
      type: 'INT64',
      columnIndex: true,
      data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i)),
    },
    {
      name: 'x',
      type: 'DOUBLE',
      columnIndex: true,
      data: Float64Array.from({ length: rows }, (_, i) => Math.sin(i)),
    },
    { name: 's', type: 'STRING', data: Array.from({ length: rows }, (_, i) => `text ${i * 7919}`) },
  ]
  const indexed = written({ columnData, rowGroupSize: rows, pageSize: 65_536, codec: 'UNCOMPRESSED' })
  const bare = written({
    columnData: columnData.map(column => ({ ...column, columnIndex: false, offsetIndex: false })),
    rowGroupSize: rows,
    pageSize: 65_536,
    codec: 'UNCOMPRESSED',
  })

  for (const [name, bytes] of [
    ['with', indexed],
    ['without', bare],
  ] as const)
    it(`${name} a page index: 20 rows cost pages, not the group`, async () => {
      const { objects, seen } = watched(memoryObjects({ '': bytes }))
      const dataset = await openWith(parquet, objects)
      await dataset.describe()
      expect(seen.bytes).toBeLessThanOrEqual(150_000)
      const cost = await dataset.estimate({ limit: 20 })
      const before = { ...seen }
      const { rows: found } = await readAll(dataset, { limit: 20 })
      expect(found.map(([id]) => id)).toEqual(Array.from({ length: 20 }, (_, i) => `${i}n`))
      const [requests, spent] = [seen.requests - before.requests, seen.bytes - before.bytes]
      expect(requests).toBeLessThanOrEqual(8)
      expect(spent).toBeLessThanOrEqual(1_000_000)
      expect(bytes.length).toBeGreaterThan(12_000_000)
      expect(requests).toBeLessThanOrEqual(cost.requests)
      expect(spent).toBeLessThanOrEqual(cost.bytes)
    })

  it('rows from the middle are found by the page index alone, and so are those a predicate names', async () => {
    const { objects, seen } = watched(memoryObjects({ '': indexed }))
    const dataset = await openWith(parquet, objects)
    expect((await readAll(dataset, { offset: 250_000, limit: 2 })).rows).toEqual([
      ['250000n', canonical(Math.sin(250_000)), JSON.stringify(`text ${250_000 * 7919}`)],
      ['250001n', canonical(Math.sin(250_001)), JSON.stringify(`text ${250_001 * 7919}`)],
    ])
    expect(seen.bytes).toBeLessThan(1_000_000)
    const { rows: found } = await readAll(dataset, {
      where: [{ column: 'id', op: '=', value: 399_999 }],
      columns: ['s'],
    })
    expect(found).toEqual([[JSON.stringify(`text ${399_999 * 7919}`)]])
    expect(seen.bytes).toBeLessThan(2_000_000)
  })

  it('cancelling ends the reading', async () => {
    const dataset = await opened(bare)
    const controller = new AbortController()
    const read = async () => {
      for await (const _ of dataset.read({}, { signal: controller.signal }))
        controller.abort(new Error('enough'))
    }
    await expect(read()).rejects.toThrow('enough')
  })
})

describe('a folder of files', () => {
  const part = (from: number) =>
    written({
      columnData: [{ name: 'v', type: 'INT32', data: Int32Array.from({ length: 10 }, (_, i) => from + i) }],
    })
  const files = {
    'year=2019/day=2019-01-01/a.parquet': part(0),
    'year=2020/day=2020-06-30/a.parquet': part(100),
    'year=2020/day=__HIVE_DEFAULT_PARTITION__/b.parquet': part(200),
    'year=2020/_SUCCESS': new Uint8Array(0),
  }

  it('partition columns are typed, and prune files that are then not opened', async () => {
    const { objects, seen } = watched(memoryObjects(files))
    const dataset = await openWith(parquet, objects)
    const { table: model } = await dataset.describe()
    expect(model).toMatchObject({ rows: 30, partitions: ['year', 'day'] })
    expect(model!.columns.map(({ name, type }) => [name, type])).toEqual([
      ['v', 'int32'],
      ['year', 'int64'],
      ['day', 'date32'],
    ])
    expect(seen.requests).toBeLessThanOrEqual(12)
    const found = await readAll(dataset, {
      where: [
        { column: 'year', op: '=', value: 2020 },
        { column: 'v', op: '>=', value: 208 },
      ],
    })
    expect(found.rows).toEqual([
      ['208', '2020n', 'null'],
      ['209', '2020n', 'null'],
    ])
    const one = watched(memoryObjects(files))
    const again = await openWith(parquet, one.objects)
    await readAll(again, { where: [{ column: 'day', op: '<', value: '2019-12-31' }] })
    expect((await readAll(again, { offset: 19, limit: 2, columns: ['v', 'day'] })).rows).toEqual([
      ['109', canonical(new Date('2020-06-30'))],
      ['200', 'null'],
    ])
  })

  it('columns that a file lacks are null, narrower ones widened, others refused by name', async () => {
    const mixed = (second: object) =>
      memoryObjects({ 'a.parquet': table9, 'b.parquet': written({ columnData: [second] }) })
    const table9 = written({
      columnData: [
        { name: 'v', type: 'INT64', data: [2n ** 60n] },
        { name: 'w', type: 'STRING', data: ['x'] },
      ],
    })
    const narrow = await openWith(parquet, mixed({ name: 'v', type: 'INT32', data: [7] }))
    expect((await readAll(narrow)).rows).toEqual([
      ['1152921504606846976n', '"x"'],
      ['7n', 'null'],
    ])
    expect((await readAll(narrow, { where: [{ column: 'v', op: '=', value: 7 }] })).rows).toEqual([
      ['7n', 'null'],
    ])
    const other = await openWith(parquet, mixed({ name: 'v', type: 'STRING', data: ['7'] }))
    await expect(readAll(other)).rejects.toMatchObject({
      code: 'Unsupported',
      message: /column 'v' is utf8 in 'b.parquet' and int64/,
    })
  })
})

describe.skipIf(data === undefined)('bytes that lie', () => {
  const names = [
    'alltypes_plain.parquet',
    'nested_lists.snappy.parquet',
    'nullable.impala.parquet',
    'datapage_v2.snappy.parquet',
    'delta_encoding_optional_column.parquet',
    'byte_stream_split.zstd.parquet',
    'int32_with_null_pages.parquet',
    'lz4_raw_compressed.parquet',
    'rle_boolean_encoding.parquet',
    'fixed_length_byte_array.parquet',
  ]

  it('any byte of any file changed, or its end cut off: refused by name, or read', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        fc.integer({ min: 1, max: 255 }),
        async (name, where, flip) => {
          const bytes = Uint8Array.from(readFileSync(`${data}/${name}`))
          bytes[Math.floor(where * bytes.length)]! ^= flip
          if (Buffer.from(bytes.subarray(0, 4)).toString() !== 'PAR1') return
          const failure = await opened(bytes)
            .then(async dataset => {
              await dataset.describe()
              await readAll(dataset, { limit: 10_000 })
            })
            .then(() => undefined)
            .catch(error => error)
          if (failure !== undefined) expect(failure, `${name} ${failure?.stack}`).toBeInstanceOf(ReaderError)
        },
      ),
      { numRuns: 1500 },
    )
  }, 120_000)

  it('the corrupt files of parquet-testing end no process, in 256 MB', () => {
    const bad = sharedPath('fixtures', 'data', 'parquet', 'bad_data')
    const script = `
      import { readdirSync } from 'node:fs'
      import { openLocal, readAll } from '${new URL('../../table/oracle.ts', import.meta.url)}'
      import { parquet } from '${new URL('./parquet.ts', import.meta.url)}'
      for (const name of readdirSync('${bad}')) {
        const failure = await openLocal(parquet, '${bad}/' + name).then(readAll).catch(error => error)
        console.log(name, failure.name, failure.code)
      }`
    const child = spawnSync(
      process.execPath,
      ['--max-old-space-size=256', '--input-type=module-typescript', '-e', script],
      { encoding: 'utf8', timeout: 25_000 },
    )
    expect(child.status, child.stderr).toBe(0)
    expect(child.stdout.trim().split('\n').length).toBe(6)
    for (const line of child.stdout.trim().split('\n'))
      expect(line).toMatch(/ReaderError (Corrupt|Unsupported)$/)
  })
})

it('DuckDB reads the same of a file whose text is ordered otherwise in UTF-16', async () => {
  const words = ['z', 'é', '\uffee', '😀', '𐀀', 'a']
  const dataset = await opened(
    written({ columnData: [{ name: 's', type: 'STRING', data: words }], rowGroupSize: 1 }),
  )
  for (const op of ['<', '>='] as const) {
    const ours = await readAll(dataset, { where: [{ column: 's', op, value: '\uffee' }] })
    const theirs = await duckdb(
      `select s from (values ${words.map(word => `('${word}')`).join(',')}) t(s) where s ${op} '\uffee'`,
    )
    expect(ours.rows).toEqual(theirs.rows)
  }
})
