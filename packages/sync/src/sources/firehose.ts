import { WebSocket } from 'ws'
import { decodeFrame, FrameError, LIMITS } from '../frame.ts'
import { connectOptions, type Guard, serviceOrigin } from '../http.ts'
import type { EventSource, SourceSink } from '../source.ts'

export interface FirehoseOptions extends Guard {
  readonly userAgent?: string
  /** Milliseconds of the first wait after a failure; doubles up to `maxWait`. */
  readonly minWait?: number
  readonly maxWait?: number
  /** Milliseconds of silence after which the server is pinged, and cut if it stays silent as long again. */
  readonly heartbeat?: number
}

/** `com.atproto.sync.subscribeRepos` of a relay or PDS: reconnects with backoff and jitter, goes on after the cursor. */
export class Firehose implements EventSource {
  readonly #origin: string
  readonly #options: Required<FirehoseOptions>
  #sink: SourceSink | undefined
  #socket: WebSocket | undefined
  #retry: NodeJS.Timeout | undefined
  #pulse: NodeJS.Timeout | undefined
  #attempt = 0
  #paused = false
  #stopped = false
  #last: number | undefined
  #fresh = true
  #heard = true
  #withoutCursor = false

  /**
   * @param service `wss://host`, `https://host`, or in a local network `ws://localhost:port`
   * @throws Error if this consumer may not talk to it
   */
  constructor(service: string, options: FirehoseOptions) {
    this.#origin = serviceOrigin(service.replace(/^ws/, 'http'), options)
    this.#options = { userAgent: 'frost-sync', minWait: 500, maxWait: 60_000, heartbeat: 20_000, ...options }
  }

  start(sink: SourceSink): void {
    this.#sink = sink
    this.#connect()
    this.#pulse = setInterval(() => this.#beat(), this.#options.heartbeat).unref()
  }

  pause(): void {
    this.#paused = true
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.pause()
  }

  resume(): void {
    this.#paused = false
    this.#heard = true
    if (this.#socket?.isPaused) this.#socket.resume()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#retry)
    clearInterval(this.#pulse)
    const socket = this.#socket
    if (!socket || socket.readyState === WebSocket.CLOSED) return
    const closed = new Promise(resolve => socket.once('close', resolve))
    socket.terminate()
    await closed
  }

  #connect(): void {
    const sink = this.#sink!
    const cursor = this.#withoutCursor ? undefined : sink.cursor()
    const query = cursor === undefined ? '' : `?cursor=${cursor}`
    const url = `${this.#origin.replace(/^http/, 'ws')}/xrpc/com.atproto.sync.subscribeRepos${query}`
    const socket = new WebSocket(url, {
      maxPayload: LIMITS.frameBytes,
      perMessageDeflate: false,
      handshakeTimeout: 15_000,
      headers: { 'user-agent': this.#options.userAgent },
      ...(connectOptions(this.#origin) as object),
    })
    socket.binaryType = 'nodebuffer'
    this.#socket = socket
    this.#last = cursor
    this.#fresh = true
    let problem: unknown
    socket.on('open', () => {
      this.#heard = true
      this.#withoutCursor = false
      sink.connected(true)
      if (this.#paused) socket.pause()
    })
    socket.on('message', (data, isBinary) => {
      this.#heard = true
      if (this.#stopped || socket !== this.#socket) return
      if (isBinary) this.#receive(data as Buffer)
      else sink.rejected(new FrameError('frame-shape', 'frame: must be binary'))
    })
    socket.on('pong', () => {
      this.#heard = true
    })
    socket.on('ping', () => {
      this.#heard = true
    })
    socket.on('error', error => {
      problem = error
    })
    socket.on('close', (code, reason) => {
      if (socket !== this.#socket) return
      sink.connected(false)
      if (this.#stopped) return
      const most = Math.min(this.#options.maxWait, this.#options.minWait * 2 ** Math.min(this.#attempt++, 20))
      const wait = Math.round(most * (0.5 + Math.random() / 2))
      this.#retry = setTimeout(() => this.#connect(), wait)
      sink.failed(problem ?? new Error(`closed with ${code} ${reason.toString().slice(0, 200)}`.trim()), wait)
    })
  }

  #beat(): void {
    const socket = this.#socket
    // While paused nothing is read, pongs neither: silence then says nothing.
    if (this.#paused || socket?.readyState !== WebSocket.OPEN) return
    if (!this.#heard) return socket.terminate()
    this.#heard = false
    socket.ping()
  }

  #receive(bytes: Buffer): void {
    const sink = this.#sink!
    let frame: ReturnType<typeof decodeFrame>
    try {
      frame = decodeFrame(bytes)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      if (error.seq === undefined || this.#accept(error.seq)) sink.rejected(error)
      return
    }
    switch (frame.type) {
      case 'error':
        if (frame.error === 'FutureCursor') {
          this.#withoutCursor = true
          this.#attempt = 0
          sink.gap('reset')
        } else sink.rejected(new FrameError('stream-error', `${frame.error}: ${frame.message ?? ''}`))
        this.#socket?.close()
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
        else sink.rejected(new FrameError('seq-order', `seq ${frame.seq} does not rise`))
    }
  }

  /** Seqs rise. A first message below the cursor says that the server lost its log and counts anew. */
  #accept(seq: number): boolean {
    const first = this.#fresh
    this.#fresh = false
    this.#attempt = 0
    if (this.#last !== undefined && seq <= this.#last) {
      if (!first || seq === this.#last) return false
      this.#sink!.gap('reset')
    }
    this.#last = seq
    return true
  }
}
