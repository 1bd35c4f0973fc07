import { setImmediate as breath } from 'node:timers/promises'
import { nsid } from '@frost/lexicon'
import { documentsOf } from './documents.ts'
import { inParts } from './in-parts.ts'
import { type Gathering, LogFollower } from './log-follower.ts'
import { isEntryUri, isVersionUri } from './reference-key.ts'
import type { Database } from './schema.ts'
import type { SearchDocument, SearchEngine } from './search/engine.ts'
import { horizonOf, type Update, type UpdateLog } from './update-log.ts'
import { datasetsOfVersions } from './version-datasets.ts'

const ENTRY = nsid('dataset.entry')
const PROFILE = nsid('actor.profile')
/** Far behind, search takes large batches: many in one transaction cost less than one by one. */
const UPDATES_A_BATCH = 20_000
const DOCUMENTS_A_BATCH = 5000
/**
 * Of small batches every row is merged more often. What a transaction of a flood brings is a flood already: search that keeps up would else
 * take each as it comes. The pause is longer than one of some hundred events takes; one of thousands is enough by itself.
 */
const IN_A_FLOOD: Gathering = { from: 400, enough: 10_000, milliseconds: 3000, pause: 300 }
/** Characters of the documents of a batch: one may weigh as much as a thousand others. */
const CHARACTERS_A_BATCH = 64_000_000
/** Documents made at once, which holds up the event loop. */
const DOCUMENTS_A_PIECE = 250

/** What is said in these about a dataset stands in no document. */
const BESIDE_SEARCH: ReadonlySet<string | undefined> = new Set(
  [
    'dataset.collection',
    'dataset.collectionItem',
    'dataset.head',
    'dataset.mirror',
    'dataset.notice',
    'discussion.comment',
    'discussion.correction',
    'discussion.issue',
    'discussion.issueState',
    'graph.acknowledgement',
  ].map(name => nsid(name)),
)

/** Datasets, and the documents of those that are to be found. */
interface SearchBatch {
  readonly uris: readonly string[]
  readonly documents: readonly SearchDocument[]
  readonly isLast: boolean
}

/**
 * Keeps search up with the truth: follows the update log from search's own watermark, so that a crash anywhere is caught up
 * with, and applies only what is true now, so that applying twice changes nothing.
 */
export class SearchFeeder {
  readonly #reader: Database
  readonly #updates: UpdateLog
  readonly #search: SearchEngine
  readonly #follower: LogFollower
  #isClosed = false

  constructor(reader: Database, updates: UpdateLog, search: SearchEngine, onError: (error: unknown) => void) {
    this.#reader = reader
    this.#updates = updates
    this.#search = search
    this.#follower = new LogFollower({
      updates,
      batch: UPDATES_A_BATCH,
      gathering: IN_A_FLOOD,
      begin: async () => (await this.#makeAnew()).seq,
      take: read => this.#take(read),
      onError,
    })
  }

  /** The last seq that search holds. */
  get watermark(): number {
    return this.#follower.position
  }

  /**
   * Begins to follow; resolves while it catches up. Where the log no longer tells what search lacks, it is made anew first.
   * @param stale datasets that are looked at anew before
   */
  async start(stale: readonly string[] = []): Promise<void> {
    const watermark = await this.#search.watermark()
    if (watermark >= (await horizonOf(this.#reader))) {
      this.#follower.moveTo(watermark)
      await this.refresh(stale, new Date())
    }
    this.#follower.start()
  }

  /** Calls back whenever search took something in; returns what ends it. */
  onFed(listener: () => void): () => void {
    return this.#follower.onTaken(listener)
  }

  /** Resolves once search holds everything up to `seq`. */
  reached(seq: number): Promise<void> {
    return this.#follower.reached(seq)
  }

  /** Gives search what is known of these datasets at a time, where time alone changes it. */
  async refresh(uris: readonly string[], now: Date): Promise<void> {
    for (let start = 0; start < uris.length; start += DOCUMENTS_A_PIECE) {
      const part = uris.slice(start, start + DOCUMENTS_A_PIECE)
      await this.#follower.between(async () => {
        const upserts = await documentsOf(this.#reader, part, now)
        const deletes = part.filter(uri => !upserts.some(document => document.uri === uri))
        await this.#search.apply({ upserts, deletes, watermark: this.watermark })
      })
    }
  }

  /** Makes search anew from the truth; answers how many datasets it holds then. */
  async rebuild(progress: (done: number) => void = () => {}): Promise<number> {
    await this.#follower.idle()
    const { seq, done } = await this.#makeAnew(progress)
    this.#follower.moveTo(seq)
    return done
  }

  /** Ends what is under way and follows no more. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.#follower.close()
  }

  /** What is ended by closing leaves search without a watermark: it is begun again at the next start. */
  async #makeAnew(progress: (done: number) => void = () => {}): Promise<{ seq: number; done: number }> {
    const seq = await this.#updates.last()
    await this.#search.clear()
    let last = ''
    let done = 0
    while (!this.#isClosed) {
      const rows = await this.#reader
        .selectFrom('record')
        .select('uri')
        .where('collection', '=', ENTRY)
        .where('visible', '=', 1)
        .where('uri', '>', last)
        .orderBy('uri')
        .limit(DOCUMENTS_A_BATCH)
        .execute()
      if (rows.length === 0) {
        await this.#search.apply({ upserts: [], deletes: [], watermark: seq })
        return { seq, done }
      }
      for await (const { documents } of this.#batches(rows.map(({ uri }) => uri)))
        await this.#search.apply({ upserts: documents, deletes: [], watermark: 0 })
      done += rows.length
      progress(done)
      last = rows.at(-1)!.uri
    }
    return { seq: 0, done }
  }

  async #take(updates: readonly Update[]): Promise<void> {
    const { seq } = updates.at(-1)!
    const uris = await this.#entriesOf(updates)
    for await (const { uris: part, documents, isLast } of this.#batches(uris)) {
      const held = new Set(documents.map(({ uri }) => uri))
      await this.#search.apply({
        upserts: documents,
        deletes: part.filter(uri => !held.has(uri)),
        watermark: isLast ? seq : this.watermark,
      })
    }
    if (uris.length === 0) await this.#search.apply({ upserts: [], deletes: [], watermark: seq })
  }

  /** What search takes at once, bounded in number and in size. */
  async *#batches(uris: readonly string[]): AsyncGenerator<SearchBatch> {
    let part: string[] = []
    let documents: SearchDocument[] = []
    let characters = 0
    for (let start = 0; start < uris.length; start += DOCUMENTS_A_PIECE) {
      const piece = uris.slice(start, start + DOCUMENTS_A_PIECE)
      const made = await documentsOf(this.#reader, piece)
      part.push(...piece)
      documents.push(...made)
      for (const document of made) characters += charactersOf(document)
      const isLast = start + DOCUMENTS_A_PIECE >= uris.length
      if (isLast || part.length >= DOCUMENTS_A_BATCH || characters >= CHARACTERS_A_BATCH) {
        yield { uris: part, documents, isLast }
        part = []
        documents = []
        characters = 0
      }
      await breath()
    }
  }

  /** The entries whose documents may differ after these updates. */
  async #entriesOf(updates: readonly Update[]): Promise<string[]> {
    const keys = new Set(
      updates.flatMap(({ collection, touches }) => (BESIDE_SEARCH.has(collection) ? [] : touches)),
    )
    const versions = [...keys].filter(isVersionUri)
    const datasets = await datasetsOfVersions(this.#reader, versions)
    // A name that changed stands in every document of its account.
    const renamed = [
      ...new Set(
        updates
          .filter(({ kind, collection }) => kind === 'identity' || collection === PROFILE)
          .map(({ did }) => did),
      ),
    ]
    const theirs = await inParts(renamed, part =>
      this.#reader
        .selectFrom('record')
        .select('uri')
        .where('did', 'in', part)
        .where('collection', '=', ENTRY)
        .where('visible', '=', 1)
        .execute(),
    )
    return [
      ...new Set([...[...keys].filter(isEntryUri), ...datasets.values(), ...theirs.map(({ uri }) => uri)]),
    ]
  }
}

function charactersOf({ title, publisher, description, ...lists }: SearchDocument): number {
  const { subjects, creators, distributionTitles, variables } = lists
  const texts = [title, publisher, description, ...subjects, ...creators, ...distributionTitles, ...variables]
  return texts.reduce((sum, text) => sum + text.length, 0)
}
