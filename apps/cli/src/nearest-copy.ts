import { FrostError } from '@frost/client/errors'
import type { Distribution } from '@frost/client/store'
import type { OpenedDataset } from '@frost/reader'

/** A place where the same data is said to lie. */
export interface Candidate {
  /** What it is called where somebody is told of it. */
  readonly name: string
  readonly distribution: Distribution
}

/** The first original of an owner's places, and what is said to be a replica of it. */
export function copiesOfOriginal(own: readonly Distribution[]): Candidate[] {
  const original = own.find(({ role }) => role === 'primary') ?? own[0]
  return own
    .filter(
      (one: Distribution & { readonly of?: string }) =>
        one === original || (one.role === 'replica' && (one.of === undefined || one.of === original?.id)),
    )
    .map(distribution => ({ name: distribution.id ?? distribution.uri, distribution }))
}

/**
 * Opens all of them at once and goes on with the one that is open first, which is how near each is to whoever asks; the others are
 * left.
 * @throws FrostError `NoCopyOpens` that says of each why not
 */
export async function openNearest(
  candidates: readonly Candidate[],
  open: (candidate: Candidate, signal: AbortSignal) => Promise<OpenedDataset>,
  signal?: AbortSignal,
): Promise<{ readonly dataset: OpenedDataset; readonly candidate: Candidate }> {
  const tries = candidates.map(candidate => {
    const left = new AbortController()
    const ends = signal ? AbortSignal.any([signal, left.signal]) : left.signal
    return { candidate, left, opening: open(candidate, ends) }
  })
  const first = await Promise.any(tries.map(async one => ({ one, dataset: await one.opening }))).catch(
    (error: AggregateError) => {
      const reasons = error.errors.map((reason: Error, at) => `${candidates[at]!.name}: ${reason.message}`)
      throw new FrostError('NoCopyOpens', `no copy can be opened: ${reasons.join('; ')}`, { cause: error })
    },
  )
  for (const { left, opening, candidate } of tries) {
    if (candidate === first.one.candidate) continue
    left.abort()
    opening.then(
      dataset => dataset.close(),
      () => undefined,
    )
  }
  return { dataset: first.dataset, candidate: first.one.candidate }
}
