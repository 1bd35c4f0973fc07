import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ArrayBlock, ArrayDataset, IndexRange } from '../../dataset.ts'
import { localObjects } from '../../objects/local.ts'
import type { Objects } from '../../objects.ts'
import { collect, openWith, whole } from '../arrays/oracle.ts'
import { zarr } from './index.ts'
import { array, store } from './memory-store.ts'

async function blocksOf(dataset: ArrayDataset, ranges: readonly IndexRange[]): Promise<ArrayBlock[]> {
  const blocks: ArrayBlock[] = []
  for await (const block of dataset.read('memory', ranges)) blocks.push(block)
  return blocks
}

describe('blocks', () => {
  it('come in C order, small, whatever the chunks', async () => {
    const document = array({ shape: [3000, 3000], chunks: [2500, 1500], compressor: { id: 'zstd' } })
    const numbers = Int32Array.from({ length: 2500 * 1500 }, (_, i) => i)
    const chunk = zstdCompressSync(new Uint8Array(numbers.buffer))
    const keys = ['0.0', '0.1', '1.0', '1.1']
    const files = Object.fromEntries(keys.map(key => [key, chunk]))
    const { objects, requests } = store({ '.zarray': document, ...files })
    const dataset = await openWith(zarr, objects)
    requests.length = 0
    const blocks = await blocksOf(dataset, whole([3000, 3000]))
    const starts = blocks.map(({ start }) => start)
    expect(starts).toEqual([...starts].sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d))
    const sizes = blocks.map(({ values }) => (values as Int32Array).byteLength)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(8 << 20)
    expect(requests.sort()).toEqual(keys)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(4 * 9_000_000)
    for (const { start, shape, values } of blocks) {
      const [row = 0, column = 0] = start
      const width = shape[1]!
      for (const i of [0, values.length - 1, values.length >> 1]) {
        const [y, x] = [(row + Math.floor(i / width)) % 2500, (column + (i % width)) % 1500]
        expect(values[i]).toBe(y * 1500 + x)
      }
    }
  })

  it('gather small chunks, each read once', async () => {
    const files: Record<string, Uint8Array> = {}
    for (let i = 0; i < 1000; i++) files[i] = Buffer.from(Int32Array.of(2 * i, 2 * i + 1).buffer)
    const { objects, requests } = store({ '.zarray': array({ shape: [2000], chunks: [2] }), ...files })
    const dataset = await openWith(zarr, objects)
    requests.length = 0
    const blocks = await blocksOf(dataset, whole([2000]))
    expect(blocks.map(({ values }) => values.length)).toEqual([2000])
    expect(new Set(requests).size).toBe(1000)
    expect(requests.length).toBe(1000)
  })

  it('end with the signal, and with a consumer that stops', async () => {
    // One block a row.
    const row = 1 << 20
    const document = array({ shape: [64, row], chunks: [1, row], compressor: { id: 'zstd' } })
    const zeros = zstdCompressSync(new Uint8Array(4 * row))
    let waiting = 0
    const { objects } = store({ '.zarray': document })
    const slow: Objects = {
      ...objects,
      get(path, options) {
        if (!/^\d/.test(path)) return objects.get(path)
        if (path === '0.0') return Promise.resolve(zeros)
        waiting++
        return new Promise((_, reject) => {
          const end = () => {
            waiting--
            reject(options!.signal!.reason)
          }
          if (options!.signal!.aborted) end()
          else options!.signal!.addEventListener('abort', end, { once: true })
        })
      },
    }
    const dataset = await openWith(zarr, slow)
    for await (const { start } of dataset.read('memory', whole([64, row]))) {
      expect(start).toEqual([0, 0])
      expect(waiting).toBeGreaterThan(0)
      break
    }
    expect(waiting).toBe(0)
    const cancel = new AbortController()
    const read = async () => {
      for await (const { start } of dataset.read('memory', whole([64, row]), { signal: cancel.signal }))
        if (start[0] === 0) cancel.abort()
    }
    await expect(read()).rejects.toMatchObject({ code: 'Cancelled' })
    expect(waiting).toBe(0)
  })
})

describe('chunks that are stored as they are', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zarr-blocks-'))
  const shape = [40, 300, 211]
  const values = Float32Array.from({ length: 40 * 300 * 211 }, (_, i) => i)
  writeFileSync(
    join(folder, '.zarray'),
    JSON.stringify(array({ shape, chunks: [20, 300, 211], dtype: '<f4' })),
  )
  for (const half of [0, 1]) {
    const bytes = Buffer.from(values.buffer, (half * values.byteLength) / 2, values.byteLength / 2)
    writeFileSync(join(folder, `${half}.0.0`), bytes)
  }

  const range = (size: number) =>
    fc
      .tuple(fc.nat(size - 1), fc.nat(40), fc.integer({ min: 1, max: 50 }))
      .map(([start, length, step]) => ({ start, end: Math.min(size, start + length), step }))

  it('give any selection as its slice, by the bytes that were estimated', async () => {
    const local = localObjects(folder)
    let cost = { requests: 0, bytes: 0 }
    const counted: Objects = {
      name: 'plain',
      get: (path, options) => local.get(path, options),
      async getRange(...args) {
        const ranged = await local.getRange(...args)
        cost = { requests: cost.requests + 1, bytes: cost.bytes + (ranged?.bytes.length ?? 0) }
        return ranged
      },
    }
    const dataset = await openWith(zarr, counted)
    await fc.assert(
      fc.asyncProperty(range(40), range(300), range(211), async (a, b, c) => {
        const estimated = await dataset.estimate('plain', [a, b, c])
        cost = { requests: 0, bytes: 0 }
        const { values: read } = await collect(dataset, 'plain', [a, b, c])
        expect(cost).toEqual(estimated)
        const expected: number[] = []
        for (let i = a.start; i < a.end; i += a.step)
          for (let j = b.start; j < b.end; j += b.step)
            for (let k = c.start; k < c.end; k += c.step) expected.push(values[(i * 300 + j) * 211 + k]!)
        expect(read).toEqual(expected)
      }),
      { numRuns: 40 },
    )
    const rows = [{ start: 3, end: 4, step: 1 }, { start: 5, end: 7, step: 1 }, ...whole([211])]
    expect(await dataset.estimate('plain', rows)).toEqual({ requests: 1, bytes: 2 * 211 * 4 })
  })
})
