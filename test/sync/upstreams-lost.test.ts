/** How connections, logs and cursors that are lost are survived: on a real relay and real PDSes. */
import { beforeEach, describe, expect, it } from 'vitest'
import { type Account, put } from './told-history.ts'
import { ALPHA, counters, soon, UpstreamsStand } from './upstreams-stand.ts'

const stand = new UpstreamsStand()

describe('a connection', () => {
  it('is made again after waits that double, with jitter, up to a limit, and begin anew after success', async () => {
    const writer = await stand.accountAt(ALPHA)
    await put(writer, 'before')
    const waits: number[] = []
    const limits = { reconnectFrom: 16, reconnectTo: 100 }
    const onError = (_: unknown, { stage, retryIn }: Record<string, unknown>) => {
      if (stage === 'connection') waits.push(retryIn as number)
    }
    const consumer = await stand.following([stand.urlOf(ALPHA)], { limits, onError })
    await stand.agrees(writer)
    await stand.network.pds(ALPHA).stop()
    try {
      await soon(() => waits.length).toBeGreaterThanOrEqual(7)
    } finally {
      await stand.network.pds(ALPHA).restart()
    }
    for (const [attempt, wait] of waits.entries()) {
      const most = Math.min(100, 16 * 2 ** attempt)
      expect(wait).toBeGreaterThanOrEqual(most / 2 - 1)
      expect(wait).toBeLessThanOrEqual(most)
    }
    // Those at the limit are not all the same.
    expect(new Set(waits.slice(3)).size).toBeGreaterThan(1)

    // Success is a message, not a connection: a server may take one and close it.
    await soon(() => consumer.status().upstreams[0]!.connected).toBe(true)
    const { messages = 0 } = counters(consumer)
    await put(writer, 'after')
    await soon(() => counters(consumer).messages).toBeGreaterThan(messages)
    await stand.agrees(writer)
    waits.length = 0
    await stand.network.pds(ALPHA).kill()
    try {
      await soon(() => waits.length).toBeGreaterThanOrEqual(1)
      expect(waits[0]).toBeLessThanOrEqual(16)
    } finally {
      await stand.network.pds(ALPHA).restart()
    }
  })
})

describe('a relay', () => {
  let writer: Account
  beforeEach(async () => {
    writer = await stand.accountAt(ALPHA)
    await put(writer, 'first')
    await stand.following([stand.network.relayUrl])
    await stand.agrees(writer)
    await put(writer, 'second')
    await stand.agrees(writer)
    await stand.upToDate()
  })

  it('that no longer has what comes after the cursor says so, and the heads are compared', async () => {
    await stand.stopAll()
    await put(writer, 'lost')
    await soon(() => stand.network.relay.store.repo(writer.did)?.rev).toBe(await revOf(writer))
    stand.network.relay.loseLog()
    const consumer = await stand.following([stand.network.relayUrl])
    await stand.agrees(writer)
    expect(counters(consumer)).toMatchObject({ 'gap.outdated': 1, info: 1 })
    await put(writer, 'live')
    await stand.agrees(writer)
  })

  it('that counts anew refuses the old cursor; it is forgotten, and the heads are compared', async () => {
    await stand.stopAll()
    await put(writer, 'lost')
    await soon(() => stand.network.relay.store.repo(writer.did)?.rev).toBe(await revOf(writer))
    stand.network.relay.loseLog({ restartSequence: true })
    const consumer = await stand.following([stand.network.relayUrl])
    await stand.agrees(writer)
    expect(counters(consumer)['gap.reset']).toBe(1)
    await put(writer, 'live')
    await stand.agrees(writer)
    await stand.upToDate()
    await stand.stopAll()
    await put(writer, 'later')
    const next = await stand.following([stand.network.relayUrl])
    await stand.agrees(writer)
    expect(counters(next)).not.toHaveProperty('gap.reset')
  })

  it('that loses its log under a connection is followed by its new numbers', async () => {
    stand.network.relay.loseLog({ restartSequence: true })
    for (const rkey of ['a', 'b', 'c']) await put(writer, rkey)
    await stand.agrees(writer)
    expect(counters(stand.running[0]!)['gap.reset']).toBe(1)
    await stand.upToDate()
  })

  it('that says what no consumer knows yet is followed past it', async () => {
    const unknown = {
      type: '#future' as '#identity',
      did: `did:plc:${'f'.repeat(24)}`,
      seq: 0,
      body: { news: true },
    }
    stand.network.relay.store.append([{ host: 'localhost:1', message: unknown }])
    await put(writer, 'after-it')
    await stand.agrees(writer)
    await stand.upToDate()
    expect(counters(stand.running[0]!).unknown).toBe(1)
  })
})

async function revOf({ did, agent }: Account): Promise<string> {
  return (await agent.com.atproto.sync.getLatestCommit({ did })).data.rev
}
