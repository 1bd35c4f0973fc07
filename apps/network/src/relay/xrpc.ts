import type { IncomingMessage, ServerResponse } from 'node:http'
import { hostUrl } from './hosts.ts'
import type { Relay } from './relay.ts'
import type { RepoRow } from './store.ts'
import { XrpcFailure } from './xrpc-failure.ts'

const MAX_BODY_BYTES = 10_000
const SYNC = 'com.atproto.sync.'

/** Methods about one repository that only its PDS can answer: the relay sends the asker there. */
const REDIRECTED = new Set(['getRepo', 'getRecord', 'getBlocks', 'getBlob', 'listBlobs'])

type Query = (relay: Relay, params: URLSearchParams) => unknown

const QUERIES: Readonly<Record<string, Query>> = {
  listHosts(relay, params) {
    const { limit, cursor } = page(params, 1_000, 200)
    const hosts = relay.hosts().filter(({ hostname }) => hostname > cursor)
    return paged('hosts', hosts.slice(0, limit), limit, last => last.hostname)
  },
  getHostStatus(relay, params) {
    const hostname = required(params, 'hostname')
    const host = relay.hosts().find(known => known.hostname === hostname)
    if (!host) throw new XrpcFailure(400, 'HostNotFound', `host ${hostname} is not known to this relay`)
    return host
  },
  listRepos(relay, params) {
    const { limit, cursor } = page(params, 1_000, 500)
    const rows = relay.store.repos(numeric(cursor), limit)
    const listed = paged('repos', rows, limit, last => String(last.id))
    return { ...listed, repos: rows.flatMap(row => (row.rev && row.head ? [repoView(row)] : [])) }
  },
  listReposByCollection(relay, params) {
    const { limit, cursor } = page(params, 2_000, 500)
    const dids = relay.store.withCollection(required(params, 'collection'), cursor, limit)
    return paged(
      'repos',
      dids.map(did => ({ did })),
      limit,
      last => last.did,
    )
  },
  getRepoStatus(relay, params) {
    const { did, rev, active, status } = repository(relay, params)
    return { did, active: active === 1, status: status ?? undefined, rev: rev ?? undefined }
  },
  getLatestCommit(relay, params) {
    const repo = repository(relay, params)
    if (repo.active === 0) {
      throw new XrpcFailure(
        400,
        'RepoDeactivated',
        `the repository of ${repo.did} is ${repo.status ?? 'not active'}`,
      )
    }
    if (!repo.head) throw new XrpcFailure(400, 'RepoNotFound', `no commit of ${repo.did} was seen yet`)
    return { cid: repo.head, rev: repo.rev }
  },
}

/** Answers one HTTP request to the relay. */
export async function answer(
  relay: Relay,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('access-control-allow-origin', '*')
  response.setHeader('access-control-allow-headers', '*')
  try {
    const url = new URL(request.url ?? '/', 'http://relay')
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end()
      return
    }
    if (url.pathname === '/' || url.pathname === '/xrpc/_health') {
      send(response, 200, { service: 'frost relay', seq: relay.store.seq, hosts: relay.hosts().length })
      return
    }
    const method = url.pathname.startsWith(`/xrpc/${SYNC}`) ? url.pathname.slice(6 + SYNC.length) : ''
    if (method === 'requestCrawl') {
      if (request.method !== 'POST')
        throw new XrpcFailure(405, 'InvalidRequest', 'requestCrawl must be a POST')
      const { hostname } = await readBody(request)
      if (typeof hostname !== 'string')
        throw new XrpcFailure(400, 'InvalidRequest', 'hostname must be a string')
      await relay.requestCrawl(hostname.toLowerCase())
      response.writeHead(200).end()
      return
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new XrpcFailure(405, 'InvalidRequest', `${request.method} is not a method of ${url.pathname}`)
    }
    if (REDIRECTED.has(method)) {
      const location = `${hostUrl(repository(relay, url.searchParams).host)}${url.pathname}${url.search}`
      response.writeHead(302, { location }).end()
      return
    }
    const query = Object.hasOwn(QUERIES, method) ? QUERIES[method] : undefined
    if (!query) throw new XrpcFailure(501, 'MethodNotImplemented', `this relay has no method ${url.pathname}`)
    send(response, 200, query(relay, url.searchParams))
  } catch (error) {
    const failure =
      error instanceof XrpcFailure ? error : new XrpcFailure(500, 'InternalServerError', String(error))
    send(response, failure.httpStatus, { error: failure.name, message: failure.message })
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body))
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length })
    .end(bytes)
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new XrpcFailure(413, 'InvalidRequest', 'the body is too large')
    chunks.push(chunk)
  }
  try {
    const body = JSON.parse(Buffer.concat(chunks).toString())
    if (body && typeof body === 'object') return body
  } catch {
    // Falls through to the one answer for every malformed body.
  }
  throw new XrpcFailure(400, 'InvalidRequest', 'the body must be a JSON object')
}

function repository(relay: Relay, params: URLSearchParams): RepoRow {
  const did = required(params, 'did')
  const repo = relay.store.repo(did)
  if (!repo) throw new XrpcFailure(400, 'RepoNotFound', `no repository of ${did} is known to this relay`)
  return repo
}

function repoView({ did, head, rev, active, status }: RepoRow) {
  return { did, head, rev, active: active === 1, status: status ?? undefined }
}

function paged<T, K extends string>(key: K, items: T[], limit: number, next: (last: T) => string) {
  const last = items.at(-1)
  return { [key]: items, cursor: last !== undefined && items.length === limit ? next(last) : undefined }
}

function page(params: URLSearchParams, max: number, usual: number): { limit: number; cursor: string } {
  const limit = params.get('limit') ?? String(usual)
  if (!/^\d{1,5}$/.test(limit) || Number(limit) < 1 || Number(limit) > max) {
    throw new XrpcFailure(400, 'InvalidRequest', `limit must be between 1 and ${max}, not '${limit}'`)
  }
  return { limit: Number(limit), cursor: params.get('cursor') ?? '' }
}

function numeric(cursor: string): number {
  if (cursor !== '' && !/^\d{1,15}$/.test(cursor)) {
    throw new XrpcFailure(400, 'InvalidRequest', `cursor '${cursor}' is not one of this relay`)
  }
  return Number(cursor)
}

function required(params: URLSearchParams, name: string): string {
  const value = params.get(name)
  if (!value) throw new XrpcFailure(400, 'InvalidRequest', `${name} is required`)
  return value
}
