import { setTimeout as delay } from 'node:timers/promises'
import type { WebSocket } from 'ws'
import { type Encoding, errorMessage, type Message, type Source } from './stream.ts'

/** Bytes that may wait for a socket; who has more is served from the log, at the pace at which it reads. */
const MOST_WAITING = 1024 * 1024
/** How long those bytes may take; who takes longer is dropped. */
const SLOWEST_MILLISECONDS = 30_000
/** How long a connection that was told why it ends may take to read that. */
const FAREWELL_MILLISECONDS = 5000

export interface SubscriptionOptions {
  readonly encoding: Encoding
  /** The last seq that the subscriber has. */
  readonly seq: number
  readonly slowestMilliseconds?: number
  readonly onError: (error: unknown) => void
  /** Told why a subscriber was dropped. */
  readonly onTooSlow?: (message: string) => void
}

/** One subscriber on its socket: behind, it reads at its own pace; level, it hears what comes. */
export class Subscription {
  readonly #socket: WebSocket
  readonly #source: Source
  readonly #options: SubscriptionOptions
  /** Everything up to here was sent, or did not match. */
  #seq: number
  #isLive = false

  constructor(socket: WebSocket, source: Source, options: SubscriptionOptions) {
    this.#socket = socket
    this.#source = source
    this.#options = options
    this.#seq = options.seq
    socket.on('close', () => source.leave())
  }

  /** Sends what the log holds after the cursor, and goes on with what comes. */
  start(): void {
    void this.#catchUp().catch(error => {
      this.#options.onError(error)
      endWith(
        this.#socket,
        this.#options.encoding,
        'InternalServerError',
        'something failed here; it was logged',
        1011,
      )
    })
  }

  #hear(message: Message): void {
    if (!this.#isLive) return
    this.#send(message)
    if (this.#socket.bufferedAmount <= MOST_WAITING) return
    this.#isLive = false
    this.#source.leave()
    this.start()
  }

  async #catchUp(): Promise<void> {
    while (this.#isOpen) {
      const { messages, seq } = await this.#source.read(this.#seq)
      for (const message of messages) {
        if (!(await this.#drained())) return
        this.#send(message)
      }
      const isLevel = seq === this.#seq
      this.#seq = seq
      if (!isLevel) continue
      if (!(await this.#drained())) return
      if (this.#source.join(message => this.#hear(message), this.#seq)) {
        this.#isLive = true
        return
      }
    }
  }

  #send(message: Message): void {
    const { encoding } = this.#options
    this.#socket.send(message.encoded(encoding), { binary: encoding === 'cbor' })
    this.#seq = message.seq
  }

  get #isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  /** Waits until the socket has taken most of what waits for it; false when it is closed, or was dropped as too slow. */
  async #drained(): Promise<boolean> {
    const { slowestMilliseconds = SLOWEST_MILLISECONDS, encoding, onTooSlow } = this.#options
    const end = performance.now() + slowestMilliseconds
    while (this.#isOpen && this.#socket.bufferedAmount > MOST_WAITING / 2) {
      if (performance.now() > end) {
        const seconds = slowestMilliseconds / 1000
        const message = `${this.#socket.bufferedAmount} bytes waited for ${seconds} s: read faster, or ask for less; go on from the last seq`
        endWith(this.#socket, encoding, 'ConsumerTooSlow', message, 1008)
        onTooSlow?.(message)
        return false
      }
      // A socket says nothing of its buffer; it is looked at while it is full.
      await delay(20)
    }
    return this.#isOpen
  }
}

/** Says why, and closes; a socket that does not even take that is cut. */
export function endWith(
  socket: WebSocket,
  encoding: Encoding,
  error: string,
  message: string,
  code = 1008,
): void {
  if (socket.readyState !== socket.OPEN) return
  socket.send(errorMessage(encoding, error, message))
  socket.close(code, error)
  const cut = setTimeout(() => socket.terminate(), FAREWELL_MILLISECONDS)
  socket.on('close', () => clearTimeout(cut))
}
