import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sharedPath } from '../shared.ts'
import { type Stand, stand } from '../stand.ts'
import { Carrier, CORPORA, lookFor, settled } from './carry.ts'

describe('whole catalogues, carried into repositories', () => {
  let world: Stand
  let carrier: Awaited<ReturnType<typeof Carrier.open>>
  let held = 0
  beforeAll(async () => {
    world = await stand()
    carrier = await Carrier.open(world)
  })
  afterAll(async () => {
    await carrier?.[Symbol.asyncDispose]()
    await world?.[Symbol.asyncDispose]()
  })

  it.each(CORPORA)(
    '%s from %s: all %i are found by their titles',
    { timeout: 600_000 },
    async (...corpus) => {
      const [catalog, folder, count] = corpus
      const path = sharedPath('corpora', folder)
      if (path === undefined) return
      const { report, titles } = await carrier.carry(catalog, path)
      expect(report).toMatchObject({ read: count, created: count, rejected: [] })
      held += count
      await settled(world, held)
      expect((await lookFor(world, titles, 4)).missing).toEqual([])
    },
  )

  it('a second import writes nothing', { timeout: 60_000 }, async () => {
    const path = sharedPath('corpora', 'croissant')
    if (path === undefined) return
    const { report } = await carrier.carry('croissant', path)
    expect(report).toMatchObject({ read: 43, created: 0, updated: 0, unchanged: 43, points: 0 })
  })
})
