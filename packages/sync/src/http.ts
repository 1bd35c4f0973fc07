/**
 * HTTP to hosts that strangers name: https only and public addresses only (plain http to loopback where a local network
 * allows it), bounded bodies, time limits, no silent redirects.
 */
import { lookup as dnsLookup, type LookupAddress } from 'node:dns'
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'

export class HttpError extends Error {
  override readonly name = 'HttpError'
  /** 0 where no answer came. */
  readonly status: number
  /** XRPC error name of the answer, e.g. `RepoNotFound`. */
  readonly error: string | undefined
  constructor(status: number, message: string, error?: string) {
    super(message)
    this.status = status
    this.error = error
  }
}

/** Not on the public internet: RFC 6890 and its successors. */
const special = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  special.addSubnet(network, prefix)
const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6')
const special6 = new BlockList()
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  special6.addSubnet(network, prefix, 'ipv6')

/** Whether an address is on the public internet. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !special.check(address)
  return family === 6 && global6.check(address, 'ipv6') && !special6.check(address, 'ipv6')
}

export function isLoopbackName(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
}

/** A DNS lookup that gives public addresses only, so that a name cannot lead inward. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, found) => {
    const addresses = (found ?? []) as LookupAddress[]
    if (error) return callback(error, '', 4)
    const open = addresses.filter(({ address }) => isPublicAddress(address))
    if (open.length === 0) return callback(new Error(`'${hostname}' has no public address`), '', 4)
    if (options.all) return (callback as unknown as (e: null, all: LookupAddress[]) => void)(null, open)
    callback(null, open[0]!.address, open[0]!.family)
  })
}

const hostnamePattern = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/

export interface Guard {
  /** Plain http to localhost is allowed: a network on one machine. */
  readonly allowLoopbackHttp: boolean
}

/**
 * The origin of a service's URL if this consumer may talk to it.
 * @throws Error that names the URL and what is wrong
 */
export function serviceOrigin(url: string, { allowLoopbackHttp }: Guard): string {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw new Error(`'${url.slice(0, 200)}' is not a URL`)
  }
  const { protocol, hostname } = parsed
  if (parsed.username || parsed.password) throw new Error(`'${parsed.host}': no user names in service URLs`)
  if (isLoopbackName(hostname)) {
    if (allowLoopbackHttp && (protocol === 'http:' || protocol === 'https:')) return parsed.origin
    throw new Error(
      `'${parsed.origin}' is on this machine: allowed in a local network only (allowLoopbackHttp)`,
    )
  }
  if (protocol !== 'https:') throw new Error(`'${parsed.origin}' is not https`)
  if (!hostnamePattern.test(hostname)) throw new Error(`'${hostname}' is not a public host name`)
  return parsed.origin
}

/** Options for `http.request` or `ws` to an origin that passed {@link serviceOrigin}. */
export function connectOptions(origin: string): { lookup?: LookupFunction } {
  return isLoopbackName(new URL(origin).hostname) ? {} : { lookup: publicLookup }
}

export interface GetOptions {
  /** Sent by POST instead of GET. */
  readonly post?: string | Uint8Array
  readonly maxBytes?: number
  /** Milliseconds without a byte. */
  readonly idle?: number
  /** Milliseconds until an answer of 200 begins, or any other one ends. */
  readonly begin?: number
  /** Milliseconds in all; streams have none by default. */
  readonly total?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Redirects to follow, each checked like the first URL. */
  readonly redirects?: number
  /** Whether a redirect may lead there. */
  readonly follows?: (target: URL) => boolean | Promise<boolean>
  readonly signal?: AbortSignal
}

export class HttpClient {
  readonly #guard: Guard
  readonly #userAgent: string
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: 32, maxTotalSockets: 256 })
  readonly #https = new HttpsAgent({ keepAlive: true, maxSockets: 32, maxTotalSockets: 256 })

  constructor(guard: Guard, userAgent = 'frost-sync') {
    this.#guard = guard
    this.#userAgent = userAgent
  }

  /** Answer of any status but a redirect, body whole. */
  async get(
    url: string,
    options: GetOptions = {},
  ): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }> {
    const most = options.maxBytes ?? 1_000_000
    const answer = await this.#open(url, { total: 15_000, ...options })
    const parts: Buffer[] = []
    let size = 0
    try {
      for await (const part of answer as AsyncIterable<Buffer>) {
        size += part.length
        if (size > most)
          throw new HttpError(0, `answer of '${new URL(url).host}' is larger than ${most} bytes`)
        parts.push(part)
      }
    } catch (error) {
      answer.destroy()
      if (error instanceof HttpError) throw error
      throw brokenOff(new URL(url).host, error)
    }
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts) }
  }

  /**
   * JSON of a 200 answer.
   * @throws HttpError with status and XRPC error name otherwise
   */
  async json(url: string, options: GetOptions = {}): Promise<unknown> {
    const { status, body } = await this.get(url, options)
    if (status !== 200) throw failure(url, status, body)
    try {
      return JSON.parse(body.toString('utf8'))
    } catch {
      throw new HttpError(status, `answer of '${new URL(url).host}' is not JSON`)
    }
  }

  /** The status and headers of an answer, of whose body nothing is read. */
  async headers(
    url: string,
    options: GetOptions = {},
  ): Promise<{ status: number; headers: IncomingHttpHeaders }> {
    const answer = await this.#open(url, { total: 15_000, ...options })
    answer.destroy()
    return { status: answer.statusCode ?? 0, headers: answer.headers }
  }

  /** Body of a 200 answer as it arrives; the reader bounds it. */
  async stream(url: string, options: GetOptions = {}): Promise<IncomingMessage> {
    const answer = await this.#open(url, options)
    if (answer.statusCode === 200) return answer
    const parts: Buffer[] = []
    let size = 0
    try {
      for await (const part of answer as AsyncIterable<Buffer>) {
        size += part.length
        if (size > 16_384) break
        parts.push(part)
      }
    } catch (error) {
      throw brokenOff(new URL(url).host, error)
    } finally {
      answer.destroy()
    }
    throw failure(url, answer.statusCode ?? 0, Buffer.concat(parts))
  }

  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  async #open(url: string, options: GetOptions): Promise<IncomingMessage> {
    let target = new URL(url)
    for (let hops = options.redirects ?? 0; ; hops--) {
      const answer = await this.#request(target, options)
      const status = answer.statusCode ?? 0
      const { location } = answer.headers
      if (status < 300 || status > 399) return answer
      answer.destroy()
      if (hops <= 0 || !location)
        throw new HttpError(status, `'${target.host}' redirects, which is not followed`)
      if (!URL.canParse(location, target.href))
        throw new HttpError(status, `'${target.host}' redirects to what is no URL`)
      const next = new URL(location, target)
      if ((await options.follows?.(next)) === false)
        throw new HttpError(status, `'${target.host}' redirects to '${next.host}', which is not followed`)
      target = next
    }
  }

  #request(url: URL, options: GetOptions): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    let origin: string
    try {
      origin = serviceOrigin(url.href, this.#guard)
    } catch (error) {
      reject(new HttpError(0, (error as Error).message))
      return promise
    }
    const secure = url.protocol === 'https:'
    const request = (secure ? httpsRequest : httpRequest)(url, {
      method: options.post === undefined ? 'GET' : 'POST',
      agent: secure ? this.#https : this.#http,
      headers: { 'user-agent': this.#userAgent, ...options.headers },
      timeout: options.idle ?? 15_000,
      signal: options.signal,
      ...connectOptions(origin),
    })
    const within = (most: number | undefined) =>
      most === undefined
        ? undefined
        : setTimeout(() => request.destroy(new Error(`no answer within ${most} ms`)), most).unref()
    const late = within(options.begin)
    const overdue = within(options.total)
    request.on('timeout', () => request.destroy(new Error('the connection fell silent')))
    request.on('close', () => {
      clearTimeout(late)
      clearTimeout(overdue)
    })
    request.on('response', answer => {
      if (answer.statusCode === 200) clearTimeout(late)
      resolve(answer)
    })
    request.on('error', error => reject(new HttpError(0, `'${url.host}': ${error.message || String(error)}`)))
    request.end(options.post)
    return promise
  }
}

/** An answer that broke off is none. */
export function brokenOff(host: string, error: unknown): HttpError {
  return new HttpError(0, `answer of '${host}' broke off: ${(error as Error).message}`)
}

function failure(url: string, status: number, body: Buffer): HttpError {
  let error: string | undefined
  try {
    const parsed = JSON.parse(body.toString('utf8')) as { error?: unknown }
    if (typeof parsed.error === 'string') error = parsed.error.slice(0, 100)
  } catch {
    // not XRPC: the status says it
  }
  return new HttpError(status, `'${new URL(url).host}' answered ${status}${error ? ` ${error}` : ''}`, error)
}
