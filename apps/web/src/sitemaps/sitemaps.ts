/** Sitemaps of whatever has a page of its own (https://www.sitemaps.org/protocol.html): an index, and files it names. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { Refused } from '../appview.ts'
import type { List } from './lists.ts'
import type { Known, Shelf } from './shelf.ts'
import { document, element } from './xml.ts'

/** Of at most a hundred addresses each; the protocol allows 50,000 addresses a file. */
const PARTS_A_FILE = 100
const MOST_FILES = 50_000
const FRESH_MILLISECONDS = 3_600_000
/** How long a robot is kept waiting for the first walk. */
const PATIENCE_MILLISECONDS = 8_000
/** Between two questions to the AppView: at most 1,200 of the 3,000 that it answers an address in five minutes. */
const PAUSE_MILLISECONDS = 250
const RETRY_MILLISECONDS = 60_000

/** What is asked for is not known yet: the walk is under way, or the AppView did not answer. */
export class NotYetKnown extends Error {
  readonly retryAfterSeconds = RETRY_MILLISECONDS / 1000
  constructor() {
    super('The sitemaps are being made.')
  }
}

/**
 * Renders the files of all lists into a folder, slowly and in the background, when a robot asks and an hour has passed; robots get what
 * lies there. A walk that fails, or whose process ends, goes on where it stopped.
 */
export class Sitemaps {
  readonly #lists: Readonly<Record<string, List>>
  readonly #origin: string
  readonly #shelf: Shelf
  readonly #onFailure: (error: Error) => void
  readonly #pause: number
  /** The walk is nobody's: it must not ask as the robot whose request began it. */
  readonly #asNobody = AsyncLocalStorage.snapshot()
  #known: Promise<Known> | undefined
  #walk: Promise<void> | undefined
  #retryAt = Number.NEGATIVE_INFINITY

  /**
   * @param onFailure is told why a walk stopped
   * @param pause milliseconds between two questions
   */
  constructor(
    lists: Readonly<Record<string, List>>,
    origin: string,
    shelf: Shelf,
    onFailure: (error: Error) => void,
    pause = PAUSE_MILLISECONDS,
  ) {
    this.#lists = lists
    this.#origin = origin
    this.#shelf = shelf
    this.#onFailure = onFailure
    this.#pause = pause
  }

  /**
   * The index of all files.
   * @param patience milliseconds to wait for the first walk
   * @throws NotYetKnown
   */
  async index(patience = PATIENCE_MILLISECONDS): Promise<string> {
    const known = await this.#beginWalk()
    if (known.walkedAt === undefined && this.#walk) await within(this.#walk, patience)
    if (known.walkedAt === undefined) throw new NotYetKnown()
    const entries = Object.entries(known.files).flatMap(([list, files]) =>
      files.map((changed, at) =>
        element('sitemap', `${this.#origin}/sitemaps/${list}-${at + 1}.xml`, changed ?? undefined),
      ),
    )
    return document('sitemapindex', entries.slice(0, MOST_FILES))
  }

  /**
   * One file, by its name in the index; undefined where there is none of that name.
   * @throws NotYetKnown
   */
  async file(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const [, list = '', digits] = /^([a-z]+)-([1-9]\d{0,5})\.xml$/.exec(name) ?? []
    if (!Object.hasOwn(this.#lists, list)) return undefined
    const known = await this.#beginWalk()
    const number = Number(digits)
    const isKnown = number <= (known.files[list]?.length ?? 0)
    const file = isKnown ? await this.#shelf.get(list, number) : undefined
    if (!file && (isKnown || known.walkedAt === undefined)) throw new NotYetKnown()
    return file
  }

  /** One walk at a time, however many ask. */
  async #beginWalk(): Promise<Known> {
    this.#known ??= this.#shelf.known(this.#origin)
    const known = await this.#known
    const now = Date.now()
    const isFresh = now - (known.walkedAt ?? Number.NEGATIVE_INFINITY) < FRESH_MILLISECONDS
    if (this.#walk || isFresh || now < this.#retryAt) return known
    this.#walk = this.#asNobody(() => this.#walkOn(known))
      .catch((error: Error) => {
        this.#retryAt = Date.now() + RETRY_MILLISECONDS
        // Where it is not too much that was asked, the place at which the walk stopped may be one that the AppView knows no more.
        if (error instanceof Refused && error.error !== 'RateLimitExceeded') delete known.next
        this.#onFailure(error)
      })
      .finally(() => {
        this.#walk = undefined
      })
    return known
  }

  async #walkOn(known: Known): Promise<void> {
    const names = Object.keys(this.#lists)
    const first = known.next ? Math.max(0, names.indexOf(known.next.list)) : 0
    for (const [at, name] of names.entries()) {
      if (at < first) continue
      await this.#walkList(name, known)
      const next = names[at + 1]
      if (next !== undefined) known.next = { list: next, number: 1 }
      else {
        delete known.next
        known.walkedAt = Date.now()
      }
      await this.#shelf.keep(known)
    }
  }

  async #walkList(list: string, known: Known): Promise<void> {
    known.files[list] ??= []
    const files = known.files[list]
    let { cursor, number } = known.next?.list === list ? known.next : { cursor: undefined, number: 1 }
    do {
      const part = await this.#render(list, cursor)
      cursor = part.cursor
      if (part.entries.length > 0) {
        await this.#shelf.put(list, number, document('urlset', part.entries))
        files[number - 1] = part.changed
        number += 1
      }
      if (cursor === undefined) break
      known.next = { list, number, cursor }
      await this.#shelf.keep(known)
    } while (number <= MOST_FILES)
    const surplus = files.splice(number - 1)
    for (const at of surplus.keys()) await this.#shelf.remove(list, number + at)
  }

  /** What one file names, and where the next begins. */
  async #render(list: string, start: string | undefined) {
    const entries: string[] = []
    let changed: string | null = null
    let cursor = start
    for (let parts = 0; parts < PARTS_A_FILE; parts++) {
      const listed = await this.#lists[list]!(cursor)
      for (const place of listed.places) {
        entries.push(element('url', this.#origin + place.path, place.changed))
        if (place.changed && (!changed || place.changed > changed)) changed = place.changed
      }
      cursor = listed.cursor
      if (cursor === undefined) break
      if (this.#pause > 0) await delay(this.#pause, undefined, { ref: false })
    }
    return { entries, changed, cursor }
  }
}

async function within(work: Promise<void>, milliseconds: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  try {
    await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
