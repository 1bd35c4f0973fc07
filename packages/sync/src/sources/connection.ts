import { WebSocket } from 'ws'
import { connectOptions } from '../http.ts'

export interface ConnectionOptions {
  readonly userAgent?: string
  /** Milliseconds of the first wait after a failure; doubles up to `maxWait`. */
  readonly minWait?: number
  readonly maxWait?: number
  /** Milliseconds of silence after which the server is pinged, and cut if it stays silent as long again. */
  readonly heartbeat?: number
  /** Bytes of the largest message. */
  readonly maxPayload: number
}

export interface ConnectionHandler {
  /** Where to connect, asked at each attempt: it holds the cursor. */
  address(): string
  opened(): void
  message(data: Buffer, isBinary: boolean): void
  closed(): void
  /** It broke or was never made; it is tried again. */
  failed(error: unknown, retryInMilliseconds: number): void
}

/**
 * A WebSocket that lasts: it connects again with exponential backoff and jitter, notices a silent server, and leaves the
 * socket unread while paused, so that TCP makes the sender wait.
 */
export class Connection {
  readonly #options: Required<ConnectionOptions>
  readonly #handler: ConnectionHandler
  #socket: WebSocket | undefined
  #retry: NodeJS.Timeout | undefined
  #pulse: NodeJS.Timeout | undefined
  #attempt = 0
  #paused = false
  #stopped = false
  #heard = true

  constructor(options: ConnectionOptions, handler: ConnectionHandler) {
    const usual = { userAgent: 'frost-sync', minWait: 500, maxWait: 60_000, heartbeat: 20_000 }
    this.#options = { ...usual, ...options }
    this.#handler = handler
  }

  start(): void {
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

  /** Something good arrived: the next failure begins with the first wait again. */
  thrives(): void {
    this.#attempt = 0
  }

  /** Ends this connection; another follows. */
  restart(): void {
    this.#socket?.close()
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
    const { maxPayload, userAgent } = this.#options
    const url = this.#handler.address()
    const socket = new WebSocket(url, {
      maxPayload,
      perMessageDeflate: false,
      handshakeTimeout: 15_000,
      headers: { 'user-agent': userAgent },
      ...(connectOptions(url.replace(/^ws/, 'http')) as object),
    })
    socket.binaryType = 'nodebuffer'
    this.#socket = socket
    let problem: unknown
    socket.on('open', () => {
      this.#heard = true
      this.#handler.opened()
      if (this.#paused) socket.pause()
    })
    socket.on('message', (data, isBinary) => {
      this.#heard = true
      if (this.#stopped || socket.readyState !== WebSocket.OPEN) return
      this.#handler.message(data as Buffer, isBinary)
    })
    for (const sign of ['ping', 'pong'] as const)
      socket.on(sign, () => {
        this.#heard = true
      })
    socket.on('error', error => {
      problem = error
    })
    socket.on('close', (code, reason) => {
      this.#handler.closed()
      if (this.#stopped) return
      const wait = this.#wait()
      this.#retry = setTimeout(() => this.#connect(), wait)
      const said = `closed with ${code} ${reason.toString().slice(0, 200)}`.trim()
      this.#handler.failed(problem ?? new Error(said), wait)
    })
  }

  /** Between half and the whole of the backoff, so that consumers of one server do not come back all at once. */
  #wait(): number {
    const { minWait, maxWait } = this.#options
    const most = Math.min(maxWait, minWait * 2 ** Math.min(this.#attempt++, 20))
    return Math.round(most * (0.5 + Math.random() / 2))
  }

  #beat(): void {
    const socket = this.#socket
    // While paused nothing is read, pongs neither: silence then says nothing.
    if (this.#paused || socket?.readyState !== WebSocket.OPEN) return
    if (!this.#heard) return socket.terminate()
    this.#heard = false
    socket.ping()
  }
}
