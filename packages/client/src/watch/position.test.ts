import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Position } from './position.ts'

let folder: string
let files = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'frost-position-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))
const file = () => join(folder, `${files++}.json`)

it('begins where it is told, and then where it was', async () => {
  const path = file()
  expect((await Position.open(path, async () => 7)).cursor).toBe(7)
  expect((await Position.open(path, async () => 100)).cursor).toBe(7)
})

it('any order of finishing and any crash: what was not finished comes again, what was finished does not', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 }),
      fc.infiniteStream(fc.nat()),
      fc.nat({ max: 20 }),
      async (seqs, chances, finished) => {
        const path = file()
        const ordered = [...seqs].sort((a, b) => a - b)
        const position = await Position.open(path, async () => 0)
        for (const seq of ordered) expect(position.take(seq)).toBe(true)
        const left = [...ordered]
        for (let number = 0; number < finished && left.length > 0; number++) {
          const [seq] = left.splice(chances.next().value! % left.length, 1)
          await position.finish(seq!)
        }
        const after = await Position.open(path, async () => 1000)
        const again = ordered.filter(seq => seq > after.cursor && after.take(seq))
        expect(again).toEqual(left)
      },
    ),
    { numRuns: 40 },
  )
})
