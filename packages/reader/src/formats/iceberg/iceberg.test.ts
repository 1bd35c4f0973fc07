import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sharedPath } from '../../../../../test/shared.ts'
import type { Predicate } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import { localObjects } from '../../objects/local.ts'
import type { Objects } from '../../objects.ts'
import { duckdb, memoryObjects, openLocal, openWith, readAll } from '../../table/oracle.ts'
import { readAvro } from './avro.ts'
import { iceberg } from './iceberg.ts'

const tables = sharedPath('fixtures', 'data', 'iceberg', 'hyperparam-iceberg')
const at = (...parts: string[]) => join(tables ?? '/', ...parts)
const NZ = 'data/bunnies-eq-delete-new-zealand.parquet'

/** The same objects, and which paths were asked for. */
function noted(store: Objects): { objects: Objects; paths: string[] } {
  const paths: string[] = []
  return {
    paths,
    objects: {
      ...store,
      get(path, options) {
        paths.push(path)
        return store.get(path, options)
      },
      getRange(path, start, end, options) {
        paths.push(path)
        return store.getRange(path, start, end, options)
      },
    },
  }
}

describe.skipIf(tables === undefined)('tables that Spark, Java and Athena wrote', () => {
  const bunnies = (pin?: string) => openWith(iceberg, localObjects(at('java', 'bunnies')), pin ? { pin } : {})
  const sql = (name: string) => `read_parquet('${at('java', 'bunnies', 'data', name)}')`

  it('every snapshot holds what its data and delete files say, as DuckDB reads these', async () => {
    const initial = `select * from ${sql('bunnies-initial.parquet')}`
    const numbered = `select *, row_number() over () - 1 as pos from ${sql('bunnies-initial.parquet')}`
    const left = `select * exclude pos from (${numbered}) where pos not in (select pos from ${sql('bunnies-pos-deletes.parquet')})`
    const kept = `select * from (${left}) anti join ${sql('bunnies-eq-delete-new-zealand.parquet')} using ("Breed_x20Name")`
    const sorted = (judged: { rows: readonly (readonly string[])[] }) =>
      judged.rows.map(row => row.join()).sort()
    expect(sorted(await readAll(await bunnies('snapshot:4951213507629824583')))).toEqual(
      sorted(await duckdb(initial)),
    )
    const second = await readAll(await bunnies('snapshot:6458828015811002920'), {
      columns: [
        'Breed Name',
        'Average Weight',
        'Fur Length',
        'Lifespan',
        'Origin Country',
        'Ear Type',
        'Temperament',
        'Popularity Rank',
      ],
    })
    expect(sorted(second)).toEqual(sorted(await duckdb(left)))
    expect(second.rows.length).toBe(15)
    const now = await readAll(await bunnies())
    const theirs = await duckdb(
      `select *, null as "__happy__" from (${kept}) union all by name select * from ${sql('bunnies-updated-new-zealand.parquet')}`,
    )
    expect(sorted(now)).toEqual(sorted(theirs))
    expect(now.rows.length).toBe(15)
  })

  it('history: ids digit by digit, parents, times, branches', async () => {
    const { versions, table } = await (await bunnies()).describe()
    expect(versions).toEqual([
      {
        id: '9158179788527662767',
        parent: '6458828015811002920',
        committedAt: '2025-03-31T08:46:40.565Z',
        message: 'overwrite, 1 rows added, 1 deleted by value',
        refs: ['branch:main'],
      },
      {
        id: '6458828015811002920',
        parent: '4951213507629824583',
        committedAt: '2025-03-31T08:46:33.010Z',
        message: 'delete, 6 positions deleted',
      },
      {
        id: '4951213507629824583',
        committedAt: '2025-03-31T08:46:23.083Z',
        message: 'append, 21 rows added',
      },
    ])
    expect(table!.rows).toBeUndefined()
  })

  it('diff: rows and files', async () => {
    const dataset = await openLocal(iceberg, at('spark', 'bunnies'))
    expect(await dataset.diff!('snapshot:469881615898633426', 'branch:main')).toEqual({
      from: '469881615898633426',
      to: '2701171901096418979',
      added: ['data/00000-1-6cd7611f-0ceb-4cf3-8b8e-8c856356df3e-00001.parquet'],
      removed: ['data/00000-1-9acc37f2-90ae-42f5-915c-a21c3cb99690-00001.parquet'],
      changed: [],
      rowsAdded: 20,
      rowsRemoved: 21,
      truncated: false,
    })
    expect(await (await bunnies()).diff!('snapshot:6458828015811002920', 'branch:main')).toMatchObject({
      added: [expect.anything(), NZ],
    })
  })

  it('a renamed column is the same column; a snapshot is read by its own schema', async () => {
    const open = (pin?: string) =>
      openWith(iceberg, localObjects(at('spark', 'rename_column')), pin ? { pin } : {})
    const theirs = await duckdb(
      `select id, name, date, price, active from read_parquet('${at('spark', 'rename_column')}/**/*.parquet', hive_partitioning=false) order by id`,
    )
    const now = await readAll(await open())
    expect(now.names).toEqual(['id', 'name', 'event_date', 'price', 'active'])
    expect([...now.rows].sort()).toEqual(theirs.rows)
    expect((await readAll(await open('snapshot:5276958600260276572'))).names[2]).toBe('date')
    const { table, coverage } = await (await open()).describe()
    expect(table).toMatchObject({ rows: 4, partitions: ['id', 'event_date'] })
    expect(coverage.time).toEqual({ start: '2022-01-01', end: '2022-01-02' })
  })

  it('files that a predicate rules out, by partition or by bounds, are not opened', async () => {
    const { objects, paths } = noted(localObjects(at('spark', 'rename_column')))
    const dataset = await openWith(iceberg, objects)
    const opened = async (where: readonly Predicate[]) => {
      paths.length = 0
      const { rows } = await readAll(dataset, { where })
      return { rows: rows.length, files: new Set(paths.filter(path => path.endsWith('.parquet'))).size }
    }
    expect(await opened([{ column: 'event_date', op: '=', value: '2022-01-02' }])).toEqual({
      rows: 1,
      files: 1,
    })
    expect(await opened([{ column: 'id', op: '>', value: 100 }])).toEqual({ rows: 0, files: 0 })
    expect(await opened([{ column: 'event_date', op: '=', value: null }])).toMatchObject({ rows: 1 })
    expect(await opened([])).toEqual({ rows: 4, files: 3 })
  })

  it('law: predicates pushed down give what filtering after reading gives', async () => {
    for (const table of ['spark/rename_column', 'spark/bunnies', 'java/bunnies']) {
      const dataset = await openLocal(iceberg, at(...table.split('/')))
      const columns: Record<string, unknown>[] = []
      for await (const batch of dataset.read({}))
        for (let row = 0; row < batch.rows; row++)
          columns.push(Object.fromEntries([...batch.columns].map(([name, values]) => [name, values[row]])))
      const all = await readAll(dataset)
      for (const [c, column] of all.names.entries())
        for (const value of [...new Set(columns.map(row => row[column]))].slice(0, 4))
          for (const op of ['=', '!=', '<', '>='] as const) {
            if (value === null && op !== '=' && op !== '!=') continue
            const asked =
              value instanceof Date
                ? value.toISOString()
                : (value as string | number | bigint | boolean | null)
            const less = (a: unknown, b: unknown) => (a as number) < (b as number)
            const expected = all.rows.filter((_, i) => {
              const own = columns[i]![column]
              if (value === null) return (own === null) === (op === '=')
              if (own === null) return false
              const same = all.rows[i]![c] === all.rows[columns.findIndex(row => row[column] === value)]![c]
              if (op === '=') return same
              if (op === '!=') return !same
              return op === '<' ? !same && less(own, value) : same || less(value, own)
            })
            const found = await readAll(dataset, { where: [{ column, op, value: asked }] })
            expect(found.rows, `${table}: ${column} ${op} ${String(value)}`).toEqual(expected)
          }
    }
  })

  it('a metadata file is a table too, where the folder may be opened; without a hint the newest counts', async () => {
    const { rows } = await readAll(await openLocal(iceberg, at('athena', 'example')))
    expect(rows).toEqual([['1n', '"Alice"'].map(text => text.replace('n', '')), ['2', '"Bob"']])
    const file = at('java', 'bunnies', 'metadata', 'v2.metadata.json')
    await expect(openLocal(iceberg, file)).rejects.toMatchObject({
      code: 'Unsupported',
      message: /location of the table's folder/,
    })
    const resolve = async (url: string) => localObjects(url)
    const second = await openWith(iceberg, localObjects(file), { resolve } as object)
    expect((await readAll(second)).rows.length).toBe(21)
  })

  it('pins that are not there are told with those that are', async () => {
    await expect(bunnies('snapshot:1')).rejects.toMatchObject({
      code: 'NotFound',
      message: /4951213507629824583/,
    })
    await expect(bunnies('tag:v1')).rejects.toMatchObject({
      code: 'NotFound',
      message: /no tag 'v1'; there are: main/,
    })
    await expect(bunnies('v1')).rejects.toMatchObject({ code: 'InvalidSelection' })
  })

  it('describes in at most 10 requests and 150 KB', async () => {
    for (const table of ['java/bunnies', 'spark/bunnies', 'spark/rename_column', 'athena/example']) {
      const { objects, paths } = noted(localObjects(at(...table.split('/'))))
      const description = await (await openWith(iceberg, objects)).describe()
      expect(paths.length, table).toBeLessThanOrEqual(10)
      expect(description.cost.bytes, table).toBeLessThanOrEqual(150_000)
      expect(JSON.parse(JSON.stringify(description)), table).toEqual(description)
    }
  })

  it('what lies outside the table is only read through resolve', async () => {
    const files: Record<string, Uint8Array> = {}
    for (const name of readdirSync(at('java', 'bunnies'), { recursive: true }).map(String))
      if (/\.\w+$/.test(name)) files[name] = readFileSync(at('java', 'bunnies', name))
    const data = Object.fromEntries(Object.entries(files).filter(([name]) => name.startsWith('data/')))
    const moved = Object.fromEntries(
      Object.entries(files)
        .filter(([name]) => !name.startsWith('data/'))
        .map(([name, bytes]) => [
          name,
          name.endsWith('.json')
            ? Buffer.from(
                bytes
                  .toString()
                  .replace('"s3a://hyperparam-iceberg/java/bunnies"', '"s3a://elsewhere/table"'),
              )
            : bytes,
        ]),
    )
    await expect(
      openWith(iceberg, memoryObjects(moved)).then(dataset => readAll(dataset)),
    ).rejects.toMatchObject({ code: 'Forbidden' })
    const asked: string[] = []
    const resolve = async (url: string) => {
      asked.push(url)
      const path = url.replace('s3a://hyperparam-iceberg/java/bunnies/', '')
      return memoryObjects({ '': data[path] ?? moved[path]! }, url)
    }
    const dataset = await openWith(iceberg, memoryObjects(moved), { resolve } as object)
    expect((await readAll(dataset)).rows.length).toBe(15)
    expect(asked.every(url => url.startsWith('s3a://hyperparam-iceberg/java/bunnies/'))).toBe(true)
  })

  it('a manifest with any byte changed is refused by name, or read', () => {
    const manifest = readFileSync(
      at('java', 'bunnies', 'metadata', 'a01399a1-e864-4562-b921-c8cb56e6e4a9-m0.avro'),
    )
    fc.assert(
      fc.property(
        fc.nat(manifest.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        (place, flip, cut) => {
          const bytes = Buffer.from(cut ? manifest.subarray(0, place) : manifest)
          if (!cut) bytes[place]! ^= flip
          try {
            readAvro(bytes)
          } catch (error) {
            expect(error).toBeInstanceOf(ReaderError)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

it('a table without a snapshot is empty', async () => {
  const metadata = {
    'format-version': 2,
    location: 's3://somewhere/empty',
    schemas: [{ 'schema-id': 0, fields: [{ id: 1, name: 'a', required: true, type: 'decimal(9, 2)' }] }],
    'current-schema-id': 0,
    'current-snapshot-id': -1,
  }
  const dataset = await openWith(
    iceberg,
    memoryObjects({ 'metadata/v1.metadata.json': Buffer.from(JSON.stringify(metadata)) }),
  )
  expect((await dataset.describe()).table).toEqual({
    rows: 0,
    columns: [{ name: 'a', type: 'decimal128(9, 2)', nullable: false }],
  })
  expect((await readAll(dataset)).rows).toEqual([])
})
