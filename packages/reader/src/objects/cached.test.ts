import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Ledger } from '../budget.ts'
import { cachedObjects } from './cached.ts'
import { localObjects } from './local.ts'
import { meteredObjects } from './metered.ts'

const content = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251))
let root: string

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'frost-cached-'))
  writeFileSync(join(root, 'data'), content)
  writeFileSync(join(root, 'empty'), '')
})
afterAll(() => rmSync(root, { recursive: true }))

const read = fc.tuple(fc.integer({ min: -1200, max: 1200 }), fc.option(fc.nat(1300), { nil: undefined }))

describe('cached objects', () => {
  it('answer as those below, whatever was read before', async () => {
    const below = localObjects(root)
    const settings = fc.record({
      blockBytes: fc.integer({ min: 1, max: 300 }),
      maxBytes: fc.nat(1500),
      maxRead: fc.nat(1500),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(read, { maxLength: 12 }), settings, async (reads, settings) => {
        const cached = cachedObjects(below, settings)
        for (const path of ['data', 'empty', 'nothing']) {
          for (const [start, end] of reads) {
            const [mine, theirs] = await Promise.all([
              cached.getRange(path, start, end),
              below.getRange(path, start, end),
            ])
            expect(mine && { ...mine, bytes: Buffer.from(mine.bytes) }).toEqual(
              theirs && { ...theirs, bytes: Buffer.from(theirs.bytes) },
            )
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  it('ask for a block once, and for missing ones between in one request', async () => {
    const ledger = new Ledger()
    const cached = cachedObjects(meteredObjects(localObjects(root), ledger), { blockBytes: 100 })
    await cached.getRange('data', 10, 20)
    await cached.getRange('data', 30, 100)
    expect(ledger.spent).toEqual({ requests: 1, bytes: 100 })
    await cached.getRange('data', 510, 520)
    await cached.getRange('data', 50, 650)
    expect(ledger.spent).toEqual({ requests: 4, bytes: 700 })
    await cached.getRange('data', -100)
    await cached.getRange('data', 900, 1000)
    expect(ledger.spent.requests).toBe(5)
  })
})
