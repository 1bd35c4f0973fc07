import { mkdtempSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { Builder } from 'flatbuffers'
import { describe, expect, it } from 'vitest'
import * as zarrita from 'zarrita'
import { collect, whole } from '../../../packages/reader/src/formats/arrays/oracle.ts'
import { rootOf } from '../../../packages/reader/src/formats/icechunk/flatbuffer.ts'
import { localObjects } from '../../../packages/reader/src/objects/local.ts'
import type { Objects } from '../../../packages/reader/src/objects.ts'
import { folderStorage, officialIcechunk } from './official.ts'
import { BYTES, create, openAt } from './repositories.ts'

const official = officialIcechunk()

describe.skipIf(official === undefined).each([1, 2] as const)('a repository of version %i', specification => {
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
