import { unlessAborted } from './aborted.ts'
import { EarlierHeads } from './earlier-heads.ts'
import { inParallel } from './in-parallel.ts'
import type { ConsumerLimits } from './options.ts'
import type { Repository, Surroundings, Upstream } from './repository.ts'
import type { Snapshot } from './snapshot.ts'
import type { EventSource } from './source.ts'
import { type BundleFile, Bundles } from './sources/bundles.ts'
import type { RepoState } from './store.ts'
import type { Feed } from './upstream.ts'
import type { Upstreams } from './upstreams.ts'

export interface BeginningOptions {
  readonly around: Surroundings
  readonly limits: ConsumerLimits
  readonly upstreams: Upstreams
  readonly feed: (upstream: Upstream, source: EventSource) => Feed
  readonly repository: (did: string) => Repository
}

/** How a consumer begins: with the snapshots of others, and with what was unfinished at its last end. */
export class Beginning {
  readonly #options: BeginningOptions
  /** Of snapshots that were taken in. */
  readonly #earlier = new EarlierHeads()
  /** Milliseconds since 1970: no document that was looked at is older. */
  readonly #since: number
  #caughtUp: Promise<void> = Promise.resolve()

  constructor(options: BeginningOptions) {
    this.#options = options
    this.#since = options.around.now()
  }

  /** As {@link Consumer.seed}. */
  async seed(url: string, files: readonly BundleFile[]): Promise<{ taken: number; refused: number }> {
    const { around, limits, feed: make } = this.#options
    const { collections, proofs, identities, now, counters, stopping, writer } = around
    if (!proofs) throw new Error('a snapshot is taken in only where proofs are kept: give `proofs`')
    const { reconnectFrom: minWait, reconnectTo: maxWait } = limits
    const source = new Bundles(files, { collections, range: proofs, identities, now, minWait, maxWait })
    const feed = make({ url, kind: 'trusted', origin: '' }, source)
    const count = (name: string) => counters.all()[name] ?? 0
    const [taken, refused] = [count('restored'), count('rejected.snapshot')]
    feed.start()
    try {
      await unlessAborted(stopping, source.done).finally(async () => {
        // Also of what breaks off everything is stored that was read.
        await unlessAborted(stopping, feed.idle())
        await writer.drained()
      })
    } finally {
      await feed.stop()
    }
    return { taken: count('restored') - taken, refused: count('rejected.snapshot') - refused }
  }

  /** A snapshot brought a repository, which its own host may know better. */
  restored({ did, host }: Snapshot): void {
    if (host !== undefined) this.#earlier.add(did, host)
  }

  /** Something was heard of an account. */
  heard(did: string): void {
    this.#earlier.heard(did)
  }

  /** Before any upstream is heard: what the store holds unfinished. Of each nothing but its DID is kept. */
  async begin(unfinished: AsyncIterable<RepoState>): Promise<readonly string[]> {
    const dids: string[] = []
    for await (const state of unfinished) {
      this.#earlier.held(state)
      dids.push(state.did)
    }
    this.#earlier.begun()
    return dids
  }

  /**
   * Takes up what was unfinished.
   * @param dids what {@link begin} gave
   * @param anew an upstream begins with what comes next: only what is asked of the hosts after that is sure to miss nothing
   */
  resume(dids: readonly string[], anew: boolean): void {
    this.#caughtUp = this.#resume(dids, anew)
    this.#caughtUp.catch(error => this.#options.around.onError(error, { stage: 'resume' }))
  }

  /** Resolves when all that was unfinished was compared with its own host, or the host could not be reached. */
  caughtUp(): Promise<void> {
    return this.#caughtUp
  }

  async #resume(dids: readonly string[], anew: boolean): Promise<void> {
    if (dids.length === 0) return
    const { around, upstreams, repository } = this.#options
    const { identities, resyncs, writer, stopping: signal } = around
    try {
      if (anew) await unlessAborted(signal, upstreams.tried())
      const confirmed = await this.#earlier.compare({
        changed: () => identities.changedSince(this.#since, signal),
        hostOf: did =>
          identities.resolve(did, 0).then(
            ({ pds }) => pds,
            () => undefined,
          ),
        lists: host => upstreams.lists(host),
        confirm: (did, head) => repository(did).confirm(head),
        signal,
      })
      const left = dids.filter(did => !confirmed.has(did))
      await inParallel(left, did => repository(did).resume())
      await resyncs.tried()
      await writer.drained()
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}
