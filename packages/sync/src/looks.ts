/** What gives cause to go through what a service lists: a beginning, a gap, time that passed, and what the last end cut short. */
import type { Sweeps } from './sweeps.ts'
import type { Feed, Gap } from './upstream.ts'
import type { Upstreams } from './upstreams.ts'

export interface LooksOptions {
  readonly sweeps: Sweeps
  readonly upstreams: Upstreams
  /** Hosts that a relay lists are followed too. */
  readonly discoverHosts: boolean
}

export class Looks {
  readonly #options: LooksOptions

  constructor(options: LooksOptions) {
    this.#options = options
  }

  /** An upstream is followed from its stored cursor on: what was to be looked for at the last end still is. */
  resume(feed: Feed): void {
    if (this.#options.sweeps.isDue(feed.upstream)) this.#look(feed)
    else this.#discover(feed)
  }

  /** Events may be missing: the heads that the service lists tell; of what lists nothing, those of the relays. */
  gap(feed: Feed, kind: Gap): void {
    const { sweeps, upstreams } = this.#options
    const { url, kind: lists } = feed.upstream
    // Written down first: an end before the list is gone through is none of the search.
    if (kind !== 'start' || sweeps.listed(url)) sweeps.miss(url)
    if (lists !== 'trusted') return this.#look(feed)
    if (kind !== 'start') for (const relay of upstreams.relays) this.#look(relay)
  }

  /** Goes through what every upstream lists, now. */
  all(): void {
    for (const feed of this.#options.upstreams.feeds) this.#look(feed)
  }

  #look(feed: Feed): void {
    this.#options.sweeps.begin(feed)
    this.#discover(feed)
  }

  #discover({ upstream }: Feed): void {
    const { discoverHosts, upstreams } = this.#options
    if (upstream.kind === 'relay' && discoverHosts) upstreams.discover(upstream)
  }
}
