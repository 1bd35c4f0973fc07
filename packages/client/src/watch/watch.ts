import { AppView } from '../appview.ts'
import { holdFile } from './exclusive.ts'
import { Lanes } from './lanes.ts'
import { Position } from './position.ts'
import { streamUpdates, type Update, type UpdateFilter } from './update-stream.ts'

/** With more than this received and not finished, the stream is left until half of it is done. */
const MOST_QUEUED = 1000

export interface WatchOptions {
  readonly appviewUrl: string
  readonly filter: UpdateFilter
  /** Where the position is kept, between runs too. */
  readonly stateFile: string
  /** Where to begin when there is no position yet; now where left out. */
  readonly since?: number
  /** Runs at once, each of another dataset; default 4. */
  readonly jobs?: number
  /** Ends once so many updates are finished. */
  readonly count?: number
  /** Does what an update asks for; what it throws has it tried again, after a wait that grows. */
  readonly run: (update: Update, attempt: number) => Promise<void>
  readonly onTrouble?: (message: string) => void
  /** Told once the first position is known. */
  readonly onReady?: (cursor: number) => void
  readonly retryDelay?: (attempt: number) => number
  readonly signal: AbortSignal
}

/**
 * Runs something for every update that matches: at least once, in order and one at a time for each dataset, across restarts,
 * crashes, and an AppView that is away. Resolves when the signal ends it, and what is under way then comes again next time; or when
 * `count` updates are finished.
 * @throws FrostError Locked, Unreachable at the start, FutureCursor; UsageError for a filter that is refused
 */
export async function watch(options: WatchOptions): Promise<void> {
  const { appviewUrl, filter, stateFile, since, jobs = 4, run, retryDelay } = options
  const { count = Number.POSITIVE_INFINITY, onTrouble = () => {}, onReady = () => {} } = options
  const counted = new AbortController()
  const signal = AbortSignal.any([options.signal, counted.signal])
  const letGo = await holdFile(`${stateFile}.lock`)
  try {
    const now = async () => since ?? (await new AppView(appviewUrl).describeService()).seq
    const position = await Position.open(stateFile, now)
    onReady(position.cursor)
    let left = count
    let open = count
    const finished = async (update: Update) => {
      await position.finish(update.seq)
      if (--open === 0) counted.abort()
    }
    const lanes = new Lanes({ run, finished, onTrouble, jobs, retryDelay, signal })
    while (!signal.aborted) {
      const full = new AbortController()
      await streamUpdates({
        appviewUrl,
        filter,
        cursor: () => position.received,
        onUpdate(update) {
          if (full.signal.aborted || left === 0 || !position.take(update.seq)) return
          left -= 1
          lanes.add(update)
          if (lanes.queued >= MOST_QUEUED) full.abort()
        },
        onTrouble,
        signal: AbortSignal.any([signal, full.signal]),
      })
      if (!signal.aborted) await lanes.below(MOST_QUEUED / 2)
    }
    await lanes.idle()
  } finally {
    await letGo()
  }
}
