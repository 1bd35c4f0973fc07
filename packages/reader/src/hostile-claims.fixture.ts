import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { array, arrayV3, type Files, store } from './formats/zarr/memory-store.ts'
import type { Objects } from './objects.ts'
import { bytesOf, writeHdf5 } from './writers/hdf5-file.ts'
import { memoryScratch } from './writers/scratch.ts'

/** Small inputs that claim what no memory holds: counts, sizes and depths of thousands of millions. */
export const HOSTILE: Readonly<Record<string, () => Objects | Promise<Objects>>> = {
  'Parquet: sixteen million texts of no bytes, in a page of zstd': () =>
    parquet({ values: 16_000_000, body: Buffer.alloc(64_000_000), encoding: 0 }),
  'Parquet: a dictionary of sixteen million texts': () =>
    parquet({ values: 16_000_000, body: Buffer.alloc(64_000_000), encoding: 0, kind: 2 }),
  'Parquet: sixteen million deltas of texts': () =>
    parquet({ values: 16_000_000, body: deltas(16_000_000, 2), encoding: 7 }),
  'Parquet: a page of two thousand million values': () =>
    parquet({ values: 2 ** 31 - 1, body: Buffer.alloc(64), encoding: 0 }),
  'Parquet: a page of two thousand million bytes': () =>
    parquet({ values: 10, body: Buffer.alloc(64), encoding: 0, claimed: 2 ** 31 - 1 }),
  'Parquet: a footer of two thousand million row groups': () =>
    objectOf(withFooter(Buffer.alloc(0), Buffer.from([0x15, 2, 0x39, 0xfc, 0xff, 0xff, 0xff, 0xff, 7]))),
  'Iceberg: a manifest list of millions of empty records': () => iceberg(2_000_000, 'null', Buffer.alloc(0)),
  'Iceberg: a manifest list of millions of records, deflated': () =>
    iceberg(200_000_000, 'deflate', deflateRawSync(Buffer.alloc(200_000_000))),
  'Icechunk: a repository that expands to gigabytes': () =>
    folder({ repo: icechunkFile(zstdCompressSync(Buffer.alloc(1_000_000_000))) }),
  'Icechunk: a vector of thousands of millions of snapshots': () =>
    folder({ repo: icechunkFile(zstdCompressSync(flatbuffer())) }),
  'HDF5: a quadrillion of elements that were never written': hdf5,
  'Zarr: a Blosc chunk of two gigabytes': () =>
    zarr({ compressor: { id: 'blosc' } }, Buffer.from('020121010000ff7fffffff7fffffff7f', 'hex')),
  'Zarr: a Zstandard frame that says four gigabytes': () =>
    zarr({ compressor: { id: 'zstd', level: 1 } }, Buffer.from('28b52ffda0ffffffff0100000000', 'hex')),
  'Zarr: a Zstandard bomb': () =>
    zarr({ compressor: { id: 'zstd', level: 1 } }, zstdCompressSync(Buffer.alloc(1_000_000_000))),
  'Zarr: a gzip bomb': () =>
    zarr({ compressor: { id: 'gzip', level: 1 } }, gzipSync(Buffer.alloc(500_000_000))),
  'Zarr: an LZ4 block of two gigabytes': () =>
    zarr({ compressor: { id: 'lz4' } }, Buffer.from('ffffff7f1f00010000', 'hex')),
  'Zarr: four thousand million texts in a chunk': () =>
    zarr(
      { dtype: '|O', filters: [{ id: 'vlen-utf8' }], fill_value: '' },
      Buffer.from('ffffffff0000000000000000', 'hex'),
    ),
  'Zarr: shards of a chunk for each of a quadrillion elements': () =>
    store({ 'zarr.json': sharded() }).objects,
  'kerchunk: a million million generated references': () =>
    objectOf(
      JSON.stringify({
        version: 1,
        refs: { '.zgroup': '{"zarr_format":2}' },
        gen: [{ key: 'a/{{i}}', url: 'http://example.org/x', dimensions: { i: { stop: 1e12 } } }],
      }),
    ),
  'JSON: a million of lists in each other': () =>
    objectOf('['.repeat(1_000_000) + ']'.repeat(1_000_000), 'a.json'),
  'NDJSON: a line that nests a million deep': () =>
    objectOf(`{"a":1}\n{"a":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}\n`, 'a.ndjson'),
  'CSV: a line of eighty million cells': () => objectOf(`a,b\n${','.repeat(80_000_000)}\n`, 'a.csv'),
}

function objectOf(content: Uint8Array | string, name = 'hostile'): Objects {
  const bytes = Buffer.from(content as Uint8Array)
  return {
    name,
    get: async path => (path === '' ? bytes : undefined),
    getRange: async (path, start, end) =>
      path === '' ? { bytes: bytes.subarray(start, end), size: bytes.length, etag: '"1"' } : undefined,
  }
}

function folder(files: Files): Objects {
  return store(files).objects
}

// Thrift's compact protocol: fields that follow each other, each the header byte of its id (as a difference) and type.

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
const int = (step: number, value: number) => [step * 16 + 5, ...varint(value * 2)]
const long = (step: number, value: number) => [step * 16 + 6, ...varint(value * 2)]
const text = (step: number, value: string) => [step * 16 + 8, value.length, ...Buffer.from(value)]
const struct = (step: number, ...fields: number[][]) => [step * 16 + 12, ...fields.flat(), 0]
const element = (...fields: number[][]) => [...fields.flat(), 0]
const list = (step: number, type: number, ...items: number[][]) => [
  step * 16 + 9,
  items.length * 16 + type,
  ...items.flat(),
]

interface HostilePage {
  readonly values: number
  readonly body: Buffer
  readonly encoding: number
  readonly kind?: number
  readonly claimed?: number
}

/** One column of texts, in one page. */
function parquet({ values, body, encoding, kind = 0, claimed = body.length }: HostilePage): Objects {
  const packed = zstdCompressSync(body)
  const about =
    kind === 0
      ? struct(2, int(1, values), int(1, encoding), int(1, 3), int(1, 3))
      : struct(4, int(1, values), int(1, encoding))
  const header = [int(1, kind), int(1, claimed), int(1, packed.length), about, [0]].flat()
  const rest = kind === 2 ? dictionaryPage() : []
  const pages = Buffer.concat([Buffer.from(header), packed, Buffer.from(rest)])
  const schema = list(1, 12, element(text(4, 'root'), int(1, 1)), element(int(1, 6), int(2, 0), text(1, 'v')))
  const meta = struct(
    1,
    int(1, 6),
    list(1, 5, varint(encoding * 2)),
    list(1, 8, [1, 118]),
    int(1, 6),
    long(1, values),
    long(1, claimed),
    long(1, pages.length),
    long(2, kind === 2 ? 4 + header.length + packed.length : 4),
    ...(kind === 2 ? [long(2, 4)] : []),
  )
  const group = element(list(1, 12, element(long(2, 4), meta)), long(1, claimed), long(1, values))
  return objectOf(
    withFooter(pages, Buffer.from([int(1, 1), schema, long(1, values), list(1, 12, group), [0]].flat())),
  )
}

function dictionaryPage(): number[] {
  const body = zstdCompressSync(Buffer.from([1, 0x80, 0xe0, 0xa0, 0xf, 0]))
  const about = struct(2, int(1, 16_000_000), int(1, 8), int(1, 3), int(1, 3))
  return [...[int(1, 0), int(1, 6), int(1, body.length), about, [0]].flat(), ...body]
}

function withFooter(pages: Uint8Array, footer: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(footer.length)
  return Buffer.concat([Buffer.from('PAR1'), pages, footer, length, Buffer.from('PAR1')])
}

/** DELTA_BINARY_PACKED blocks of zeros, so many lists of them. */
function deltas(count: number, lists: number): Buffer {
  const head = Buffer.from([...varint(1 << 20), 1, ...varint(count), 0])
  const block = Buffer.from([0, 0])
  const one = Buffer.concat([head, ...Array.from({ length: Math.ceil(count / 2 ** 20) }, () => block)])
  return Buffer.concat(Array.from({ length: lists }, () => one))
}

function iceberg(count: number, codec: string, body: Buffer): Objects {
  const zigzag = (value: number) => Buffer.from(varint(value * 2))
  const string = (value: string) => Buffer.concat([zigzag(value.length), Buffer.from(value)])
  const type = codec === 'null' ? [] : [{ name: 'content', type: 'boolean' }]
  const schema = JSON.stringify({ type: 'record', name: 'manifest_file', fields: type })
  const sync = Buffer.alloc(16, 7)
  const avro = Buffer.concat([
    Buffer.from('Obj\x01'),
    zigzag(2),
    string('avro.schema'),
    string(schema),
    string('avro.codec'),
    string(codec),
    zigzag(0),
    sync,
    zigzag(count),
    zigzag(body.length),
    body,
    sync,
  ])
  const metadata = {
    'format-version': 2,
    'table-uuid': '9c12d441-03fe-4693-9a96-a0705ddf69c1',
    location: 's3://bucket/table',
    'last-updated-ms': 1,
    'last-column-id': 1,
    schemas: [
      { 'schema-id': 0, type: 'struct', fields: [{ id: 1, name: 'v', required: false, type: 'long' }] },
    ],
    'current-schema-id': 0,
    'partition-specs': [{ 'spec-id': 0, fields: [] }],
    'default-spec-id': 0,
    'current-snapshot-id': 1,
    snapshots: [
      {
        'snapshot-id': 1,
        'timestamp-ms': 1,
        'manifest-list': 's3://bucket/table/metadata/snap.avro',
        summary: {},
      },
    ],
  }
  return folder({
    'metadata/version-hint.text': Buffer.from('1'),
    'metadata/v1.metadata.json': Buffer.from(JSON.stringify(metadata)),
    'metadata/snap.avro': avro,
  })
}

/** Icechunk's envelope of a repository's file, compressed (its specification, "File layout"). */
function icechunkFile(body: Buffer): Buffer {
  const head = Buffer.alloc(39, 0x20)
  Buffer.from('494345f09fa78a4348554e4b', 'hex').copy(head)
  head[36] = 2
  head[37] = 6
  head[38] = 1
  return Buffer.concat([head, body])
}

/** A table whose vector of snapshots claims all that a length can say. */
function flatbuffer(): Buffer {
  const bytes = Buffer.alloc(64, 0xff)
  bytes.writeUInt32LE(32, 0)
  bytes.write('Ichk', 4)
  bytes.writeUInt16LE(14, 8)
  bytes.writeUInt16LE(8, 10)
  bytes.fill(0, 12, 22)
  bytes.writeUInt16LE(4, 20)
  bytes.writeInt32LE(24, 32)
  bytes.writeUInt32LE(4, 36)
  return bytes
}

async function hdf5(): Promise<Objects> {
  const scratch = memoryScratch()
  await writeHdf5(scratch, async file => {
    const shape = [2 ** 30, 2 ** 20]
    const made = file.create_dataset({
      name: 'v',
      data: new Float64Array(1),
      shape: [1, 1],
      dtype: '<d',
      maxshape: shape,
      chunks: [1, 1],
    })
    made.resize(shape)
  })
  const parts: Uint8Array[] = []
  for await (const part of bytesOf(scratch)) parts.push(part)
  return objectOf(Buffer.concat(parts))
}

function zarr(fields: object, chunk: Buffer): Objects {
  return store({ '.zarray': array({ shape: [1000], chunks: [1000], dtype: '<f8', ...fields }), '0': chunk })
    .objects
}

function sharded(): object {
  const bytes = { name: 'bytes', configuration: { endian: 'little' } }
  return arrayV3({
    shape: [2 ** 50],
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [2 ** 50] } },
    codecs: [
      {
        name: 'sharding_indexed',
        configuration: { chunk_shape: [1], codecs: [bytes], index_codecs: [bytes], index_location: 'end' },
      },
    ],
  })
}
