import { type Guard, type HttpClient, HttpError, isLoopbackName, serviceOrigin } from '@frost/sync/http'
import { retryAfter } from '../webhooks/retry.ts'
import { isListing } from './places.ts'
import type { Robots } from './robots.ts'
import type { Turns } from './turns.ts'

/** What came of looking at a place. */
export type Seen =
  | { readonly kind: 'up'; readonly latency: number; readonly url: string }
  /** Its server asks who is there. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It is not there, though its server answers. */
  | { readonly kind: 'missing'; readonly reason: string }
  /** Its server fails, or did not answer at all (`silent`). */
  | { readonly kind: 'failing'; readonly reason: string; readonly silent: boolean }
  /** Its server, or one that it leads to (`led`), wants to be left alone for so many milliseconds; then the look goes on where it was. */
  | { readonly kind: 'later'; readonly wait: number; readonly led?: boolean; readonly begun?: Begun }
  /** It may not be looked at. */
  | { readonly kind: 'unchecked'; readonly reason: string }

export interface LookTools {
  readonly http: HttpClient
  readonly robots: Robots
  readonly turns: Turns
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

/** Where a look goes on that had to wait between two URLs. */
export interface Begun {
  readonly at: number
  readonly worst: Seen
}

const NOTHING: Begun = { at: 0, worst: { kind: 'unchecked', reason: 'it has no address' } }

/**
 * Looks at a place by its URLs, one after another, until one answers: of each a byte is asked for, and no more than its headers read; of
 * a listing whether it names something. Where its host asks for time between requests, there is one URL a look.
 */
export async function look(
  urls: readonly string[],
  tools: LookTools,
  { at: first, worst: before }: Begun = NOTHING,
): Promise<Seen> {
  let worst = before
  for (const [place, url] of urls.slice(first).entries()) {
    const at = first + place
    const seen = await lookAt(url, tools)
    if (seen.kind === 'later') return { ...seen, begun: { at, worst } }
    if (seen.kind !== 'missing' && seen.kind !== 'refused') return seen
    // Where something is refused, that something else is missing says little: buckets hide what is not there.
    if (worst.kind !== 'refused') worst = seen
    const wait = tools.robots.delayOf(url)
    if (wait > 0 && at + 1 < urls.length) return { kind: 'later', wait, begun: { at: at + 1, worst } }
  }
  return worst
}

async function lookAt(url: string, tools: LookTools): Promise<Seen> {
  const { http, turns, guard, skips, signal } = tools
  try {
    serviceOrigin(url, guard)
  } catch (error) {
    return { kind: 'unchecked', reason: (error as Error).message }
  }
  let { host } = new URL(url)
  if (skips(host)) return { kind: 'unchecked', reason: 'this AppView does not ask its host' }
  const forbidden = await forbiddenAt(new URL(url), tools)
  if (forbidden) return forbidden
  const asked = new Set([host])
  let stopped: Seen | undefined
  const follows = async (target: URL) => {
    stopped = await stoppedAt(target, asked, tools)
    if (stopped) return false
    host = target.host
    asked.add(host)
    return true
  }
  const options = { follows, ...(signal && { signal }) }
  try {
    const started = performance.now()
    const listing = isListing(url) ? await http.get(url, { ...A_LISTING, ...options }) : undefined
    const { status, headers } = listing ?? (await http.headers(url, { ...A_BYTE, ...options }))
    const latency = Math.round(performance.now() - started)
    if ((status >= 200 && status < 300) || status === 416)
      return listing && !listing.body.includes('<Key>')
        ? { kind: 'missing', reason: 'its bucket lists nothing there' }
        : { kind: 'up', latency, url }
    const seen = judged(status, retryAfter(headers['retry-after'], Date.now()))
    if (seen.kind !== 'later') return seen
    turns.book(host, seen.wait)
    return { ...seen, led: asked.size > 1 }
  } catch (error) {
    if (signal?.aborted) throw error
    if (stopped) return stopped
    const status = error instanceof HttpError ? error.status : 0
    if (status >= 400) return judged(status, 0)
    return failing(error, status === 0)
  }
}

/** What stands against asking for a URL by the robots.txt of its host; undefined where nothing does. */
async function forbiddenAt(url: URL, { robots, skips, signal }: LookTools): Promise<Seen | undefined> {
  let isSkipped = false
  const follows = (target: URL) => {
    isSkipped = skips(target.host)
    return !isSkipped
  }
  try {
    const rules = await robots.rulesOf(url.href, { follows, ...(signal && { signal }) })
    if (rules.allows(url.pathname + url.search)) return undefined
    return { kind: 'unchecked', reason: "its server's robots.txt asks programs to stay away" }
  } catch (error) {
    if (signal?.aborted) throw error
    if (isSkipped) return LEADS_TO_SKIPPED
    const { status, message } = error instanceof HttpError ? error : { status: 0, message: '' }
    if (status === 0) return failing(error, true)
    if (status === 429) return judged(status, 0)
    // Its data may well be there: RFC 9309, 2.3.1.4 has programs stay away, and says nothing of it.
    const reason = `its server's robots.txt cannot be read, so programs stay away: ${message}`
    return { kind: 'unchecked', reason: reason.slice(0, 300) }
  }
}

/** What stands against following a redirect. @param asked hosts whose turn it is in this look */
async function stoppedAt(
  target: URL,
  asked: ReadonlySet<string>,
  tools: LookTools,
): Promise<Seen | undefined> {
  const { robots, turns, guard, skips } = tools
  if (skips(target.host)) return LEADS_TO_SKIPPED
  try {
    serviceOrigin(target.href, guard)
  } catch {
    // The client refuses it, and says why.
    return undefined
  }
  const forbidden = await forbiddenAt(target, tools)
  if (forbidden || asked.has(target.host)) return forbidden
  const wait = turns.take(target.host, robots.delayOf(target.href))
  return wait > 0 ? { kind: 'later', wait, led: true } : undefined
}

const LEADS_TO_SKIPPED: Seen = {
  kind: 'unchecked',
  reason: 'its server leads to a host that this AppView does not ask',
}

function failing(error: unknown, silent: boolean): Seen {
  return { kind: 'failing', reason: (error as Error).message.slice(0, 300), silent }
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
