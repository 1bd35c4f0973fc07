import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Index } from '@frost/index'
import { reachesBack } from '@frost/index/snapshot/changed'
import { XrpcError } from '../xrpc/errors.ts'
import { bundleFiles } from './bundles.ts'
import { parquetFiles } from './parquet.ts'
import { writeFileOf } from './write-file.ts'

export const EDITIONS = ['parquet', 'car'] as const
export type Edition = (typeof EDITIONS)[number]

export interface SnapshotFile {
  readonly name: string
  /** Bytes. */
  readonly size: number
  readonly sha256: string
}

/** A snapshot that lies ready. */
export interface Snapshot {
  /** Whoever knows it may fetch the files. */
  readonly id: string
  readonly edition: Edition
  /** It holds everything up to this seq, … */
  readonly seq: number
  /** … from after this one; all where absent. */
  readonly since?: number
  /** Milliseconds since 1970. */
  readonly madeAt: number
  readonly files: readonly SnapshotFile[]
}

const HOUR = 3_600_000
export const LIFETIME = 24 * HOUR
/** What was asked for is given again for so long, rather than made anew. */
const FRESH = HOUR
/** Snapshots of one edition on disk, and how many of them increments may be: anybody can ask for ever another one. */
const MOST = 12
const MOST_INCREMENTS = MOST / 2
/** Increments of one edition that wait for their turn. */
const MOST_WAITING = 2
const LISTING = 'snapshot.json'

/** Makes snapshots in a folder, one at a time, keeps them for a day, and forgets them. */
export class Snapshots {
  readonly #index: Index
  readonly #folder: string
  readonly #onError: (error: unknown) => void
  readonly #now: () => number
  readonly #ready = new Map<string, Snapshot>()
  readonly #making = new Map<string, Promise<Snapshot>>()
  #turn: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  /** Takedowns so far: what was begun before one holds what nobody is to get. */
  #takedowns = 0
  #unsubscribe: () => void = () => {}

  constructor(index: Index, folder: string, onError: (error: unknown) => void, now: () => number = Date.now) {
    this.#index = index
    this.#folder = folder
    this.#onError = onError
    this.#now = now
  }

  /** Takes up what lies there from before; half-made ones are removed. */
  async start(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    for (const id of await readdir(this.#folder)) {
      const snapshot = await readFile(join(this.#folder, id, LISTING), 'utf8').then(
        text => JSON.parse(text) as Snapshot,
        () => undefined,
      )
      if (snapshot?.id === id) this.#ready.set(id, snapshot)
      else await this.#remove(id)
    }
    await this.expire()
    await this.#withdrawOlder()
    this.#unsubscribe = this.#index.moderation.onTakenDown(() => void this.withdraw().catch(this.#onError))
    this.#timer = setInterval(() => void this.expire().catch(this.#onError), HOUR / 6).unref()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    this.#unsubscribe()
    await this.#turn.catch(() => undefined)
  }

  /**
   * A snapshot as asked for, made if there is none of the last hour.
   * @param since asks for an increment; one from an earlier seq may be given, and all where the log does not go back so far or many
   *   increments are kept
   * @throws XrpcError `FutureCursor`, `SnapshotUnavailable`
   */
  async give(edition: Edition, since?: number): Promise<Snapshot> {
    const seq = await this.#index.updates.last()
    if (since !== undefined && since > seq)
      throw new XrpcError(
        400,
        'FutureCursor',
        `since is ${since}, and the log has come to ${seq}: ask for less`,
      )
    const reached = since !== undefined && (await reachesBack(this.#index.database, since))
    const kept = this.#kept(edition)
    if (reached) {
      const covers = ({ since: from, seq: to }: Snapshot) =>
        from !== undefined && (from === since || (from < since && to > since))
      const fresh = kept.find(one => covers(one) && this.#isFresh(one))
      if (fresh) return fresh
      const increments = kept.filter(one => one.since !== undefined).length
      const waiting = [...this.#making.keys()].filter(key => isIncrement(key, edition)).length
      const hasPlace = waiting < MOST_WAITING && increments + waiting < MOST_INCREMENTS
      if (hasPlace || this.#making.has(keyOf(edition, since))) return this.#soon(edition, since)
    }
    const whole = kept.find(one => one.since === undefined && this.#isFresh(one))
    if (reached && whole && whole.seq < since)
      throw unavailable('many increments are kept, and what holds everything is older than since', '600')
    return whole ?? this.#soon(edition)
  }

  /** A file of a snapshot, while it lasts. */
  file(
    id: string,
    name: string,
  ): (SnapshotFile & { readonly path: string; readonly until: number }) | undefined {
    const snapshot = this.#ready.get(id)
    if (!snapshot || this.#now() >= snapshot.madeAt + LIFETIME) return undefined
    const file = snapshot.files.find(one => one.name === name)
    return file && { ...file, path: join(this.#folder, id, name), until: snapshot.madeAt + LIFETIME }
  }

  /** Removes those whose day is over. */
  async expire(): Promise<void> {
    await this.#forget([...this.#ready.values()].filter(({ madeAt }) => this.#now() >= madeAt + LIFETIME))
  }

  /** What may hold something taken down is given no more, to nobody: what lies ready, and what is being made. */
  async withdraw(): Promise<void> {
    this.#takedowns++
    await this.#forget([...this.#ready.values()])
  }

  /** A takedown may have been the last thing before this process ended. */
  async #withdrawOlder(): Promise<void> {
    const last = await this.#index.moderation.lastTakenDown()
    if (last === undefined) return
    await this.#forget([...this.#ready.values()].filter(({ madeAt }) => madeAt <= Date.parse(last)))
  }

  async #forget(gone: readonly Snapshot[]): Promise<void> {
    for (const { id } of gone) this.#ready.delete(id)
    for (const { id } of gone) await this.#remove(id)
  }

  /** Newest first. */
  #kept(edition: Edition): Snapshot[] {
    return [...this.#ready.values()]
      .filter(one => one.edition === edition)
      .sort((a, b) => b.madeAt - a.madeAt)
  }

  #isFresh({ madeAt }: Snapshot): boolean {
    return this.#now() - madeAt < FRESH
  }

  /** What is made already, or in its turn. */
  #soon(edition: Edition, since?: number): Promise<Snapshot> {
    const key = keyOf(edition, since)
    const before = this.#making.get(key)
    if (before) return before
    const making = this.#turn.catch(() => undefined).then(() => this.#make(edition, since))
    this.#turn = making
    this.#making.set(key, making)
    // Whoever waits for it hears of a failure; nobody may.
    making.catch(this.#onError).finally(() => this.#making.delete(key))
    return making
  }

  async #make(edition: Edition, since: number | undefined): Promise<Snapshot> {
    const { database, updates } = this.#index
    await this.#forget(this.#kept(edition).slice(MOST - 1))
    const takedowns = this.#takedowns
    const check = () => {
      if (this.#stopped) throw unavailable('this AppView stops')
      if (this.#takedowns !== takedowns) throw unavailable('something was taken down while it was made')
    }
    const id = randomBytes(24).toString('base64url')
    const folder = join(this.#folder, id)
    await mkdir(folder, { mode: 0o700 })
    try {
      // First: what happens while it is made may be in it, what happened before is.
      const seq = await updates.last()
      const madeAt = this.#now()
      const files: SnapshotFile[] = []
      const made = edition === 'car' ? bundleFiles(database, since) : parquetFiles(database, since)
      for await (const { name, bytes } of made) {
        check()
        files.push({ name, ...(await writeFileOf(join(folder, name), bytes)) })
      }
      if (since !== undefined && !(await reachesBack(database, since)))
        throw unavailable('the log forgot a part of it while it was made')
      const snapshot: Snapshot = { id, edition, seq, ...(since !== undefined && { since }), madeAt, files }
      await writeFile(join(folder, 'draft'), JSON.stringify(snapshot), { mode: 0o600 })
      await rename(join(folder, 'draft'), join(folder, LISTING))
      check()
      this.#ready.set(id, snapshot)
      return snapshot
    } catch (error) {
      await this.#remove(id)
      throw error
    }
  }

  #remove(id: string): Promise<void> {
    return rm(join(this.#folder, id), { recursive: true, force: true })
  }
}

const keyOf = (edition: Edition, since?: number) => `${edition} ${since ?? ''}`

const isIncrement = (key: string, edition: Edition) =>
  key.startsWith(keyOf(edition)) && key !== keyOf(edition)

function unavailable(why: string, seconds = '10'): XrpcError {
  return new XrpcError(503, 'SnapshotUnavailable', `${why}: ask again later`, { 'Retry-After': seconds })
}
