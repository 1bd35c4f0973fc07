import type { Budget } from './budget.ts'
import type { Counters } from './counters.ts'
import type { Mark } from './cursor.ts'
import type { RepoMessage } from './frame.ts'
import type { HttpClient } from './http.ts'
import type { IdentityResolver } from './identity.ts'
import type { KeyRange } from './mst-range.ts'
import type { Pace } from './pace.ts'
import type { ResyncQueue } from './resync-queue.ts'
import type { EventStore } from './store.ts'
import type { Writer } from './writer.ts'

/**
 * Where a message came from: the words of a PDS count for its own accounts only, those of a relay for all. A `trusted` service
 * verified already what it says.
 */
export interface Upstream {
  readonly url: string
  readonly kind: 'relay' | 'pds' | 'trusted'
  /** `https://host`. */
  readonly origin: string
}

export interface Delivery {
  readonly message: RepoMessage
  readonly from: Upstream
  readonly mark: Mark
}

/** What all repositories share. */
export interface Surroundings {
  readonly store: EventStore
  readonly writer: Writer
  readonly identities: IdentityResolver
  readonly http: HttpClient
  readonly resyncs: ResyncQueue
  readonly counters: Counters
  readonly collections: (nsid: string) => boolean
  readonly proofs: KeyRange | undefined
  /** Whether a relay, or the PDS of that origin, is connected: then what can be verified is on its way. */
  readonly hears: (host: string) => boolean
  /** Whether a host has not answered for so long that it is gone for good. */
  readonly isGone: (host: string) => boolean
  readonly now: () => number
  readonly maxRepoBytes: number
  /** That of hosts which give repositories. */
  readonly pace: Pace
  readonly onError: (error: unknown, context: Record<string, unknown>) => void
  readonly stopping: AbortSignal
  /** For messages that wait while their repositories are fetched. */
  readonly waiting: Budget
  /** For repositories that are being fetched, until they are stored; one may take a quarter of it. */
  readonly memory: Budget
}

/** A DID document younger than this (milliseconds) is not fetched again because a signature or host did not fit. */
export const REFRESH_AGE = 5000
