import type { LexMap, TypedLexMap } from '@atproto/lex'
import { nsid } from '@frost/lexicon'
import { FrostError, UsageError } from './errors.ts'
import { recordReference } from './reference.ts'
import type { Repository, Written } from './repository.ts'
import { checked } from './validation.ts'

/** What a dataset's owner allows on its page. */
export interface GateChange {
  /** Hides a record there, and says why. */
  readonly hide?: { readonly uri: string; readonly reason?: string }
  /** Shows a record again. */
  readonly show?: string
  readonly locked?: boolean
  /** everyone, followed, contributors, nobody. */
  readonly mayComment?: string
}

const GATE = nsid('discussion.gate')
const MOST_HIDDEN = 1000

/**
 * Changes what others see and may say on the page of one's own dataset.
 * @param entry at-uri of the dataset
 * @throws UsageError where it is somebody else's, or too much is hidden
 */
export async function changeGate(
  repository: Repository,
  entry: string,
  change: GateChange,
): Promise<Written> {
  const { authority, rkey } = recordReference(entry)
  if (authority !== repository.did)
    throw new UsageError(`${entry} is somebody else's: only its owner moderates its page`)
  for (let attempt = 0; ; attempt++) {
    const existing = await repository.get(GATE, rkey)
    const before = existing?.value ?? { $type: GATE, createdAt: new Date().toISOString() }
    const record = changed({ ...before, $type: GATE, subject: entry }, change)
    try {
      return await repository.put(checked(record).record, rkey, existing?.cid ?? null)
    } catch (error) {
      // Two windows of one owner: each change holds.
      if (attempt < 3 && error instanceof FrostError && error.code === 'RecordChanged') continue
      throw error
    }
  }
}

function changed(gate: TypedLexMap, { hide, show, locked, mayComment }: GateChange): TypedLexMap {
  const after: Record<string, LexMap[string]> = { ...gate }
  const hidden = (Array.isArray(gate.hidden) ? gate.hidden : []) as { uri: string }[]
  if (hide || show) {
    const others = hidden.filter(({ uri }) => uri !== hide?.uri && uri !== show)
    after.hidden = [...others, ...(hide ? [{ ...hide }] : [])]
    if (others.length >= MOST_HIDDEN)
      throw new UsageError(`${MOST_HIDDEN} records are hidden already: lock or limit the discussion instead`)
  }
  if (locked === true && gate.locked !== true) {
    after.locked = true
    after.lockedAt = new Date().toISOString()
  }
  if (locked === false) {
    delete after.locked
    delete after.lockedAt
  }
  if (mayComment === 'everyone') delete after.mayComment
  else if (mayComment !== undefined) after.mayComment = mayComment
  return after as TypedLexMap
}
