import type { Readable } from 'node:stream'
import { Agent, errors } from 'undici'
import { throwIfCancelled } from '../cancelled.ts'
import { ReaderError } from '../errors.ts'
import type { ReadOptions } from '../objects.ts'
import { type BodyLimits, readBody } from './body.ts'
import { cleanUrl } from './clean-url.ts'
import { guardedConnector } from './connector.ts'
import { retried } from './retry.ts'
import { DEFAULT_RETRY, DEFAULT_TIMEOUTS, type GuardSettings, MAX_REDIRECTS } from './settings.ts'
import { asTransient, retryAfterOf, TRANSIENT_STATUSES, TransientError } from './transient.ts'

export interface FetchRequest extends ReadOptions {
  readonly url: URL
  readonly method?: 'GET' | 'HEAD'
  readonly headers?: Readonly<Record<string, string>>
  /** Headers that carry or follow from credentials; made for each attempt, never sent to another origin than `url`'s. */
  readonly authorise?: (url: URL, method: string, headers: Readonly<Record<string, string>>) => Headers
}

type Headers = Readonly<Record<string, string>>

export interface FetchResponse {
  readonly status: number
  /** By lower-case name; of several the first. */
  header(name: string): string | undefined
  /** Where the answer came from, after redirects. */
  readonly url: URL
  /** The rest of the body. */
  read(limits: Pick<BodyLimits, 'max' | 'excess' | 'expected'>): Promise<Uint8Array>
}

/** HTTP of which nothing worse can be expected than a clear error. */
export interface Fetcher {
  /**
   * Makes a request and gives the answer to `use`, which reads of the body what it wants; the rest does not travel.
   * Repeated while failures may pass, `use` included.
   * @throws {ReaderError} `Forbidden` for an address or scheme that may not be read, `Unavailable`, `Cancelled`
   */
  fetch<T>(request: FetchRequest, use: (response: FetchResponse) => Promise<T>): Promise<T>
  close(): Promise<void>
}

const USER_AGENT = 'frost-reader'
const MAX_HEADER_BYTES = 32 * 1024

/**
 * A pool of connections to public servers. Each address is checked when a connection to it is made, each hop of a
 * redirect like the first.
 */
export function createFetcher(settings: GuardSettings = {}): Fetcher {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...settings.timeouts }
  const retry = { ...DEFAULT_RETRY, ...settings.retry }
  const agent = new Agent({
    connect: guardedConnector({ ...settings, connectTimeout: timeouts.connect }),
    connections: settings.connectionsPerOrigin ?? 10,
    headersTimeout: timeouts.headers,
    // Bodies are watched by readBody, which also knows a least rate.
    bodyTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    pipelining: 1,
  })

  async function send(request: FetchRequest, url: URL) {
    const { method = 'GET', signal, meter } = request
    checkUrl(url, settings)
    let headers: Headers = { 'user-agent': USER_AGENT, 'accept-encoding': 'identity', ...request.headers }
    if (request.authorise && url.origin === request.url.origin)
      headers = { ...headers, ...request.authorise(url, method, headers) }
    meter?.request()
    const response = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers,
      signal,
    })
    // An error after the last read has nobody left to hear it.
    response.body.on('error', () => {})
    return response
  }

  async function follow(request: FetchRequest) {
    let url = request.url
    for (let hop = 0; ; hop++) {
      const response = await send(request, url)
      const status = response.statusCode
      const location = firstOf(response.headers.location)
      if (![301, 302, 303, 307, 308].includes(status) || location === undefined)
        return { response, url, status }
      response.body.destroy()
      if (hop >= MAX_REDIRECTS)
        throw new ReaderError(
          'Unavailable',
          `${cleanUrl(request.url)} redirects more than ${MAX_REDIRECTS} times`,
        )
      url = redirectTarget(location, url)
    }
  }

  async function attempt<T>(request: FetchRequest, use: (response: FetchResponse) => Promise<T>): Promise<T> {
    const { response, url, status } = await follow(request)
    const body = response.body as Readable
    const header = (name: string) => firstOf(response.headers[name])
    try {
      if (TRANSIENT_STATUSES.has(status)) {
        const retryAfter = retryAfterOf(header('retry-after'), Date.now())
        throw new TransientError(`it answers ${status}`, { retryAfter })
      }
      return await use({
        status,
        url,
        header,
        read: limits =>
          readBody(body, { ...limits, timeouts, meter: request.meter, name: cleanUrl(request.url) }),
      })
    } finally {
      body.destroy()
    }
  }

  return {
    async fetch(request, use) {
      const { signal } = request
      const name = cleanUrl(request.url)
      try {
        throwIfCancelled(signal)
        return await retried(name, retry, signal, () => attempt(request, use))
      } catch (error) {
        throwIfCancelled(signal)
        throw explained(error, name)
      }
    },
    close: () => agent.destroy(),
  }
}

function checkUrl(url: URL, { ports }: GuardSettings): void {
  const name = cleanUrl(url)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ReaderError('Forbidden', `${name}: only http and https are read, not '${url.protocol}'`)
  if (url.username || url.password)
    throw new ReaderError(
      'Forbidden',
      `${name}: a location must not carry credentials; set them in the environment`,
    )
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  const allowed = ports ? ports.includes(port) : port === 80 || port === 443 || port >= 1024
  if (!allowed) throw new ReaderError('Forbidden', `${name}: port ${port} may not be read from`)
}

function redirectTarget(location: string, from: URL): URL {
  const target = URL.parse(location, from)
  if (!target) throw new ReaderError('Unavailable', `${cleanUrl(from)} redirects to what is no URL`)
  target.hash = ''
  return target
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

function explained(error: unknown, name: string): unknown {
  if (error instanceof ReaderError) return error
  const transient = asTransient(error)
  const code = String((error as { code?: unknown } | null)?.code ?? '')
  if (code === 'ENOTFOUND')
    return new ReaderError('Unavailable', `cannot read ${name}: there is no such host`)
  // Undici's parser names only some of its errors by a code.
  const isNoHttp = error instanceof errors.HTTPParserError
  if (
    transient ||
    isNoHttp ||
    /^(UND_ERR|HPE_|ERR_TLS|ERR_SSL|CERT_|E[A-Z]+$)|SELF_SIGNED|UNABLE_TO/.test(code)
  ) {
    const why = transient?.message ?? (error as Error).message
    return new ReaderError('Unavailable', `cannot read ${name}: ${why}`, { code })
  }
  return error
}
