/**
 * The least network that a consumer can be held against, over real sockets on this machine: a directory of DIDs, hosts of generated
 * repositories, and a relay that says exactly what the test tells it to.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cidToText } from '@frost/sync/cid'
import { type WebSocket, WebSocketServer } from 'ws'
import { encode } from './encoding.ts'
import type { FastRepository } from './fast-repository.ts'

/** An account as its host has it. */
export interface Account {
  readonly did: string
  readonly key: string
  handle?: string
  /** `{$error}` is answered to questions about its repository. */
  standing: 'active' | 'deactivated' | 'takendown' | 'deleted' | 'absent'
  /** What `getLatestCommit` says; absent: nothing yet. */
  head: () => string | undefined
  /** What `getRepo` gives. */
  car: () => Uint8Array
  collections: () => readonly string[]
}

export function accountOf(repository: FastRepository): Account {
  return {
    did: repository.did,
    key: repository.signer.publicKey.did.slice('did:key:'.length),
    standing: 'active',
    head: () => repository.head && cidToText(repository.head),
    car: () => repository.car(),
    collections: () => [...new Set([...repository.records.keys()].map(path => path.split('/')[0]!))],
  }
}

type Answer = {
  readonly status: number
  readonly json?: unknown
  readonly bytes?: Uint8Array
  readonly body?: (response: ServerResponse) => void
}

class HttpService implements AsyncDisposable {
  readonly server: Server
  /** Methods and paths that were asked, oldest first. */
  readonly asked: string[] = []
  /** Called before each answer; it may wait, or give another one. */
  interfere: ((path: string) => Promise<Answer | undefined> | Answer | undefined) | undefined

  constructor(answer: (url: URL) => Answer) {
    this.server = createServer((request, response) => void this.#reply(request, response, answer))
  }

  async listen(): Promise<void> {
    await new Promise<void>(resolve => this.server.listen(0, '127.0.0.1', resolve))
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  get origin(): string {
    return `http://localhost:${this.port}`
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    if (this.server.listening) await new Promise(resolve => this.server.close(resolve))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #reply(
    request: IncomingMessage,
    response: ServerResponse,
    answer: (url: URL) => Answer,
  ): Promise<void> {
    const url = new URL(request.url ?? '/', this.origin)
    this.asked.push(url.pathname + url.search)
    const { status, json, bytes, body } = (await this.interfere?.(url.pathname + url.search)) ?? answer(url)
    response.writeHead(status, { 'content-type': bytes ? 'application/vnd.ipld.car' : 'application/json' })
    if (body) return body(response)
    response.end(bytes ?? JSON.stringify(json ?? {}))
  }
}

const fault = (error: string): Answer => ({ status: 400, json: { error, message: error } })

/** A PDS: `com.atproto.sync.*` of the accounts that live on it. */
export class Host extends HttpService {
  readonly accounts = new Map<string, Account>()

  constructor() {
    super(url => this.#answer(url))
  }

  #answer(url: URL): Answer {
    const method = url.pathname.replace('/xrpc/', '')
    const account = this.accounts.get(url.searchParams.get('did') ?? url.searchParams.get('repo') ?? '')
    if (method === 'com.atproto.server.describeServer')
      return { status: 200, json: { did: 'did:web:localhost' } }
    if (method === 'com.atproto.sync.listRepos')
      return { status: 200, json: { repos: listed(this.accounts.values()) } }
    if (method === 'com.atproto.identity.resolveHandle') {
      const handle = url.searchParams.get('handle')
      const found = [...this.accounts.values()].find(({ handle: own }) => own !== undefined && own === handle)
      return found ? { status: 200, json: { did: found.did } } : fault('HandleNotFound')
    }
    if (!account || account.standing === 'absent') return fault('RepoNotFound')
    if (method === 'com.atproto.sync.getRepoStatus') {
      const active = account.standing === 'active'
      return { status: 200, json: { did: account.did, active, ...(!active && { status: account.standing }) } }
    }
    if (account.standing === 'deleted') return fault('RepoNotFound')
    if (account.standing === 'deactivated') return fault('RepoDeactivated')
    if (account.standing === 'takendown') return fault('RepoTakendown')
    if (method === 'com.atproto.sync.getLatestCommit') return { status: 200, json: { cid: account.head() } }
    if (method === 'com.atproto.sync.getRepo') return { status: 200, bytes: account.car() }
    if (method === 'com.atproto.repo.describeRepo')
      return { status: 200, json: { collections: account.collections() } }
    return { status: 501, json: { error: 'MethodNotImplemented' } }
  }
}

function listed(accounts: Iterable<Account>): unknown[] {
  return [...accounts]
    .filter(({ standing }) => standing !== 'absent')
    .map(({ did, head, standing }) => ({
      did,
      head: head(),
      active: standing === 'active',
      status: standing,
    }))
}

/** A relay: says what it is told, from the cursor on. */
class Relay extends HttpService {
  readonly #log: { readonly seq: number; readonly frame: Uint8Array }[] = []
  readonly #sockets = new WebSocketServer({ noServer: true })
  readonly #clients = new Set<WebSocket>()
  #connected = Promise.withResolvers<void>()
  connections = 0
  /** Called before a connection is taken; it may wait. */
  admit: (() => Promise<void>) | undefined

  constructor(accounts: () => Iterable<Account>) {
    super(url => {
      if (url.pathname === '/xrpc/com.atproto.sync.listRepos')
        return { status: 200, json: { repos: listed(accounts()) } }
      return { status: 404, json: { error: 'MethodNotImplemented' } }
    })
    this.server.on('upgrade', async (request, socket, head) => {
      await this.admit?.()
      const asked = new URL(request.url ?? '/', this.origin).searchParams.get('cursor')
      this.#sockets.handleUpgrade(request, socket, head, client => this.#serve(client, asked))
    })
  }

  get url(): string {
    return `ws://localhost:${this.port}`
  }

  /** Resolves at the next connection. */
  get heard(): Promise<void> {
    return this.#connected.promise
  }

  say(seq: number, frame: Uint8Array): void {
    this.#log.push({ seq, frame })
    for (const client of this.#clients) client.send(frame)
  }

  /** Says something without a number, once. */
  tell(frame: Uint8Array): void {
    for (const client of this.#clients) client.send(frame)
  }

  /** Cuts every connection; with `forgetting`, the log is lost too. */
  cut(forgetting = false): void {
    if (forgetting) this.#log.length = 0
    for (const client of this.#clients) client.terminate()
  }

  #serve(client: WebSocket, asked: string | null): void {
    this.connections++
    client.on('close', () => this.#clients.delete(client))
    const last = this.#log.at(-1)?.seq ?? 0
    if (asked !== null && Number(asked) > last) {
      client.send(
        Buffer.concat([
          encode({ op: -1 }),
          encode({ error: 'FutureCursor', message: 'cursor in the future' }),
        ]),
      )
      client.close()
      return
    }
    if (asked !== null) for (const { seq, frame } of this.#log) if (seq > Number(asked)) client.send(frame)
    this.#clients.add(client)
    this.#connected.resolve()
    this.#connected = Promise.withResolvers()
  }
}

export class LittleNetwork implements AsyncDisposable {
  /** DID documents, or `gone` for a tombstone. */
  readonly documents = new Map<string, object | 'gone'>()
  /** What the directory exports: which documents were changed, and when. */
  readonly exported: { readonly did: string; readonly createdAt: string }[] = []
  readonly directory: HttpService
  readonly relay: Relay
  readonly hosts: Host[] = []

  constructor() {
    this.directory = new HttpService(({ pathname, searchParams }) => {
      if (pathname === '/export') return this.#export(searchParams.get('after') ?? '')
      const document = this.documents.get(decodeURIComponent(pathname.slice(1)))
      if (document === undefined) return { status: 404 }
      return document === 'gone' ? { status: 410 } : { status: 200, json: document }
    })
    this.relay = new Relay(() => this.hosts.flatMap(({ accounts }) => [...accounts.values()]))
  }

  static async start(hosts = 1): Promise<LittleNetwork> {
    const network = new LittleNetwork()
    for (let index = 0; index < hosts; index++) network.hosts.push(new Host())
    await Promise.all([network.directory, network.relay, ...network.hosts].map(service => service.listen()))
    return network
  }

  /** Lets the account live on the host, and its document say so. */
  house(account: Account, host: Host, createdAt?: string): void {
    for (const other of this.hosts) other.accounts.delete(account.did)
    host.accounts.set(account.did, account)
    this.document(account, host.origin, createdAt)
  }

  #export(after: string): Answer {
    const lines = this.exported.filter(({ createdAt }) => createdAt > after).slice(0, 1000)
    return { status: 200, bytes: Buffer.from(lines.map(line => JSON.stringify(line)).join('\n')) }
  }

  /** @param createdAt when the directory took it; long ago where left out */
  document({ did, key, handle }: Account, endpoint: string, createdAt = '2025-01-01T00:00:00.000Z'): void {
    this.exported.push({ did, createdAt })
    this.documents.set(did, {
      id: did,
      alsoKnownAs: handle === undefined ? [] : [`at://${handle}`],
      verificationMethod: [
        { id: `${did}#atproto`, type: 'Multikey', controller: did, publicKeyMultibase: key },
      ],
      service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: endpoint }],
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.relay.cut()
    await Promise.all([this.directory, this.relay, ...this.hosts].map(service => service.close()))
  }
}
