/** What hosts list of the accounts that live at them: a relay that loses the last commit of one, and lists what it has, hides it for no longer. */
import type { Background } from './background.ts'
import type { HostStore } from './host-watch.ts'
import { inParallel } from './in-parallel.ts'
import type { ConsumerLimits } from './options.ts'
import type { Repository, Surroundings, Upstream } from './repository.ts'
import type { Sweeps } from './sweeps.ts'
import type { Upstreams } from './upstreams.ts'

/** Milliseconds for one host's list: the others wait for it. */
const LONGEST = 600_000
/** Looks for hosts whose turn it is, in the time in which that of each comes round. */
const LOOKS = 6

export interface HostSweepsOptions {
  readonly hosts: HostStore
  readonly around: Surroundings
  readonly background: Background
  readonly upstreams: Upstreams
  readonly sweeps: Sweeps
  readonly repository: (did: string) => Repository
  readonly limits: ConsumerLimits
}

/** Goes slowly, one after the other, through the lists of the hosts that nobody follows. Only accounts that are known are compared. */
export class HostSweeps {
  readonly #options: HostSweepsOptions
  #running = false

  constructor(options: HostSweepsOptions) {
    this.#options = options
  }

  /** Looks now, and from time to time. */
  start(): void {
    const { background, limits } = this.#options
    background.every(limits.sweepEvery / LOOKS, () => this.#begin())
    this.#begin()
  }

  /** Every host once whose list was not gone through for long; one round at a time. */
  #begin(): void {
    if (this.#running) return
    this.#running = true
    this.#options.background.run(
      () =>
        this.#round().finally(() => {
          this.#running = false
        }),
      { stage: 'sweep' },
    )
  }

  async #round(): Promise<void> {
    const { hosts, around, upstreams, sweeps, background } = this.#options
    const { signal } = background
    for (const { host, isGone } of await hosts.hosts()) {
      const upstream = { url: host, origin: host, kind: 'pds' } as const
      if (isGone || upstreams.isHost(host) || !sweeps.isDue(upstream)) continue
      try {
        await this.#compare(upstream, AbortSignal.any([signal, AbortSignal.timeout(LONGEST)]))
        sweeps.end(upstream)
      } catch (error) {
        signal.throwIfAborted()
        around.onError(error, { stage: 'sweep', upstream: host })
      }
    }
  }

  async #compare(from: Upstream, signal: AbortSignal): Promise<void> {
    const { around, upstreams, repository, limits } = this.#options
    const lists = upstreams.lists(from.origin)
    for await (const page of lists.repos({ signal, mostRepos: limits.listedRepos }))
      await inParallel(page, async ({ did, head, active, status }) => {
        const state = await around.store.repo(did)
        if (state?.host === from.origin) await repository(did).listed(active, status, head, from)
      })
  }
}
