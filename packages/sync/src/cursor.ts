/**
 * The cursor of one upstream: the highest seq below which every message is finished. Messages of different accounts finish
 * in any order; the cursor passes none that is under way. What is finished behind one that is not takes no room: that one stands
 * for it.
 */
export class CursorTracker {
  /** Newest message under way; each knows the ones before and after it. */
  #last: Mark | undefined
  #open = 0
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
    return this.#open
  }

  /** Takes a message under way; seqs never fall. */
  begin(seq: number, onFinish?: () => void): Mark {
    const mark = new Mark(this, seq, onFinish)
    mark.before = this.#last
    if (mark.before) mark.before.after = mark
    this.#last = mark
    this.#open++
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
    for (let mark = this.#last; mark; mark = mark.before) mark.tracker = undefined
    this.#last = undefined
    this.#open = 0
    this.#value = value
    this.#changed = value !== undefined
  }

  /** Takes out a finished message: the one under way before it stands for it, and without one the cursor passes it. */
  finished(mark: Mark): void {
    const { before, after } = mark
    mark.before = mark.after = undefined
    this.#open--
    if (after) after.before = before
    else this.#last = before
    if (before) {
      before.after = after
      before.upTo = mark.upTo
      return
    }
    this.#value = mark.upTo
    this.#changed = true
    this.onMove?.()
  }
}

/** One message under way. */
export class Mark {
  readonly seq: number
  finished = false
  tracker: CursorTracker | undefined
  /** Where the cursor comes to when this is finished, and all before it. */
  upTo: number
  before: Mark | undefined
  after: Mark | undefined
  #onFinish: (() => void) | undefined

  constructor(tracker: CursorTracker, seq: number, onFinish?: () => void) {
    this.tracker = tracker
    this.seq = seq
    this.upTo = seq
    this.#onFinish = onFinish
  }

  /** The message's effects are about to be stored with the cursor, or there are none. */
  finish(): void {
    if (this.finished) return
    this.finished = true
    this.tracker?.finished(this)
    this.#onFinish?.()
    this.#onFinish = undefined
  }
}
