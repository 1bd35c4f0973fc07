import { decodeFrame, FrameError, LIMITS } from '../frame.ts'
import { type Guard, serviceOrigin } from '../http.ts'
import type { EventSource, SourceSink } from '../source.ts'
import { Connection, type ConnectionOptions } from './connection.ts'

export interface FirehoseOptions extends Guard, Omit<ConnectionOptions, 'maxPayload'> {}

/**
 * `com.atproto.sync.subscribeRepos` of a relay or PDS, after the cursor. What it gives is not verified yet.
 * https://atproto.com/specs/event-stream, https://atproto.com/specs/sync
 */
export class Firehose implements EventSource {
  readonly #origin: string
  readonly #connection: Connection
  #sink: SourceSink | undefined
  #last: number | undefined
  #fresh = true
  /** A seq that was left out because it did not rise. */
  #fallen: number | undefined

  /**
   * @param service `wss://host`, `https://host`, or in a local network `ws://localhost:port`
   * @throws Error if this consumer may not talk to it
   */
  constructor(service: string, options: FirehoseOptions) {
    const { allowLoopbackHttp, ...connection } = options
    this.#origin = serviceOrigin(service.replace(/^ws/, 'http'), { allowLoopbackHttp })
    this.#connection = new Connection(
      { ...connection, maxPayload: LIMITS.frameBytes },
      {
        address: () => this.#address(),
        opened: () => this.#sink!.connected(true),
        message: (data, isBinary) => {
          if (isBinary) this.#receive(data)
          else this.#sink!.rejected(new FrameError('frame-shape', 'frame: must be binary'))
        },
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
    const cursor = this.#sink!.cursor()
    this.#last = cursor
    this.#fresh = true
    const query = cursor === undefined ? '' : `?cursor=${cursor}`
    return `${this.#origin.replace(/^http/, 'ws')}/xrpc/com.atproto.sync.subscribeRepos${query}`
  }

  #receive(bytes: Buffer): void {
    const sink = this.#sink!
    let frame: ReturnType<typeof decodeFrame>
    try {
      frame = decodeFrame(bytes)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      if (error.seq === undefined || this.#accept(error.seq)) sink.rejected(error)
      else this.#leaveOut(error.seq, error.did)
      return
    }
    switch (frame.type) {
      case 'error':
        if (frame.error === 'FutureCursor') {
          this.#connection.thrives()
          sink.gap('reset')
        } else sink.rejected(new FrameError('stream-error', `${frame.error}: ${frame.message ?? ''}`))
        this.#connection.restart()
        return
      case 'info':
        if (frame.name === 'OutdatedCursor') sink.gap('outdated')
        sink.other(frame)
        return
      case 'unknown':
        if (frame.seq === undefined || this.#accept(frame.seq)) sink.other(frame)
        return
      default:
        if (this.#accept(frame.seq)) sink.message(frame)
        else this.#leaveOut(frame.seq, frame.did)
    }
  }

  /**
   * A number that fell may be a genuine message's that was garbled on its way: it is told at the last one's place, which the cursor
   * has anyway, and the account's host is asked. The same number again is the same message.
   */
  #leaveOut(seq: number, did: string | undefined): void {
    const [place, whose] = seq === this.#last ? [] : [this.#last, did]
    this.#sink!.rejected(new FrameError('seq-order', `seq ${seq} does not rise`, place, whose))
  }

  /**
   * Seqs rise; a single one that does not is wrong and left out. Where the first on a new connection falls, or a second one after
   * another, the server counts anew (it lost its log), or the number before was wrong: then what was missed must be looked for.
   */
  #accept(seq: number): boolean {
    const first = this.#fresh
    this.#fresh = false
    this.#connection.thrives()
    if (this.#last !== undefined && seq <= this.#last) {
      if (seq === this.#last) return false
      const again = this.#fallen !== undefined && seq > this.#fallen
      this.#fallen = seq
      if (!first && !again) return false
      this.#sink!.gap('reset')
    }
    this.#fallen = undefined
    this.#last = seq
    return true
  }
}
