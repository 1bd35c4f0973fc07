import { setTimeout as delay } from 'node:timers/promises'
import type { Agent } from '@atproto/lex'
import { frost } from '@frost/lexicon'
import type { AppView } from '../appview.ts'
import type { C, SocialParts } from '../social/parts.ts'
import { writerOf } from '../social/parts.ts'
import { type Labeler, type LabelerChoice, languagesIn, NO_READING, type Reading } from './reading.ts'

const FRESH_MILLISECONDS = 60_000
/** Longest that a page waits for what somebody chose. */
const PATIENCE_MILLISECONDS = 2_000
const RETRY_MILLISECONDS = 2_000
const MOST_HELD = 10_000

/** Whom somebody hears, and what they decided. */
export type Hearing = Pick<Reading, 'labelers' | 'choices' | 'accepted'>

interface Held {
  /** Good until. */
  until: number
  readonly reading: Promise<Hearing>
}

/** How people read labels: whom they hear, what that means, what they decided. Asked for seldom, since each page has it. */
export class Readings {
  readonly #appview: AppView
  readonly #held = new Map<string, Held>()

  constructor(appview: AppView) {
    this.#appview = appview
  }

  /** Where it cannot be had, pages show no labels rather than nothing. */
  async of(c: C, parts: SocialParts): Promise<Reading> {
    const did = c.get('viewer')?.did
    const key = did ?? ''
    let held = this.#held.get(key)
    if (!held || held.until < Date.now()) {
      const asked = did === undefined ? this.#usual() : this.#own(c, parts)
      // Their server may be away: then they read as everybody does.
      const reading = did === undefined ? asked : asked.catch(() => this.#usual())
      held = { until: Date.now() + FRESH_MILLISECONDS, reading }
      const made = held
      asked.catch(() => {
        made.until = Date.now() + RETRY_MILLISECONDS
      })
      this.#hold(key, held)
    }
    const known = did === undefined ? held.reading : this.#inTime(held.reading)
    const languages = languagesIn(c.req.header('accept-language'))
    const isSignedIn = did !== undefined
    return known.then(
      reading => ({ ...reading, languages, isSignedIn }),
      () => ({ ...NO_READING, languages, isSignedIn }),
    )
  }

  /**
   * What somebody has chosen, as it is stored now: what they change is changed in this.
   * @throws where it cannot be had
   */
  async chosenBy(agent: Agent): Promise<Hearing> {
    const { body } = await this.#appview.callAs(agent, frost.feed.getSettings, {})
    const chosen = body.settings.labelers
    if (!chosen) return this.#usual()
    const accepted = chosen.map(({ did }) => did)
    if (accepted.length === 0) return { labelers: new Map<string, Labeler>(), choices: new Map(), accepted }
    const { labelers } = await this.#appview.query(frost.service.listLabelers, { did: accepted })
    return { labelers: byDid(labelers), choices: choicesIn(chosen), accepted }
  }

  /** What somebody has just chosen holds from their next page on. */
  forget(did: string): void {
    this.#held.delete(did)
  }

  /** What is usual is asked for only where the reading takes too long. */
  async #inTime<Known>(reading: Promise<Known>) {
    const settled = new AbortController()
    const { signal } = settled
    const late = delay(PATIENCE_MILLISECONDS, undefined, { ref: false, signal }).then(() => this.#usual())
    try {
      return await Promise.race([reading, late])
    } finally {
      settled.abort()
    }
  }

  async #usual(): Promise<Hearing> {
    const { labelers } = await this.#appview.query(frost.service.listLabelers, {})
    return { labelers: byDid(labelers), choices: new Map() }
  }

  async #own(c: C, parts: SocialParts): Promise<Hearing> {
    const { acting } = await writerOf(c, parts)
    return this.chosenBy(acting.agent)
  }

  #hold(key: string, held: Held): void {
    this.#held.delete(key)
    this.#held.set(key, held)
    const [oldest] = this.#held.keys()
    if (this.#held.size > MOST_HELD && oldest !== undefined) this.#held.delete(oldest)
  }
}

const byDid = (labelers: readonly Labeler[]) => new Map(labelers.map(labeler => [labeler.did, labeler]))

const choicesIn = (chosen: readonly LabelerChoice[]) =>
  new Map(chosen.map(({ did, labels }) => [did, new Map(labels.map(({ val, show }) => [val, show]))]))
