import { decode, decodeFirst } from '@atcute/cbor'
import WebSocket from 'ws'

/** One message of a firehose as any consumer gets it. */
export interface Message {
  readonly type: string
  readonly seq: number
  readonly did: string
  readonly body: Record<string, unknown>
  readonly bytes: Uint8Array
}

/** Reads a firehose and keeps everything; tests wait for what they expect. */
export class FirehoseReader {
  readonly messages: Message[] = []
  readonly infos: string[] = []
  readonly errors: string[] = []
  undecodable = 0
  readonly closed: Promise<void>
  readonly #socket: WebSocket
  readonly #waiting = new Set<() => void>()

  constructor(url: string, cursor?: number) {
    const query = cursor === undefined ? '' : `?cursor=${cursor}`
    this.#socket = new WebSocket(`${url}/xrpc/com.atproto.sync.subscribeRepos${query}`)
    this.#socket.on('message', data => this.#read(data as Buffer))
    this.#socket.on('error', () => undefined)
    this.closed = new Promise(resolve => this.#socket.on('close', () => resolve()))
  }

  /** Resolves once connected, so that nothing that happens afterwards is missed. */
  async open(): Promise<this> {
    if (this.#socket.readyState !== WebSocket.OPEN) {
      await new Promise((resolve, reject) => {
        this.#socket.once('open', resolve)
        this.#socket.once('close', () => reject(new Error('the firehose closed the connection')))
      })
    }
    return this
  }

  /** The first message for which `wanted` holds, those read already included. */
  async find(wanted: (message: Message) => boolean, timeoutMs = 10_000): Promise<Message> {
    await this.until(() => this.messages.some(wanted), timeoutMs)
    return this.messages.find(wanted)!
  }

  async until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
    const deadline = AbortSignal.timeout(timeoutMs)
    while (!condition()) {
      await new Promise<void>((resolve, reject) => {
        const wake = () => {
          this.#waiting.delete(wake)
          resolve()
        }
        this.#waiting.add(wake)
        deadline.addEventListener('abort', () =>
          reject(
            new Error(`not seen on the firehose; seen: ${this.messages.map(({ type }) => type).join(' ')}`),
          ),
        )
      })
    }
  }

  close(): void {
    this.#socket.terminate()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #read(bytes: Buffer): void {
    try {
      const [header, rest] = decodeFirst(bytes)
      const body = decode(rest)
      if (header.op === -1) this.errors.push(body.error)
      else if (header.t === '#info') this.infos.push(body.name)
      else this.messages.push({ type: header.t, seq: body.seq, did: body.did ?? body.repo, body, bytes })
    } catch {
      this.undecodable += 1
    }
    for (const wake of this.#waiting) wake()
  }
}

/** Whether a message is a commit that touches a path such as `org.example.thing/first`. */
export function touches(path: string): (message: Message) => boolean {
  return ({ type, body }) =>
    type === '#commit' && (body.ops as { path: string }[]).some(op => op.path === path)
}
