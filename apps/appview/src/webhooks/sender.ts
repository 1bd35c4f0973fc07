import { toJsonText, type UpdateFilter, type UpdateView, updateJson } from '@frost/index/updates'
import type { DeliveryRow, WebhookRow, Webhooks } from '@frost/index/webhooks'
import type { HttpClient } from '@frost/sync/http'
import type { Listener, UpdateHub } from '../updates/hub.ts'
import type { UpdateMessage } from '../updates/message.ts'
import { ATTEMPT, GIVEN_UP_MILLISECONDS, retryAfter, retryDelay } from './retry.ts'
import { Runner } from './runner.ts'
import { signedHeaders } from './signature.ts'

/** The type of every message, as Standard Webhooks wants one. */
const TYPE = 'updates.update'
/** With more than this waiting, the log is read no further. */
const MOST_WAITING = 1000
/** Failures one after another, whatever the dataset, after which only the oldest delivery is tried. */
const FAILING_AFTER = 5
const LONGEST_ERROR = 500

export interface SenderTools {
  readonly hub: UpdateHub
  readonly webhooks: Webhooks
  readonly http: HttpClient
  readonly onError: (error: unknown) => void
  /** The clock and the waits between attempts; tests shorten them. */
  readonly retryDelay?: (attempts: number, asked: number) => number
}

type Attempt =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: string; readonly gone: boolean; readonly asked: number }

/**
 * Delivers the updates of one webhook: in order within a dataset, at least once. What is not taken waits as a row and is tried
 * again for three days, while other datasets go on; a receiver that takes nothing is asked with one delivery at a time.
 */
export class WebhookSender implements Listener {
  readonly filter: UpdateFilter
  readonly #id: string
  readonly #tools: SenderTools
  readonly #runner: Runner
  #seq: number
  #failures = 0

  constructor(hook: Pick<WebhookRow, 'id' | 'seq'>, filter: UpdateFilter, tools: SenderTools) {
    this.#id = hook.id
    this.#seq = hook.seq
    this.filter = filter
    this.#tools = tools
    this.#runner = new Runner(() => this.#run(), tools.onError)
  }

  /** Works as long as there is something to deliver; returns at once. */
  wake(): void {
    this.#runner.wake()
  }

  /** The hub has something that matches: it is read from the log, from where this webhook is. */
  hear(_: UpdateMessage): void {
    this.#tools.hub.leave(this)
    this.wake()
  }

  async stop(): Promise<void> {
    this.#runner.end()
    this.#tools.hub.leave(this)
    await this.#runner.stop()
  }

  async #run(): Promise<void> {
    const { hub, webhooks } = this.#tools
    const hook = await webhooks.get(this.#id)
    if (!hook || hook.state === 'disabled') return
    const lanes = await this.#retry(hook)
    const waiting = [...lanes.values()].reduce((sum, rows) => sum + rows.length, 0)
    const isFailing = this.#failures >= FAILING_AFTER && waiting > 0
    if (isFailing || waiting >= MOST_WAITING) return this.#wakeFor(lanes)
    const { messages, seq } = await hub.read(this.#seq, this.filter)
    for (const { view } of messages) {
      if (this.#runner.signal.aborted || hook.state === 'disabled') return
      await this.#deliver(hook, view, lanes)
      if (this.#failures >= FAILING_AFTER) break
    }
    if (this.#failures >= FAILING_AFTER) return this.wake()
    const isLevel = seq === this.#seq
    this.#seq = Math.max(this.#seq, seq)
    if (!isLevel) await webhooks.keep(this.#id, this.#seq)
    if (!isLevel || !hub.join(this, this.#seq)) this.wake()
    else this.#wakeFor(lanes)
  }

  /** Tries the oldest delivery of each dataset that is due. @returns what still waits, by dataset */
  async #retry(hook: WebhookRow): Promise<Map<string, DeliveryRow[]>> {
    const lanes = new Map<string, DeliveryRow[]>()
    for (const row of await this.#tools.webhooks.waiting(hook.id)) {
      const lane = lanes.get(row.lane)
      if (lane) lane.push(row)
      else lanes.set(row.lane, [row])
    }
    for (const [lane, rows] of lanes) {
      while (rows.length > 0 && !this.#runner.signal.aborted) {
        const [row] = rows as [DeliveryRow]
        if (row.next_attempt_at > new Date().toISOString()) break
        const { messages } = await this.#tools.hub.read(row.seq - 1, {}, 1)
        const view = messages.find(message => message.view.seq === row.seq)?.view
        const attempt = view ? await this.#attempt(hook, view) : LOST
        if (attempt.ok) await this.#tools.webhooks.delivered(hook.id, row.seq)
        else {
          const failed = this.#failed(row, attempt)
          await this.#tools.webhooks.keep(hook.id, row.seq, failed)
          if (failed.state === 'waiting') {
            rows[0] = failed
            break
          }
        }
        rows.shift()
        // One that takes nothing is asked once.
        if (this.#failures >= FAILING_AFTER) break
      }
      if (rows.length === 0) lanes.delete(lane)
      if (this.#failures >= FAILING_AFTER) break
    }
    return lanes
  }

  async #deliver(hook: WebhookRow, view: UpdateView, lanes: Map<string, DeliveryRow[]>): Promise<void> {
    const lane = view.dataset ?? view.uri
    const before = lanes.get(lane)
    const now = new Date().toISOString()
    const fresh: DeliveryRow = {
      webhook: hook.id,
      seq: view.seq,
      lane,
      state: 'waiting',
      attempts: 0,
      first_attempt_at: now,
      next_attempt_at: now,
      error: 'an earlier update of the same dataset waits',
    }
    const attempt = before ? undefined : await this.#attempt(hook, view)
    const row = attempt === undefined ? fresh : attempt.ok ? undefined : this.#failed(fresh, attempt)
    await this.#tools.webhooks.keep(hook.id, view.seq, row)
    this.#seq = view.seq
    if (row?.state !== 'waiting') return
    if (before) before.push(row)
    else lanes.set(lane, [row])
  }

  #failed(row: DeliveryRow, { error, asked }: Attempt & { ok: false }): DeliveryRow {
    const now = Date.now()
    const attempts = row.attempts + 1
    const delay = (this.#tools.retryDelay ?? retryDelay)(attempts, asked)
    const isOver =
      error === LOST.error || now + delay > Date.parse(row.first_attempt_at) + GIVEN_UP_MILLISECONDS
    return {
      ...row,
      attempts,
      error,
      state: isOver ? 'dead' : 'waiting',
      next_attempt_at: new Date(now + delay).toISOString(),
    }
  }

  async #attempt(hook: WebhookRow, view: UpdateView): Promise<Attempt> {
    const timestamp = Math.floor(Date.now() / 1000)
    const body = messageBody(view)
    const isOldGood = hook.old_secret_until !== null && hook.old_secret_until > new Date().toISOString()
    const secrets = isOldGood ? [hook.secret, hook.old_secret!] : [hook.secret]
    const attempt = await this.#post(
      hook.url,
      body,
      signedHeaders(secrets, `${hook.id}.${view.seq}`, timestamp, body),
    )
    this.#runner.signal.throwIfAborted()
    await this.#note(hook, attempt)
    return attempt
  }

  async #post(url: string, body: string, headers: Record<string, string>): Promise<Attempt> {
    try {
      const answer = await this.#tools.http.get(url, {
        post: body,
        headers,
        ...ATTEMPT,
        signal: this.#runner.signal,
      })
      if (answer.status >= 200 && answer.status < 300) return { ok: true }
      return {
        ok: false,
        error: `answered ${answer.status}`,
        gone: answer.status === 410,
        asked: retryAfter(answer.headers['retry-after'], Date.now()),
      }
    } catch (error) {
      return { ok: false, error: (error as Error).message.slice(0, LONGEST_ERROR), gone: false, asked: 0 }
    }
  }

  /** Keeps the webhook's state as its owner sees it. */
  async #note(hook: WebhookRow, attempt: Attempt): Promise<void> {
    this.#failures = attempt.ok ? 0 : this.#failures + 1
    const state = attempt.ok
      ? 'active'
      : attempt.gone
        ? 'disabled'
        : this.#failures >= FAILING_AFTER
          ? 'failing'
          : hook.state
    const last_error = attempt.ok ? null : attempt.error
    if (state === hook.state && last_error === hook.last_error) return
    await this.#tools.webhooks.update(hook.id, { state, last_error })
    Object.assign(hook, { state, last_error })
  }

  #wakeFor(lanes: ReadonlyMap<string, readonly DeliveryRow[]>): void {
    const times = [...lanes.values()].map(([row]) => Date.parse(row!.next_attempt_at))
    if (times.length > 0) this.#runner.wakeIn(Math.min(...times) - Date.now())
  }
}

/** The payload that Standard Webhooks recommends: type, timestamp, data. */
export function messageBody(view: UpdateView): string {
  return `{"type":"${TYPE}","timestamp":"${view.time}","data":${toJsonText(updateJson(view))}}`
}

/** The log no longer holds the update. */
const LOST = {
  ok: false,
  error: 'the update is no longer in the log',
  gone: false,
  asked: 0,
} as const
