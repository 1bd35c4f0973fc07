/**
 * One run: accounts write, sleep, move and go; the relay drops, duplicates, reorders, delays, tampers, disconnects, restarts
 * and loses its log; hosts die and one lies; AppViews are killed at random moments. In the end every AppView must hold what
 * the repositories hold, record for record.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { openIndex } from '@frost/index'
import { randomSource } from '@frost/network/relay/faults'
import { type TestNetwork, testNetwork } from '@frost/network/testing'
import { AppViewProcess } from './appview-process.ts'
import { differences, type Holdings, heldBy, type StoredHoldings, storedOf, truthOf } from './holdings.ts'
import { Liar } from './liar.ts'
import { chosen, Protagonist, plot, type Random, type Round, type Trouble } from './story.ts'
import { Writer } from './writers.ts'

const WRITERS = 8
const PATIENCE_MS = 150_000
/** Longest wait within a round's burst before something breaks, in milliseconds. */
const BURST_MS = 250

export interface ConvergenceOptions {
  /** Makes an empty PostgreSQL database for the AppView that keeps its truth there; without, all of them use SQLite. */
  readonly database?: () => Promise<string>
  readonly log?: (line: string) => void
}

export interface Convergence {
  readonly seed: number
  readonly records: number
  readonly accounts: number
  readonly kills: number
  readonly lies: number
  /** Milliseconds from the last write until the last AppView agreed. */
  readonly settledAfter: number
}

/**
 * Runs the story of a seed.
 * @throws Error that says what an AppView holds wrongly
 */
export async function converge(seed: number, options: ConvergenceOptions = {}): Promise<Convergence> {
  const log = options.log ?? (() => {})
  const random = randomSource(seed)
  const homes = ['alpha', 'beta', 'gamma']
  await using network = await testNetwork({ pdses: homes.map(name => ({ name, domain: `${name}.test` })) })
  await using liar = await Liar.start(network.relayUrl)
  const folder = await mkdtemp(join(tmpdir(), 'frost-convergence-'))
  const appviews = await appviewsOf(network, liar, folder, options)
  try {
    const started = Promise.all(appviews.map(appview => appview.start()))
    const writers = await Promise.all(
      Array.from({ length: WRITERS }, (_, index) =>
        Writer.create(network, `writer${index}`, homes[index % homes.length]!),
      ),
    )
    await started
    const dids = writers.map(({ did }) => did)
    const cast = writers.map((writer, index) => new Protagonist(writer, dids, seed * 1_000 + index))
    await network.relay.requestCrawl(liar.hostname)
    setFaults(network, seed)
    for (const [place, round] of plot(random).entries()) {
      log(`seed ${seed}: round ${place + 1}: ${[...round.life, ...round.trouble].join(', ')}`)
      const happening = round.trouble.map(trouble => strike(trouble, { network, appviews, seed, random }))
      const outage = round.trouble.includes('kill-pds')
      await Promise.all([...happening, perform(cast, round, homes, random, outage)])
    }
    network.relay.faults.clear()
    const ended = performance.now()

    // What a dropped last commit hid is found by comparing heads.
    await Promise.all(
      appviews.map(appview =>
        random() < 0.5 ? appview.kill() : appview.started().then(() => appview.stop()),
      ),
    )
    await Promise.all(appviews.map(appview => appview.start({ FROST_SWEEP_SECONDS: '1' })))
    const truth = await truthOf(writers)
    for (const appview of appviews) await reaches(appview, truth, writers)
    const settledAfter = Math.round(performance.now() - ended)
    await Promise.all(appviews.map(appview => appview.stop()))
    await compare(appviews, truth)
    return {
      seed,
      records: truth.records.size,
      accounts: truth.handles.size,
      kills: appviews.reduce((sum, { kills }) => sum + kills, 0),
      lies: liar.told,
      settledAfter,
    }
  } finally {
    await Promise.all(appviews.map(appview => appview.kill()))
    await rm(folder, { recursive: true, force: true })
  }
}

/** One follows the relay, one every host (and keeps its truth in PostgreSQL where that is there), one both and a liar besides. */
async function appviewsOf(
  network: TestNetwork,
  liar: Liar,
  folder: string,
  { database }: ConvergenceOptions,
): Promise<AppViewProcess[]> {
  const common = { FROST_PLC_URL: network.plcUrl, FROST_RATE_LIMIT: '0' }
  const hosts = network.pdses.map(({ hostname }) => `ws://${hostname}`)
  const url = await database?.()
  return [
    new AppViewProcess('of-relay', join(folder, 'relay'), { ...common, FROST_UPSTREAMS: network.relayUrl }),
    new AppViewProcess('of-hosts', join(folder, 'hosts'), {
      ...common,
      ...(url !== undefined && { FROST_DATABASE_URL: url }),
      FROST_UPSTREAMS: hosts.join(','),
    }),
    new AppViewProcess('of-all', join(folder, 'all'), {
      ...common,
      FROST_UPSTREAMS: [network.relayUrl, ...hosts, `ws://${liar.hostname}`].join(','),
    }),
  ]
}

function setFaults(network: TestNetwork, seed: number): void {
  network.relay.faults.set({
    seed,
    drop: 0.05,
    duplicate: 0.1,
    tamper: 0.05,
    disconnect: 0.03,
    delayMs: 5,
    reorder: 4,
  })
}

/** Everybody acts at once. Writes to a host that is away may fail: what they did, the repository says in the end. */
async function perform(
  cast: readonly Protagonist[],
  { life }: Round,
  homes: readonly string[],
  random: Random,
  outage: boolean,
): Promise<void> {
  const fates = new Map<Protagonist, (typeof life)[number][]>()
  for (const event of life) {
    const protagonist = chosen(cast, random)
    fates.set(protagonist, [...(fates.get(protagonist) ?? []), event])
  }
  await Promise.all(
    cast.map(async protagonist => {
      try {
        await protagonist.act()
      } catch (error) {
        if (!outage && !isConnectionLost(error)) throw error
      }
      for (const event of fates.get(protagonist) ?? []) await protagonist.live(event, homes)
    }),
  )
}

/** A host closes a connection that was idle for seconds, and a busy client may write into it at the same moment. */
function isConnectionLost(error: unknown): boolean {
  return error instanceof Error && error.message === 'fetch failed'
}

interface Scene {
  readonly network: TestNetwork
  readonly appviews: readonly AppViewProcess[]
  readonly seed: number
  readonly random: Random
}

async function strike(trouble: Trouble, { network, appviews, seed, random }: Scene): Promise<void> {
  const moment = random() * BURST_MS
  const appview = chosen(appviews, random)
  const pds = chosen(network.pdses, random)
  const restartSequence = random() < 0.5
  await delay(moment)
  switch (trouble) {
    case 'kill-appview':
      await appview.kill()
      // The next rounds go on while it starts, and may kill it again before it is up.
      void appview.start()
      return
    case 'kill-pds':
      // Another one of the same round has it.
      if (!pds.isRunning) return
      await pds.kill()
      await delay(moment / 2)
      return pds.restart()
    case 'restart-relay':
      await network.restartRelay()
      return setFaults(network, seed)
    case 'lose-log':
      return network.relay.loseLog({ restartSequence })
  }
}

async function reaches(appview: AppViewProcess, truth: Holdings, writers: readonly Writer[]): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  let found: string[]
  do {
    found = await differences(appview, truth)
    if (found.length === 0) return
    await delay(50)
  } while (Date.now() < deadline)
  const outcomes = await appview.outcomes()
  await appview.stop()
  const { records } = await heldBy(appview)
  const cidsOf = (uri: string) => [records.get(uri)?.cid, truth.records.get(uri)?.cid]
  const wrong = [...new Set([...records.keys(), ...truth.records.keys()])]
    .filter(uri => cidsOf(uri)[0] !== cidsOf(uri)[1])
    .slice(0, 10)
  const accounts = new Set(wrong.map(uri => uri.split('/')[2]!))
  const cast = writers.filter(({ did }) => accounts.has(did))
  throw new Error(
    [
      `AppView '${appview.name}' does not agree with the repositories:`,
      ...found,
      ...wrong.map(uri => `${uri} is ${cidsOf(uri).join(', not ')}`),
      ...(await storedOf(appview, [...accounts], wrong)),
      'their heads at their hosts:',
      ...(await Promise.all(
        cast.map(async writer => `${writer.did} ${JSON.stringify(await writer.head())}`),
      )),
      `what it did: ${outcomes.join(', ')}`,
      'its last words:',
      appview.complaints.slice(-3).join('').slice(-2000),
    ].join('\n'),
  )
}

/** Record for record, row for row; and what is derived agrees with the records, search included. */
async function compare(appviews: readonly AppViewProcess[], truth: Holdings): Promise<void> {
  let first: StoredHoldings | undefined
  for (const appview of appviews) {
    const held = await heldBy(appview)
    sameEntries(held.records, truth.records, `records of '${appview.name}'`)

    for (const [did, handle] of truth.handles)
      if (held.handles.get(did) !== handle)
        throw new Error(`'${appview.name}' calls ${did} ${held.handles.get(did)}, not ${handle}`)
    first ??= held
    const [own, others] = [new Set(held.derived), new Set(first.derived)]
    const differing = [
      ...held.derived.filter(row => !others.has(row)),
      ...first.derived.filter(row => !own.has(row)),
    ]
    if (differing.length > 0)
      throw new Error(
        `rows of '${appview.name}' differ from those of '${appviews[0]!.name}':\n${differing.slice(0, 6).join('\n')}`,
      )
    const { indexDir: dataDir, databaseUrl } = appview
    const index = await openIndex({ dataDir, ...(databaseUrl !== undefined && { databaseUrl }) })
    try {
      await index.searchable()
      const { tallies, projections, datasets, searchable } = await index.check()
      if (tallies.length > 0 || projections.length > 0 || searchable !== datasets)
        throw new Error(
          `index of '${appview.name}' is not whole: ${JSON.stringify({ tallies, projections, datasets, searchable })}`,
        )
    } finally {
      await index.close()
    }
  }
}

function sameEntries(
  held: ReadonlyMap<string, unknown>,
  wanted: ReadonlyMap<string, unknown>,
  what: string,
): void {
  for (const [key, value] of wanted)
    if (!isDeepStrictEqual(held.get(key), value))
      throw new Error(`${what}: ${key} is ${JSON.stringify(held.get(key))}, not ${JSON.stringify(value)}`)
  for (const key of held.keys()) if (!wanted.has(key)) throw new Error(`${what}: ${key} is in no repository`)
}
