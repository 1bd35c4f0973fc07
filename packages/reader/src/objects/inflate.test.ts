import { randomBytes } from 'node:crypto'
import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type Codec, inflateBounded } from './inflate.ts'

const codecs: [Codec, (bytes: Uint8Array) => Buffer][] = [
  ['gzip', gzipSync],
  ['zlib', deflateSync],
  ['deflate', deflateRawSync],
  ['brotli', bytes => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ['zstd', zstdCompressSync],
]

describe.each(codecs)('%s', (codec, compress) => {
  const bytes = Buffer.concat([randomBytes(10_000), Buffer.alloc(90_000)])

  it('gives what was compressed, also where that is all that may be', () => {
    expect(Buffer.from(inflateBounded(codec, compress(bytes), 1_000_000))).toEqual(bytes)
    expect(Buffer.from(inflateBounded(codec, compress(bytes), bytes.length))).toEqual(bytes)
    expect(inflateBounded(codec, compress(Buffer.alloc(0)), 0)).toHaveLength(0)
  })

  it('never gives one byte more than may be', () => {
    expect(() => inflateBounded(codec, compress(bytes), bytes.length - 1)).toThrow(/hold more than the 99999/)
    expect(() => inflateBounded(codec, compress(Buffer.alloc(2)), 1)).toThrow(/more than/)
    expect(() => inflateBounded(codec, compress(Buffer.alloc(1)), 0)).toThrow(/more than/)
  })

  it('holds a bomb off at small cost', () => {
    const bomb = compress(Buffer.alloc(64_000_000))
    const before = process.memoryUsage.rss()
    expect(() => inflateBounded(codec, bomb, 100_000)).toThrow(
      expect.objectContaining({ code: 'OverBudget' }),
    )
    expect(process.memoryUsage.rss() - before).toBeLessThan(32_000_000)
  })

  it('says what is cut off or something else', () => {
    const corrupt = expect.objectContaining({ code: 'Corrupt' })
    expect(() => inflateBounded(codec, compress(bytes).subarray(0, 5_000), 1_000_000)).toThrow(corrupt)
    expect(() => inflateBounded(codec, Buffer.from('no such thing at all'), 1_000_000)).toThrow(corrupt)
  })
})

it('several gzip members are one', () => {
  const members = Buffer.concat([gzipSync('first,'), gzipSync('second')])
  expect(Buffer.from(inflateBounded('gzip', members, 12)).toString()).toBe('first,second')
})

it('several zstd frames are one, of which Node gives the first alone', () => {
  const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
  const frames = Buffer.concat([skippable, zstdCompressSync('first,'), skippable, zstdCompressSync('second')])
  expect(Buffer.from(inflateBounded('zstd', frames, 12)).toString()).toBe('first,second')
  expect(() => inflateBounded('zstd', frames, 11)).toThrow(expect.objectContaining({ code: 'OverBudget' }))
  expect(() => inflateBounded('zstd', Buffer.concat([frames, Buffer.from('x')]), 100)).toThrow(
    expect.objectContaining({ code: 'Corrupt' }),
  )
})

it('a zstd frame that asks for a window far beyond what may come is refused', () => {
  const frame = (windowLog: number) =>
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (windowLog - 10) << 3, 0x09, 0, 0, 0x78])
  expect(Buffer.from(inflateBounded('zstd', frame(23), 2 << 20)).toString()).toBe('x')
  expect(() => inflateBounded('zstd', frame(27), 2 << 20)).toThrow(
    expect.objectContaining({ code: 'Corrupt' }),
  )
  expect(inflateBounded('zstd', frame(27), 128 << 20)).toHaveLength(1)
})
