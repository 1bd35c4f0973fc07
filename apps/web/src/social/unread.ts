import { setTimeout as delay } from 'node:timers/promises'
import { frost } from '@frost/lexicon'
import type { AppView } from '../appview.ts'
import type { Writers } from '../publish/writer.ts'
import type { C } from './parts.ts'

const FRESH_MILLISECONDS = 30_000
/** A page does not wait longer for the number in its header; the next one has it. */
const PATIENCE_MILLISECONDS = 150
const MOST_HELD = 10_000

/** How many notifications somebody has not seen, as the header says it: asked for seldom, since each page has it. */
export class UnreadCounts {
  readonly #appview: AppView
  readonly #writers: Writers
  readonly #held = new Map<string, { count: number | undefined; at: number }>()

  constructor(appview: AppView, writers: Writers) {
    this.#appview = appview
    this.#writers = writers
  }

  /** Undefined where it is not known in time. */
  async of(c: C, did: string): Promise<number | undefined> {
    const held = this.#held.get(did)
    if (held && Date.now() - held.at < FRESH_MILLISECONDS) return held.count
    // One question at a time, however many pages are opened.
    this.#hold(did, held?.count)
    const asked = this.#ask(c, did)
    return (
      (await Promise.race([asked, delay(PATIENCE_MILLISECONDS, undefined, { ref: false })])) ?? held?.count
    )
  }

  /** What is known by now. */
  set(did: string, count: number): void {
    this.#hold(did, count)
  }

  async #ask(c: C, did: string): Promise<number | undefined> {
    try {
      const { acting } = await this.#writers.of(c)
      const { body } = await this.#appview.callAs(acting.agent, frost.feed.listNotifications, {
        params: { limit: 1 },
      })
      this.#hold(did, body.unread)
      return body.unread
    } catch {
      return undefined
    }
  }

  #hold(did: string, count: number | undefined): void {
    this.#held.delete(did)
    this.#held.set(did, { count, at: Date.now() })
    const [oldest] = this.#held.keys()
    if (this.#held.size > MOST_HELD && oldest !== undefined) this.#held.delete(oldest)
  }
}
