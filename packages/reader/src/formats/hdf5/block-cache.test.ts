import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BlockCache } from './block-cache.ts'

const BLOCK = 16 * 1024

function cacheOf(size: number, most = 8 * BLOCK) {
  const file = Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8)) % 251)
  const fetches: [start: number, end: number][] = []
  const cache = new BlockCache(
    (start, end) => {
      fetches.push([start, end])
      return file.subarray(start, end)
    },
    size,
    most,
  )
  return { file, fetches, cache }
}

describe('a file in blocks', () => {
  it('gives the bytes of the file, whatever is read in whatever order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300_000 }),
        fc.array(fc.tuple(fc.nat(310_000), fc.nat(200_000)), { maxLength: 12 }),
        (size, reads) => {
          const { cache, file, fetches } = cacheOf(size)
          for (const [position, length] of reads) {
            const target = new Uint8Array(length).fill(255)
            const given = cache.read(position, target)
            expect(given).toBe(Math.max(0, Math.min(size, position + length) - position))
            expect(
              Buffer.from(target.subarray(0, given)).equals(file.subarray(position, position + given)),
            ).toBe(true)
            expect(target.subarray(given).every(byte => byte === 255)).toBe(true)
          }
          for (const [start, end] of fetches) {
            expect(start % BLOCK).toBe(0)
            expect(end === size || end % BLOCK === 0).toBe(true)
            expect(end - start).toBeLessThanOrEqual(8 * BLOCK)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('is fetched once where it is read again', () => {
    const { cache, fetches } = cacheOf(100 * BLOCK)
    cache.read(5, new Uint8Array(10))
    cache.read(3 * BLOCK + 1, new Uint8Array(10))
    cache.read(7, new Uint8Array(BLOCK - 7))
    expect(fetches).toEqual([
      [0, BLOCK],
      [3 * BLOCK, 4 * BLOCK],
    ])
    expect(cache.reads).toBe(3)
  })

  it('in sequence costs few fetches, each twice as long', () => {
    const { cache, fetches } = cacheOf(300 * BLOCK, 64 * BLOCK)
    for (let at = 0; at < 200; at++) cache.read(at * BLOCK, new Uint8Array(100))
    expect(fetches.slice(0, 7).map(([start, end]) => (end - start) / BLOCK)).toEqual([1, 2, 4, 8, 16, 32, 64])
    expect(fetches.length).toBeLessThan(12)
  })

  it('keeps no more than its bound', () => {
    const { cache, fetches } = cacheOf(2200 * BLOCK, BLOCK)
    for (let at = 0; at < 2200; at += 2) cache.read(at * BLOCK, new Uint8Array(1))
    for (let at = 1; at < 2200; at += 2) cache.read(at * BLOCK, new Uint8Array(1))
    const before = fetches.length
    cache.read(2199 * BLOCK, new Uint8Array(1))
    expect(fetches.length).toBe(before)
    cache.read(0, new Uint8Array(1))
    expect(fetches.length).toBe(before + 1)
  })

  it('fails where bytes cannot be had, and reads on later', () => {
    let isThere = false
    const cache = new BlockCache(
      (start, end) => (isThere ? new Uint8Array(end - start) : undefined),
      100,
      BLOCK,
    )
    expect(() => cache.read(0, new Uint8Array(4))).toThrow('bytes 0 to 100 could not be read')
    isThere = true
    expect(cache.read(0, new Uint8Array(4))).toBe(4)
  })
})
