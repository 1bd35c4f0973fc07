import { randomBytes } from 'node:crypto'
import { readFilter, type UpdateFilter } from '@frost/index/updates'
import { HttpClient } from '@frost/sync/http'
import { type Rendered, renderFeed } from '../feeds/render.ts'
import type { UpdateHub } from '../updates/hub.ts'
import { invalidRequest, XrpcError } from '../xrpc/errors.ts'
import type { Services } from '../xrpc/method.ts'
import { readRequest, type SubscriptionRequest } from './request.ts'
import { FeedSender, type SenderTools } from './sender.ts'

export interface WebSubOptions {
  /** The AppView's public origin, which its feeds name. */
  readonly origin: string
  readonly allowLoopbackHttp: boolean
  readonly onError: (error: unknown) => void
  readonly retryDelay?: SenderTools['retryDelay']
  /** Milliseconds between two sendings of a feed at least. */
  readonly pause?: number
}

const MOST_SUBSCRIPTIONS = 10_000
const MOST_OF_ONE_ORIGIN = 1000
const MOST_VERIFICATIONS = 100
const VERIFICATION_MILLISECONDS = 15_000
const PAUSE_MILLISECONDS = 1000
/** Of feeds that any update may change. */
const LONG_PAUSE_MILLISECONDS = 10_000
const LARGEST_ANSWER = 1000

/**
 * The hub of this AppView's own feeds, by W3C WebSub (https://www.w3.org/TR/websub/): a subscriber is asked whether it is one, then
 * sent the feed whenever it changes, until its lease ends.
 */
export class WebSubHub {
  readonly #services: Services
  readonly #updates: UpdateHub
  readonly #options: WebSubOptions
  readonly #http: HttpClient
  readonly #senders = new Map<string, Promise<FeedSender>>()
  readonly #verifications = new Set<Promise<void>>()
  readonly #stopped = new AbortController()

  constructor(services: Services, updates: UpdateHub, options: WebSubOptions) {
    this.#services = services
    this.#updates = updates
    this.#options = options
    this.#http = new HttpClient({ allowLoopbackHttp: options.allowLoopbackHttp }, 'frost-websub')
  }

  /** Sends what changed while the AppView was away, and what changes. */
  start(): void {
    this.#track(async () => {
      for (const topic of await this.#services.index.webSub.topics()) await this.#sender(topic)
    })
  }

  /** Resolves once everybody who was to be asked was. */
  async settled(): Promise<void> {
    await Promise.all(this.#verifications)
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await Promise.all(this.#verifications)
    for (const sender of await Promise.allSettled(this.#senders.values()))
      if (sender.status === 'fulfilled') await sender.value.stop()
    this.#http.close()
  }

  /**
   * Takes a request; whether the subscriber means it is asked afterwards.
   * @throws XrpcError InvalidRequest, NotFound for what is no feed here, TooManyRequests
   */
  async request(form: URLSearchParams): Promise<void> {
    const request = readRequest(form, this.#options)
    if (this.#verifications.size >= MOST_VERIFICATIONS)
      throw new XrpcError(429, 'TooManyRequests', 'many subscriptions are being verified: ask again later', {
        'Retry-After': '30',
      })
    if (request.mode === 'subscribe') {
      await this.#render(request.topic)
      await this.#makeRoom(request)
    }
    this.#track(() => this.#verify(request))
  }

  /** @throws XrpcError TooManyRequests: there is room for everybody only if nobody takes all of it */
  async #makeRoom({ callback }: SubscriptionRequest): Promise<void> {
    const { webSub } = this.#services.index
    if ((await webSub.count(new URL(callback).origin)) >= MOST_OF_ONE_ORIGIN)
      throw new XrpcError(429, 'TooManyRequests', `one origin may have ${MOST_OF_ONE_ORIGIN} subscriptions`)
    if ((await webSub.count()) >= MOST_SUBSCRIPTIONS)
      throw new XrpcError(429, 'TooManyRequests', 'this hub takes no more subscriptions for now')
  }

  /** Asks the subscriber; what does not answer with the challenge has not asked, and nothing is done. */
  async #verify({ mode, topic, callback, leaseSeconds, secret }: SubscriptionRequest): Promise<void> {
    const challenge = randomBytes(24).toString('base64url')
    const { status, body } = await this.#ask(callback, {
      'hub.mode': mode,
      'hub.topic': topic,
      'hub.challenge': challenge,
      ...(mode === 'subscribe' && { 'hub.lease_seconds': String(leaseSeconds) }),
    })
    if (status < 200 || status > 299 || body !== challenge) return
    const { webSub } = this.#services.index
    if (mode === 'unsubscribe') return webSub.remove({ topic, callback })
    await webSub.put({
      topic,
      callback,
      secret: secret ?? null,
      until: new Date(Date.now() + leaseSeconds * 1000).toISOString(),
      etag: (await this.#render(topic)).etag,
      attempts: 0,
      first_attempt_at: null,
      next_attempt_at: null,
    })
    await (await this.#sender(topic)).changed()
  }

  async #ask(callback: string, params: Record<string, string>): Promise<{ status: number; body: string }> {
    const url = new URL(callback)
    for (const [name, value] of Object.entries(params)) url.searchParams.append(name, value)
    try {
      const { status, body } = await this.#http.get(url.href, {
        total: VERIFICATION_MILLISECONDS,
        maxBytes: LARGEST_ANSWER,
        signal: this.#stopped.signal,
      })
      return { status, body: body.toString('utf8') }
    } catch {
      return { status: 0, body: '' }
    }
  }

  /** The feed of a topic as it is now. @throws XrpcError where it is no feed of this AppView */
  async #render(topic: string): Promise<Rendered> {
    const { origin } = this.#options
    const [path, query] = splitTopic(topic, origin)
    const feed = await renderFeed(this.#services, origin, path, query)
    if (feed.self !== topic)
      throw invalidRequest(`hub.topic is '${topic.slice(0, 200)}': give the feed's own address, ${feed.self}`)
    return feed
  }

  #sender(topic: string): Promise<FeedSender> {
    const known = this.#senders.get(topic)
    if (known) return known
    const made = this.#open(topic)
    this.#senders.set(topic, made)
    made.catch(() => this.#senders.delete(topic))
    return made
  }

  async #open(topic: string): Promise<FeedSender> {
    const { index } = this.#services
    const { origin, onError, retryDelay } = this.#options
    const [path, query] = splitTopic(topic, origin)
    const filter = await filterOf(this.#services, path, new URLSearchParams(query))
    const isNarrow = Object.keys(filter).length > 0
    const sender = new FeedSender(topic, filter, {
      origin,
      webSub: index.webSub,
      http: this.#http,
      onError,
      retryDelay,
      pause: this.#options.pause ?? (isNarrow ? PAUSE_MILLISECONDS : LONG_PAUSE_MILLISECONDS),
      async render(seq) {
        // Search tells of an update a little later than the log.
        if (path.startsWith('search.')) await index.searchable(seq)
        return render()
      },
      deny: async (callback, reason) => {
        await this.#ask(callback, { 'hub.mode': 'denied', 'hub.topic': topic, 'hub.reason': reason })
      },
      onEmpty: async () => {
        this.#updates.leave(sender)
        this.#senders.delete(topic)
        // Who came in this very moment may have found this sender still.
        if ((await index.webSub.of(topic)).length > 0) await this.#sender(topic)
      },
    })
    const render = () => this.#render(topic)
    while (!this.#updates.join(sender, await index.updates.last()));
    sender.wake()
    return sender
  }

  #track(work: () => Promise<void>): void {
    const done: Promise<void> = work()
      .catch(error => {
        if (!this.#stopped.signal.aborted) this.#options.onError(error)
      })
      .finally(() => this.#verifications.delete(done))
    this.#verifications.add(done)
  }
}

/** `dataset.atom` and `?uri=…` of a feed's address. @throws XrpcError InvalidRequest for any other */
function splitTopic(topic: string, origin: string): readonly [path: string, query: string] {
  const prefix = `${origin}/feeds/`
  if (!topic.startsWith(prefix))
    throw invalidRequest(`hub.topic is '${topic.slice(0, 200)}': this hub serves ${prefix}… alone`)
  const [, path = '', query = ''] = /^([^?]*)(\?.*)?$/s.exec(topic.slice(prefix.length)) ?? []
  return [path, query]
}

/** Which updates may change a feed; it is written anew then, and sent where it differs. */
async function filterOf({ index }: Services, path: string, params: URLSearchParams): Promise<UpdateFilter> {
  const [name] = path.split('.')
  const read = (filter: Parameters<typeof readFilter>[1]) => readFilter(index.database, filter)
  if (name === 'dataset') return read({ dataset: [params.get('uri')!] })
  if (name === 'actor') return read({ actor: [params.get('actor')!] })
  // A dataset that a search no longer finds changes it too: the filter holds what was, the search says what is.
  return {}
}
