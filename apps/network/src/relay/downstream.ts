import { setTimeout as delay } from 'node:timers/promises'
import type { WebSocket } from 'ws'
import type { Fate } from './faults.ts'
import { flipBit, writeError, writeInfo } from './frames.ts'
import type { EventRow, RelayStore } from './store.ts'

const PAGE = 200
/** Bytes waiting in a subscriber's socket before the relay waits for it. */
const MAX_BUFFERED = 4_000_000
const PING_MS = 30_000

/**
 * Serves the log to one subscriber from its cursor on, at its own speed: what it has not taken yet waits in the log and
 * not in memory.
 */
export class Downstream {
  readonly #socket: WebSocket
  readonly #store: RelayStore
  readonly #fate: (event: EventRow) => Fate
  #position: number
  #wake: (() => void) | undefined
  #pending = false

  /** @param cursor sequence number after which to start; absent for new events only */
  constructor(
    socket: WebSocket,
    store: RelayStore,
    fate: (event: EventRow) => Fate,
    cursor: number | undefined,
  ) {
    this.#socket = socket
    this.#store = store
    this.#fate = fate
    this.#position = cursor ?? store.seq
    const ping = setInterval(() => socket.ping(), PING_MS)
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      clearInterval(ping)
      this.notify()
    })
    void this.#run(cursor).catch(() => socket.terminate())
  }

  /** Tells that the log has grown. */
  notify(): void {
    this.#pending = true
    this.#wake?.()
  }

  async #run(cursor: number | undefined): Promise<void> {
    if (cursor !== undefined && cursor > this.#store.seq) {
      await this.#send(
        writeError('FutureCursor', `cursor ${cursor} is ahead of the newest event, ${this.#store.seq}`),
      )
      this.#socket.close(1008, 'FutureCursor')
      return
    }
    if (cursor !== undefined && cursor < this.#store.floor) {
      const message = `events up to ${this.#store.floor} are no longer kept: the stream goes on after them`
      await this.#send(writeInfo('OutdatedCursor', message))
      this.#position = this.#store.floor
    }
    while (this.#open) {
      this.#pending = false
      // A log that restarted its sequence continues below where this subscriber is.
      if (this.#position > this.#store.seq) this.#position = 0
      const events = this.#store.after(this.#position, PAGE)
      for (const event of events) {
        if (!this.#open) return
        await this.#deliver(event)
        this.#position = event.seq
      }
      if (events.length === 0) await this.#news()
    }
  }

  get #open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  async #news(): Promise<void> {
    if (this.#pending || !this.#open) return
    await new Promise<void>(resolve => {
      this.#wake = resolve
    })
    this.#wake = undefined
  }

  async #deliver(event: EventRow): Promise<void> {
    const fate = this.#fate(event)
    if (fate.delayMs > 0) await delay(fate.delayMs)
    if (fate.disconnect) {
      this.#socket.terminate()
      return
    }
    if (fate.drop) return
    const frame = fate.tamperAt === undefined ? event.frame : flipBit(event.frame, fate.tamperAt)
    await this.#send(frame)
    if (fate.duplicate) await this.#send(frame)
  }

  async #send(frame: Uint8Array): Promise<void> {
    if (!this.#open) return
    if (this.#socket.bufferedAmount < MAX_BUFFERED) {
      this.#socket.send(frame)
      return
    }
    await new Promise<void>(resolve => this.#socket.send(frame, () => resolve()))
  }
}
