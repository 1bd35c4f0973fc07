import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { zstdCompressSync } from 'node:zlib'
import { fromUint8Array } from '@atcute/car'
import { type Bytes, decode, decodeFirst, fromBytes } from '@atcute/cbor'
import { toString as cidText } from '@atcute/cid'
import { WebSocket, WebSocketServer } from 'ws'

interface JetstreamLine {
  readonly did: string
  readonly time_us: number
  readonly kind: string
  readonly commit?: { readonly collection: string }
}

type Body = Record<string, unknown>

/**
 * A Jetstream over a real WebSocket: it reads a relay's firehose, or is given events, and serves `/subscribe` with `cursor`,
 * `wantedCollections` and `compress`. What it says of a commit is what the recorded Jetstream says.
 */
export class JetstreamServer implements AsyncDisposable {
  readonly #http = createServer((_, response) => response.writeHead(404).end())
  readonly #sockets: WebSocketServer
  readonly #dictionary: Uint8Array | undefined
  readonly #log: JetstreamLine[] = []
  readonly #clients = new Map<WebSocket, URLSearchParams>()
  #relay: WebSocket | undefined
  /** Query of each connection. */
  readonly asked: URLSearchParams[] = []

  private constructor(dictionary: Uint8Array | undefined) {
    this.#dictionary = dictionary
    this.#sockets = new WebSocketServer({ server: this.#http, path: '/subscribe' })
    this.#sockets.on('connection', (socket, request) => {
      const query = new URL(request.url ?? '/', 'http://jetstream').searchParams
      this.asked.push(query)
      const cursor = query.get('cursor')
      if (cursor !== null)
        for (const line of this.#log) if (line.time_us >= Number(cursor)) this.#send(socket, query, line)
      this.#clients.set(socket, query)
      socket.on('error', () => socket.terminate())
      socket.on('close', () => this.#clients.delete(socket))
    })
  }

  static async start(options: { dictionary?: Uint8Array } = {}): Promise<JetstreamServer> {
    const server = new JetstreamServer(options.dictionary)
    server.#http.listen(0, '127.0.0.1')
    await once(server.#http, 'listening')
    return server
  }

  get url(): string {
    return `ws://localhost:${(this.#http.address() as AddressInfo).port}`
  }

  /** `time_us` of the newest event. */
  get last(): number {
    return this.#log.at(-1)?.time_us ?? 0
  }

  /** Reads a relay from its first event on. */
  async follow(relayUrl: string): Promise<void> {
    this.#relay = new WebSocket(`${relayUrl}/xrpc/com.atproto.sync.subscribeRepos?cursor=0`)
    this.#relay.on('message', bytes => this.#translate(bytes as Buffer))
    await once(this.#relay, 'open')
  }

  append(line: JetstreamLine): void {
    this.#log.push(line)
    for (const [socket, query] of this.#clients) this.#send(socket, query, line)
  }

  /** Cuts every connection. */
  disconnect(): void {
    for (const socket of this.#sockets.clients) socket.terminate()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#relay?.terminate()
    this.disconnect()
    this.#sockets.close()
    this.#http.closeAllConnections()
    await new Promise(resolve => this.#http.close(resolve))
  }

  #send(socket: WebSocket, query: URLSearchParams, line: JetstreamLine): void {
    const wanted = query.getAll('wantedCollections')
    if (line.commit && wanted.length > 0 && !wanted.includes(line.commit.collection)) return
    const text = Buffer.from(JSON.stringify(line))
    if (query.get('compress') === 'true' && this.#dictionary)
      socket.send(zstdCompressSync(text, { dictionary: this.#dictionary }))
    else socket.send(text, { binary: false })
  }

  #translate(frame: Buffer): void {
    const [header, rest] = decodeFirst(frame) as [Body, Uint8Array]
    const body = decode(rest) as Body
    const time = () => Math.max(this.last + 1, Date.now() * 1000)
    const did = (body.did ?? body.repo) as string
    if (header.t === '#identity' || header.t === '#account') {
      const kind = header.t.slice(1)
      this.append({ did, time_us: time(), kind, [kind]: body } as JetstreamLine)
    }
    if (header.t !== '#commit') return
    const blocks = new Map(
      [...fromUint8Array(fromBytes(body.blocks as Bytes))].map(({ cid, bytes }) => [cidText(cid), bytes]),
    )
    for (const { action, path, cid } of body.ops as { action: string; path: string; cid?: Body }[]) {
      const [collection, rkey] = path.split('/') as [string, string]
      const commit = { rev: body.rev, operation: action, collection, rkey }
      const link = cid?.$link as string | undefined
      const named = link === undefined ? {} : { record: decode(blocks.get(link)!), cid: link }
      this.append({ did, time_us: time(), kind: 'commit', commit: { ...commit, ...named } })
    }
  }
}
