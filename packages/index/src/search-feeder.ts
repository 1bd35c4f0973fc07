import { nsid } from '@frost/lexicon'
import { accountNames, entryCounts, usesOf } from './entry-facts.ts'
import { parseRecord } from './record-text.ts'
import { isEntryUri, isVersionUri } from './reference-key.ts'
import type { Database } from './schema.ts'
import type { SearchDocument, SearchEngine } from './search/engine.ts'
import { searchDocument } from './search-document.ts'
import type { Update, UpdateLog } from './update-log.ts'

const ENTRY = nsid('dataset.entry')
const PROFILE = nsid('actor.profile')
const UPDATES_A_BATCH = 2000
const DOCUMENTS_A_BATCH = 1000
const RETRY_MILLISECONDS = 1000

/**
 * Keeps search up with the truth: follows the update log from search's own watermark, so that a crash anywhere is caught up
 * with, and applies only what is true now, so that applying twice changes nothing.
 */
export class SearchFeeder {
  readonly #reader: Database
  readonly #updates: UpdateLog
  readonly #search: SearchEngine
  readonly #onError: (error: unknown) => void
  readonly #listeners = new Set<() => void>()
  #watermark = 0
  #running: Promise<void> | undefined
  #wanted = false
  #closed = false
  #unsubscribe: () => void = () => {}

  constructor(reader: Database, updates: UpdateLog, search: SearchEngine, onError: (error: unknown) => void) {
    this.#reader = reader
    this.#updates = updates
    this.#search = search
    this.#onError = onError
  }

  /** The last seq that search holds. */
  get watermark(): number {
    return this.#watermark
  }

  /** Begins to follow; resolves at once, while it catches up. */
  async start(): Promise<void> {
    this.#watermark = await this.#search.watermark()
    this.#unsubscribe = this.#updates.onAppend(() => this.#wake())
    this.#wake()
  }

  /** Calls back whenever search took something in; returns what ends it. */
  onFed(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves once search holds everything up to `seq`. */
  async reached(seq: number): Promise<void> {
    if (this.#watermark >= seq) return
    await new Promise<void>(resolve => {
      const end = this.onFed(() => {
        if (this.#watermark < seq) return
        end()
        resolve()
      })
    })
  }

  /** Makes search anew from the truth. */
  async rebuild(progress: (done: number) => void = () => {}): Promise<number> {
    await this.#running
    const seq = await this.#updates.last()
    await this.#search.clear()
    let last = ''
    let done = 0
    for (;;) {
      const rows = await this.#reader
        .selectFrom('record')
        .select('uri')
        .where('collection', '=', ENTRY)
        .where('visible', '=', 1)
        .where('uri', '>', last)
        .orderBy('uri')
        .limit(DOCUMENTS_A_BATCH)
        .execute()
      if (rows.length === 0) break
      await this.#search.apply({
        upserts: await this.#documents(rows.map(({ uri }) => uri)),
        deletes: [],
        watermark: 0,
      })
      done += rows.length
      progress(done)
      last = rows.at(-1)!.uri
    }
    await this.#search.apply({ upserts: [], deletes: [], watermark: seq })
    this.#watermark = seq
    this.#told()
    return done
  }

  /** Ends what is under way and follows no more. */
  async close(): Promise<void> {
    this.#closed = true
    this.#unsubscribe()
    await this.#running
  }

  #wake(): void {
    this.#wanted = true
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#wanted && !this.#closed) this.#wake()
    })
  }

  async #run(): Promise<void> {
    while (this.#wanted && !this.#closed) {
      this.#wanted = false
      try {
        while (!this.#closed && (await this.#step())) {}
      } catch (error) {
        this.#onError(error)
        await new Promise(resolve => setTimeout(resolve, RETRY_MILLISECONDS))
        this.#wanted = true
      }
    }
  }

  /** Takes in one batch of updates; false if there was none. */
  async #step(): Promise<boolean> {
    const updates = await this.#updates.read(this.#watermark, UPDATES_A_BATCH)
    const last = updates.at(-1)
    if (!last) return false
    const uris = await this.#entriesOf(updates)
    for (let start = 0; start < uris.length; start += DOCUMENTS_A_BATCH) {
      const part = uris.slice(start, start + DOCUMENTS_A_BATCH)
      const upserts = await this.#documents(part)
      const held = new Set(upserts.map(({ uri }) => uri))
      const isLast = start + DOCUMENTS_A_BATCH >= uris.length
      await this.#search.apply({
        upserts,
        deletes: part.filter(uri => !held.has(uri)),
        watermark: isLast ? last.seq : this.#watermark,
      })
    }
    if (uris.length === 0) await this.#search.apply({ upserts: [], deletes: [], watermark: last.seq })
    this.#watermark = last.seq
    this.#told()
    return true
  }

  #told(): void {
    for (const listener of this.#listeners) listener()
  }

  /** The entries whose documents may differ after these updates. */
  async #entriesOf(updates: readonly Update[]): Promise<string[]> {
    const keys = new Set(updates.flatMap(({ touches }) => touches))
    const versions = [...keys].filter(isVersionUri)
    const datasets = await this.#inParts(versions, part =>
      this.#reader
        .selectFrom('link')
        .select('subject as uri')
        .where('uri', 'in', part)
        .where('kind', '=', 'version')
        .execute(),
    )
    // A name that changed stands in every document of its account.
    const renamed = [
      ...new Set(
        updates
          .filter(({ kind, collection }) => kind === 'identity' || collection === PROFILE)
          .map(({ did }) => did),
      ),
    ]
    const theirs = await this.#inParts(renamed, part =>
      this.#reader
        .selectFrom('record')
        .select('uri')
        .where('did', 'in', part)
        .where('collection', '=', ENTRY)
        .where('visible', '=', 1)
        .execute(),
    )
    return [...new Set([...[...keys].filter(isEntryUri), ...datasets, ...theirs])]
  }

  async #inParts(
    keys: readonly string[],
    ask: (part: string[]) => Promise<{ uri: string }[]>,
  ): Promise<string[]> {
    const found: string[] = []
    const MOST = 500
    for (let start = 0; start < keys.length; start += MOST) {
      found.push(...(await ask(keys.slice(start, start + MOST))).map(({ uri }) => uri))
    }
    return found
  }

  async #documents(uris: readonly string[]): Promise<SearchDocument[]> {
    if (uris.length === 0) return []
    const rows = await this.#reader
      .selectFrom('record')
      .select(['uri', 'did', 'sort_at', 'json'])
      .where('uri', 'in', uris)
      .where('visible', '=', 1)
      .execute()
    const [names, counts] = await Promise.all([
      accountNames(
        this.#reader,
        rows.map(({ did }) => did),
      ),
      entryCounts(
        this.#reader,
        rows.map(({ uri }) => uri),
      ),
    ])
    return rows.map(({ uri, did, sort_at, json }) => {
      const account = names.get(did)
      return searchDocument(parseRecord(json), {
        uri,
        did,
        sortAt: sort_at,
        account: [account?.name, account?.handle].filter(Boolean).join(' '),
        used: usesOf(counts.get(uri) ?? {}),
      })
    })
  }
}
