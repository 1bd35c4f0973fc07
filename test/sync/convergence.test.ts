/** `FROST_SEEDS=17,18` replays seeds; `npm run soak` runs many. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DatabaseServer, databaseServer } from '../index/engines.ts'
import { converge } from './converge.ts'

const seeds = (process.env.FROST_SEEDS ?? '1,2').split(',').map(Number)

describe('any interleaving of writes, faults, lies, moves and kills ends in what the repositories hold', () => {
  let server: DatabaseServer
  beforeAll(async () => {
    server = await databaseServer()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  it.each(seeds)('seed %i', { timeout: 400_000 }, async seed => {
    const story: string[] = []
    try {
      const { records, accounts, kills } = await converge(seed, {
        database: () => server.create(`seed${seed}`),
        log: line => story.push(line),
      })
      expect(records).toBeGreaterThan(0)
      expect(accounts).toBeGreaterThan(0)
      expect(kills).toBeGreaterThan(0)
    } catch (error) {
      throw new Error(`replay with FROST_SEEDS=${seed}: ${(error as Error).message}\n${story.join('\n')}`, {
        cause: error,
      })
    }
  })
})
