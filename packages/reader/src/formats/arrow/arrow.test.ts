import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import {
  binary,
  bool,
  CompressionType,
  type DataType,
  dateDay,
  decimal,
  dictionary,
  float16,
  float32,
  float64,
  int8,
  int32,
  int64,
  list,
  map,
  nullType,
  struct,
  TimeUnit,
  tableFromArrays,
  tableToIPC,
  timeMicrosecond,
  timestamp,
  uint64,
  utf8,
} from '@uwdata/flechette'
import fc from 'fast-check'
import numcodecs from 'numcodecs/lz4'
import { describe, expect, it } from 'vitest'
import { ReaderError } from '../../errors.ts'
import { localObjects } from '../../objects/local.ts'
import { canonical, memoryObjects, openLocal, openWith, readAll, watched } from '../../table/oracle.ts'
import { json } from '../json/json.ts'
import { arrow } from './arrow.ts'
import { readLz4Frame } from './lz4.ts'

const vega = (name: string) =>
  new URL(`../../../../../node_modules/vega-datasets/data/${name}`, import.meta.url).pathname
const opened = (bytes: Uint8Array) => openWith(arrow, memoryObjects({ '': bytes }))

function ipc(
  columns: Readonly<Record<string, readonly [DataType, readonly unknown[]]>>,
  format: 'file' | 'stream' = 'file',
  options = {},
) {
  const types = Object.fromEntries(Object.entries(columns).map(([name, [type]]) => [name, type]))
  const arrays = Object.fromEntries(Object.entries(columns).map(([name, [, values]]) => [name, values]))
  return tableToIPC(tableFromArrays(arrays as never, { types, useBigInt: true } as never), {
    format,
    ...options,
  } as never)!
}

/** Broken bytes are no Arrow, are read, or are refused by a ReaderError. */
async function isReadOrRefused(bytes: Uint8Array): Promise<void> {
  const probe = { head: bytes.subarray(0, 4096), size: bytes.length, name: '', has: async () => false }
  if (!(await arrow.recognises(probe))) return
  const failure = await opened(bytes)
    .then(dataset => readAll(dataset))
    .then(() => undefined)
    .catch(error => error)
  if (failure !== undefined) expect(failure).toBeInstanceOf(ReaderError)
}

describe('Arrow IPC', () => {
  it('flights-200k.arrow holds what flights-200k.json holds', async () => {
    const dataset = await openLocal(arrow, vega('flights-200k.arrow'))
    const ours = await readAll(dataset)
    const theirs = await readAll(await openLocal(json, vega('flights-200k.json')), { columns: ours.names })
    const numbers = (rows: readonly (readonly string[])[]) =>
      rows.map(row => row.map(text => Number(text.replace('n', ''))))
    expect(ours.rows.length).toBe(200_000)
    expect(
      numbers(ours.rows)
        .slice(0, 1000)
        .map(row => row.map(Math.fround)),
    ).toEqual(
      numbers(theirs.rows)
        .slice(0, 1000)
        .map(row => row.map(Math.fround)),
    )
    expect((await dataset.describe()).table!.rows).toBe(200_000)
  })

  it('describes in few requests', async () => {
    const { objects, seen } = watched(localObjects(vega('flights-200k.arrow')))
    await (await openWith(arrow, objects)).describe()
    expect(seen.requests).toBeLessThanOrEqual(10)
    expect(seen.bytes).toBeLessThanOrEqual(150_000)
  })

  const columns = {
    i: [int64(), [2n ** 63n - 1n, null, -(2n ** 63n)]],
    u: [uint64(), [2n ** 64n - 1n, 0n, null]],
    b: [bool(), [true, false, null]],
    h: [float16(), [1.5, null, -0.25]],
    f: [float32(), [Math.fround(0.1), null, Number.NaN]],
    d: [dateDay(), [new Date('2020-02-29'), null, new Date('1969-12-31')]],
    t: [
      timestamp(TimeUnit.MICROSECOND, 'UTC'),
      [1577836800.123456, null, 0].map(s => (s === null ? null : s * 1000)),
    ],
    m: [timeMicrosecond(), [3_661_000_001n, null, 0n]],
    x: [decimal(20, 3), [1234.567, null, -0.001]],
    s: [dictionary(utf8()), ['a', 'b', 'a']],
    y: [binary(), [Uint8Array.of(0, 255), null, Uint8Array.of()]],
    l: [list(int32()), [[1, 2], [], null]],
    r: [struct({ a: int8(), b: list(utf8()) }), [{ a: 1, b: ['x'] }, null, { a: -1, b: null }]],
    k: [map(utf8(), int64()), [[['p', 1n]], [], null]],
    n: [nullType(), [null, null, null]],
  } as unknown as Record<string, readonly [DataType, readonly unknown[]]>

  for (const format of ['file', 'stream'] as const)
    it(`every type, as a ${format}`, async () => {
      const dataset = await opened(ipc(columns, format))
      const { table } = await dataset.describe()
      expect(Object.fromEntries(table!.columns.map(({ name, type }) => [name, type]))).toEqual({
        i: 'int64',
        u: 'uint64',
        b: 'bool',
        h: 'halffloat',
        f: 'float',
        d: 'date32',
        t: 'timestamp[us, UTC]',
        m: 'time64[us]',
        x: 'decimal128(20, 3)',
        s: 'utf8',
        y: 'binary',
        l: 'list<int32>',
        r: 'struct<a: int8, b: list<utf8>>',
        k: 'map<utf8, int64>',
        n: 'null',
      })
      const batches = []
      for await (const batch of dataset.read({})) batches.push(Object.fromEntries(batch.columns))
      expect(batches).toEqual([
        {
          i: [2n ** 63n - 1n, null, -(2n ** 63n)],
          u: [2n ** 64n - 1n, 0n, null],
          b: [true, false, null],
          h: [1.5, null, -0.25],
          f: [Math.fround(0.1), null, Number.NaN],
          d: [new Date('2020-02-29'), null, new Date('1969-12-31')],
          t: ['2020-01-01T00:00:00.123456Z', null, '1970-01-01T00:00:00.000000Z'],
          m: ['01:01:01.000001', null, '00:00:00.000000'],
          x: ['1234.567', null, '-0.001'],
          s: ['a', 'b', 'a'],
          y: [Uint8Array.of(0, 255), null, Uint8Array.of()],
          l: [[1, 2], [], null],
          r: [{ a: 1, b: ['x'] }, null, { a: -1, b: null }],
          k: [[['p', 1n]], [], null],
          n: [null, null, null],
        },
      ])
    })

  it('zstd buffers are read; offset and where as for any table', async () => {
    const values = Array.from({ length: 50_000 }, (_, i) => BigInt(i) * 10n)
    const bytes = ipc({ v: [int64(), values] }, 'file', { codec: CompressionType.ZSTD })
    expect(bytes.length).toBeLessThan(400_000)
    const dataset = await opened(bytes)
    expect((await dataset.describe()).codecs).toEqual(['zstd'])
    expect((await readAll(dataset, { offset: 49_999 })).rows).toEqual([['499990n']])
    expect((await readAll(dataset, { where: [{ column: 'v', op: '<', value: 15 }] })).rows).toEqual([
      ['0n'],
      ['10n'],
    ])
  })

  it.each(['file', 'stream'] as const)(
    'regression: any number in a %s that claims two thousand million of something ends no process',
    async format => {
      const whole = ipc(columns, format)
      for (const claim of [0x7fffffff, 0x00ffffff])
        for (let at = 0; at + 4 <= whole.length; at += 4) {
          const bytes = whole.slice()
          new DataView(bytes.buffer).setInt32(at, claim, true)
          await isReadOrRefused(bytes)
        }
    },
  )

  it('what is cut off, or flipped, is Corrupt and nothing worse', async () => {
    for (const format of ['file', 'stream'] as const) {
      const whole = ipc(columns, format)
      await fc.assert(
        fc.asyncProperty(
          fc.nat(whole.length - 1),
          fc.integer({ min: 1, max: 255 }),
          fc.boolean(),
          async (at, flip, cut) => {
            const bytes = cut ? whole.slice(0, at) : whole.slice()
            if (!cut) bytes[at]! ^= flip
            await isReadOrRefused(bytes)
          },
        ),
        { numRuns: 150 },
      )
    }
  })
})

const lz4 = spawnSync('lz4', ['--version']).status === 0
if (!lz4) console.warn('skipped what needs the command lz4: it is not here')

describe('LZ4 frames', () => {
  it.skipIf(!lz4)('those of the reference implementation, with blocks that refer to earlier ones', () => {
    const content = readFileSync(vega('flights-2k.json'))
    for (const options of [['-B4', '-BD'], ['-B7'], ['-B4', '-BD', '--content-size'], ['-B4', '-BX']]) {
      const frame = spawnSync('lz4', ['-c', ...options], { input: content, maxBuffer: 1 << 26 }).stdout
      expect(content.equals(readLz4Frame(frame, content.length)), options.join(' ')).toBe(true)
    }
  })

  it('blocks of another encoder, linked or raw, come back', async () => {
    const codec = numcodecs.fromConfig({ id: 'lz4' })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 3 }),
        fc.nat(40),
        async (parts, times) => {
          const content = Buffer.concat(Array.from({ length: times + 1 }, () => Buffer.concat(parts)))
          const block = (await codec.encode(content)).subarray(4)
          const size = Buffer.alloc(4)
          size.writeUInt32LE(block.length)
          const raw = Buffer.from([3, 0, 0, 0x80, 7, 8, 9])
          const frame = Buffer.concat([
            Buffer.from('04224d18604000', 'hex'),
            size,
            block,
            raw,
            Buffer.alloc(4),
          ])
          const expected = Buffer.concat([content, Buffer.from([7, 8, 9])])
          expect(Buffer.from(readLz4Frame(frame, expected.length)).equals(expected)).toBe(true)
          expect(() => readLz4Frame(frame, expected.length + 1)).toThrow(ReaderError)
          expect(() => readLz4Frame(frame.subarray(0, frame.length - 5), expected.length)).toThrow(
            ReaderError,
          )
        },
      ),
    )
  })
})

describe('laws', () => {
  it('any table comes back as it was written', async () => {
    const row = fc.record({
      i: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
      d: fc.option(fc.double()),
      s: fc.option(fc.string({ unit: 'grapheme' })),
      l: fc.option(fc.array(fc.option(fc.integer()))),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1 }),
        fc.constantFrom('file' as const, 'stream' as const),
        async (rows, format) => {
          const bytes = ipc(
            {
              i: [int64(), rows.map(({ i }) => i)],
              d: [float64(), rows.map(({ d }) => d)],
              s: [utf8(), rows.map(({ s }) => s)],
              l: [list(int32()), rows.map(({ l }) => l)],
            },
            format,
          )
          const read = await readAll(await opened(bytes))
          expect(read.rows).toEqual(rows.map(({ i, d, s, l }) => [i, d, s, l].map(canonical)))
        },
      ),
    )
  })
})

it('an Arrow file whose end is missing is no complete download', async () => {
  const cut = readFileSync(vega('flights-200k.arrow')).subarray(0, 100_000)
  await expect(opened(cut)).rejects.toMatchObject({ code: 'Corrupt' })
})
