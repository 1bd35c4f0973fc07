import type { HostStore } from './host-watch.ts'
import type { KeyRange } from './mst-range.ts'
import type { Batch, EventStore } from './store.ts'

export interface ConsumerOptions {
  /** Keeps effects, cursors and states; see {@link EventStore}. */
  readonly store: EventStore
  /**
   * What is followed: `wss://host` of a relay or PDS, `jetstream+wss://host` of a Jetstream, `archive:/folder` of CAR files; in a
   * local network `ws://localhost:port`. Several at once are one truth: what one misses, another tells.
   */
  readonly upstreams: readonly string[]
  /** Which collections' records are wanted. Commits of tracked repositories are verified whole all the same. */
  readonly collections: (nsid: string) => boolean
  /**
   * The wanted collections by name: for `listReposByCollection`, and so that a Jetstream sends no others. None: repositories are
   * found by their commits and by `describeRepo`.
   */
  readonly collectionNames?: readonly string[]
  /**
   * Tells with each verified commit, also with those that change none of the wanted records, what proves the records of this range:
   * `keysWith('org.example.')`. Nothing is told where left out.
   */
  readonly proofs?: KeyRange
  /** Remembers which hosts answer; where left out, none is asked whether it still does. */
  readonly hosts?: HostStore
  /** Reads also, directly, every host that an upstream relay lists (`listHosts`): a relay that drops events then hides nothing. */
  readonly discoverHosts?: boolean
  /** zstd dictionary of the Jetstreams among the upstreams; without it they are read uncompressed. */
  readonly jetstreamDictionary?: Uint8Array
  /** Directory of did:plc; `https://plc.directory` where not given. */
  readonly plcUrl?: string
  /** Allows plain http to this machine: a network for development and tests. */
  readonly allowLoopbackHttp?: boolean
  readonly userAgent?: string
  /** What failed and is tried again or was refused. `context.stage` says where. */
  readonly onError?: (error: unknown, context: Record<string, unknown>) => void
  /** Called with each batch that holds events, when it is stored. */
  readonly onApplied?: (batch: Batch) => void
  /** Milliseconds since 1970. */
  readonly now?: () => number
  readonly limits?: Partial<ConsumerLimits>
}

/** Bounds on what the network may make this consumer do, and its times. */
export interface ConsumerLimits {
  /** Largest repository that is fetched or read from an archive, in bytes of CAR. */
  readonly repoBytes: number
  /** Messages of one upstream, and their bytes, that are read and not finished: beyond it its socket is left unread. */
  readonly openMessages: number
  readonly openBytes: number
  /** Such bytes of all PDSes together: beyond it each is read on when nothing of it is under way. */
  readonly hostsOpenBytes: number
  /** Bytes of commits that wait while their repositories are fetched, in all. */
  readonly waitingBytes: number
  /** Memory for repositories that are being fetched, until they are stored, in all; one may take a quarter of it. */
  readonly fetchingBytes: number
  /** Fetches at once, in all and per host. */
  readonly resyncs: number
  readonly resyncsPerHost: number
  /** Bytes a second that a host must give of a repository on the average, and milliseconds for which less is borne. */
  readonly fetchRate: number
  readonly fetchPatience: number
  /** Milliseconds before a failed fetch is tried again; doubles up to the second. */
  readonly retryFrom: number
  readonly retryTo: number
  /** Milliseconds before a lost connection is made again; doubles up to the second, with jitter. */
  readonly reconnectFrom: number
  readonly reconnectTo: number
  /** Repositories kept in memory between their messages. */
  readonly repositories: number
  /** Repositories that one service may list. */
  readonly listedRepos: number
  /**
   * Upstreams in all: hosts beyond it that ask to be read, or that a relay lists, are not; nor those of one domain that ask beyond a
   * tenth. Of those that asked, one that was away for `hostPatience` gives its place to another that asks.
   */
  readonly crawledHosts: number
  /** Milliseconds between two comparisons of heads with each service's list. */
  readonly sweepEvery: number
  /** Milliseconds between two looks at whether each host still answers, and of silence after which it is gone for good. */
  readonly hostEvery: number
  readonly hostPatience: number
  /** Milliseconds for which the records of a deleted account are kept hidden before they are erased. */
  readonly deletionGrace: number
  /** Milliseconds between two looks for deleted accounts whose grace is over. */
  readonly purgeEvery: number
}

const DAY = 86_400_000

export const DEFAULT_LIMITS: ConsumerLimits = {
  repoBytes: 1_000_000_000,
  openMessages: 4096,
  openBytes: 64_000_000,
  hostsOpenBytes: 512_000_000,
  waitingBytes: 256_000_000,
  fetchingBytes: 2_000_000_000,
  resyncs: 16,
  resyncsPerHost: 4,
  fetchRate: 20_000,
  fetchPatience: 20_000,
  retryFrom: 1000,
  retryTo: 3_600_000,
  reconnectFrom: 500,
  reconnectTo: 60_000,
  repositories: 50_000,
  listedRepos: 100_000_000,
  crawledHosts: 10_000,
  sweepEvery: DAY / 4,
  hostEvery: DAY / 24,
  hostPatience: DAY,
  deletionGrace: 30 * DAY,
  purgeEvery: DAY / 24,
}
