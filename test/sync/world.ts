/** The little network with a store and a consumer on it, and what the tests say and compare there. */
import { type Consumer, type ConsumerLimits, createConsumer, type EventSource } from '@frost/sync'
import type { RepoMessage } from '@frost/sync/frame'
import type { SourceSink } from '@frost/sync/source'
import type { Upstream } from '@frost/sync/surroundings'
import { type CommitParts, commitFrame } from './commit-parts.ts'
import { type Encodable, encode, encodeCar, encodeFrame } from './encoding.ts'
import { FastRepository, type Write } from './fast-repository.ts'
import { type Account, accountOf, LittleNetwork } from './little-network.ts'
import { createSigner } from './signer.ts'
import { WatchedStore } from './watched-store.ts'

export const wanted = (nsid: string) => nsid.startsWith('org.example.')

/** What is said at the next number. */
export type Frame = (seq: number) => Uint8Array

/** A source that says what it is told to. */
class Voice implements EventSource {
  readonly url: string
  paused = false
  #sink: SourceSink | undefined

  constructor(url: string) {
    this.url = url
  }

  start(sink: SourceSink): void {
    this.#sink = sink
    sink.cursor()
    sink.connected(true)
  }

  message(message: RepoMessage): void {
    this.#sink!.message(message)
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  async stop(): Promise<void> {}
}

/** A network, a store, and a consumer that comes and goes. */
export class World implements AsyncDisposable {
  readonly network: LittleNetwork
  readonly store = new WatchedStore()
  readonly #limits: Partial<ConsumerLimits>
  readonly #now: () => number
  /** Set: what decides which records are wanted throws, as a bug would. */
  failing = false
  #consumer: Consumer | undefined
  #seq = 0
  #accounts = 0

  private constructor(network: LittleNetwork, limits: Partial<ConsumerLimits>, now: () => number) {
    this.network = network
    this.#limits = limits
    this.#now = now
  }

  static async create(hosts = 1, limits: Partial<ConsumerLimits> = {}, now = Date.now): Promise<World> {
    const world = new World(await LittleNetwork.start(hosts), limits, now)
    await world.start()
    return world
  }

  account(name: string, curve: 'k256' | 'p256', host = this.network.hosts[0]!): [FastRepository, Account] {
    const repository = new FastRepository(`did:plc:${name.padEnd(24, 'a')}`, createSigner(curve))
    const account = accountOf(repository)
    this.network.house(account, host)
    return [repository, account]
  }

  /** A repository on the first host with one commit that was said, verified and stored. */
  async settled(name = `settled${letters(this.#accounts++)}`, curve: 'k256' | 'p256' = 'k256') {
    const [repository, account] = this.account(name, curve)
    this.say(commit(repository.commit([first()])))
    await this.agrees(repository)
    return [repository, account] as const
  }

  get consumer(): Consumer {
    return this.#consumer!
  }

  /** How often it came to this since the consumer's last start. */
  count(counter: string): number {
    return this.consumer.status().counters[counter] ?? 0
  }

  async start(): Promise<void> {
    this.#consumer = createConsumer({
      store: this.store,
      upstreams: [this.network.relay.url],
      collections: nsid => {
        if (this.failing) throw new Error('a bug')
        return wanted(nsid)
      },
      now: this.#now,
      ...(this.#limits.hostEvery !== undefined && { hosts: this.store }),
      plcUrl: this.network.directory.origin,
      allowLoopbackHttp: true,
      limits: { retryFrom: 2, retryTo: 20, reconnectFrom: 2, reconnectTo: 10, ...this.#limits },
    })
    const { heard } = this.network.relay
    await this.#consumer.start()
    await heard
  }

  /** The list of the relay was gone through: whoever comes now is noticed by what is said alone. */
  async listed(): Promise<void> {
    await this.store.until(async () => (await this.store.cursors()).has(`${this.network.relay.url}#listed`))
  }

  sweep(): void {
    this.#consumer!.sweepNow()
  }

  async stop(): Promise<void> {
    await this.#consumer!.stop()
  }

  /** The process dies: what is not stored now never is. */
  async kill(): Promise<void> {
    this.store.dead = true
    await this.#consumer!.stop().catch(() => undefined)
    this.store.dead = false
  }

  /** The next number of the relay, which was not said yet. */
  next(): number {
    return ++this.#seq
  }

  say(frame: Frame, times = 1): void {
    const number = this.next()
    for (let left = times; left > 0; left--) this.network.relay.say(number, frame(number))
  }

  /** The relay says that it no longer has what comes after the cursor. */
  outdated(): void {
    this.network.relay.tell(encodeFrame('#info', { name: 'OutdatedCursor' }))
  }

  /** Follows a service of which the test says every word. */
  follow(kind: Upstream['kind'], origin: string): Voice {
    const voice = new Voice(origin.replace('http', 'ws'))
    this.consumer.follow({ url: voice.url, kind, origin }, voice)
    return voice
  }

  /** What is stored is what the repository itself holds, and the head is its own. */
  async agrees(repository: FastRepository): Promise<void> {
    const expected = JSON.stringify(held(repository))
    await this.store.until(async () => {
      const state = await this.store.repo(repository.did)
      const current = state?.sync === 'synchronized' && state.rev === repository.rev
      return current && JSON.stringify(stored(this.store, repository.did)) === expected
    })
  }

  /** Everything said is finished. */
  async finished(): Promise<void> {
    await this.store.reached(this.network.relay.url, this.#seq)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await this.network[Symbol.asyncDispose]()
  }
}

export const commit =
  (parts: CommitParts): Frame =>
  number =>
    commitFrame({ ...parts, seq: number })

export function message(type: string, did: string, fields: Readonly<Record<string, Encodable>> = {}): Frame {
  return number => encodeFrame(type, { did, seq: number, time: new Date().toISOString(), ...fields })
}

export function syncOf(repository: FastRepository) {
  const [cid, block] = repository.commitBlock()
  return message('#sync', repository.did, { rev: repository.rev!, blocks: encodeCar(cid, [[cid, block]]) })
}

/** `collection/rkey` → bytes of what the repository itself holds of the wanted collections. */
export function held(repository: FastRepository): Record<string, string> {
  const found = [...repository.records].filter(([path]) => wanted(path))
  return Object.fromEntries(found.sort().map(([path, block]) => [path, Buffer.from(block).toString('hex')]))
}

export function stored(store: WatchedStore, did: string): Record<string, string> {
  const found = [...store.visible(did)].sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(found.map(([path, { bytes }]) => [path, Buffer.from(bytes).toString('hex')]))
}

export const record = (text: string) => encode({ $type: 'org.example.note', text })

/** Something by which the repository is noticed. */
export function first(): Write {
  return { action: 'create', path: 'org.example.note/first', block: record('first') }
}

/** A number as a part of a DID. */
export function letters(number: number): string {
  return number.toString(26).replace(/[0-9]/g, digit => 'qrstuvwxyz'[Number(digit)]!)
}
