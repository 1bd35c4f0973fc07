import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Ledger } from '../budget.ts'
import type { Objects } from '../objects.ts'
import { costOfRanges, planRanges, readRanges } from './coalesce.ts'
import { localObjects } from './local.ts'
import { meteredObjects } from './metered.ts'

const content = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7) % 256))
let root: string
let objects: Objects

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'frost-coalesce-'))
  writeFileSync(join(root, 'data'), content)
  objects = localObjects(root)
})
afterAll(() => rmSync(root, { recursive: true }))

const range = fc
  .tuple(fc.nat(4999), fc.nat(800))
  .map(([start, length]) => ({ start, end: Math.min(5000, start + length) }))
const options = fc.record({
  gap: fc.nat(300),
  maxRequest: fc.integer({ min: 1, max: 1000 }),
  concurrency: fc.integer({ min: 1, max: 4 }),
})

describe('many ranges by few requests', () => {
  it('are the bytes of each, at the cost that was planned', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(range, { maxLength: 12 }), options, async (ranges, options) => {
        const ledger = new Ledger()
        const read = await readRanges(meteredObjects(objects, ledger), 'data', ranges, options)
        expect(read!.map(bytes => Buffer.from(bytes))).toEqual(
          ranges.map(({ start, end }) => content.subarray(start, end)),
        )
        expect(ledger.spent).toEqual(costOfRanges(ranges, options))
      }),
      { numRuns: 60 },
    )
  })

  it('are never asked for in more than may be, nor further apart than the gap', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 20 }), options, (ranges, options) => {
        for (const { start, end, pieces } of planRanges(ranges, options)) {
          expect(end - start).toBeLessThanOrEqual(options.maxRequest)
          let covered = start
          for (const piece of pieces) {
            expect(piece.start - covered).toBeLessThanOrEqual(options.gap)
            covered = Math.max(covered, piece.end)
          }
          expect(covered).toBe(end)
        }
      }),
    )
  })

  it('that are neighbours come in one', () => {
    const ranges = [
      { start: 100, end: 200 },
      { start: 0, end: 100 },
      { start: 250, end: 300 },
    ]
    expect(costOfRanges(ranges, { gap: 50 })).toEqual({ requests: 1, bytes: 300 })
    expect(costOfRanges(ranges, { gap: 49 })).toEqual({ requests: 2, bytes: 250 })
    expect(costOfRanges([])).toEqual({ requests: 0, bytes: 0 })
  })

  it('of no object are undefined, beyond its end an error', async () => {
    expect(await readRanges(objects, 'nothing', [{ start: 0, end: 10 }])).toBeUndefined()
    await expect(readRanges(objects, 'data', [{ start: 4990, end: 5001 }])).rejects.toMatchObject({
      code: 'Corrupt',
      message: expect.stringContaining('ends at byte 5000'),
    })
  })

  it('that fail cancel the others', async () => {
    const signals: AbortSignal[] = []
    const failing: Objects = {
      ...objects,
      getRange(_path, start, _end, read) {
        signals.push(read!.signal!)
        if (start === 0) return Promise.reject(new Error('broken'))
        return new Promise((_, reject) => {
          read!.signal!.addEventListener('abort', () => reject(new Error('stopped')))
        })
      },
    }
    const ranges = [0, 1000, 2000, 3000].map(start => ({ start, end: start + 1 }))
    await expect(readRanges(failing, 'data', ranges, { gap: 0, concurrency: 2 })).rejects.toThrow('broken')
    expect(signals.map(signal => signal.aborted)).toEqual([true, true])
  })
})
