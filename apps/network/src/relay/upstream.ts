import WebSocket, { type RawData } from 'ws'
import { type Frame, MAX_FRAME_BYTES, readFrame } from './frames.ts'

const FIRST_RETRY_MS = 50
const MAX_RETRY_MS = 10_000
/** Frames that wait for the relay before it stops reading from the socket. */
const MAX_QUEUE = 500

export interface UpstreamHandler {
  cursor(): number | null
  /** Deals with one frame; frames of one host come one at a time, in order. */
  frame(frame: Frame): Promise<void>
  connected(): void
  /** A frame could not be read; the ones after it are. */
  malformed(reason: string): void
  /** The connection broke; it is tried again. */
  failed(reason: string): void
}

export type UpstreamStatus = 'active' | 'idle' | 'offline'

/** The subscription to one host's firehose: connects, reads in order, reconnects where it left off. */
export class Upstream {
  readonly #url: string
  readonly #handler: UpstreamHandler
  #socket: WebSocket | undefined
  #timer: NodeJS.Timeout | undefined
  #failures = 0
  #stopped = false
  #queue: Uint8Array[] = []
  #working: Promise<void> | undefined
  #connected = false

  constructor(url: string, handler: UpstreamHandler) {
    this.#url = url
    this.#handler = handler
    this.#connect()
  }

  get status(): UpstreamStatus {
    return this.#connected ? 'active' : this.#failures > 0 ? 'offline' : 'idle'
  }

  /** Tries again now instead of at the next planned attempt: the host has just said that it is there. */
  kick(): void {
    if (this.#connected || this.#stopped || !this.#timer) return
    this.#failures = 0
    this.#connect()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#queue = []
    this.#socket?.terminate()
    await this.#working
  }

  #connect(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const url = new URL('/xrpc/com.atproto.sync.subscribeRepos', this.#url)
    url.searchParams.set('cursor', String(this.#handler.cursor() ?? 0))
    const socket = new WebSocket(url, { maxPayload: MAX_FRAME_BYTES, handshakeTimeout: 5_000 })
    this.#socket = socket
    socket.on('open', () => {
      this.#connected = true
      this.#failures = 0
      this.#handler.connected()
    })
    socket.on('message', data => this.#receive(socket, data))
    socket.on('error', error => this.#handler.failed(error.message))
    socket.on('close', () => {
      if (this.#socket === socket) this.#retry()
    })
  }

  #receive(socket: WebSocket, data: RawData): void {
    this.#queue.push(data as Buffer)
    if (this.#queue.length >= MAX_QUEUE) socket.pause()
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
    })
  }

  async #work(): Promise<void> {
    for (let bytes = this.#queue.shift(); bytes; bytes = this.#queue.shift()) {
      const frame = this.#read(bytes)
      try {
        if (frame) await this.#handler.frame(frame)
      } catch (error) {
        this.#handler.failed(error instanceof Error ? error.message : String(error))
      }
      if (this.#queue.length < MAX_QUEUE / 2 && this.#socket?.isPaused) this.#socket.resume()
    }
  }

  #read(bytes: Uint8Array): Frame | undefined {
    try {
      return readFrame(bytes)
    } catch (error) {
      this.#handler.malformed(error instanceof Error ? error.message : String(error))
      return undefined
    }
  }

  /** Reconnects after the frames received so far are dealt with, so that the cursor is right. */
  #retry(): void {
    this.#connected = false
    if (this.#stopped) return
    const wait = Math.min(FIRST_RETRY_MS * 2 ** this.#failures, MAX_RETRY_MS) * (0.75 + Math.random() / 2)
    this.#failures += 1
    this.#timer = setTimeout(async () => {
      await this.#working
      if (!this.#stopped && !this.#connected) this.#connect()
    }, wait)
  }
}
