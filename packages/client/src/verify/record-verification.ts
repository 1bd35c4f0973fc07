import type { LexMap, TypedLexMap } from '@atproto/lex'
import { nsid, rkeyOf } from '@frost/lexicon'
import type { Repository, Written } from '../repository.ts'
import { checked } from '../validation.ts'
import type { Outcome, Verification, VerifiedCopy } from './verify.ts'

/** A mirror's record, and what was written into it. */
export interface RecordedVerification extends Written {
  readonly result: Outcome
}

/** Outcomes that say something of a mirror and its original. */
const TOLD: ReadonlySet<Outcome> = new Set(['identical', 'behind', 'ahead', 'different', 'unreachable'])

/** Mirrors that `did` announces, of which a comparison says something. */
export function recordable({ copies }: Verification, did: string): VerifiedCopy[] {
  return copies.filter(
    ({ by, record, result, failed }) =>
      by?.did === did && record !== undefined && TOLD.has(result) && !failed,
  )
}

/**
 * Writes into each mirror record of the repository's account what came out of comparing its copy, in place of what was written before;
 * one that could not be compared is left as it was.
 */
export async function recordVerification(
  repository: Repository,
  verification: Verification,
): Promise<RecordedVerification[]> {
  const written: RecordedVerification[] = []
  for (const copy of recordable(verification, repository.did)) {
    const collection = nsid('dataset.mirror')
    const rkey = rkeyOf(copy.record!)
    const before = await repository.get(collection, rkey)
    // Taken back since the AppView has heard of it, or of another place now.
    if (!before || (before.value.distribution as LexMap | undefined)?.uri !== copy.uri) continue
    const { record } = checked({
      ...before.value,
      verification: reportOf(copy, verification.checkedAt),
    } as TypedLexMap)
    written.push({ ...(await repository.put(record, rkey, before.cid)), result: copy.result })
  }
  return written
}

/** As the record's lexicon has it. */
function reportOf({ result, method, evidence }: VerifiedCopy, at: string): LexMap {
  const sampled = evidence.reduce((sum, { looked = 0 }) => sum + looked, 0)
  return { at, method: methodOf(method), result, ...(sampled > 0 && { sampled }) }
}

function methodOf(method: string | undefined): string {
  if (method === 'full-checksum') return 'digest'
  if (method === undefined) return 'size'
  return method.endsWith('-snapshot') ? 'snapshot-id' : 'sampled-chunks'
}
