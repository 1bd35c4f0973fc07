/** How a slow store makes a real relay wait. */
import { readFrame } from '@frost/network/relay/frames'
import { describe, expect, it } from 'vitest'
import { FirehoseReader } from '../network/firehose.ts'
import { put } from './told-history.ts'
import { ALPHA, counters, soon, UpstreamsStand } from './upstreams-stand.ts'

const stand = new UpstreamsStand()

describe('back-pressure', () => {
  it('reaches the socket: a relay sends no more than a bounded number of bytes to a consumer whose store is slow', {
    timeout: 90_000,
  }, async () => {
    const writer = await stand.accountAt(ALPHA)
    await put(writer, 'first')
    await stand.following([stand.network.relayUrl])
    await stand.agrees(writer)
    const begin = stand.network.relay.store.seq
    await put(writer, 'large', { text: 'x'.repeat(140_000) })
    await stand.agrees(writer)
    await stand.stopAll()

    // The same commit again and again: many bytes, and nothing new in them.
    const MESSAGES = 300
    const large = stand.network.relay.store.after(begin, 100).find(({ frame }) => frame.length > 100_000)!
    const frame = readFrame(large.frame)
    if (frame.kind !== 'message') throw new Error('no message')
    const { message } = frame
    for (let n = 0; n < MESSAGES; n += 100)
      stand.network.relay.store.append(
        Array.from({ length: 100 }, () => ({ host: stand.network.pds(ALPHA).hostname, message })),
      )
    let sent = 0
    stand.network.relay.faults.set({
      delayMs: Number.MIN_VALUE,
      select: ({ frame: _, ...event }: { frame?: unknown; did: string }) => {
        if (event.did === writer.did) sent++
        return false
      },
    } as Parameters<typeof stand.network.relay.faults.set>[0])

    const open = Promise.withResolvers<void>()
    stand.store.gate = () => open.promise
    const limits = { openBytes: 4_000_000 }
    const consumer = await stand.following([stand.network.relayUrl], { limits })
    try {
      await soon(() => counters(consumer).paused).toBeGreaterThanOrEqual(1)
      // Another consumer takes all of it meanwhile: what the slow one was sent until then is all that its socket takes.
      using reader = new FirehoseReader(stand.network.relayUrl, begin)
      await reader.until(() => reader.messages.at(-1)?.seq === stand.network.relay.store.seq, 60_000)
      sent -= reader.messages.filter(({ did }) => did === writer.did).length
      // What the consumer holds, as much in the batch under way, what the relay buffers, what the sockets of the system take.
      expect(sent * large.frame.length).toBeLessThan(2 * limits.openBytes + 4_000_000 + 16_000_000)
      expect(sent).toBeLessThan(MESSAGES)
      expect(consumer.status().upstreams[0]!.connected).toBe(true)
    } finally {
      open.resolve()
    }
    await stand.upToDate()
    expect(counters(consumer)['ignored.duplicate']).toBe(MESSAGES)
    await soon(() => consumer.status().queued).toBe(0)
  })
})
