/** One followed service: its source, its cursor, how much of it is under way, and how its messages reach their repositories. */
import type { Budget } from './budget.ts'
import type { Counters } from './counters.ts'
import { CursorTracker, type Mark } from './cursor.ts'
import type { CommitEvent } from './events.ts'
import type { FrameError, RepoMessage } from './frame.ts'
import type { Delivery, Upstream } from './repository.ts'
import type { Snapshot } from './snapshot.ts'
import type { EventSource, SourceSink } from './source.ts'
import type { Writer } from './writer.ts'

/** Why events may be missing: it begins with what comes next, no longer has what comes after the cursor, or counts anew. */
export type Gap = 'start' | 'outdated' | 'reset'

export interface FeedOptions {
  readonly upstream: Upstream
  readonly source: EventSource
  readonly cursor: number | undefined
  readonly writer: Writer
  readonly counters: Counters
  /**
   * Messages under way, and their bytes, above which the source is left unread; it is read again below a quarter. It is left unread as
   * well while a large batch is stored.
   */
  readonly openMessages: number
  readonly openBytes: number
  /** Bytes under way that it shares with others: where nothing is left of them, it is read on when nothing of it is under way. */
  readonly shared?: Budget
  readonly deliver: (did: string, delivery: Delivery) => void
  /** A message of the account could not be read. */
  readonly garbled: (did: string, from: Upstream, mark: Mark) => void
  readonly trusted: (event: CommitEvent, mark: Mark) => void
  readonly restore: (snapshot: Snapshot, mark: Mark, isOld: boolean) => void
  readonly found: (did: string, mark: Mark) => void
  /** Which collections' records are wanted of what a source vouches for. */
  readonly collections: (nsid: string) => boolean
  /** Events may be missing: the heads must be compared with what the service lists. */
  readonly onGap: (feed: Feed, kind: Gap) => void
  readonly onError: (error: unknown, context: Record<string, unknown>) => void
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** What an operator sees of an upstream. */
export interface UpstreamStatus {
  readonly url: string
  /** Highest seq below which every message is finished. */
  readonly cursor?: number
  readonly connected: boolean
  /** Seconds between the newest message's time at its sender and its arrival here; absent before the first, and for archives. */
  readonly lagSeconds?: number
  /** It has missed events, and no heads were compared since: its own, or a relay's where it lists nothing. */
  readonly missed?: true
}

export class Feed implements SourceSink {
  readonly upstream: Upstream
  readonly #options: FeedOptions
  readonly #tracker: CursorTracker
  #connected = false
  #awaySince: number | undefined
  #lag: number | undefined
  #bytes = 0
  #paused = false
  /** More is under way than may be, until little of it is left. */
  #full = false
  /** Full because others use up what is shared. */
  #crowded = false
  #stopped = false
  readonly #unsubscribe: () => void
  #begunWith: number | undefined
  #ended = Promise.withResolvers<void>()
  readonly #forgotten = new AbortController()
  readonly #tried = Promise.withResolvers<void>()
  #whenIdle: (() => void)[] = []

  constructor(options: FeedOptions) {
    this.#options = options
    this.upstream = options.upstream
    this.#awaySince = options.now()
    this.#tracker = new CursorTracker(options.cursor)
    options.writer.watch(options.upstream.url, this.#tracker)
    this.#unsubscribe = options.writer.onUnladen(() => this.#settle())
  }

  start(): void {
    this.#options.source.start(this)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#unsubscribe()
    await this.#options.source.stop()
    this.#connected = false
  }

  /** Ends, and nothing of where it was is kept. */
  async forget(): Promise<void> {
    const { writer } = this.#options
    const { url } = this.upstream
    this.#forgotten.abort()
    writer.unwatch(url)
    writer.remember(url, -1)
    await this.stop()
  }

  /** Aborted when it is forgotten: what goes on for its sake ends. */
  get forgotten(): AbortSignal {
    return this.#forgotten.signal
  }

  /** Resolves when a source that ends (an archive) is read to its end. */
  get finished(): Promise<void> {
    return this.#ended.promise
  }

  /** Resolves when it was connected for the first time, or could not be. */
  get tried(): Promise<void> {
    return this.#tried.promise
  }

  /** Resolves when nothing of what it told is under way. */
  idle(): Promise<void> {
    return new Promise(resolve => {
      if (this.#tracker.open === 0) resolve()
      else this.#whenIdle.push(resolve)
    })
  }

  get isConnected(): boolean {
    return this.#connected
  }

  /** It has answered otherwise. */
  heard(): void {
    if (!this.#connected) this.#awaySince = this.#options.now()
  }

  /** Since when it is not connected and has not answered, in milliseconds since 1970; undefined while it is. */
  get awaySince(): number | undefined {
    return this.#awaySince
  }

  /** Messages received and not yet finished. */
  get open(): number {
    return this.#tracker.open
  }

  status(): UpstreamStatus {
    const { value } = this.#tracker
    return {
      url: this.upstream.url,
      ...(value !== undefined && { cursor: value }),
      connected: this.#connected,
      ...(this.#lag !== undefined && { lagSeconds: this.#lag }),
    }
  }

  // What the source tells

  cursor(): number | undefined {
    this.#begunWith = this.#tracker.value
    return this.#begunWith
  }

  message(message: RepoMessage): void {
    this.#options.counters.add('messages')
    this.#observe(message.time)
    const mark = this.#begin(message.seq, 'blocks' in message ? message.frameBytes : 0)
    this.#options.deliver(message.did, { message, from: this.upstream, mark })
  }

  trusted(event: CommitEvent, seq: number, time: string): void {
    const { counters, collections, trusted } = this.#options
    counters.add('messages')
    this.#observe(time)
    const changes = event.changes.filter(({ collection }) => collections(collection))
    if (changes.length === 0) return this.#pass(seq)
    let bytes = 0
    for (const change of changes) {
      bytes += change.bytes?.length ?? 0
      if (change.malformed) counters.add('malformed-records')
    }
    trusted({ ...event, changes }, this.#begin(seq, bytes))
  }

  snapshot(snapshot: Snapshot, seq: number, isOld = false): void {
    this.#options.counters.add('messages')
    let bytes = 0
    for (const record of snapshot.records.values()) bytes += record.bytes.length
    this.#options.restore(snapshot, this.#begin(seq, bytes), isOld)
  }

  account(did: string, seq: number): void {
    this.#options.counters.add('messages')
    this.#options.found(did, this.#begin(seq, 0))
  }

  rejected(error: FrameError): void {
    const { counters, onError, garbled } = this.#options
    counters.add(`rejected.${error.reason}`)
    onError(error, { stage: 'frame', upstream: this.upstream.url, did: error.did, seq: error.seq })
    if (error.did === undefined || error.seq === undefined) this.#pass(error.seq)
    else garbled(error.did, this.upstream, this.#begin(error.seq, 0))
  }

  other(frame: Parameters<SourceSink['other']>[0]): void {
    this.#options.counters.add(frame.type)
    this.#pass('seq' in frame ? frame.seq : undefined)
  }

  gap(kind: 'outdated' | 'reset'): void {
    const { counters, writer, onGap } = this.#options
    counters.add(`gap.${kind}`)
    if (kind === 'reset') {
      this.#tracker.reset(undefined)
      writer.remember(this.upstream.url, -1)
    }
    onGap(this, kind)
  }

  connected(yes: boolean): void {
    this.#connected = yes
    this.#awaySince = yes ? undefined : (this.#awaySince ?? this.#options.now())
    this.#tried.resolve()
    // Without a cursor the service begins with what comes next: what was before has to be listed.
    if (yes && this.#begunWith === undefined) this.#options.onGap(this, 'start')
  }

  failed(error: unknown, retryInMilliseconds: number): void {
    const { counters, onError, upstream } = this.#options
    counters.add('disconnected')
    this.#tried.resolve()
    onError(error, { stage: 'connection', upstream: upstream.url, retryIn: retryInMilliseconds })
  }

  ended(): void {
    this.#ended.resolve()
  }

  /** Moves the cursor past a message that has no effects. */
  #pass(seq: number | undefined): void {
    if (seq !== undefined) this.#options.writer.add({ mark: this.#begin(seq, 0) })
  }

  #begin(seq: number, bytes: number): Mark {
    const { openMessages, openBytes, shared } = this.#options
    this.#bytes += bytes
    const isShared = shared?.take(bytes)
    if (isShared === false) this.#crowded = true
    const mark = this.#tracker.begin(seq, () => {
      this.#bytes -= bytes
      if (isShared) shared?.give(bytes)
      if (this.#tracker.open === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
      const few = this.#crowded ? 0 : openMessages / 4
      if (this.#tracker.open <= few && this.#bytes <= openBytes / 4) {
        this.#full = false
        this.#crowded = false
      }
      this.#settle()
    })
    if (this.#crowded || this.#tracker.open >= openMessages || this.#bytes >= openBytes) this.#full = true
    this.#settle()
    return mark
  }

  /** Leaves the source unread, or reads it on. */
  #settle(): void {
    const { writer, counters, source } = this.#options
    const isPaused = this.#full || writer.isLaden
    if (isPaused === this.#paused || this.#stopped) return
    this.#paused = isPaused
    if (isPaused) {
      counters.add('paused')
      source.pause()
    } else source.resume()
  }

  #observe(time: string): void {
    const sent = Date.parse(time)
    if (Number.isFinite(sent)) this.#lag = Math.max(0, Math.round((Date.now() - sent) / 100) / 10)
  }
}
