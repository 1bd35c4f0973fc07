/**
 * A host of honest repositories in a process of its own, so that its work is not measured: directory of DIDs, PDS and firehose
 * on one port. It is forked with a plan and answers with where it is and what it holds.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { pathToFileURL } from 'node:url'
import { nsid } from '@frost/lexicon'
import { cidToText } from '@frost/sync/cid'
import type { PublicKey } from '@frost/sync/signature'
import { WebSocket, WebSocketServer } from 'ws'
import { commitFrame } from '../test/sync/commit-parts.ts'
import { type Encodable, encode } from '../test/sync/encoding.ts'
import { FastRepository, type Write } from '../test/sync/fast-repository.ts'
import { recordOf } from '../test/sync/records.ts'
import { createSigner } from '../test/sync/signer.ts'
import { randomNumbers, word, zipf } from './corpus.lib.ts'

export interface Plan {
  readonly accounts: number
  /** Commits on the firehose, each of one write as clients make them; with `writes` above 1, of as many. */
  readonly commits: number
  readonly writes?: number
  /** Records that every repository holds before, for `getRepo`. */
  readonly held?: number
  /** Records above which a repository writes and deletes in turn, so that nothing grows. */
  readonly most?: number
  /** The firehose stands still after so many commits, until {@link Host.resume}. */
  readonly pauseAfter?: number
  /** Whether frames are made before they are asked for (default), or as they go. */
  readonly ahead?: boolean
  readonly seed?: number
  /** Milliseconds before each answer, as of a host far away. */
  readonly waits?: number
}

export interface Host {
  /** `http://localhost:PORT`: directory, PDS and firehose. */
  readonly url: string
  readonly commits: number
  /** Records that the repositories hold in the end. */
  readonly records: number
  /** Lets the firehose go on where it stands still. */
  resume(): void
  stop(): Promise<void>
}

/** Forks a host; resolves when its frames are made. */
export async function startHost(plan: Plan): Promise<Host> {
  const child: ChildProcess = fork(import.meta.filename, [JSON.stringify(plan)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [said] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the host of the bench ended with ${code}`)
    }),
  ])) as [Omit<Host, 'resume' | 'stop'>]
  return {
    ...said,
    resume: () => void child.send('go on'),
    async stop() {
      const gone = once(child, 'exit')
      child.kill()
      await gone
    },
  }
}

const wordRank = zipf(30_000, 1.05)

function words(random: () => number, least: number, most: number): string {
  const count = least + Math.floor(random() * (most - least + 1))
  return Array.from({ length: count }, () => word(wordRank(random()))).join(' ')
}

/** What people write, and how often: datasets first, then what belongs to them. */
const SHARES = [
  ['dataset.entry', 0.45],
  ['dataset.version', 0.2],
  ['graph.follow', 0.12],
  ['discussion.comment', 0.1],
  ['graph.citation', 0.05],
  ['discussion.endorsement', 0.05],
  ['dataset.collectionItem', 0.03],
] as const

export const someDids = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => didOf(index + 7))

/** Place of the type that a number in [0, 1) falls to. */
function shareRank(uniform: number): number {
  let sum = 0
  const place = SHARES.findIndex(([, share]) => {
    sum += share
    return uniform < sum
  })
  return place < 0 ? 0 : place
}

/** One record: the lexicon's example of its type, an entry in words of its own and with places and identifiers of its own. */
export function someRecord(
  random: () => number,
  dids: readonly string[],
): { readonly collection: string; readonly block: Buffer } {
  const type = SHARES[shareRank(random())]![0]
  const record = recordOf(type, dids, random)
  if (type === 'dataset.entry') {
    record.title = words(random, 4, 10)
    record.description = words(random, 40, 120)
    const name = words(random, 2, 2).replace(' ', '-') + Math.floor(random() * 1e6)
    const [distribution] = record.distributions as [object]
    record.distributions = [{ ...distribution, uri: `s3://${name}/zarr-v1` }]
    record.identifiers = [{ scheme: 'doi', value: `10.5067/${name}`, covers: 'dataset' }]
    record.landingPage = `https://data.example.org/dataset/${name}`
    const [derivation] = record.derivedFrom as [{ ref: object }]
    const source = { ...derivation.ref, value: `10.5067/source-${Math.floor(random() * 1e4)}` }
    record.derivedFrom = [{ ...derivation, ref: source }]
  }
  return { collection: nsid(type), block: encode(record as Encodable) }
}

const TID = '234567abcdefghijklmnopqrstuvwxyz'
const didOf = (index: number) =>
  `did:plc:${Array.from({ length: 24 }, (_, place) => TID[Math.floor(index / 32 ** place) % 32] ?? '2').join('')}`

class Author {
  readonly repository: FastRepository
  readonly #dids: readonly string[]
  readonly #random: () => number
  readonly #most: number
  readonly #paths: string[] = []

  constructor(index: number, dids: readonly string[], { seed = 1, most = 2_000 }: Plan) {
    this.repository = new FastRepository(dids[index]!, createSigner('k256'))
    this.#dids = dids
    this.#most = most
    this.#random = randomNumbers(seed * 1_000_003 + index)
  }

  create(count: number): void {
    for (let done = 0; done < count; done += 100)
      this.repository.commit(Array.from({ length: Math.min(100, count - done) }, () => this.#create()))
  }

  /** 75 % new records, 18 % changed ones, 7 % deletions; beyond `most` records as many go as come. */
  commit(writes: number, seq: number): Buffer {
    const made = new Map<string, Write>()
    while (made.size < writes) {
      const write = this.#write()
      if (!made.has(write.path)) made.set(write.path, write)
    }
    return commitFrame({ ...this.repository.commit([...made.values()]), seq })
  }

  #write(): Write {
    const paths = this.#paths
    const kind = this.#random()
    const full = paths.length >= this.#most
    if (paths.length === 0 || (!full && kind < 0.75)) return this.#create()
    const at = Math.floor(this.#random() * paths.length)
    const path = paths[at]!
    if (kind < (full ? 0.8 : 0.93)) {
      const { block, collection } = someRecord(this.#random, this.#dids)
      if (path.startsWith(`${collection}/`)) return { action: 'update', path, block }
      return this.#write()
    }
    paths[at] = paths.at(-1)!
    paths.pop()
    return { action: 'delete', path }
  }

  #create(): Write {
    const { collection, block } = someRecord(this.#random, this.#dids)
    const path = `${collection}/${Math.floor(this.#random() * 2 ** 52).toString(36)}`
    this.#paths.push(path)
    return { action: 'create', path, block }
  }
}

function authorsOf(plan: Plan): Author[] {
  const dids = someDids(plan.accounts)
  const authors = dids.map((_, index) => new Author(index, dids, plan))
  for (const author of authors) author.create(plan.held ?? 0)
  return authors
}

export interface SignedFrame {
  readonly did: string
  readonly frame: Buffer
  readonly key: PublicKey
}

/** Frames of a plan made in this process, for what needs no connection. */
export function signedFrames(plan: Plan): SignedFrame[] {
  const authors = authorsOf(plan)
  return Array.from({ length: plan.commits }, (_, index) => {
    const author = authors[index % authors.length]!
    const { did, signer } = author.repository
    return { did, frame: author.commit(plan.writes ?? 1, index + 1), key: signer.publicKey }
  })
}

async function serve(plan: Plan): Promise<void> {
  const { accounts, commits, pauseAfter, writes = 1, ahead = true } = plan
  const all = authorsOf(plan)
  const authors = new Map(all.map(author => [author.repository.did, author]))
  const random = randomNumbers(plan.seed ?? 1)
  let made = 0
  const next = () => all[Math.floor(random() * accounts)]!.commit(writes, ++made)
  const frames = ahead ? Array.from({ length: commits }, next) : undefined

  const resumed = once(process, 'message')
  const server = createServer((request, response) =>
    setTimeout(() => answer(request, response, authors), plan.waits ?? 0),
  )
  new WebSocketServer({ server }).on('connection', (socket, request) => {
    void stream(socket, request.socket, commits, async index => {
      if (index === pauseAfter) await resumed
      return frames?.[index] ?? next()
    })
  })
  // A consumer whose event loop is starved must not meet a connection that was closed meanwhile.
  server.keepAliveTimeout = 3_600_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const records = all.reduce((sum, { repository }) => sum + repository.records.size, 0)
  // Whoever asked for it may die first.
  process.once('disconnect', () => process.exit())
  process.send!({ url: `http://localhost:${port}`, commits, records })
}

/** As fast as the other side reads. */
async function stream(
  socket: WebSocket,
  { writableHighWaterMark }: Socket,
  count: number,
  frame: (index: number) => Promise<Buffer>,
): Promise<void> {
  for (let index = 0; index < count && socket.readyState === WebSocket.OPEN; index++) {
    const sent = Promise.withResolvers<void>()
    socket.send(await frame(index), () => sent.resolve())
    if (socket.bufferedAmount > writableHighWaterMark * 16) await sent.promise
    else if (index % 64 === 63) await new Promise(setImmediate)
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  authors: ReadonlyMap<string, Author>,
): void {
  const { host } = request.headers
  const { pathname, searchParams } = new URL(request.url ?? '/', `http://${host}`)
  const json = (body: object) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(body))
  }
  const did = decodeURIComponent(pathname.slice(1))
  const author = authors.get(searchParams.get('did') ?? searchParams.get('repo') ?? did)
  const handleOf = (did: string) => `${did.slice(8)}.test`
  if (author && did === author.repository.did)
    return json(didDocument(author, handleOf(did), `http://${host}`))
  switch (pathname.replace('/xrpc/com.atproto.', '')) {
    case '/export':
      // All accounts are older than whoever asks.
      return void response.end()
    case 'server.describeServer':
      return json({ did: 'did:web:localhost', availableUserDomains: ['.test'] })
    case 'identity.resolveHandle':
      return json({ did: `did:plc:${searchParams.get('handle')?.replace('.test', '')}` })
    case 'sync.listRepos': {
      const from = Number(searchParams.get('cursor') ?? 0)
      const to = from + Number(searchParams.get('limit') ?? 500)
      return json({
        repos: [...authors.values()]
          .slice(from, to)
          .flatMap(({ repository: { did, head, rev } }) =>
            head ? { did, head: cidToText(head), rev, active: true } : [],
          ),
        ...(to < authors.size && { cursor: String(to) }),
      })
    }
    case 'repo.describeRepo':
      if (author) return json({ did: author.repository.did, collections: [nsid('dataset.entry')] })
      break
    case 'sync.getLatestCommit':
      if (author?.repository.head)
        return json({ cid: cidToText(author.repository.head), rev: author.repository.rev })
      break
    case 'sync.getRepo':
      if (author) {
        response.setHeader('content-type', 'application/vnd.ipld.car')
        response.end(author.repository.car())
        return
      }
  }
  response.statusCode = 404
  json({ error: 'NotFound', message: `nothing at '${pathname}'` })
}

function didDocument({ repository: { did, signer } }: Author, handle: string, url: string): object {
  return {
    '@context': ['https://www.w3.org/ns/did/v1'],
    id: did,
    alsoKnownAs: [`at://${handle}`],
    verificationMethod: [
      {
        id: `${did}#atproto`,
        type: 'Multikey',
        controller: did,
        publicKeyMultibase: signer.publicKey.did.slice('did:key:'.length),
      },
    ],
    service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: url }],
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await serve(JSON.parse(process.argv[2]!) as Plan)
