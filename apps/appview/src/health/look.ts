import { type Guard, type HttpClient, HttpError, isLoopbackName, serviceOrigin } from '@frost/sync/http'
import { retryAfter } from '../webhooks/retry.ts'
import { isListing } from './places.ts'
import type { Robots } from './robots.ts'

/** What came of looking at a place. */
export type Seen =
  | { readonly kind: 'up'; readonly latency: number; readonly url: string }
  /** Its server asks who is there. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It is not there, though its server answers. */
  | { readonly kind: 'missing'; readonly reason: string }
  /** Its server fails, or did not answer at all (`silent`). */
  | { readonly kind: 'failing'; readonly reason: string; readonly silent: boolean }
  /** Its server wants to be left alone for so many milliseconds. */
  | { readonly kind: 'later'; readonly wait: number }
  /** It may not be looked at. */
  | { readonly kind: 'unchecked'; readonly reason: string }

export interface LookTools {
  readonly http: HttpClient
  readonly robots: Robots
  readonly guard: Guard
  /** Hosts that are not asked, be it that a place lies there or that another host leads there. */
  readonly skips: (host: string) => boolean
  readonly signal?: AbortSignal
}

/** What one request may take. */
const REQUEST = { total: 15_000, idle: 10_000, redirects: 5 }
const HEADERS = { accept: '*/*', 'accept-encoding': 'identity' }
const A_BYTE = { ...REQUEST, headers: { ...HEADERS, range: 'bytes=0-0' } }
/** Of a single name, so far larger than any. */
const A_LISTING = { ...REQUEST, headers: HEADERS, maxBytes: 262_144 }
const LEAST_WAIT = 60_000

/** Looks at a place by its URLs, one after another, until one answers: of each a byte is asked for, and no more than its headers read; of a listing whether it names something. */
export async function look(urls: readonly string[], tools: LookTools): Promise<Seen> {
  let worst: Seen = { kind: 'unchecked', reason: 'it has no address' }
  for (const url of urls) {
    const seen = await lookAt(url, tools)
    if (seen.kind !== 'missing' && seen.kind !== 'refused') return seen
    // Where something is refused, that something else is missing says little: buckets hide what is not there.
    if (worst.kind !== 'refused') worst = seen
  }
  return worst
}

async function lookAt(url: string, { http, robots, guard, skips, signal }: LookTools): Promise<Seen> {
  try {
    serviceOrigin(url, guard)
  } catch (error) {
    return { kind: 'unchecked', reason: (error as Error).message }
  }
  const { host, pathname, search } = new URL(url)
  if (skips(host)) return { kind: 'unchecked', reason: 'this AppView does not ask its host' }
  let isSkipped = false
  const follows = (target: URL) => {
    isSkipped = skips(target.host)
    return !isSkipped
  }
  const options = { follows, ...(signal && { signal }) }
  try {
    const rules = await robots.rulesOf(url, options)
    if (!rules.allows(pathname + search))
      return { kind: 'unchecked', reason: "its server's robots.txt asks programs to stay away" }
    const started = performance.now()
    const listing = isListing(url) ? await http.get(url, { ...A_LISTING, ...options }) : undefined
    const { status, headers } = listing ?? (await http.headers(url, { ...A_BYTE, ...options }))
    const latency = Math.round(performance.now() - started)
    if ((status >= 200 && status < 300) || status === 416)
      return listing && !listing.body.includes('<Key>')
        ? { kind: 'missing', reason: 'its bucket lists nothing there' }
        : { kind: 'up', latency, url }
    return judged(status, retryAfter(headers['retry-after'], Date.now()))
  } catch (error) {
    if (signal?.aborted) throw error
    if (isSkipped)
      return { kind: 'unchecked', reason: 'its server leads to a host that this AppView does not ask' }
    const status = error instanceof HttpError ? error.status : 0
    if (status >= 400) return judged(status, 0)
    return { kind: 'failing', reason: (error as Error).message.slice(0, 300), silent: status === 0 }
  }
}

function judged(status: number, asked: number): Seen {
  if (status === 429 || (status === 503 && asked > 0))
    return { kind: 'later', wait: Math.max(LEAST_WAIT, asked) }
  if (status === 401 || status === 402 || status === 403 || status === 407)
    return { kind: 'refused', reason: `its server answers ${status}` }
  if (status >= 400 && status < 500) return { kind: 'missing', reason: `its server answers ${status}` }
  return { kind: 'failing', reason: `its server answers ${status}`, silent: false }
}

export function isOfThisMachine(host: string): boolean {
  return isLoopbackName(host.replace(/:\d+$/, ''))
}
