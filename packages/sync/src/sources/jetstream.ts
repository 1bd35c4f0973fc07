import { zstdDecompressSync } from 'node:zlib'
import { FrameError, LIMITS } from '../frame.ts'
import { type Guard, serviceOrigin } from '../http.ts'
import type { EventSource, SourceSink } from '../source.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { parseJetstreamEvent } from './jetstream-event.ts'

export interface JetstreamOptions extends Guard, Omit<ConnectionOptions, 'maxPayload'> {
  /** Collections by NSID, at most {@link MOST_COLLECTIONS}; none or more: all are sent, and most are dropped here. */
  readonly collectionNames?: readonly string[]
  /** The server's zstd dictionary; with it events are asked for compressed. */
  readonly dictionary?: Uint8Array
  /** Where to begin without a cursor, in microseconds since 1970 (0: with all that the server keeps); absent: now. */
  readonly from?: number
  /** Microseconds that each connection goes back behind the cursor: events reach a Jetstream's log a little out of order. */
  readonly rewind?: number
  /** Microseconds for which the server keeps events: an older cursor has missed some. */
  readonly keeps?: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/** A Jetstream takes no longer list of wanted collections. */
export const MOST_COLLECTIONS = 100

const SECOND = 1_000_000

/**
 * `/subscribe` of a Jetstream: records as JSON, verified by the Jetstream and not here, except that every record must encode
 * to its CID. The cursor is a time in microseconds. A Jetstream sends what comes next, and lists nothing: what was there before
 * comes from an archive or a relay.
 * https://github.com/bluesky-social/jetstream
 */
export class Jetstream implements EventSource {
  readonly #url: string
  readonly #options: JetstreamOptions
  readonly #connection: Connection
  #sink: SourceSink | undefined
  #last = 0
  #compressed: boolean

  /**
   * @param service `wss://host`, or `wss://host/path` where `/subscribe` is not its path
   * @throws Error if this consumer may not talk to it
   */
  constructor(service: string, options: JetstreamOptions) {
    const origin = serviceOrigin(service.replace(/^ws/, 'http'), options)
    const { pathname } = new URL(service)
    this.#url = origin.replace(/^http/, 'ws') + (pathname === '/' ? '/subscribe' : pathname)
    this.#options = options
    this.#compressed = options.dictionary !== undefined
    const { userAgent, minWait, maxWait, heartbeat } = options
    this.#connection = new Connection(
      {
        ...(userAgent !== undefined && { userAgent }),
        ...(minWait !== undefined && { minWait }),
        ...(maxWait !== undefined && { maxWait }),
        ...(heartbeat !== undefined && { heartbeat }),
        maxPayload: LIMITS.frameBytes,
      },
      {
        address: () => this.#address(),
        opened: () => this.#opened(),
        message: (data, isBinary) => this.#receive(data, isBinary),
        closed: () => this.#sink!.connected(false),
        failed: (error, wait) => this.#sink!.failed(error, wait),
      },
    )
  }

  start(sink: SourceSink): void {
    this.#sink = sink
    this.#connection.start()
  }

  pause(): void {
    this.#connection.pause()
  }

  resume(): void {
    this.#connection.resume()
  }

  stop(): Promise<void> {
    return this.#connection.stop()
  }

  #address(): string {
    const { collectionNames = [], from, rewind = 5 * SECOND } = this.#options
    const query = new URLSearchParams()
    if (collectionNames.length <= MOST_COLLECTIONS)
      for (const name of collectionNames) query.append('wantedCollections', name)
    const cursor = this.#sink!.cursor()
    this.#last = cursor ?? 0
    const begin = cursor === undefined ? from : Math.max(0, cursor - rewind)
    if (begin !== undefined) query.set('cursor', String(begin))
    if (this.#compressed) query.set('compress', 'true')
    return query.size === 0 ? this.#url : `${this.#url}?${query}`
  }

  /** A Jetstream begins with the oldest event that it has, without a word, where the cursor is older. */
  #opened(): void {
    const { keeps = 24 * 3600 * SECOND, now = Date.now } = this.#options
    const sink = this.#sink!
    sink.connected(true)
    if (this.#last > 0 && this.#last < now() * 1000 - keeps) sink.gap('outdated')
  }

  #receive(data: Buffer, isBinary: boolean): void {
    const sink = this.#sink!
    const text = isBinary ? this.#decompressed(data) : data
    if (!text) return
    try {
      const event = parseJetstreamEvent(text.toString('utf8'), (this.#options.now ?? Date.now)())
      this.#connection.thrives()
      // Times reach the log a little out of order; a cursor never falls.
      const seq = Math.max(this.#last, event.seq)
      this.#last = seq
      if (event.type === 'commit') sink.trusted(event.event, seq, event.time)
      else if (event.type === 'unknown') sink.other({ ...event, seq })
      else sink.message({ ...event, seq })
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      const { reason, message, seq, did } = error
      if (seq !== undefined) this.#last = Math.max(this.#last, seq)
      sink.rejected(new FrameError(reason, message, seq === undefined ? undefined : this.#last, did))
    }
  }

  /** Undefined where the dictionary is not the server's: then everything is asked for once more, uncompressed. */
  #decompressed(data: Buffer): Buffer | undefined {
    try {
      const { dictionary } = this.#options
      return zstdDecompressSync(data, {
        maxOutputLength: LIMITS.frameBytes,
        ...(dictionary && { dictionary }),
      })
    } catch (error) {
      this.#compressed = false
      const why = (error as Error).message
      this.#sink!.rejected(
        new FrameError('jetstream-zstd', `Jetstream event: ${why}: is this the server's dictionary?`),
      )
      this.#connection.restart()
      return undefined
    }
  }
}
