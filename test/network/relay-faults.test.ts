/** The faults that tests ask the relay for. */
import { testNetwork } from '@frost/network/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { FirehoseReader, touches } from './firehose.ts'
import { paths, RelayStand, THING } from './relay-stand.ts'

const stand = new RelayStand()

describe('faults on demand', () => {
  /** Reads everything from the beginning under a fault until the newest event has come or the connection is gone. */
  async function readAll(cursor = 0): Promise<FirehoseReader> {
    const reader = new FirehoseReader(stand.network.relayUrl, cursor)
    const last = stand.network.relay.store.seq
    await Promise.race([reader.until(() => reader.messages.at(-1)?.seq === last), reader.closed])
    reader.close()
    return reader
  }

  beforeAll(async () => {
    const account = await stand.newAccount()
    for (let index = 0; index < 30; index++) await stand.put(account, `n${index}`)
    await stand.put(account, 'end')
    using reader = new FirehoseReader(stand.network.relayUrl, 0)
    await reader.find(touches(`${THING}/end`))
  })

  it('drops and duplicates events', async () => {
    const seqs: number[][] = []
    for (let run = 0; run < 2; run++) {
      stand.network.relay.faults.set({
        seed: 5,
        drop: 0.3,
        duplicate: 0.2,
        select: ({ seq }) => seq < stand.network.relay.store.seq,
      })
      seqs.push((await readAll()).messages.map(({ seq }) => seq))
    }
    stand.network.relay.faults.clear()
    const whole = (await readAll()).messages.map(({ seq }) => seq)
    for (const seen of seqs) {
      expect(new Set(seen).size).toBeLessThan(whole.length)
      expect(new Set(seen).size).toBeLessThan(seen.length)
    }
  })

  it('tampers with blocks so that the frame still decodes', async () => {
    const whole = (await readAll()).messages
    stand.network.relay.faults.set({ tamper: 1, select: ({ type }) => type === '#commit' })
    const harmed = await readAll()
    expect(harmed.undecodable).toBe(0)
    for (const [index, message] of harmed.messages.entries()) {
      const same = Buffer.from(message.bytes).equals(Buffer.from(whole[index]!.bytes))
      expect(same).toBe(message.type !== '#commit')
    }
  })

  it('cuts the connection; a consumer that comes back with its cursor misses nothing', async () => {
    stand.network.relay.faults.set({ seed: 3, disconnect: 0.2 })
    const seen: number[] = []
    const last = stand.network.relay.store.seq
    for (let tries = 0; seen.at(-1) !== last && tries < 500; tries++) {
      const reader = await readAll(seen.at(-1) ?? stand.network.relay.store.floor)
      seen.push(...reader.messages.map(({ seq }) => seq))
    }
    const floor = stand.network.relay.store.floor
    expect(seen).toEqual(Array.from({ length: last - floor }, (_, index) => floor + index + 1))
  })

  it('reorders across accounts and never within one', async () => {
    const writers = await Promise.all([stand.newAccount(), stand.newAccount(), stand.newAccount('icebucket')])
    using reader = await new FirehoseReader(stand.network.relayUrl).open()
    stand.network.relay.faults.set({ seed: 2, reorder: 12, reorderWaitMs: 2_000 })
    const rkeys = Array.from({ length: 8 }, (_, index) => `r${index}`)
    for (const rkey of rkeys) for (const writer of writers) await stand.put(writer, rkey)
    await reader.until(() => paths(reader.messages).length >= 24)
    const order = reader.messages.map(({ did }) => did)
    expect(order).not.toEqual(rkeys.flatMap(() => writers.map(({ did }) => did)))
    for (const { did } of writers) {
      expect(paths(reader.messages.filter(message => message.did === did))).toEqual(rkeys)
    }
    const seqs = reader.messages.map(({ seq }) => seq)
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
  })

  it('begins its sequence anew, as after a loss of everything', async () => {
    await using lost = await testNetwork({ pdses: [{ name: 'icehub', domain: 'icehub.test' }] })
    const account = await lost.createAccount({ handle: 'survivor' })
    await expect.poll(() => lost.relay.store.seq).toBe(4)
    lost.relay.loseLog({ restartSequence: true })
    using reader = new FirehoseReader(lost.relayUrl, 4)
    await reader.closed
    expect(reader.errors).toEqual(['FutureCursor'])
    using fresh = await new FirehoseReader(lost.relayUrl, 0).open()
    const record = { $type: THING }
    const body = { repo: account.did, collection: THING, rkey: 'first', record }
    await lost.pds().call('com.atproto.repo.putRecord', { session: account, body })
    expect((await fresh.find(touches(`${THING}/first`))).seq).toBe(1)
  })
})
