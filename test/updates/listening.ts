import { nsid } from '@frost/lexicon'
import { WebSocket } from 'ws'

export interface Told {
  readonly $type?: string
  readonly seq: number
  readonly action: string
  readonly uri: string
  readonly dataset?: string
  readonly record?: Record<string, unknown>
  readonly error?: string
  readonly message?: string
  readonly name?: string
}

/** A plain WebSocket on `updates.subscribeUpdates` that keeps what it is told. */
export class Listening implements AsyncDisposable {
  readonly told: Told[] = []
  readonly socket: WebSocket
  readonly opened: Promise<void>
  readonly closed: Promise<{ code: number; reason: string }>
  #wake: () => void = () => {}

  constructor(url: string, params: Record<string, string | number | readonly string[]> = {}) {
    const query = new URLSearchParams({ encoding: 'json' })
    for (const [name, value] of Object.entries(params))
      for (const item of [value].flat()) query.append(name, String(item))
    this.socket = new WebSocket(
      `${url.replace(/^http/, 'ws')}/xrpc/${nsid('updates.subscribeUpdates')}?${query}`,
    )
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('open', resolve)
      this.socket.once('error', reject)
    })
    this.closed = new Promise(resolve => {
      this.socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    this.socket.on('message', data => {
      this.told.push(JSON.parse(data.toString()))
      this.#wake()
    })
  }

  /** Resolves with everything told, once there is something like that among it. */
  async until(wanted: (told: Told) => boolean): Promise<readonly Told[]> {
    while (!this.told.some(wanted)) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
    return this.told
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate()
    await this.closed
  }
}
