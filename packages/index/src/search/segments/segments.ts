/**
 * All segments of a search: those in files, and in memory those of the newest rows, which are made anew from the store at a start.
 *
 * What arrives becomes a segment in memory, searchable at once. Those of like size are merged, so that there are few. When they hold
 * enough rows together they are folded in the background into a file, with older files up to a few times their size, so that there are
 * few of these too and every row is rewritten a logarithmic number of times. Which files count is recorded in the store: one that a
 * crash left half-made is not, and goes at the next start.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TermStatistics } from '../statistics.ts'
import type { Changed, SearchStore } from '../store.ts'
import { invert } from './invert.ts'
import { Merging } from './merge.ts'
import { PostingsWriter } from './postings.ts'
import { Segment } from './segment.ts'
import { BrokenSegment, openSegment, writeSegment } from './segment-file.ts'

export interface SegmentSettings {
  /** Rows in memory are folded into a file when they are so many. */
  readonly foldAt: number
  /** More files than this are merged whatever their sizes. */
  readonly mostSegments: number
  /** A file is written anew when more than this share of its rows is gone. */
  readonly mostGone: number
}

export const defaultSettings: SegmentSettings = { foldAt: 8_000, mostSegments: 4, mostGone: 0.15 }

/** An older file joins a fold when it has at most this many times the rows gathered so far. */
const GROWTH = 3
/** Rows that are read from the store at once. */
const ROWS_READ = 1_024
/** So many rows, times {@link SegmentSettings.foldAt}, are in memory before what arrives waits for a fold. */
const MOST_WAITING = 8

interface FileSegment {
  readonly number: number
  readonly segment: Segment
}

interface Options {
  readonly folder: string
  readonly store: SearchStore
  readonly settings: SegmentSettings
  /** Called between two pieces of work in the background. */
  readonly breathe: () => Promise<void>
  /** Requests that may still read what is to be let go. */
  readonly readers: () => Promise<unknown>
}

export class Segments implements TermStatistics {
  readonly #options: Options
  #files: readonly FileSegment[] = []
  #inMemory: readonly Segment[] = []
  /** What is being folded: it is left as it is. */
  #folding: ReadonlySet<Segment> = new Set()
  /** Rows that went while a fold was under way. */
  #late: number[] = []
  /** Something that the store took in could not be taken in here: it is read from there. */
  #isStale = false
  #failure: unknown
  #background: Promise<void> | undefined
  #isClosing = false

  private constructor(options: Options) {
    this.#options = options
  }

  /** Opens what the store says there is. Where a file is not whole, the store is cleared: search begins anew. */
  static async open(options: Options): Promise<Segments> {
    const segments = new Segments(options)
    const { folder, store } = options
    mkdirSync(folder, { recursive: true })
    try {
      segments.#openFiles()
    } catch (error) {
      if (!(error instanceof BrokenSegment) && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      process.emitWarning(`search is made anew: ${(error as Error).message}`)
      segments.#letGo(segments.#files)
      segments.#files = []
      store.clear()
      segments.#openFiles()
    }
    await segments.#readNewest()
    segments.wake()
    return segments
  }

  /** The segments as they are now. */
  all(): readonly Segment[] {
    return [...this.#files.map(({ segment }) => segment), ...this.#inMemory]
  }

  get documents(): number {
    return this.all().reduce((sum, { columns }) => sum + columns.count, 0)
  }

  frequency(hash: number): number {
    return this.all().reduce((sum, segment) => sum + segment.frequency(hash), 0)
  }

  meanLength(field: number): number {
    const sum = this.all().reduce((sum, { fieldLengths }) => sum + fieldLengths[field]!, 0)
    return Math.max(1, sum / Math.max(1, this.documents))
  }

  /** Takes in what the store took in, in the same turn. */
  change({ added, removed }: Changed): void {
    try {
      if (removed.length > 0) this.#remove(removed)
      if (added.length > 0) this.#inMemory = this.#merged([...this.#inMemory, invert(added)])
    } catch (error) {
      this.#isStale = true
      throw error
    }
  }

  /**
   * Resolves when there is room for more in memory, and all is here that the store has. Between two changes.
   * @throws why rows cannot be folded, while too many wait for it
   */
  async ready(): Promise<void> {
    if (this.#isStale) {
      await this.settle()
      this.#inMemory = []
      this.#remove(this.#options.store.masked())
      this.#isStale = false
      await this.#readNewest()
    }
    this.wake()
    const isFull = () => this.#rowsInMemory() > this.#options.settings.foldAt * MOST_WAITING
    if (isFull()) await this.#background
    if (isFull() && this.#failure) throw this.#failure
  }

  /** Begins the work that is due in the background, if none is under way. */
  wake(): void {
    if (this.#background || this.#isClosing || this.#isStale || !this.#isDue()) return
    this.#background = this.#tidy()
      .then(() => {
        this.#failure = undefined
      })
      .catch(error => {
        this.#failure = error
        if (!this.#isClosing) process.emitWarning(`search could not fold its segments: ${String(error)}`)
      })
      .finally(() => {
        this.#background = undefined
      })
  }

  /** Folds nothing early: only waits for what is due. */
  async settle(): Promise<void> {
    while (this.#background) await this.#background
  }

  /** Forgets everything; the store does so too. */
  async clear(): Promise<void> {
    await this.settle()
    const files = this.#files
    this.#files = []
    this.#inMemory = []
    await this.#drop(files)
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await this.settle()
    await this.#options.readers()
    this.#letGo(this.#files)
  }

  #openFiles(): void {
    const { folder, store } = this.#options
    const known = new Set(store.segments().map(nameOf))
    for (const name of readdirSync(folder))
      if (!known.has(name)) rmSync(join(folder, name), { recursive: true, force: true })
    for (const number of store.segments())
      this.#files = [...this.#files, { number, segment: openSegment(this.#pathOf(number)) }]
    this.#remove(store.masked())
  }

  async #readNewest(): Promise<void> {
    const { store } = this.#options
    for (let after = store.foldedUpTo; ; ) {
      const rows = store.rowsAfter(after, ROWS_READ)
      if (rows.length === 0) return
      this.change({ added: rows, removed: [] })
      after = rows.at(-1)!.id
      await this.#options.breathe()
    }
  }

  #remove(removed: readonly number[]): void {
    const all = this.all()
    for (const id of removed) all.some(segment => segment.remove(id))
    if (this.#folding.size > 0) this.#late.push(...removed)
    this.#inMemory = this.#inMemory.filter(segment => segment.columns.count > 0 || this.#folding.has(segment))
  }

  /** The last two are made one while the last is not much smaller. */
  #merged(segments: readonly Segment[]): readonly Segment[] {
    const list = [...segments]
    for (;;) {
      const [before, last] = list.slice(-2)
      if (!before || !last || this.#folding.has(before) || before.columns.count > last.columns.count * 2)
        return list
      list.splice(-2, 2, ...mergedInMemory([before, last]))
    }
  }

  #rowsInMemory(): number {
    return this.#inMemory.reduce((sum, { columns }) => sum + columns.count, 0)
  }

  #isDue(): boolean {
    return this.#rowsInMemory() >= this.#options.settings.foldAt || this.#shouldMerge()
  }

  /** Too many, or the small ones together are as large as half of the largest: every query asks each. Or much of one is gone. */
  #shouldMerge(): boolean {
    const { mostSegments } = this.#options.settings
    const rows = this.#files.map(({ segment }) => segment.columns.count)
    const largest = Math.max(0, ...rows)
    const others = rows.reduce((sum, one) => sum + one, -largest)
    return rows.length > mostSegments || (rows.length > 1 && others * 2 >= largest) || this.#worn().length > 0
  }

  #worn(): readonly FileSegment[] {
    const { mostGone } = this.#options.settings
    return this.#files.filter(
      ({ segment: { columns } }) => columns.size - columns.count > columns.size * mostGone,
    )
  }

  /**
   * Which files join: the smallest first, while each is not much larger than what was gathered before it or there would still be too
   * many, and whichever lost much. Where files must be merged and none lost much two join at least, so that a fold gets somewhere.
   */
  #chooseForFold(inMemory: number): FileSegment[] {
    const worn = this.#worn()
    const rowsOf = ({ segment }: FileSegment) => segment.columns.count
    const bySize = this.#files.filter(one => !worn.includes(one)).sort((a, b) => rowsOf(a) - rowsOf(b))
    const needed = worn.length === 0 && this.#shouldMerge() ? 2 : 0
    const chosen = [...worn]
    let gathered = worn.reduce((sum, one) => sum + rowsOf(one), inMemory)
    for (const [place, one] of bySize.entries()) {
      const tooMany = bySize.length - place + 1 > this.#options.settings.mostSegments
      if (place >= needed && !tooMany && rowsOf(one) > gathered * GROWTH) break
      chosen.push(one)
      gathered += rowsOf(one)
    }
    return chosen
  }

  async #tidy(): Promise<void> {
    while (!this.#isClosing && !this.#isStale && this.#isDue()) await this.#fold()
  }

  async #fold(): Promise<void> {
    const { store } = this.#options
    const inMemory = this.#inMemory
    const foldedUpTo = store.highestId
    const chosen = this.#chooseForFold(this.#rowsInMemory())
    const sources = [...chosen.map(({ segment }) => segment), ...inMemory]
    const number = store.nextSegment()
    const merging = new Merging(sources)
    this.#folding = new Set(sources)
    this.#late = []
    let made: Segment | undefined
    try {
      const segment = await writeSegment(this.#pathOf(number), merging, () => this.#breathe())
      made = segment
      if (this.#isStale) throw new Error('what search took in meanwhile is not known')
      const late = this.#late.filter(id => segment?.remove(id))
      const unmasked = chosen.flatMap(({ segment }) => merging.leftOut(segment))
      store.adopt({
        segment: number,
        rows: merging.rows,
        replaced: chosen.map(one => one.number),
        foldedUpTo,
        masked: late,
        unmasked,
      })
      const kept = this.#files.filter(one => !chosen.includes(one))
      this.#files = segment ? [...kept, { number, segment }] : kept
      this.#inMemory = this.#inMemory.filter(one => !inMemory.includes(one))
    } catch (error) {
      made?.close()
      rmSync(this.#pathOf(number), { force: true })
      throw error
    } finally {
      this.#folding = new Set()
      this.#late = []
    }
    await this.#drop(chosen)
  }

  async #breathe(): Promise<void> {
    await this.#options.breathe()
    if (this.#isClosing) throw new Error('search is closing')
  }

  async #drop(files: readonly FileSegment[]): Promise<void> {
    await this.#options.readers()
    this.#letGo(files)
    for (const { number } of files) rmSync(this.#pathOf(number), { force: true })
  }

  #letGo(files: readonly FileSegment[]): void {
    for (const { segment } of files) segment.close()
  }

  #pathOf(number: number): string {
    return join(this.#options.folder, nameOf(number))
  }
}

const nameOf = (number: number): string => `segment-${number}`

function mergedInMemory(segments: readonly Segment[]): Segment[] {
  const merging = new Merging(segments)
  if (merging.rows === 0) return []
  const writer = new PostingsWriter()
  for (const _ of merging.postings(writer));
  const steps = merging.columns()
  let step = steps.next()
  while (!step.done) step = steps.next()
  return [new Segment(step.value, writer.inMemory())]
}
