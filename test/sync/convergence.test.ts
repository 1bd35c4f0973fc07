/**
 * Accounts write, sleep, move and are deleted; the relay drops, duplicates, reorders, delays, tampers and disconnects; AppViews
 * are killed at random moments. In the end every AppView holds what the repositories hold, record for record.
 * `FROST_SEEDS=17,18` replays seeds.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openIndex } from '@frost/index'
import { Digest } from '@frost/index/digest'
import { atUri, definition, nsid } from '@frost/lexicon'
import { testNetwork } from '@frost/network/testing'
import { describe, expect, it } from 'vitest'
import { AppViewProcess, type ServiceState } from './appview-process.ts'
import { Writer } from './writers.ts'

const COLLECTIONS = ['dataset.entry', 'graph.follow', 'dataset.collection'] as const
const STEPS = 60
const PATIENCE_MS = 60_000
const seeds = (process.env.FROST_SEEDS ?? '1,2').split(',').map(Number)

describe('any interleaving ends in what the repositories hold', () => {
  it.each(seeds)('seed %i', { timeout: 180_000 }, async seed => {
    const random = randomOf(seed)
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
    await using network = await testNetwork({
      pdses: ['alpha', 'beta', 'gamma'].map(name => ({ name, domain: `${name}.test` })),
    })
    const homes = network.pdses.map(({ name }) => name)
    const folder = await mkdtemp(join(tmpdir(), 'frost-convergence-'))
    const shared = { FROST_PLC_URL: network.plcUrl, FROST_RATE_LIMIT: '0' }
    const direct = network.pdses.map(({ url }) => url.replace('http', 'ws')).join(',')
    const appviews = [
      new AppViewProcess('of-relay', join(folder, 'relay'), { ...shared, FROST_UPSTREAMS: network.relayUrl }),
      new AppViewProcess('of-hosts', join(folder, 'hosts'), { ...shared, FROST_UPSTREAMS: direct }),
      new AppViewProcess('of-both', join(folder, 'both'), {
        ...shared,
        FROST_UPSTREAMS: `${network.relayUrl},${direct}`,
      }),
    ]
    try {
      await Promise.all(appviews.map(appview => appview.start()))
      const writers: Writer[] = []
      for (let index = 0; index < 6; index++)
        writers.push(await Writer.create(network, `writer${index}`, pick(homes)))

      network.relay.faults.set({
        seed,
        drop: 0.05,
        duplicate: 0.1,
        tamper: 0.05,
        disconnect: 0.03,
        delayMs: 5,
        reorder: 4,
      })
      for (let step = 0; step < STEPS; step++) {
        await act(pick(writers), step, random, pick, homes)
        if (random() < 0.08) {
          const appview = pick(appviews)
          await appview.kill()
          await appview.start()
        }
      }
      network.relay.faults.clear()

      // What a dropped last commit hid is found by comparing heads.
      await Promise.all(appviews.map(appview => appview.stop()))
      await Promise.all(appviews.map(appview => appview.start({ FROST_SWEEP_SECONDS: '1' })))
      const truth = await truthOf(writers)
      for (const appview of appviews) await reaches(appview, truth)
      await Promise.all(appviews.map(appview => appview.stop()))
      for (const { dataDir } of appviews) {
        await using index = await openedIndex(join(dataDir, 'appview'))
        await index.searchable()
        const { tallies, projections, datasets, searchable } = await index.check()
        expect({ tallies, projections, searchable }).toEqual({
          tallies: [],
          projections: [],
          searchable: datasets,
        })
      }
    } finally {
      await Promise.all(appviews.map(appview => appview.kill()))
      await rm(folder, { recursive: true, force: true })
    }
  })
})

async function act(
  writer: Writer,
  step: number,
  random: () => number,
  pick: <T>(items: readonly T[]) => T,
  homes: readonly string[],
): Promise<void> {
  const createdAt = new Date().toISOString()
  const rkey = `key-${Math.floor(random() * 6)}`
  const kind = random()
  const collection = pick(COLLECTIONS)
  const value =
    collection === 'graph.follow'
      ? { subject: { $type: definition('actorSubject'), did: writer.did }, createdAt }
      : collection === 'dataset.entry'
        ? { title: `Dataset of step ${step}`, description: 'Temperature', createdAt }
        : { title: `Collection of step ${step}`, createdAt }
  if (writer.state === 'deleted') return
  if (writer.state === 'deactivated') return kind < 0.5 ? writer.activate() : undefined
  if (kind < 0.5) return writer.put(collection, rkey, value)
  if (kind < 0.62) return writer.delete(collection, rkey)
  if (kind < 0.76) {
    const many = Array.from({ length: 2 + Math.floor(random() * 8) }, (_, index) => ({
      collection,
      rkey: `batch-${step}-${index}`,
      value,
    }))
    return writer.batch(many)
  }
  // Invalid records make commits like any other, and are shown nowhere.
  if (kind < 0.82) return writer.put('dataset.entry', rkey, { title: 12, createdAt })
  if (kind < 0.88) return writer.deactivate()
  if (kind < 0.96) return writer.moveTo(pick(homes))
  return random() < 0.5 ? writer.deleteAccount() : undefined
}

type Truth = ReadonlyMap<string, { readonly count: number; readonly digest: string }>

/** What the living repositories hold, asked of their own hosts. Invalid entries are told by their keys' values. */
async function truthOf(writers: readonly Writer[]): Promise<Truth> {
  const truth = new Map<string, { count: number; digest: string }>()
  for (const collection of COLLECTIONS) {
    const digest = new Digest()
    let count = 0
    for (const writer of writers) {
      if (writer.state !== 'active') continue
      for (const [rkey, { cid, value }] of await writer.records(collection)) {
        if (collection === 'dataset.entry' && typeof value.title !== 'string') continue
        digest.add(atUri(writer.did, nsid(collection), rkey), cid)
        count++
      }
    }
    truth.set(nsid(collection), { count, digest: digest.hex })
  }
  return truth
}

async function reaches(appview: AppViewProcess, truth: Truth): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  let state: ServiceState
  do {
    state = await appview.state()
    if ([...truth].every(([name, { digest }]) => state.digests[name] === digest)) return
    await new Promise(resolve => setTimeout(resolve, 50))
  } while (Date.now() < deadline)
  const held = Object.fromEntries([...truth.keys()].map(name => [name, state.counts[name]]))
  const wanted = Object.fromEntries([...truth].map(([name, { count }]) => [name, count]))
  throw new Error(
    `AppView '${appview.name}' holds ${JSON.stringify(held)}, the repositories ${JSON.stringify(wanted)}; ` +
      `its last words: ${appview.complaints.slice(-5).join('').slice(-3000)}`,
  )
}

async function openedIndex(dataDir: string) {
  const index = await openIndex({ dataDir, onError: error => expect.unreachable(String(error)) })
  return Object.assign(index, { [Symbol.asyncDispose]: () => index.close() })
}

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
