import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import Blosc from 'numcodecs/blosc'
import { describe, expect, it } from 'vitest'
import { ReaderError } from '../../errors.ts'
import type { Objects } from '../../objects.ts'
import { collect, openWith, whole } from '../arrays/oracle.ts'
import { crc32c } from './codecs/checksums.ts'
import { zarr } from './index.ts'
import { array, arrayV3, openFiles, readAll, store } from './memory-store.ts'

describe('what a chunk claims', () => {
  const bombs = [
    ['zstd', zstdCompressSync],
    ['gzip', gzipSync],
    ['zlib', deflateSync],
  ] as const

  it.each(bombs)('a %s bomb ends at the size that the array declares', async (id, compress) => {
    const bytes = compress(new Uint8Array(200 << 20))
    const files = { '.zarray': array({ compressor: { id }, chunks: [50_000], shape: [50_000] }), 0: bytes }
    const before = process.memoryUsage().arrayBuffers
    await expect(readAll(files, [50_000])).rejects.toMatchObject({
      code: 'Corrupt',
      message: expect.stringContaining('200000'),
    })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 << 20)
  })

  it('sizes of lz4 and blosc are refused before they are allocated', async () => {
    const claim = Buffer.alloc(64)
    claim.writeUInt32LE(0xfffffff0, 0)
    const refused = { code: 'Corrupt', message: expect.stringContaining('4294967280') }
    await expect(
      readAll({ '.zarray': array({ compressor: { id: 'lz4' } }), 0: claim }),
    ).rejects.toMatchObject(refused)
    const frame = Buffer.from(await new Blosc(5, 'lz4', 1).encode(new Uint8Array(16)))
    frame.writeUInt32LE(0xfffffff0, 4)
    await expect(
      readAll({ '.zarray': array({ compressor: { id: 'blosc' } }), 0: frame }),
    ).rejects.toMatchObject(refused)
  })

  it('a chunk of 4 GB is refused with its size, and may be selected from where it is stored as it is', async () => {
    const large = { shape: [2 ** 30], chunks: [2 ** 30] }
    const packed = await openFiles({ '.zarray': array({ ...large, compressor: { id: 'zstd' } }) })
    const range = [{ start: 0, end: 4, step: 1 }]
    const refused = { code: 'OverBudget', details: { bytes: 2 ** 32 } }
    await expect(collect(packed, 'memory', range)).rejects.toMatchObject(refused)
    await expect(packed.estimate('memory', range)).rejects.toMatchObject(refused)
    const plain = await openFiles({
      '.zarray': array(large),
      0: Buffer.from(Int32Array.of(1, 2, 3, 4).buffer),
    })
    expect((await collect(plain, 'memory', range)).values).toEqual([1, 2, 3, 4])
    expect(await plain.estimate('memory', range)).toEqual({ requests: 1, bytes: 16 })
    const beyond = [{ start: 0, end: 5, step: 1 }]
    await expect(collect(plain, 'memory', beyond)).rejects.toMatchObject({ code: 'Corrupt' })
  })

  it('an object longer than its chunk can be is not read to its end', async () => {
    let travelled = 0
    const { objects } = store({ '.zarray': array() })
    const endless: Objects = {
      ...objects,
      async get(path, options) {
        if (!/^\d/.test(path)) return objects.get(path)
        for (; travelled < 1 << 30; travelled += 1 << 16) options?.meter?.received(1 << 16)
        return new Uint8Array()
      },
    }
    const dataset = await openWith(zarr, endless)
    await expect(collect(dataset, 'memory', whole([8]))).rejects.toMatchObject({ code: 'Corrupt' })
    expect(travelled).toBeLessThan(1 << 20)
  })

  it('an index of a shard that leads outside it, or to a chunk of 4 GB, is refused', async () => {
    const configuration = {
      chunk_shape: [4],
      codecs: [{ name: 'bytes' }, { name: 'zstd' }],
      index_codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
    }
    const sharded = arrayV3({
      chunk_grid: { name: 'regular', configuration: { chunk_shape: [8] } },
      codecs: [{ name: 'sharding_indexed', configuration }],
    })
    const none = 2n ** 64n - 1n
    for (const [offset, length] of [
      [10n, 100n],
      [0n, 2n ** 32n],
      [2n ** 63n, 1n],
      [none, 5n],
    ] as const) {
      const index = new BigUint64Array([offset, length, none, none])
      const files = { 'zarr.json': sharded, 'c/0': new Uint8Array(index.buffer) }
      await expect(readAll(files)).rejects.toMatchObject({ code: 'Corrupt' })
    }
  })
})

it('a checksum that does not hold is told', async () => {
  // The check value of CRC-32C in RFC 3720 and in every catalogue of checksums.
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  const data = Buffer.from(Int32Array.of(1, 2, 3, 4).buffer)
  const sum = Buffer.alloc(4)
  sum.writeUInt32LE(crc32c(data))
  const document = arrayV3({ codecs: [...arrayV3().codecs, { name: 'crc32c' }] })
  const good = Buffer.concat([data, sum])
  const { values } = await readAll({ 'zarr.json': document, 'c/0': good, 'c/1': good })
  expect(values).toEqual([1, 2, 3, 4, 1, 2, 3, 4])
  const bad = Buffer.from(good)
  bad[3] = 1
  await expect(readAll({ 'zarr.json': document, 'c/0': bad })).rejects.toMatchObject({
    code: 'Corrupt',
    message: expect.stringContaining('checksum'),
  })
})

describe('broken bytes', async () => {
  const expected = Array.from({ length: 512 }, (_, i) => i % 37)
  const data = new Uint8Array(Int32Array.from(expected).buffer)
  const encoded: Record<string, { readonly id: string; readonly bytes: Uint8Array }> = {
    zstd: { id: 'zstd', bytes: zstdCompressSync(data) },
    gzip: { id: 'gzip', bytes: gzipSync(data) },
  }
  for (const name of ['lz4', 'lz4hc', 'blosclz', 'snappy', 'zstd', 'zlib'])
    for (const shuffle of [0, 1, 2])
      encoded[`blosc ${name} ${shuffle}`] = {
        id: 'blosc',
        bytes: await new Blosc(5, name, shuffle).encode(data),
      }
  const filesOf = (id: string, bytes: Uint8Array) => ({
    '.zarray': array({ compressor: { id }, shape: [512], chunks: [512] }),
    0: bytes,
  })

  it.each(Object.keys(encoded))('%s is read as its own library wrote it', async name => {
    const { id, bytes } = encoded[name]!
    expect((await readAll(filesOf(id, bytes), [512])).values).toEqual(expected)
  })

  it('of any codec are an error that says so, or values', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(encoded)),
        fc.array(fc.record({ at: fc.nat(5000), byte: fc.nat(255) }), { minLength: 1, maxLength: 5 }),
        fc.option(fc.nat(5000)),
        async (name, changes, cut) => {
          const { id, bytes } = encoded[name]!
          let broken = Uint8Array.from(bytes)
          for (const { at, byte } of changes) broken[at % broken.length] = byte
          if (cut !== null) broken = broken.subarray(0, cut % broken.length)
          try {
            await readAll(filesOf(id, broken), [512])
          } catch (error) {
            expect(error).toBeInstanceOf(ReaderError)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
