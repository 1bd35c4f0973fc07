import type { RepoEvent } from './events.ts'
import type { Frame, FrameError, RepoMessage } from './frame.ts'

/** What a source tells the consumer; every call returns at once. */
export interface SourceSink {
  /** The seq after which to begin; undefined: now. Asked at each connection. */
  cursor(): number | undefined
  /** A message whose content is still to be verified. */
  message(message: RepoMessage): void
  /** A change that another service has verified (Jetstream) or that was read from files. */
  trusted(event: RepoEvent, seq: number): void
  /** A frame that could not be read. */
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
  ended?(): void
}

/** Something that can be followed: a firehose, a Jetstream, a folder of archives. */
export interface EventSource {
  /** Begins, and goes on until `stop`. */
  start(sink: SourceSink): void
  /** Stops reading, so that the sender waits; what was read already may still arrive. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}
