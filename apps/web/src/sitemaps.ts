/** Sitemaps of whatever has a page of its own (https://www.sitemaps.org/protocol.html): an index, and files it names. */
import { frost } from '@frost/lexicon'
import type { AppView, CollectionView, EntryView, ProfileView } from './appview.ts'
import { entryPath } from './dataset-facts.ts'
import { collectionPath } from './social/places.ts'
import { profilePath } from './social/profile-frame.tsx'

export interface Place {
  readonly path: string
  /** ISO 8601 time, where it is known. */
  readonly changed?: string
}

/** A page of a list, and where the next one begins. */
export interface Listed {
  readonly places: readonly Place[]
  readonly cursor?: string
}

export type List = (cursor: string | undefined) => Promise<Listed>

interface File {
  readonly start: string | undefined
  readonly changed?: string
}

/** The protocol allows 50,000 addresses a file; a file is made of as many pages as can be asked for while a robot waits. */
const PAGES_A_FILE = 50
const MOST_FILES = 50_000
const FRESH_MILLISECONDS = 3_600_000
const PATIENCE_MILLISECONDS = 10_000

/** The lists of an AppView. */
export function listsOf(appview: AppView): Readonly<Record<string, List>> {
  const ask = (cursor: string | undefined) => ({ limit: 100, ...(cursor !== undefined && { cursor }) })
  const people = async (cursor: string | undefined) =>
    (await appview.query(frost.actor.searchActors, ask(cursor))) as unknown as {
      actors: (ProfileView & { indexedAt?: string })[]
      cursor?: string
    }
  return {
    datasets: async from => {
      const { entries, cursor } = (await appview.query(frost.dataset.searchEntries, {
        sort: 'newest',
        ...ask(from),
      })) as unknown as { entries: EntryView[]; cursor?: string }
      const places = entries.map(({ author, uri, indexedAt }) => ({
        path: entryPath(author, uri),
        changed: indexedAt,
      }))
      return { places, ...(cursor !== undefined && { cursor }) }
    },
    people: async from => {
      const { actors, cursor } = await people(from)
      const places = actors.map(actor => ({ path: profilePath(actor), ...changed(actor.indexedAt) }))
      return { places, ...(cursor !== undefined && { cursor }) }
    },
    collections: async from => {
      const { actors, cursor } = await people(from)
      const curators = actors.filter(
        ({ counts }) => ((counts as { collections?: number })?.collections ?? 0) > 0,
      )
      const places = await Promise.all(curators.map(({ did }) => collectionsOf(appview, did)))
      return { places: places.flat(), ...(cursor !== undefined && { cursor }) }
    },
  }
}

async function collectionsOf(appview: AppView, actor: string): Promise<Place[]> {
  const { collections } = (await appview.query(frost.dataset.listCollections, {
    actor,
    limit: 100,
  })) as unknown as { collections: (CollectionView & { indexedAt?: string })[] }
  return collections.map(({ uri, indexedAt }) => ({ path: collectionPath(uri), ...changed(indexedAt) }))
}

const changed = (time: string | undefined) => (time ? { changed: time } : {})

/**
 * Knows where each file of a list begins. The lists are walked when a robot asks and an hour has passed; whoever asks meanwhile, or cannot
 * wait so long, gets what is known.
 */
export class Sitemaps {
  readonly #lists: Readonly<Record<string, List>>
  readonly #origin: string
  #files: ReadonlyMap<string, readonly File[]> = new Map()
  #walkedAt = Number.NEGATIVE_INFINITY
  #walk: Promise<void> | undefined

  constructor(lists: Readonly<Record<string, List>>, origin: string) {
    this.#lists = lists
    this.#origin = origin
  }

  /** The index of all files. */
  async index(patience = PATIENCE_MILLISECONDS): Promise<string> {
    if (!this.#walk && Date.now() - this.#walkedAt > FRESH_MILLISECONDS)
      this.#walk = this.#walkAll().finally(() => {
        this.#walk = undefined
      })
    if (this.#walk) await within(this.#walk, patience)
    const entries = [...this.#files].flatMap(([name, files]) =>
      files.map(({ changed }, number) =>
        element('sitemap', `${this.#origin}/sitemaps/${name}-${number + 1}.xml`, changed),
      ),
    )
    return document('sitemapindex', entries.slice(0, MOST_FILES))
  }

  /** One file, by its name in the index; undefined where there is none of that name. */
  async file(name: string): Promise<string | undefined> {
    const [, kind = '', number] = /^([a-z]+)-(\d{1,6})\.xml$/.exec(name) ?? []
    const list = Object.hasOwn(this.#lists, kind) ? this.#lists[kind] : undefined
    if (!list) return undefined
    if (number !== '1' && !this.#files.has(kind)) await this.index()
    const file = number === '1' ? { start: undefined } : this.#files.get(kind)?.[Number(number) - 1]
    if (!file) return undefined
    const entries: string[] = []
    for await (const { places } of pages(list, file.start))
      entries.push(...places.map(({ path, changed }) => element('url', this.#origin + path, changed)))
    return document('urlset', entries)
  }

  async #walkAll(): Promise<void> {
    const files = new Map<string, File[]>()
    // What was known stands until the new walk is through; at the first there is nothing to stand.
    if (this.#files.size === 0) this.#files = files
    for (const [name, list] of Object.entries(this.#lists)) {
      const found: File[] = []
      files.set(name, found)
      let start: string | undefined
      do {
        let latest: string | undefined
        let next: string | undefined
        let count = 0
        for await (const { places, cursor } of pages(list, start)) {
          count += places.length
          for (const { changed } of places) if (changed && (!latest || changed > latest)) latest = changed
          next = cursor
        }
        if (count > 0 || start === undefined) found.push({ start, ...changed(latest) })
        start = next
      } while (start !== undefined && found.length < MOST_FILES)
    }
    this.#files = files
    this.#walkedAt = Date.now()
  }
}

/** The pages of one file. */
async function* pages(list: List, start: string | undefined): AsyncGenerator<Listed> {
  let cursor = start
  for (let count = 0; count < PAGES_A_FILE; count++) {
    const page = await list(cursor)
    yield page
    cursor = page.cursor
    if (cursor === undefined) return
  }
}

async function within(work: Promise<void>, milliseconds: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  try {
    await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
    // What fails later has nobody who waits for it.
    work.catch(() => {})
  }
}

const escapeXml = (text: string) => text.replace(/[<>&"']/g, character => `&#${character.charCodeAt(0)};`)

function element(name: 'sitemap' | 'url', address: string, time: string | undefined): string {
  const lastmod = time ? `<lastmod>${time.slice(0, 10)}</lastmod>` : ''
  return `  <${name}><loc>${escapeXml(address)}</loc>${lastmod}</${name}>`
}

function document(root: 'sitemapindex' | 'urlset', entries: readonly string[]): string {
  const namespace = 'http://www.sitemaps.org/schemas/sitemap/0.9'
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${namespace}">\n${entries.join('\n')}\n</${root}>\n`
}
