/**
 * The cursor of one upstream: the highest seq below which every message is finished. Messages of different accounts finish
 * in any order; the cursor passes none that is under way.
 */
export class CursorTracker {
  #marks: Mark[] = []
  #first = 0
  #value: number | undefined
  #changed = false
  /** Called when the cursor has moved. */
  onMove: (() => void) | undefined

  constructor(value: number | undefined) {
    this.#value = value
  }

  /** Highest contiguous finished seq, undefined before the first. */
  get value(): number | undefined {
    return this.#value
  }

  /** Messages under way. */
  get open(): number {
    return this.#marks.length - this.#first
  }

  /** Takes a message under way; seqs must rise. */
  begin(seq: number, onFinish?: () => void): Mark {
    const mark = new Mark(this, seq, onFinish)
    this.#marks.push(mark)
    return mark
  }

  /** Whether the cursor moved since this was asked last. */
  takeChanged(): boolean {
    const changed = this.#changed
    this.#changed = false
    return changed
  }

  /**
   * Forgets the old numbers: the upstream began to count anew. Messages still under way no longer move the cursor; their
   * effects are kept all the same.
   */
  reset(value: number | undefined): void {
    for (const mark of this.#marks) mark.tracker = undefined
    this.#marks = []
    this.#first = 0
    this.#value = value
    this.#changed = value !== undefined
  }

  advance(): void {
    const marks = this.#marks
    if (!marks[this.#first]?.finished) return
    while (this.#first < marks.length && marks[this.#first]!.finished) this.#value = marks[this.#first++]!.seq
    this.#changed = true
    this.onMove?.()
    if (this.#first > 1024 && this.#first * 2 > marks.length) {
      this.#marks = marks.slice(this.#first)
      this.#first = 0
    }
  }
}

/** One message under way. */
export class Mark {
  readonly seq: number
  finished = false
  tracker: CursorTracker | undefined
  #onFinish: (() => void) | undefined

  constructor(tracker: CursorTracker, seq: number, onFinish?: () => void) {
    this.tracker = tracker
    this.seq = seq
    this.#onFinish = onFinish
  }

  /** The message's effects are about to be stored with the cursor, or there are none. */
  finish(): void {
    if (this.finished) return
    this.finished = true
    this.tracker?.advance()
    this.#onFinish?.()
    this.#onFinish = undefined
  }
}
