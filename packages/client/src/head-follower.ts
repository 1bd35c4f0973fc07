import { setTimeout as sleep } from 'node:timers/promises'
import { nsid } from '@frost/lexicon'
import { FrostError } from './errors.ts'
import { type HeadMove, moveHead, SECONDS_BETWEEN_MOVES } from './head.ts'
import type { FoundRecord } from './lookup.ts'
import type { Repository } from './repository.ts'
import { type BranchTip, BranchWatch, type Distribution, type StoreAccess } from './store.ts'

export interface FollowOptions {
  /** Ends it, after what is being written is written. */
  readonly signal: AbortSignal
  readonly access: StoreAccess
  /** Between two looks at the store. */
  readonly pollSeconds?: number
  readonly secondsBetween?: number
  onMove?(move: Extract<HeadMove, { state: 'moved' }>, tip: BranchTip): void
  onWait?(seconds: number, tip: BranchTip): void
  /** The store or the PDS failed; it is tried again after so many seconds. */
  onTrouble?(error: unknown, seconds: number): void
}

const LONGEST_WAIT_SECONDS = 300

/**
 * Moves a head whenever the branch moves, until it is told to stop: never without a change, at most once a minute, always to the
 * newest snapshot in the end. It holds no state of its own: after a crash the head itself says where it stands.
 * @throws whatever no waiting mends, such as a session that has ended
 */
export async function followBranch(
  repository: Repository,
  entry: Pick<FoundRecord, 'uri' | 'rkey'>,
  distribution: Distribution,
  branch: string,
  options: FollowOptions,
): Promise<void> {
  const { signal, access, pollSeconds = 10, secondsBetween = SECONDS_BETWEEN_MOVES } = options
  const watch = new BranchWatch(distribution, branch, { ...access, signal })
  let failures = 0
  let hasRead = false
  while (!signal.aborted) {
    let seconds = pollSeconds
    try {
      const seen = await watch.look()
      hasRead = true
      if (seen) {
        const now = await currentEntry(repository, entry)
        const move = await moveHead(repository, now, distribution, seen.tip, secondsBetween)
        if (move.state === 'too-soon') {
          seconds = move.waitMs / 1000
          options.onWait?.(seconds, seen.tip)
        } else {
          watch.settle(seen.mark)
          if (move.state === 'moved') options.onMove?.(move, seen.tip)
        }
      }
      failures = 0
    } catch (error) {
      if (signal.aborted) return
      if (isLasting(error, !hasRead)) throw error
      // Doubled each time, with jitter, so that many who follow one store do not come back together.
      seconds =
        Math.min(LONGEST_WAIT_SECONDS, pollSeconds * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2)
      failures++
      options.onTrouble?.(error, seconds)
    }
    await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined)
  }
}

/** The entry may have been edited since: a head names the state that describes it. */
async function currentEntry(repository: Repository, { uri, rkey }: Pick<FoundRecord, 'uri' | 'rkey'>) {
  const entry = await repository.get(nsid('dataset.entry'), rkey)
  if (entry) return { uri, rkey, cid: entry.cid }
  throw new FrostError('Unpublished', `${uri} is gone: its head moves no more`)
}

/** What no waiting mends, whenever it comes. */
const LASTING: ReadonlySet<string> = new Set(['Usage', 'NotSignedIn', 'Unpublished'])
/** What is a mistake where nothing was read yet, and an outage of the store afterwards. */
const MISTAKES: ReadonlySet<string> = new Set([
  'NoBranch',
  'NotFound',
  'Forbidden',
  'Unrecognised',
  'Unsupported',
  'InvalidSelection',
])

function isLasting(thrown: unknown, isFirst: boolean): boolean {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 6; error = error.cause, depth++) {
    const { code } = error as { code?: unknown }
    if (typeof code === 'string' && (LASTING.has(code) || (isFirst && MISTAKES.has(code)))) return true
  }
  return false
}
