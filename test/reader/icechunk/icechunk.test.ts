import { mkdtempSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { Builder } from 'flatbuffers'
import { beforeAll, describe, expect, it } from 'vitest'
import * as zarrita from 'zarrita'
import type { ArrayDataset, IndexRange } from '../../../packages/reader/src/dataset.ts'
import { ReaderError } from '../../../packages/reader/src/errors.ts'
import { collect, whole } from '../../../packages/reader/src/formats/arrays/oracle.ts'
import { rootOf } from '../../../packages/reader/src/formats/icechunk/flatbuffer.ts'
import { icechunk } from '../../../packages/reader/src/formats/icechunk/index.ts'
import { readSnapshot } from '../../../packages/reader/src/formats/icechunk/snapshot.ts'
import { localObjects } from '../../../packages/reader/src/objects/local.ts'
import type { Objects } from '../../../packages/reader/src/objects.ts'
import { sharedPath } from '../../shared.ts'
import { folderStorage, type Official, type OfficialRepository, officialIcechunk } from './official.ts'

const official = officialIcechunk()

interface Written {
  readonly folder: string
  readonly repository: OfficialRepository
  /** Ids of the snapshots of `main`, oldest first, without the initial one. */
  readonly commits: string[]
  readonly side: string
}

const ZSTD = { name: 'zstd', configuration: { level: 1, checksum: false } }
const BYTES = { name: 'bytes', configuration: { endian: 'little' } }

async function create(
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
async function writeArray(
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

async function writeValues(array: zarrita.Array<'int32' | 'float64', never>, shape: number[], first: number) {
  const count = shape.reduce((product, size) => product * size, 1)
  const numbers = Array.from({ length: count }, (_, i) => first + i * 3)
  const data =
    array.dtype === 'int32' ? Int32Array.from(numbers) : Float64Array.from(numbers, value => value / 7)
  const stride = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1))
  await zarrita.set(array as never, null, { data, shape, stride } as never)
}

async function write(library: Official, specification: 1 | 2): Promise<Written> {
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

async function documentOf(store: never, path: string): Promise<object> {
  const bytes = await (store as unknown as { get(key: string): Promise<Uint8Array> }).get(`${path}/zarr.json`)
  return JSON.parse(new TextDecoder().decode(bytes))
}

async function openAt(
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

interface View {
  readonly [name: string]: { readonly shape: readonly number[]; readonly values: readonly unknown[] }
}

async function viewOf(dataset: ArrayDataset): Promise<View> {
  const { array } = await dataset.describe()
  const view: Record<string, View[string]> = {}
  for (const { name, shape } of array!.variables)
    view[name] = { shape, values: (await collect(dataset, name, whole(shape))).values }
  return view
}

async function judgedView(
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

describe.skipIf(official === undefined).each([1, 2] as const)(
  'a repository of version %i that the official library wrote',
  specification => {
    let written: Written

    beforeAll(async () => {
      written = await write(official!, specification)
    })

    it('has its values at every branch, tag and snapshot', async () => {
      const { folder, repository, commits, side } = written
      const pins = [
        ['branch:main', { branch: 'main' }],
        ['branch:side', { branch: 'side' }],
        ['tag:v1', { tag: 'v1' }],
        ['tag:it works!', { tag: 'it works!' }],
        ...[...commits, side].map(id => [`snapshot:${id}`, { snapshotId: id }] as const),
      ] as const
      for (const [pin, version] of pins)
        expect([pin, await viewOf(await openAt(folder, pin))]).toEqual([
          pin,
          await judgedView(repository, version),
        ])
      expect(await viewOf(await openAt(folder))).toEqual(await judgedView(repository, { branch: 'main' }))
    })

    it('has its history, newest first, with branches and tags', async () => {
      const { folder, repository, commits, side } = written
      const { versions, formatVersion, attributes } = await (await openAt(folder)).describe()
      expect(formatVersion).toBe(String(specification))
      expect(attributes).toEqual({ title: 'test', big: 1 })
      const judged = await repository.ancestry({ branch: 'main' })
      const own = versions!.filter(({ id }) => id !== side)
      expect(own.map(({ id, parent, message }) => [id, parent, message])).toEqual(
        judged.slice(0, own.length).map(({ id, parentId, message }) => [id, parentId, message]),
      )
      expect(own.length).toBe(specification === 1 ? 3 : 4)
      expect(own.map(({ committedAt }) => committedAt)).toEqual(
        judged.slice(0, own.length).map(({ writtenAt }) => new Date(writtenAt).toISOString()),
      )
      const refs = Object.fromEntries(versions!.flatMap(({ id, refs }) => (refs ?? []).map(ref => [ref, id])))
      expect(refs).toMatchObject({ 'branch:main': commits[2] })
      if (specification === 2)
        expect(refs).toEqual({
          'branch:main': commits[2],
          'branch:side': side,
          'tag:v1': commits[0],
          'tag:it works!': commits[1],
        })
    })

    it('says what changed between two versions as the library does', async () => {
      const { folder, repository, commits } = written
      const dataset = await openAt(folder)
      for (const [from, to] of [
        [0, 1],
        [1, 2],
        [0, 2],
      ] as const) {
        const judged = await repository.diff({ fromSnapshotId: commits[from]!, toSnapshotId: commits[to]! })
        const found = await dataset.diff!(`snapshot:${commits[from]}`, `snapshot:${commits[to]}`)
        const bare = (paths: readonly string[]) => paths.map(path => path.slice(1)).sort()
        expect([...found.added].sort()).toEqual(bare([...judged.newArrays, ...judged.newGroups]))
        expect([...found.removed].sort()).toEqual(bare([...judged.deletedArrays, ...judged.deletedGroups]))
        const chunks = Object.fromEntries(
          found.changed.flatMap(({ path, chunks }) => (chunks ? [[`/${path}`, chunks]] : [])),
        )
        const judgedChunks = Object.entries(judged.updatedChunks).filter(
          ([path]) => !judged.newArrays.includes(path),
        )
        expect(chunks).toEqual(
          Object.fromEntries(judgedChunks.map(([path, places]) => [path, places.length])),
        )
        expect(
          found.changed
            .filter(({ metadata }) => metadata)
            .map(({ path }) => path)
            .sort(),
        ).toEqual(bare([...judged.updatedArrays, ...judged.updatedGroups]))
      }
    })

    it('compares chunk references between branches', async () => {
      const { folder } = written
      const found = await (await openAt(folder)).diff!('branch:side', 'branch:main')
      expect(found).toMatchObject({ removed: ['side', 'tiny'], added: ['group/added'] })
      // All 14 × 2 chunks of 'split' were written again, one of 'temperature' was deleted.
      expect(Object.fromEntries(found.changed.map(({ path, chunks }) => [path, chunks]))).toEqual({
        'group/temperature': 1,
        split: 28,
      })
    })

    it('costs what was estimated, for any selection', async () => {
      const { folder } = written
      const counted = { requests: 0, bytes: 0 }
      const inner = localObjects(folder)
      const objects: Objects = {
        name: inner.name,
        async get(path, options) {
          const bytes = await inner.get(path, options)
          counted.requests++
          counted.bytes += bytes?.length ?? 0
          return bytes
        },
        async getRange(path, start, end, options) {
          const ranged = await inner.getRange(path, start, end, options)
          counted.requests++
          counted.bytes += ranged?.bytes.length ?? 0
          return ranged
        },
      }
      const { nodes } = await readSnapshot(inner, written.commits[2]!, {})
      expect(nodes.find(({ path }) => path === 'split')!.manifests.length).toBeGreaterThan(3)
      const dataset = await openAt(objects)
      const judged = (await judgedView(written.repository, { branch: 'main' })).split!.values
      await fc.assert(
        fc.asyncProperty(
          fc.nat(39),
          fc.nat(40),
          fc.integer({ min: 1, max: 9 }),
          fc.nat(5),
          async (start, length, step, column) => {
            const ranges: IndexRange[] = [
              { start, end: Math.min(40, start + length), step },
              { start: column, end: 6, step: 1 },
            ]
            const estimated = await dataset.estimate('split', ranges)
            Object.assign(counted, { requests: 0, bytes: 0 })
            const { values } = await collect(dataset, 'split', ranges)
            expect(counted).toEqual(estimated)
            const expected: unknown[] = []
            for (let row = ranges[0]!.start; row < ranges[0]!.end; row += step)
              expected.push(...judged.slice(row * 6 + column, row * 6 + 6))
            expect(values).toEqual(expected)
          },
        ),
        { numRuns: 40 },
      )
    })

    it('is the same byte for byte at a snapshot after new commits to its branch', async () => {
      const { folder, repository, commits } = written
      const pin = `snapshot:${commits[1]}`
      const bytesOf = async () => {
        const dataset = await openAt(folder, pin)
        const { cost, ...description } = await dataset.describe()
        return JSON.stringify([description, await viewOf(dataset)])
      }
      const before = await bytesOf()
      for (const round of [1, 2])
        commits.push(
          await create(repository, 'main', `later ${round}`, async store => {
            await writeArray(store, `/later${round}`, [4], [2], round)
            const array = await zarrita.open(zarrita.root(store).resolve('/split'), { kind: 'array' })
            await writeValues(array as never, [40, 6], 1000 * round)
          }),
        )
      await repository.createTag('later', commits.at(-1)!)
      expect(await bytesOf()).toBe(before)
      expect(Object.keys(await viewOf(await openAt(folder)))).toContain('later2')
    })

    it('refuses versions that are not there, by name', async () => {
      const { folder } = written
      await expect(openAt(folder, 'tag:gone')).rejects.toMatchObject({
        code: 'NotFound',
        message: expect.stringContaining('deleted'),
      })
      await expect(openAt(folder, 'branch:nowhere')).rejects.toMatchObject({
        code: 'NotFound',
        message: expect.stringContaining('branch:main'),
      })
      await expect(openAt(folder, 'snapshot:00000000000000000000')).rejects.toMatchObject({
        code: 'NotFound',
      })
      await expect(openAt(folder, 'snapshot:../../../etc/passwd')).rejects.toMatchObject({
        code: 'InvalidSelection',
      })
      await expect(openAt(folder, 'main')).rejects.toMatchObject({ code: 'InvalidSelection' })
    })

    it('reads virtual chunks through the resolver, by compressed and plain locations, and tells when the file changed', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'icechunk-virtual-'))
      const source = join(folder, 'source.bin')
      const chunks = 40
      const squares = Int32Array.from({ length: chunks * 2 }, (_, i) => i * i)
      await writeFile(source, Buffer.from(squares.buffer))
      const store = join(folder, 'repository')
      const repository = await official!.Repository.create(folderStorage(official!, store), {}, specification)
      await create(repository, 'main', 'virtual', async session => {
        await zarrita.create(zarrita.root(session))
        const array = await zarrita.create(zarrita.root(session).resolve('/squares'), {
          shape: [chunks * 2 + 2],
          chunkShape: [2],
          dtype: 'int32',
          codecs: [BYTES],
          fillValue: -1,
        })
        await zarrita.set(array as never, [zarrita.slice(0, chunks * 2)] as never, 7 as never)
      })
      await referTo(store, place => ({
        location: `s3://a-bucket/and/a/long/path/file-${place % 7}.nc`,
        compressed: specification === 2 && place % 2 === 1,
        offset: 8 * place,
        length: 8,
        etag: place === 0 ? 'etag-0' : undefined,
      }))
      const asked = new Set<string>()
      const resolve = async (etag: string, url: string): Promise<Objects> => {
        asked.add(url)
        const file = localObjects(source)
        return {
          ...file,
          async getRange(...range) {
            const ranged = await file.getRange(...range)
            return ranged && { ...ranged, etag }
          },
        }
      }
      const dataset = await openAt(store, undefined, url => resolve('"etag-0"', url))
      expect(await dataset.estimate('squares', whole([chunks * 2 + 2]))).toEqual({
        requests: chunks,
        bytes: 8 * chunks,
      })
      const { values, missingChunks } = await collect(dataset, 'squares', whole([chunks * 2 + 2]))
      expect(values).toEqual([...squares, -1, -1])
      expect(missingChunks).toBe(1)
      expect([...asked].sort()).toEqual(
        [...Array(7).keys()].map(i => `s3://a-bucket/and/a/long/path/file-${i}.nc`),
      )
      const changed = await openAt(store, undefined, url => resolve('"another"', url))
      await expect(collect(changed, 'squares', [{ start: 0, end: 2, step: 1 }])).rejects.toMatchObject({
        code: 'Corrupt',
        message: expect.stringContaining('ETag'),
      })
      expect((await collect(changed, 'squares', [{ start: 2, end: 4, step: 1 }])).values).toEqual([4, 9])
      const alone = await openAt(store)
      await expect(collect(alone, 'squares', whole([chunks * 2 + 2]))).rejects.toMatchObject({
        code: 'Forbidden',
      })
    })

    it('never answers broken bytes by anything but an error that says so', async () => {
      const { folder } = written
      const objects = localObjects(folder)
      const seen = new Set<string>()
      const documents = new Map<string, Uint8Array>()
      const remembering: Objects = {
        ...objects,
        async get(path, options) {
          const bytes = await objects.get(path, options)
          if (bytes && /^(repo$|snapshots|manifests|transactions)/.test(path)) documents.set(path, bytes)
          return bytes
        },
      }
      const whole = await openAt(remembering)
      await viewOf(whole)
      await whole.diff!('tag:v1', 'branch:main')
      const paths = [...documents.keys()]
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...paths),
          fc.array(fc.record({ at: fc.nat(100_000), byte: fc.nat(255) }), { minLength: 1, maxLength: 6 }),
          fc.option(fc.nat(100_000)),
          async (path, changes, cut) => {
            const original = documents.get(path)!
            let data = Buffer.from(zstdDecompressSync(original.subarray(39)))
            for (const { at, byte } of changes) data[at % data.length] = byte
            if (cut !== null) data = data.subarray(0, cut % data.length)
            const changed = Uint8Array.from(Buffer.concat([original.subarray(0, 39), zstdCompressSync(data)]))
            const hostile: Objects = {
              ...objects,
              get: async (at, options) => (at === path ? changed : objects.get(at, options)),
            }
            try {
              const dataset = await openAt(hostile)
              await viewOf(dataset)
              await dataset.diff!('tag:v1', 'branch:main')
            } catch (error) {
              if (!(error instanceof ReaderError)) throw error
              seen.add(error.code)
            }
          },
        ),
        { numRuns: 80 },
      )
      expect(seen).toContain('Corrupt')
    }, 60_000)
  },
)

describe.each(['test-repo-v1', 'test-repo-v2'])('the fixture %s', name => {
  const folder = sharedPath('fixtures', 'data', 'icechunk', name)
  /** What the virtual chunk of the fixture would hold in its bucket. */
  const virtual = Float32Array.from({ length: 25 }, (_, i) => i)
  const resolve = async (url: string): Promise<Objects> => {
    expect(url).toBe('s3://testbucket/can_read_old/chunk-1')
    const bytes = Uint8Array.from(zstdCompressSync(new Uint8Array(virtual.buffer)))
    return {
      name: url,
      get: async () => bytes,
      getRange: async (_path, start, end) => ({
        bytes: Uint8Array.from({ length: end! - start }, (_, i) => bytes[start + i] ?? 0),
        size: undefined,
        etag: undefined,
      }),
    }
  }

  it.skipIf(folder === undefined)('is read completely', async () => {
    const main = await openAt(folder!, undefined, resolve)
    const { array, versions } = await main.describe()
    expect(versions![0]!.message).toBe(name.endsWith('v2') ? 'some more structure' : 'set virtual chunk')
    expect(array!.variables.map(({ name }) => name)).toEqual(['group1/big_chunks', 'group1/small_chunks'])
    expect(await collect(main, 'group1/small_chunks', whole([5]))).toMatchObject({
      values: [84, 84, 84, 84, 84],
      missingChunks: 0,
    })
    const big = await collect(main, 'group1/big_chunks', [
      { start: 5, end: 10, step: 1 },
      { start: 0, end: 10, step: 1 },
    ])
    expect(new Set(big.values)).toEqual(new Set([42]))
    const side = await openAt(folder!, 'branch:my-branch', resolve)
    expect(await collect(side, 'group1/small_chunks', whole([5]))).toMatchObject({
      values: [84, 84, 84, 84, 8],
      missingChunks: 1,
    })
    expect((await side.describe()).array!.variables.at(-1)!.name).toBe('group2/group3/group4/group5/inner')
    expect(await collect(side, 'group2/group3/group4/group5/inner', whole([10, 10]))).toMatchObject({
      missingChunks: 4,
    })
    await expect(openAt(folder!, 'tag:deleted')).rejects.toMatchObject({ code: 'NotFound' })
    expect(await main.diff!('tag:it works!', 'branch:my-branch')).toMatchObject({
      added: [
        'group2',
        'group2/group3',
        'group2/group3/group4',
        'group2/group3/group4/group5',
        'group2/group3/group4/group5/inner',
      ],
      removed: [],
    })
  })
})

interface Referred {
  readonly location: string
  readonly compressed: boolean
  readonly offset: number
  readonly length: number
  readonly etag: string | undefined
}

/**
 * Rewrites the only manifest of a repository so that its chunks lie elsewhere: the library's WebAssembly build writes no
 * virtual references. By the format's own FlatBuffers runtime, from the schema (manifest.fbs).
 */
async function referTo(folder: string, referred: (place: number) => Referred): Promise<void> {
  const [id, ...others] = await readdir(join(folder, 'manifests'))
  expect(others).toEqual([])
  const path = join(folder, 'manifests', id!)
  const original = await readFile(path)
  const root = rootOf(Uint8Array.from(zstdDecompressSync(original.subarray(39))), path)
  const array = root.tables(1).table(0)
  const builder = new Builder(4096)
  const struct = (bytes: Uint8Array) => {
    builder.prep(1, bytes.length)
    for (const byte of [...bytes].reverse()) builder.writeInt8(byte)
    return builder.offset()
  }
  const dictionary = Buffer.from('s3://a-bucket/and/a/long/path/file-.nc')
  const refs = Array.from(array.tables(1).eachTable(), ref => {
    const place = ref.vector(0, 4)!.uint32(0)
    const { location, compressed, offset, length, etag } = referred(place)
    builder.startVector(4, 1, 4)
    builder.addInt32(place)
    const index = builder.endVector()
    const where = compressed
      ? builder.createByteVector(zstdCompressSync(location, { dictionary }))
      : builder.createString(location)
    const checksum = etag === undefined ? 0 : builder.createString(etag)
    builder.startObject(10)
    builder.addFieldOffset(0, index, 0)
    builder.addFieldInt64(2, BigInt(offset), 0n)
    builder.addFieldInt64(3, BigInt(length), 0n)
    builder.addFieldOffset(compressed ? 8 : 5, where, 0)
    builder.addFieldOffset(6, checksum, 0)
    return builder.endObject()
  })
  const vectorOf = (offsets: number[]) => {
    builder.startVector(4, offsets.length, 4)
    for (const offset of offsets.reverse()) builder.addOffset(offset)
    return builder.endVector()
  }
  const all = vectorOf(refs)
  builder.startObject(3)
  builder.addFieldOffset(1, all, 0)
  builder.addFieldStruct(0, struct(array.struct(0, 8)!), 0)
  const arrays = vectorOf([builder.endObject()])
  const words = builder.createByteVector(dictionary)
  builder.startObject(5)
  builder.addFieldOffset(1, arrays, 0)
  builder.addFieldOffset(2, words, 0)
  builder.addFieldStruct(0, struct(root.struct(0, 12)!), 0)
  builder.finish(builder.endObject())
  await writeFile(path, Buffer.concat([original.subarray(0, 39), zstdCompressSync(builder.asUint8Array())]))
}
