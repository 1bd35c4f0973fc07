import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { flipBit, readFrame, writeMessage } from '@frost/network/relay/frames'
import { WebSocket, WebSocketServer } from 'ws'

/**
 * A host that answers as a PDS does and lies about everybody's accounts: it repeats what a relay says as its own, changed, says
 * that they are deleted, lists false heads for them, and sends nonsense in between.
 */
export class Liar implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets: WebSocketServer
  readonly #relay: WebSocket
  readonly #heads = new Map<string, string>()
  #seq = 0
  /** Messages that it sent. */
  told = 0

  private constructor(server: Server, relayUrl: string) {
    this.#server = server
    this.#sockets = new WebSocketServer({ server })
    this.#relay = new WebSocket(`${relayUrl}/xrpc/com.atproto.sync.subscribeRepos`)
    this.#relay.on('error', () => {})
    this.#relay.on('message', bytes => this.#repeat(bytes as Buffer))
  }

  static async start(relayUrl: string): Promise<Liar> {
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://liar')
      const body = liar.#answer(pathname.replace('/xrpc/', ''))
      response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body ?? { error: 'RepoNotFound', message: 'there is no such thing' }))
    })
    const liar = new Liar(server, relayUrl)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return liar
  }

  get hostname(): string {
    return `localhost:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#relay.terminate()
    for (const socket of this.#sockets.clients) socket.terminate()
    this.#sockets.close()
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #answer(method: string): object | undefined {
    if (method === 'com.atproto.server.describeServer')
      return { did: `did:web:${encodeURIComponent(this.hostname)}`, availableUserDomains: [] }
    if (method === 'com.atproto.sync.getRepoStatus') return { active: false, status: 'deleted' }
    if (method === 'com.atproto.sync.listRepos')
      return {
        repos: [...this.#heads].map(([did, head], index) =>
          index % 2
            ? { did, head, rev: '3zzzzzzzzzzzz', active: false, status: 'deleted' }
            : { did, head, active: true },
        ),
      }
    return undefined
  }

  #repeat(bytes: Buffer): void {
    let frame: ReturnType<typeof readFrame>
    try {
      frame = readFrame(bytes)
    } catch {
      return
    }
    if (frame.kind !== 'message') return
    const { type, did, body, commit } = frame.message
    if (commit) this.#heads.set(did, commit)
    const time = new Date().toISOString()
    this.#tell(writeMessage({ type, body }, ++this.#seq))
    this.#tell(flipBit(writeMessage({ type, body }, ++this.#seq), 0.5))
    this.#tell(
      writeMessage({ type: '#account', body: { did, time, active: false, status: 'deleted' } }, ++this.#seq),
    )
    this.#tell(writeMessage({ type: '#identity', body: { did, time, handle: 'stolen.test' } }, ++this.#seq))
    if (type === '#commit' && Array.isArray(body.ops))
      this.#tell(writeMessage({ type, body: { ...body, repo: `did:plc:${'a'.repeat(24)}` } }, ++this.#seq))
    this.#tell(bytes.subarray(0, bytes.length >> 1))
  }

  #tell(frame: Uint8Array): void {
    this.told++
    for (const socket of this.#sockets.clients) socket.send(frame)
  }
}
