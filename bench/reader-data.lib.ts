/** Large datasets for the bench of the reader, made once into a folder: by the libraries of the field where they are here. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { crc32c } from '@frost/reader/formats/zarr/codecs/checksums'
import * as zarrita from 'zarrita'
import { folderStorage, officialIcechunk } from '../test/reader/icechunk/official.ts'
import { create, writeArray } from '../test/reader/icechunk/repositories.ts'

export const PYTHON = '/usr/bin/python3'

export interface LargeDataset {
  readonly name: string
  readonly title: string
}

interface Maker extends LargeDataset {
  /** Makes it at that path. @throws where what makes it is not on this machine */
  readonly make: (path: string) => unknown
}

/** Bytes that compress about as real measurements do. */
const NUMBERS = `
import numpy as np
rng = np.random.default_rng(3)
def field(*shape): return (np.round(np.cumsum(rng.normal(size=shape), -1), 2) + 280).astype('<f4')
`

const python = (program: string) => (path: string) =>
  execFileSync(PYTHON, ['-', path], {
    input: `import sys\n${NUMBERS}${program}`,
    stdio: ['pipe', 'ignore', 'pipe'],
  })

const MAKERS: readonly Maker[] = [
  {
    name: 'large.nc',
    title: 'NetCDF4, 200 MB',
    make: python(`
import netCDF4
d = netCDF4.Dataset(sys.argv[1], 'w')
for name, size in [('time', 100), ('lat', 500), ('lon', 1000)]: d.createDimension(name, size); d.createVariable(name, 'f8', (name,))[:] = np.linspace(-80, 80, size)
d['time'].units = 'days since 2000-01-01'; d['lat'].units = 'degrees_north'; d['lon'].units = 'degrees_east'
v = d.createVariable('tas', 'f4', ('time', 'lat', 'lon'), chunksizes=(1, 250, 500), zlib=False)
for t in range(100): v[t] = field(500, 1000)
d.close()`),
  },
  {
    name: 'world.tif',
    title: 'COG, 36,000 × 18,000',
    make: python(`
import rasterio, os
from rasterio.transform import from_origin
from rasterio.shutil import copy
whole = sys.argv[1] + '.whole.tif'
tile = (np.add.outer(np.arange(512), np.arange(512)) // 8 % 250 + rng.integers(0, 2, (512, 512))).astype('uint8')[None]
o = dict(driver='GTiff', count=1, height=18000, width=36000, dtype='uint8', crs='EPSG:4326', transform=from_origin(-180, 90, .01, .01), tiled=True, blockxsize=512, blockysize=512, compress='deflate', ZLEVEL=1)
with rasterio.open(whole, 'w', **o) as d:
    for y in range(0, 18000, 512):
        row = np.tile(tile, (1, 1, 71))[:, :min(512, 18000 - y), :36000]
        d.write(row, window=((y, y + row.shape[1]), (0, 36000)))
copy(whole, sys.argv[1], driver='COG', compress='deflate', LEVEL=1, blocksize=512, overview_resampling='nearest')
os.remove(whole)`),
  },
  ...[1, 33].map(
    (groups): Maker => ({
      name: `groups-${groups}.parquet`,
      title: `Parquet, 90 MB, ${groups} row group${groups > 1 ? 's' : ''}`,
      make: path => parquet(path, groups),
    }),
  ),
  { name: 'sharded.zarr', title: 'Zarr v3, 134 MB in 8 shards of 64 chunks', make: shardedZarr },
  { name: 'versions.icechunk', title: 'Icechunk, 100 snapshots', make: icechunkVersions },
  {
    name: 'scan.zarr',
    title: 'Zarr v2, 134 MB in 32 chunks (Blosc)',
    make: python(`
import zarr
g = zarr.open_group(sys.argv[1], 'w')
a = g.create_dataset('tas', shape=(32, 1024, 1024), chunks=(1, 1024, 1024), dtype='<f4')
a.attrs['_ARRAY_DIMENSIONS'] = ['time', 'y', 'x']
for t in range(32): a[t] = field(1024, 1024)
zarr.consolidate_metadata(sys.argv[1])`),
  },
]

const ROWS = 7_600_000

async function parquet(path: string, groups: number): Promise<void> {
  await duck(
    `SET threads = 1; COPY (SELECT range AS id, (hash(range) % 1000000)::INTEGER AS code, random() AS value, 'station ' || (range % 500) AS station FROM range(${ROWS})) TO '${path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${Math.ceil(ROWS / groups / 2048) * 2048})`,
  )
}

/** Runs statements in a database in memory. */
export async function duck(statements: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(statements)
  connection.closeSync()
  instance.closeSync()
}

const SHARDS = { count: 8, side: 1024, chunk: 256 }

/** Zarr v3 with the sharding codec (its specification, version 1.0): chunks, then the index of offsets and lengths with a CRC32C. */
function shardedZarr(path: string): void {
  const { count, side, chunk } = SHARDS
  const zstd = { name: 'zstd', configuration: { level: 1, checksum: false } }
  const bytes = { name: 'bytes', configuration: { endian: 'little' } }
  const document = (more: object) => JSON.stringify({ zarr_format: 3, attributes: {}, ...more })
  const array = {
    node_type: 'array',
    shape: [4 * count, side, side],
    data_type: 'float32',
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [4, side, side] } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    fill_value: 0,
    codecs: [
      {
        name: 'sharding_indexed',
        configuration: {
          chunk_shape: [1, chunk, chunk],
          codecs: [bytes, zstd],
          index_codecs: [bytes, { name: 'crc32c' }],
          index_location: 'end',
        },
      },
    ],
    dimension_names: ['time', 'y', 'x'],
  }
  mkdirSync(join(path, 'tas'), { recursive: true })
  const metadata = { tas: { zarr_format: 3, attributes: {}, ...array } }
  const consolidated_metadata = { kind: 'inline', must_understand: false, metadata }
  writeFileSync(join(path, 'zarr.json'), document({ node_type: 'group', consolidated_metadata }))
  writeFileSync(join(path, 'tas/zarr.json'), document(array))
  for (let shard = 0; shard < count; shard++) {
    const chunks = Array.from({ length: 4 * (side / chunk) ** 2 }, (_, at) => {
      const values = new Float32Array(chunk * chunk)
      let value = 280 + shard + at
      for (let index = 0; index < values.length; index++)
        values[index] = value += Math.round(Math.sin(index * 12.9898 + at) * 100) / 100
      return zstdCompressSync(values)
    })
    const index = Buffer.alloc(16 * chunks.length + 4)
    let offset = 0
    chunks.forEach((part, at) => {
      index.writeBigUInt64LE(BigInt(offset), 16 * at)
      index.writeBigUInt64LE(BigInt(part.length), 16 * at + 8)
      offset += part.length
    })
    index.writeUInt32LE(crc32c(index.subarray(0, -4)), index.length - 4)
    const file = join(path, `tas/c/${shard}/0/0`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, Buffer.concat([...chunks, index]))
  }
}

async function icechunkVersions(path: string): Promise<void> {
  const library = officialIcechunk()
  if (library === undefined) throw new Error('the official library is not here')
  mkdirSync(path)
  const repository = await library.Repository.create(folderStorage(library, path), undefined, 2)
  await create(repository, 'main', 'arrays', async store => {
    await zarrita.create(zarrita.root(store))
    await writeArray(store, '/temperature', [20, 100, 100], [1, 100, 100], 0, 'float64')
  })
  for (let at = 1; at < 100; at++)
    await create(repository, 'main', `commit ${at}`, async store => {
      const array = await zarrita.open(zarrita.root(store).resolve('/temperature'), { kind: 'array' })
      await zarrita.set(array as never, [at % 20, null, null] as never, at as never)
    })
}

/** The large datasets of a folder, those that are missing made; what cannot be made here is said and left out. */
export async function largeDatasets(folder: string): Promise<readonly LargeDataset[]> {
  const made: LargeDataset[] = []
  for (const { name, title, make } of MAKERS) {
    const path = join(folder, name)
    if (!existsSync(path)) {
      console.error(`making ${title}`)
      const unfinished = join(folder, `unfinished-${name}`)
      rmSync(unfinished, { recursive: true, force: true })
      try {
        await make(unfinished)
      } catch (error) {
        console.error(
          `left out ${title}: ${String((error as Error).message)
            .split('\n')
            .slice(0, 3)
            .join(' ')}`,
        )
        continue
      }
      renameSync(unfinished, path)
    }
    made.push({ name, title })
  }
  return made
}
