import { readJson, writeJson } from '../files.ts'

interface Kept {
  readonly cursor: number
  readonly done: readonly number[]
}

/**
 * How far a watcher has come, kept in a file: every update up to the cursor is finished, and those beyond it that are finished too.
 * After a crash what was under way comes again, and nothing else.
 */
export class Position {
  readonly #path: string
  #cursor: number
  /** Finished beyond the cursor. */
  readonly #done: Set<number>
  /** Received and not finished, in order. */
  readonly #open = new Set<number>()
  #received: number
  /** Writes follow one another. */
  #last: Promise<void> = Promise.resolve()

  private constructor(path: string, { cursor, done }: Kept) {
    this.#path = path
    this.#cursor = cursor
    this.#done = new Set(done)
    this.#received = cursor
  }

  /** Goes on where the file says; else begins after `seq`, and says so in the file at once. */
  static async open(path: string, seq: () => Promise<number>): Promise<Position> {
    const kept = await readJson<Kept>(path)
    if (kept) return new Position(path, kept)
    const position = new Position(path, { cursor: await seq(), done: [] })
    await position.#write()
    return position
  }

  /** Everything up to here is finished. */
  get cursor(): number {
    return this.#cursor
  }

  /** Everything up to here was received: where a stream that broke off goes on. */
  get received(): number {
    return this.#received
  }

  /** Takes note of an update; false for one that was finished, or is under way. */
  take(seq: number): boolean {
    this.#received = Math.max(this.#received, seq)
    if (seq <= this.#cursor || this.#open.has(seq) || this.#done.has(seq)) return false
    this.#open.add(seq)
    return true
  }

  /** Resolves once the file says so. */
  async finish(seq: number): Promise<void> {
    this.#open.delete(seq)
    this.#done.add(seq)
    const [first] = this.#open
    const upTo = first === undefined ? this.#received : first - 1
    if (upTo > this.#cursor) this.#cursor = upTo
    for (const done of this.#done) if (done <= this.#cursor) this.#done.delete(done)
    await this.#write()
  }

  #write(): Promise<void> {
    const kept: Kept = { cursor: this.#cursor, done: [...this.#done].sort((a, b) => a - b) }
    this.#last = this.#last.catch(() => {}).then(() => writeJson(this.#path, kept))
    return this.#last
  }
}
