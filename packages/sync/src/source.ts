import type { CommitEvent } from './events.ts'
import type { Frame, FrameError, RepoMessage } from './frame.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * What a source tells the consumer; every call returns at once. Numbers (`seq`) never fall, unless `gap('reset')` says so:
 * the cursor is the highest of which all before are stored.
 */
export interface SourceSink {
  /** The seq after which to begin; undefined: nothing was read yet. Asked at each connection. */
  cursor(): number | undefined
  /** A message whose content is still to be verified. */
  message(message: RepoMessage): void
  /**
   * Changes that another service has verified (Jetstream). Those of collections that nobody asked for are dropped.
   * @param time ISO 8601, of the service
   */
  trusted(event: CommitEvent, seq: number, time: string): void
  /**
   * The whole of one repository, read and verified by the source.
   * @param isOld its host may hold a newer state, and is asked for it before the repository counts as synchronized
   */
  snapshot(snapshot: Snapshot, seq: number, isOld?: boolean): void
  /** An account that is to be followed; its own host is asked what it holds. */
  account(did: string, seq: number): void
  /** Something that could not be read; if it names its account, that account's host will be asked. */
  rejected(error: FrameError): void
  /** A message of a type that this protocol version does not know, `#info` included. */
  other(frame: Extract<Frame, { type: 'info' | 'unknown' }>): void
  /**
   * Numbers were lost: the cursor was too old (events are missing), or the upstream begins to count anew (then the old cursor
   * means nothing).
   */
  gap(kind: 'outdated' | 'reset'): void
  connected(yes: boolean): void
  /** The connection failed; the source tries again by itself. */
  failed(error: unknown, retryInMilliseconds: number): void
  /** All is read: an archive ends, a firehose does not. */
  ended(): void
}

/**
 * Something that can be followed: a firehose, a Jetstream, a folder of archives, or one of your own
 * (`consumer.follow`).
 */
export interface EventSource {
  /** Begins, and goes on until `stop`. */
  start(sink: SourceSink): void
  /** Stops reading, so that the sender waits; what was read already may still arrive. */
  pause(): void
  resume(): void
  /** Resolves when nothing more will be told. */
  stop(): Promise<void>
}
