import { type GetOptions, type HttpClient, HttpError } from '@frost/sync/http'

/** What a host says about being read by programs (RFC 9309). */
export interface Rules {
  allows(path: string): boolean
  /** Milliseconds between two requests, where it asks for that. */
  readonly delay: number
}

const OPEN: Rules = { allows: () => true, delay: 0 }

const KEPT_MILLISECONDS = 86_400_000
const MOST_HOSTS = 2000
/** Of one file; what follows is not read (RFC 9309, 2.5 asks for at least as much). */
const MAX_BYTES = 512 * 1024
const MOST_RULES = 2000
const LONGEST_LINE = 4096
const LONGEST_DELAY = 600_000
/** Of a robots.txt (RFC 9309, 2.3.1.2). */
const REDIRECTS = 5

type Options = Pick<GetOptions, 'follows' | 'signal'>

/** Asks each host once a day what may be read of it. */
export class Robots {
  readonly #http: HttpClient
  readonly #agent: string
  readonly #known = new Map<string, { readonly rules: Rules; readonly until: number }>()

  constructor(http: HttpClient, agent: string) {
    this.#http = http
    this.#agent = agent
  }

  /**
   * The rules of a URL's host.
   * @throws HttpError where the host does not answer (status 0), or answers that it cannot: then nothing may be read of it for now
   */
  async rulesOf(url: string, options: Options = {}, redirects = REDIRECTS): Promise<Rules> {
    const { origin } = new URL(url)
    const known = this.#known.get(origin)
    if (known && known.until > Date.now()) return known.rules
    const rules = await this.#ask(origin, options, redirects)
    this.#known.delete(origin)
    this.#known.set(origin, { rules, until: Date.now() + KEPT_MILLISECONDS })
    if (this.#known.size > MOST_HOSTS) this.#known.delete(this.#known.keys().next().value!)
    return rules
  }

  /** Milliseconds between two requests that a URL's host asks for, as far as it was asked. */
  delayOf(url: string): number {
    return this.#known.get(new URL(url).origin)?.rules.delay ?? 0
  }

  async #ask(origin: string, options: Options, redirects: number): Promise<Rules> {
    let away: URL | undefined
    const answer = await this.#http
      .stream(`${origin}/robots.txt`, {
        ...options,
        redirects,
        total: 15_000,
        follows: async target => {
          if ((await options.follows?.(target)) === false) return false
          if (target.origin !== origin) away = target
          return away === undefined
        },
      })
      .catch((error: { status?: number }) => {
        const status = error.status ?? 0
        if (away || (status >= 400 && status < 500 && status !== 429)) return undefined
        throw error
      })
    if (away) return this.#rulesAt(away, origin, options, redirects - 1)
    if (answer === undefined) return OPEN
    const parts: Buffer[] = []
    let size = 0
    for await (const part of answer as AsyncIterable<Buffer>) {
      parts.push(part)
      size += part.length
      if (size >= MAX_BYTES) break
    }
    answer.destroy()
    return parseRobots(Buffer.concat(parts).subarray(0, MAX_BYTES).toString('utf8'), this.#agent)
  }

  /** The rules of another host that a robots.txt leads to: that host's own, asked once a day like all; nothing else is asked of it. */
  async #rulesAt(away: URL, origin: string, options: Options, redirects: number): Promise<Rules> {
    const refused = (why: string) =>
      new HttpError(302, `'${origin}/robots.txt' leads to '${away.host}': ${why}`)
    if (away.pathname + away.search !== '/robots.txt') throw refused('not to its robots.txt')
    if (redirects < 0) throw refused('after too many others')
    try {
      return await this.rulesOf(away.href, options, redirects)
    } catch (error) {
      if (options.signal?.aborted || (error as Partial<HttpError>).status === 429) throw error
      throw refused((error as Error).message)
    }
  }
}

interface Group {
  readonly agents: string[]
  readonly rules: { readonly allow: boolean; readonly pattern: string }[]
  delay: number
}

/** @param agent lower-case; groups that name it hold, else those for `*` */
export function parseRobots(text: string, agent: string): Rules {
  const groups: Group[] = []
  let open: Group | undefined
  let count = 0
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)) {
    const [said = ''] = line.slice(0, LONGEST_LINE).split('#', 1)
    const colon = said.indexOf(':')
    if (colon < 0) continue
    const name = said.slice(0, colon).trim().toLowerCase()
    const value = said.slice(colon + 1).trim()
    if (name === 'user-agent') {
      if (!open || open.rules.length > 0 || open.delay > 0) {
        open = { agents: [], rules: [], delay: 0 }
        groups.push(open)
      }
      open.agents.push(value.toLowerCase())
    } else if (open && (name === 'allow' || name === 'disallow')) {
      if (value !== '' && count++ < MOST_RULES) open.rules.push({ allow: name === 'allow', pattern: value })
      // An empty Disallow is a rule that forbids nothing; the next User-agent still begins a new group.
      else open.rules.push({ allow: true, pattern: '' })
    } else if (open && name === 'crawl-delay') {
      const seconds = Number(value)
      if (seconds > 0) open.delay = Math.min(LONGEST_DELAY, seconds * 1000)
    }
  }
  const named = groups.filter(({ agents }) => agents.includes(agent))
  const holding = named.length > 0 ? named : groups.filter(({ agents }) => agents.includes('*'))
  const rules = holding.flatMap(group => group.rules)
  return {
    delay: Math.max(0, ...holding.map(({ delay }) => delay)),
    allows(path) {
      let best: { length: number; allow: boolean } | undefined
      for (const { pattern, allow } of rules) {
        if (pattern === '' || !matches(path, pattern)) continue
        const { length } = pattern
        if (!best || length > best.length || (length === best.length && allow)) best = { length, allow }
      }
      return best?.allow ?? true
    },
  }
}

/** `*` stands for anything, `$` at the end for the end; without regular expressions, which a hostile pattern could make slow. */
function matches(path: string, pattern: string): boolean {
  const toEnd = pattern.endsWith('$')
  const pieces = (toEnd ? pattern.slice(0, -1) : pattern).split('*')
  if (!path.startsWith(pieces[0]!)) return false
  let at = pieces[0]!.length
  for (const piece of pieces.slice(1, -1)) {
    const found = path.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  if (pieces.length === 1) return !toEnd || at === path.length
  const last = pieces.at(-1)!
  return toEnd ? path.length - last.length >= at && path.endsWith(last) : path.indexOf(last, at) >= 0
}
