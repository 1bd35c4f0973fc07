import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { QueryError } from '@frost/index'
import { type WebSocket, WebSocketServer } from 'ws'
import { clientAddress } from '../client-address.ts'
import type { Stream } from './stream.ts'
import { endWith, Subscription } from './subscription.ts'

const LARGEST_MESSAGE = 1024
const LONGEST_URL = 64 * 1024
const PING_MILLISECONDS = 30_000

export interface SocketOptions {
  /** Subscriptions at once, in all and from one address (0: no limit of its own). */
  readonly most: number
  readonly mostPerAddress: number
  readonly slowestMilliseconds?: number
  readonly onError: (error: unknown) => void
  /** Told why a subscriber that reads too slowly was dropped. */
  readonly onTooSlow?: (message: string) => void
}

/** Serves subscriptions on the server's upgrades. */
export class StreamSockets {
  readonly #streams: ReadonlyMap<string, Stream>
  readonly #options: SocketOptions
  readonly #sockets: WebSocketServer
  readonly #perAddress = new Map<string, number>()
  readonly #alive = new WeakSet<WebSocket>()
  readonly #pings: NodeJS.Timeout

  constructor(server: Server, streams: readonly Stream[], options: SocketOptions) {
    this.#streams = new Map(streams.map(stream => [`/xrpc/${stream.nsid}`, stream]))
    this.#options = options
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: LARGEST_MESSAGE,
      perMessageDeflate: false,
    })
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    this.#pings = setInterval(() => this.#ping(), PING_MILLISECONDS)
    this.#pings.unref()
  }

  get count(): number {
    return this.#sockets.clients.size
  }

  /** Tells every subscriber that the service restarts, and closes. */
  close(): void {
    clearInterval(this.#pings)
    for (const socket of this.#sockets.clients) {
      socket.close(1012, 'ServiceRestart')
      const cut = setTimeout(() => socket.terminate(), 1000)
      socket.on('close', () => clearTimeout(cut))
    }
    this.#sockets.close()
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const { url = '/' } = request
    const [path = '', query = ''] = url.split('?', 2)
    const stream = this.#streams.get(path)
    if (!stream) return refuse(socket, '404 Not Found')
    if (url.length > LONGEST_URL) return refuse(socket, '414 URI Too Long')
    this.#sockets.handleUpgrade(request, socket, head, connection => {
      connection.on('error', () => connection.terminate())
      const refusal = this.#admit(connection, clientAddress(request))
      if (refusal) return endWith(connection, stream.encoding(query), 'TooManySubscriptions', refusal, 1013)
      this.#alive.add(connection)
      connection.on('pong', () => this.#alive.add(connection))
      void this.#begin(connection, stream, query)
    })
  }

  /** Counts the connection; says why if it is one too many. */
  #admit(connection: WebSocket, address: string): string | undefined {
    const { most, mostPerAddress } = this.#options
    const held = this.#perAddress.get(address) ?? 0
    if (this.#sockets.clients.size > most) return `${most} subscriptions are served at once: come again later`
    if (mostPerAddress > 0 && held >= mostPerAddress)
      return `${mostPerAddress} subscriptions are served to one address: close others, or put more filters into one`
    this.#perAddress.set(address, held + 1)
    connection.on('close', () => {
      const left = (this.#perAddress.get(address) ?? 1) - 1
      if (left > 0) this.#perAddress.set(address, left)
      else this.#perAddress.delete(address)
    })
    return undefined
  }

  async #begin(connection: WebSocket, stream: Stream, query: string): Promise<void> {
    const { onError, onTooSlow, slowestMilliseconds } = this.#options
    const encoding = stream.encoding(query)
    try {
      const { source, seq } = await stream.open(query, message => connection.send(message))
      new Subscription(connection, source, { encoding, seq, slowestMilliseconds, onError, onTooSlow }).start()
    } catch (error) {
      if (error instanceof QueryError) return endWith(connection, encoding, error.name, error.message)
      onError(error)
      endWith(connection, encoding, 'InternalServerError', 'something failed here; it was logged', 1011)
    }
  }

  /** A peer that did not answer the last ping is gone. */
  #ping(): void {
    for (const socket of this.#sockets.clients) {
      if (!this.#alive.has(socket)) socket.terminate()
      this.#alive.delete(socket)
      socket.ping()
    }
  }
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
