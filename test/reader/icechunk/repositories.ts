import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as zarrita from 'zarrita'
import type { ArrayDataset } from '../../../packages/reader/src/dataset.ts'
import { collect, whole } from '../../../packages/reader/src/formats/arrays/oracle.ts'
import { icechunk } from '../../../packages/reader/src/formats/icechunk/index.ts'
import { localObjects } from '../../../packages/reader/src/objects/local.ts'
import type { Objects } from '../../../packages/reader/src/objects.ts'
import { folderStorage, type Official, type OfficialRepository } from './official.ts'

/** Repositories that the official library writes, and what of them it and the reader see. */

export interface Written {
  readonly folder: string
  readonly repository: OfficialRepository
  /** Ids of the snapshots of `main`, oldest first, without the initial one. */
  readonly commits: string[]
  readonly side: string
}

export const ZSTD = { name: 'zstd', configuration: { level: 1, checksum: false } }
export const BYTES = { name: 'bytes', configuration: { endian: 'little' } }

export async function create(
  repository: OfficialRepository,
  branch: string,
  message: string,
  change: (store: never) => Promise<void>,
) {
  const session = await repository.writableSession(branch)
  await change(session.store as never)
  return session.commit(message)
}

/** An array of counted values, each chunk different; written through the library's own store. */
export async function writeArray(
  store: never,
  path: string,
  shape: number[],
  chunkShape: number[],
  first: number,
  dtype: 'int32' | 'float64' = 'int32',
) {
  const array = await zarrita.create(zarrita.root(store).resolve(path), {
    shape,
    chunkShape,
    dtype,
    codecs: [BYTES, ZSTD],
    fillValue: -1,
    dimensionNames: ['time', 'y', 'x'].slice(3 - shape.length),
    attributes: { units: 'K' },
  })
  await writeValues(array, shape, first)
}

export async function writeValues(
  array: zarrita.Array<'int32' | 'float64', never>,
  shape: number[],
  first: number,
) {
  const count = shape.reduce((product, size) => product * size, 1)
  const numbers = Array.from({ length: count }, (_, i) => first + i * 3)
  const data =
    array.dtype === 'int32' ? Int32Array.from(numbers) : Float64Array.from(numbers, value => value / 7)
  const stride = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1))
  await zarrita.set(array as never, null, { data, shape, stride } as never)
}

export async function write(library: Official, specification: 1 | 2): Promise<Written> {
  const folder = mkdtempSync(join(tmpdir(), `icechunk-v${specification}-`))
  const config = {
    inlineChunkThresholdBytes: 40,
    manifest: {
      splitting: {
        split_sizes: [[{ path_matches: { regex: '.*split.*' } }, [{ condition: 'Any', num_chunks: 3 }]]],
      },
    },
  }
  const repository = await library.Repository.create(folderStorage(library, folder), config, specification)
  const commits: string[] = []
  commits.push(
    await create(repository, 'main', 'arrays', async store => {
      await zarrita.create(zarrita.root(store), { attributes: { title: 'test', big: 1 } })
      await zarrita.create(zarrita.root(store).resolve('/group'))
      await writeArray(store, '/group/temperature', [4, 10, 20], [1, 5, 20], 0, 'float64')
      await writeArray(store, '/split', [40, 6], [3, 4], 7)
      await writeArray(store, '/tiny', [5], [2], 100)
    }),
  )
  commits.push(
    await create(repository, 'main', 'more of it', async store => {
      const array = await zarrita.open(zarrita.root(store).resolve('/split'), { kind: 'array' })
      await zarrita.set(array as never, [zarrita.slice(0, 3), zarrita.slice(0, 4)] as never, 42 as never)
      await writeArray(store, '/group/added', [6], [6], 1)
    }),
  )
  await repository.createTag('v1', commits[0]!)
  await repository.createTag('it works!', commits[1]!)
  await repository.createTag('gone', commits[1]!)
  await repository.deleteTag('gone')
  await repository.createBranch('side', commits[0]!)
  const side = await create(repository, 'side', 'elsewhere', async store => {
    await writeArray(store, '/side', [3, 3], [2, 2], 5)
  })
  commits.push(
    await create(repository, 'main', 'less of it', async store => {
      const own = store as unknown as {
        delete(key: string): Promise<void>
        deleteDir(prefix: string): Promise<void>
      }
      await own.delete('group/temperature/c/1/0/0')
      await own.deleteDir('tiny')
      const array = await zarrita.open(zarrita.root(store).resolve('/split'), { kind: 'array' })
      await (store as unknown as { set(key: string, value: Buffer): Promise<void> }).set(
        'split/zarr.json',
        Buffer.from(JSON.stringify({ ...(await documentOf(store, 'split')), attributes: { units: 'm' } })),
      )
      await writeValues(array as never, [40, 6], 9)
    }),
  )
  return { folder, repository, commits, side }
}

export async function documentOf(store: never, path: string): Promise<object> {
  const bytes = await (store as unknown as { get(key: string): Promise<Uint8Array> }).get(`${path}/zarr.json`)
  return JSON.parse(new TextDecoder().decode(bytes))
}

export async function openAt(
  location: string | Objects,
  pin?: string,
  resolve?: (url: string) => Promise<Objects>,
): Promise<ArrayDataset> {
  const objects = typeof location === 'string' ? localObjects(location) : location
  const dataset = await icechunk.open(objects, undefined as never, {
    ...(pin ? { pin } : {}),
    ...(resolve ? { resolve } : {}),
  })
  if (dataset.model !== 'array') throw new Error('no arrays')
  return dataset
}

export interface View {
  readonly [name: string]: { readonly shape: readonly number[]; readonly values: readonly unknown[] }
}

export async function viewOf(dataset: ArrayDataset): Promise<View> {
  const { array } = await dataset.describe()
  const view: Record<string, View[string]> = {}
  for (const { name, shape } of array!.variables)
    view[name] = { shape, values: (await collect(dataset, name, whole(shape))).values }
  return view
}

export async function judgedView(
  repository: OfficialRepository,
  version: { branch?: string; tag?: string; snapshotId?: string },
): Promise<View> {
  const { store } = await repository.readonlySession(version)
  const view: Record<string, View[string]> = {}
  for (const key of (await store.listPrefix('')).filter(key => key.endsWith('zarr.json'))) {
    if (
      (JSON.parse(new TextDecoder().decode((await store.get(key))!)) as { node_type: string }).node_type !==
      'array'
    )
      continue
    const path = key.replace(/\/?zarr\.json$/, '')
    const array = await zarrita.open(zarrita.root(store as never).resolve(`/${path}`), { kind: 'array' })
    const { data, shape } = (await zarrita.get(array, null)) as unknown as {
      data: Int32Array
      shape: number[]
    }
    view[path] = { shape, values: Array.from(data) }
  }
  return view
}
