import { createHmac } from 'node:crypto'
import type { UpdateFilter } from '@frost/index/updates'
import type { WebSubRow, WebSubSubscriptions } from '@frost/index/websub'
import type { HttpClient } from '@frost/sync/http'
import { linksOf, type Rendered } from '../feeds/render.ts'
import type { Listener } from '../updates/hub.ts'
import type { UpdateMessage } from '../updates/message.ts'
import { ATTEMPT, GIVEN_UP_MILLISECONDS, retryAfter, retryDelay } from '../webhooks/retry.ts'
import { Runner } from '../webhooks/runner.ts'
import { XrpcError } from '../xrpc/errors.ts'

const AT_ONCE = 16

export interface SenderTools {
  readonly origin: string
  readonly webSub: WebSubSubscriptions
  readonly http: HttpClient
  readonly onError: (error: unknown) => void
  readonly retryDelay?: (attempts: number, asked: number) => number
  readonly pause: number
  /** The feed as it is once everything up to `seq` counts. */
  readonly render: (seq: number) => Promise<Rendered>
  /** Tells a subscriber that there is no such feed any more. */
  readonly deny: (callback: string, reason: string) => Promise<void>
  /** Nobody subscribes any more; the sender has ended. */
  readonly onEmpty: () => Promise<void>
}

/**
 * Sends one feed to its subscribers whenever it reads otherwise than what they were sent last. What is not taken is tried again for
 * three days, always with the feed as it is then: a subscriber that was away gets the newest once.
 */
export class FeedSender implements Listener {
  readonly filter: UpdateFilter
  readonly #topic: string
  readonly #tools: SenderTools
  readonly #runner: Runner
  #seq = 0

  constructor(topic: string, filter: UpdateFilter, tools: SenderTools) {
    this.#topic = topic
    this.filter = filter
    this.#tools = tools
    // Several changes in a short time are one.
    this.#runner = new Runner(() => this.#run(), tools.onError, tools.pause)
  }

  hear({ view }: UpdateMessage): void {
    this.#seq = view.seq
    this.wake()
  }

  /** Looks after the subscriptions; returns at once. */
  wake(): void {
    this.#runner.wake()
  }

  /** Resolves once a change of the subscriptions is looked after. */
  async changed(): Promise<void> {
    this.wake()
    await this.#runner.running
  }

  stop(): Promise<void> {
    return this.#runner.stop()
  }

  async #run(): Promise<void> {
    const subscriptions = await this.#living()
    const feed = subscriptions.length > 0 ? await this.#render(subscriptions) : undefined
    if (!feed) {
      this.#runner.end()
      return this.#tools.onEmpty()
    }
    const now = new Date().toISOString()
    const due = subscriptions.filter(
      ({ etag, next_attempt_at }) => etag !== feed.etag && (next_attempt_at ?? '') <= now,
    )
    for (let at = 0; at < due.length && !this.#runner.signal.aborted; at += AT_ONCE)
      await Promise.all(due.slice(at, at + AT_ONCE).map(one => this.#send(one, feed)))
    const times = (await this.#tools.webSub.of(this.#topic)).flatMap(one => one.next_attempt_at ?? [])
    const next = Math.min(...times.map(time => Date.parse(time) - Date.now()))
    if (Number.isFinite(next)) this.#runner.wakeIn(next)
  }

  /** The subscriptions whose lease goes on. */
  async #living(): Promise<WebSubRow[]> {
    const now = new Date().toISOString()
    const all = await this.#tools.webSub.of(this.#topic)
    for (const one of all) if (one.until <= now) await this.#tools.webSub.remove(one)
    return all.filter(({ until }) => until > now)
  }

  /** The feed; where there is none any more, its subscribers are told and forgotten. */
  async #render(subscriptions: readonly WebSubRow[]): Promise<Rendered | undefined> {
    try {
      return await this.#tools.render(this.#seq)
    } catch (error) {
      if (!(error instanceof XrpcError) || error.status >= 500) throw error
      for (const one of subscriptions) {
        await this.#tools.webSub.remove(one)
        await this.#tools.deny(one.callback, error.message)
      }
      return undefined
    }
  }

  async #send(subscription: WebSubRow, feed: Rendered): Promise<void> {
    const { webSub } = this.#tools
    const { status, asked } = await this.#post(subscription, feed)
    if (this.#runner.signal.aborted) return
    if (status === 410) return webSub.remove(subscription)
    const taken = { etag: feed.etag, attempts: 0, first_attempt_at: null, next_attempt_at: null }
    if (status >= 200 && status < 300) return webSub.update(subscription, taken)
    const now = Date.now()
    const attempts = subscription.attempts + 1
    const next = now + (this.#tools.retryDelay ?? retryDelay)(attempts, asked)
    const first = subscription.first_attempt_at ?? new Date(now).toISOString()
    // Given up: the next change is tried from the beginning.
    if (next > Date.parse(first) + GIVEN_UP_MILLISECONDS) return webSub.update(subscription, taken)
    await webSub.update(subscription, {
      attempts,
      first_attempt_at: first,
      next_attempt_at: new Date(next).toISOString(),
    })
  }

  async #post({ callback, secret }: WebSubRow, feed: Rendered): Promise<{ status: number; asked: number }> {
    try {
      const { status, headers } = await this.#tools.http.get(callback, {
        post: feed.text,
        headers: {
          'content-type': feed.type,
          link: linksOf(this.#tools.origin, feed),
          ...(secret !== null && { 'x-hub-signature': signature(secret, feed.text) }),
        },
        ...ATTEMPT,
        signal: this.#runner.signal,
      })
      return { status, asked: retryAfter(headers['retry-after'], Date.now()) }
    } catch {
      return { status: 0, asked: 0 }
    }
  }
}

/** https://www.w3.org/TR/websub/#signing-content */
const signature = (secret: string, text: string) =>
  `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`
