import type { LexMap, TypedLexMap } from '@atproto/lex'
import { nsid, toRecordKey } from '@frost/lexicon'
import { FrostError } from './errors.ts'
import type { FoundRecord } from './lookup.ts'
import type { Repository, Written } from './repository.ts'
import type { BranchTip, Distribution } from './store.ts'
import { checked } from './validation.ts'

/** A head moves at most once a minute, so that nobody's firehose is filled by a pointer. */
export const SECONDS_BETWEEN_MOVES = 60

export type HeadMove =
  | (Written & { readonly state: 'moved'; readonly sequence: number; readonly from?: string })
  | (Written & { readonly state: 'unchanged' })
  | { readonly state: 'too-soon'; readonly waitMs: number }

/** The key of a branch's head: the entry's, and for a branch other than main a tilde and the branch. */
export function headKey(entryKey: string, branch: string): string {
  return branch === 'main' ? entryKey : `${entryKey}~${toRecordKey(branch)}`
}

/**
 * Moves a head to a snapshot. What other distributions stand at is left as it is.
 * @param secondsBetween Least time since its last move.
 * @returns `unchanged` where it stands there already, `too-soon` where it must wait; nothing is written then.
 */
export async function moveHead(
  repository: Repository,
  entry: Pick<FoundRecord, 'uri' | 'cid' | 'rkey'>,
  distribution: Pick<Distribution, 'id'>,
  tip: BranchTip,
  secondsBetween = SECONDS_BETWEEN_MOVES,
): Promise<HeadMove> {
  const rkey = headKey(entry.rkey, tip.pin.branch)
  const current = await repository.get(nsid('dataset.head'), rkey)
  const states = (Array.isArray(current?.value.states) ? current.value.states : []) as LexMap[]
  const before = states.find(state => state.distribution === distribution.id)?.pin as
    | { scheme?: unknown; value?: unknown }
    | undefined
  if (current && before?.scheme === tip.pin.scheme && before.value === tip.pin.value)
    return { state: 'unchanged', uri: current.uri, cid: current.cid }
  const waitMs = current ? msToWait(String(current.value.updatedAt), secondsBetween) : 0
  if (waitMs > 0) return { state: 'too-soon', waitMs }
  const sequence = (typeof current?.value.sequence === 'number' ? current.value.sequence : 0) + 1
  const record: TypedLexMap = {
    $type: nsid('dataset.head'),
    dataset: entry.uri,
    updatedAt: new Date().toISOString(),
    states: [
      {
        ...(distribution.id !== undefined && { distribution: distribution.id }),
        pin: { ...tip.pin },
        ...(tip.upTo && { upTo: tip.upTo }),
      },
      ...states.filter(state => state.distribution !== distribution.id),
    ],
    entryCid: entry.cid,
    sequence,
    ...(tip.message && { changes: { summary: tip.message.slice(0, 5000) } }),
  }
  try {
    const written = await repository.put(checked(record).record, rkey, current?.cid ?? null)
    return {
      ...written,
      state: 'moved',
      sequence,
      ...(typeof before?.value === 'string' && { from: before.value }),
    }
  } catch (error) {
    // Somebody else moved it meanwhile: their move is looked at as any other.
    if (error instanceof FrostError && error.code === 'RecordChanged')
      return { state: 'too-soon', waitMs: 1000 }
    throw error
  }
}

/** A time far ahead is a clock that went wrong, and holds nobody up. */
function msToWait(updatedAt: string, seconds: number): number {
  const since = Date.now() - Date.parse(updatedAt)
  const least = seconds * 1000
  return Number.isFinite(since) && since > -least && since < least ? least - since : 0
}
