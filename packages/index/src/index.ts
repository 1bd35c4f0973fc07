import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { RECORD_NSIDS } from '@frost/lexicon'
import type { EventStore } from '@frost/sync'
import { Availability } from './availability.ts'
import { type Check, checkIndex } from './check.ts'
import { Checkpoints, SEARCH_PAGES, TRUTH_PAGES } from './checkpoints.ts'
import { Consumers } from './consumers.ts'
import { Digest } from './digest.ts'
import { datasetsOfEndedEmbargoes } from './embargoes.ts'
import type { Engine } from './engine.ts'
import { openPostgres } from './engines/postgres.ts'
import { openSqlite } from './engines/sqlite.ts'
import { createEventStore } from './event-store.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'
import { LineageGraph } from './graph/graph.ts'
import { Hosts } from './hosts.ts'
import { Labels } from './moderation/labels.ts'
import { Moderation } from './moderation/moderation.ts'
import { OwnLabels } from './moderation/own-labels.ts'
import { Takedowns } from './moderation/takedowns.ts'
import { datasetsOfOverOffers } from './offer-facts.ts'
import { DEFAULT_PROOFS, forgetOldProofs, type ProofPolicy } from './proof-policy.ts'
import { bindQueries, type Queries } from './queries/index.ts'
import { ReaderLabelers } from './reader-labelers.ts'
import { ReaderMail } from './reader-mail.ts'
import { Readers } from './readers.ts'
import { RecordQuota } from './record-quota.ts'
import { type Database, INVALID } from './schema.ts'
import type { SearchEngine } from './search/engine.ts'
import { openSearch } from './search/open.ts'
import { searchDatabase } from './search/store.ts'
import { SearchFeeder } from './search-feeder.ts'
import { datasetsWithUnseenModels, markModelsSeen } from './searched-models.ts'
import { type Storage, storageOf } from './storage.ts'
import { pruneUpdates, UpdateLog } from './update-log.ts'
import { Webhooks } from './webhooks.ts'
import { WebSubSubscriptions } from './websub.ts'

export type { Check } from './check.ts'
export { QueryError } from './errors.ts'
export type { LineageGraph } from './graph/graph.ts'
export type { JsonText } from './json-text.ts'
export { FROST_KEYS } from './kept-blocks.ts'
export { DEFAULT_PROOFS, type ProofPolicy } from './proof-policy.ts'
export type { CitedState } from './queries/cited-states.ts'
export type { Queries } from './queries/index.ts'
export type { SearchEngine } from './search/engine.ts'
export type { Update, UpdateLog } from './update-log.ts'

export interface IndexOptions {
  /** Folder of the SQLite database and of search; made when absent. One process at a time. */
  readonly dataDir: string
  /** `postgres://…` keeps the truth in PostgreSQL, of this process alone; search stays in the folder. */
  readonly databaseUrl?: string
  /**
   * Search, and what brings logs into databases, in threads of their own, as a server wants it. Default: in this one, which opens sooner,
   * and stands still when a log is long.
   */
  readonly threads?: boolean
  /** Records that are kept of one account; 0, the default, sets no limit. */
  readonly mostRecords?: number
  /** Which proofs are kept of states that were pinned and replaced. Default: 16 MB of each account, as long as the record stands. */
  readonly proofs?: ProofPolicy
  /** Told of failures in the background, which are tried again. */
  readonly onError?: (error: unknown) => void
}

export interface IndexStatus {
  /** Last seq of the update log, and the last that search holds. */
  readonly seq: number
  readonly searchSeq: number
  /** Valid records of active accounts, by collection. */
  readonly counts: Readonly<Record<string, number>>
  readonly digests: Readonly<Record<string, string>>
  /** Records held but hidden because they break their lexicon, by collection. */
  readonly rejected: Readonly<Record<string, number>>
}

/** Events in, queryable state: truth, search, update log. */
export interface Index {
  readonly store: EventStore
  readonly queries: Queries
  readonly updates: UpdateLog
  readonly search: SearchEngine
  /** For reading the tables themselves: checks, exports, references in tests. */
  readonly database: Database
  /** What was made from what. */
  readonly graph: LineageGraph
  /** Where people want updates sent. */
  readonly webhooks: Webhooks
  /** Whether the places where data lies can be read. */
  readonly availability: Availability
  /** Who is sent which feed. */
  readonly webSub: WebSubSubscriptions
  /** What people have seen, and what they want to be told of. */
  readonly readers: Readers
  /** Whose labels people want to see. */
  readonly labelers: ReaderLabelers
  /** Who is told by e-mail. */
  readonly mail: ReaderMail
  /** Who asks by API keys, and what was asked for. */
  readonly consumers: Consumers
  /** What the operator takes down, and what people reported. */
  readonly moderation: Moderation
  /** Which hosts of accounts answer. */
  readonly hosts: Hosts
  /** What labelers say. */
  readonly labels: Labels
  /** What this AppView says as a labeler. */
  readonly ownLabels: OwnLabels
  status(): Promise<IndexStatus>
  /** Bytes on disk. */
  storage(): Promise<Storage>
  /** The rev of a repository as far as it is taken in. */
  repoRev(did: string): Promise<string | undefined>
  /** Resolves once search holds everything up to `seq` (default: all there is now). */
  searchable(seq?: number): Promise<void>
  /** Calls back whenever search took something in; returns what ends it. */
  onSearchable(listener: () => void): () => void
  /** Makes search anew from the truth; answers how many datasets it holds then. */
  rebuildSearch(progress?: (done: number) => void): Promise<number>
  /** Search counts no offers any more that are over by a time, and no embargoes that have ended. */
  endOffers(now?: Date): Promise<void>
  /** Holds projections, counts, digests and search against the records. */
  check(): Promise<Check>
  /** Forgets updates from before a time (ISO 8601), as far as search has taken them in; answers the new horizon. */
  pruneUpdates(before: string): Promise<number>
  /** Forgets the proofs of former states that are kept no longer. */
  pruneProofs(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the index, and lets search catch up with the truth in the background.
 * @throws Error where another process works on the folder or in the database, or the database cannot be used
 */
export async function openIndex(options: IndexOptions): Promise<Index> {
  mkdirSync(options.dataDir, { recursive: true })
  const lock = lockFolder(options.dataDir, 'appview')
  try {
    return await openLocked(options, lock)
  } catch (error) {
    lock.release()
    throw error
  }
}

async function openLocked(options: IndexOptions, lock: FolderLock): Promise<Index> {
  const { dataDir, databaseUrl, onError = () => {} } = options
  const truth = join(dataDir, 'index.sqlite')
  const engine = databaseUrl ? await openPostgres(databaseUrl) : await openSqlite(truth)
  const searchDir = join(dataDir, 'search')
  const search = await openSearch({ dir: searchDir, threaded: options.threads })
  const updates = new UpdateLog(engine.reader)
  const admission = {
    takedowns: await Takedowns.load(engine.reader),
    quota: new RecordQuota(options.mostRecords ?? 0),
    proofs: options.proofs ?? DEFAULT_PROOFS,
  }
  const moderation = new Moderation(engine, updates, admission)
  const feeder = new SearchFeeder(engine.reader, updates, search, onError)
  await feeder.start(await datasetsWithUnseenModels(engine))
  await markModelsSeen(engine)
  let endedOffersBy: Date | undefined
  const graph = new LineageGraph(engine.reader, updates, onError)
  graph.start()
  const logs = [
    ...(engine.kind === 'sqlite' ? [{ path: truth, pages: TRUTH_PAGES }] : []),
    { path: searchDatabase(searchDir), pages: SEARCH_PAGES },
  ]
  const checkpoints = options.threads ? new Checkpoints(logs, onError) : undefined
  return {
    store: createEventStore(engine, updates, admission),
    queries: bindQueries(engine.reader, search, graph, admission.proofs),
    updates,
    search,
    database: engine.reader,
    graph,
    webhooks: new Webhooks(engine),
    availability: new Availability(engine),
    webSub: new WebSubSubscriptions(engine),
    readers: new Readers(engine),
    labelers: new ReaderLabelers(engine),
    mail: new ReaderMail(engine),
    consumers: new Consumers(engine),
    moderation,
    hosts: new Hosts(engine),
    labels: new Labels(engine, moderation),
    ownLabels: new OwnLabels(engine),
    status: () => statusOf(engine, updates, feeder),
    storage: () => storageOf(engine, dataDir),
    async repoRev(did) {
      const row = await engine.reader
        .selectFrom('repo')
        .select('rev')
        .where('did', '=', did)
        .executeTakeFirst()
      return row?.rev ?? undefined
    },
    searchable: async seq => feeder.reached(seq ?? (await updates.last())),
    onSearchable: listener => feeder.onFed(listener),
    async endOffers(now = new Date()) {
      const over = await datasetsOfOverOffers(engine.reader, now, endedOffersBy)
      const open = await datasetsOfEndedEmbargoes(engine.reader, search, now)
      await feeder.refresh([...new Set([...over, ...open])], now)
      endedOffersBy = now
    },
    rebuildSearch: progress => feeder.rebuild(progress),
    check: () => checkIndex(engine, search),
    pruneUpdates: before => pruneUpdates(engine, { before, upTo: feeder.watermark }),
    pruneProofs: () => engine.write(tx => forgetOldProofs(tx, admission.proofs)),
    async close() {
      try {
        await graph.close()
        await feeder.close()
        await search.close()
        await engine.close()
      } finally {
        await checkpoints?.close()
        lock.release()
      }
    },
  }
}

async function statusOf(engine: Engine, updates: UpdateLog, feeder: SearchFeeder): Promise<IndexStatus> {
  const [seq, tallies, invalid] = await Promise.all([
    updates.last(),
    engine.reader.selectFrom('tally').selectAll().execute(),
    engine.reader
      .selectFrom('record')
      .select(['collection', engine.reader.fn.countAll<number>().as('count')])
      .where('valid', '=', INVALID)
      .groupBy('collection')
      .execute(),
  ])
  const nothing = new Digest().hex
  const tallyOf = new Map(tallies.map(row => [row.collection, row]))
  const each = <Value>(value: (collection: string) => Value) =>
    Object.fromEntries(RECORD_NSIDS.map(collection => [collection, value(collection)]))
  return {
    seq,
    searchSeq: feeder.watermark,
    counts: each(collection => tallyOf.get(collection)?.count ?? 0),
    digests: each(collection => tallyOf.get(collection)?.digest ?? nothing),
    rejected: Object.fromEntries(invalid.map(({ collection, count }) => [collection, Number(count)])),
  }
}
