import type { Comparison, Evidence } from './comparison.ts'
import { plural } from './comparison.ts'

/** A state of a store that keeps its own versions. */
export interface Moment {
  readonly id: string
  readonly committedAt?: string
}

/** Where two stores of one history stand to each other. */
export type Standing =
  | { readonly kind: 'same' }
  | {
      readonly kind: 'behind' | 'ahead'
      readonly commits: number
      readonly at: Moment
      readonly newest: Moment
    }
  | { readonly kind: 'parted'; readonly since: Moment }
  | { readonly kind: 'strangers'; readonly looked: number }

/**
 * Where a copy's history stands to its reference's.
 * @param reference its states, newest first, from the one that is compared; `copy` likewise. No further than `most` of each are read.
 */
export async function standingOf(
  reference: AsyncIterable<Moment> | Iterable<Moment>,
  copy: AsyncIterable<Moment> | Iterable<Moment>,
  most: number,
): Promise<Standing> {
  const [ours, theirs] = await Promise.all([bounded(reference, most), bounded(copy, most)])
  const [newest, newestOfCopy] = [ours[0], theirs[0]]
  if (newest === undefined || newestOfCopy === undefined)
    return newest === newestOfCopy ? { kind: 'same' } : { kind: 'strangers', looked: 0 }
  if (newest.id === newestOfCopy.id) return { kind: 'same' }
  const behind = ours.findIndex(({ id }) => id === newestOfCopy.id)
  if (behind > 0) return { kind: 'behind', commits: behind, at: newestOfCopy, newest }
  const ahead = theirs.findIndex(({ id }) => id === newest.id)
  if (ahead > 0) return { kind: 'ahead', commits: ahead, at: newestOfCopy, newest }
  const known = new Set(ours.map(({ id }) => id))
  const since = theirs.find(({ id }) => known.has(id))
  return since === undefined ? { kind: 'strangers', looked: most } : { kind: 'parted', since }
}

async function bounded(states: AsyncIterable<Moment> | Iterable<Moment>, most: number): Promise<Moment[]> {
  const read: Moment[] = []
  for await (const state of states) {
    read.push(state)
    if (read.length >= most) break
  }
  return read
}

/** What a standing means, with what else was found out about the copy. */
export function comparisonOf(standing: Standing, evidence: readonly Evidence[]): Comparison {
  const broken = evidence.find(({ agrees }) => !agrees)
  const snapshot = snapshotEvidence(standing)
  const all = [snapshot, ...evidence]
  if (standing.kind === 'parted' || standing.kind === 'strangers')
    return { result: 'different', summary: snapshot.note, evidence: all }
  if (broken) return { result: 'different', summary: `${broken.what}: ${broken.note}`, evidence: all }
  if (standing.kind === 'same') return { result: 'identical', summary: 'the same snapshot', evidence: all }
  return { result: standing.kind, summary: snapshot.note, evidence: all }
}

function snapshotEvidence(standing: Standing): Evidence {
  const what = 'snapshot'
  switch (standing.kind) {
    case 'same':
      return { what, agrees: true, note: 'the same id' }
    case 'behind':
    case 'ahead': {
      const { kind, commits, at, newest } = standing
      return {
        what,
        agrees: false,
        note: `${plural(commits, 'commit')} ${kind}: ${named(at)}, the original is at ${named(newest)}`,
      }
    }
    case 'parted':
      return { what, agrees: false, note: `their histories parted after ${named(standing.since)}` }
    case 'strangers':
      return { what, agrees: false, note: `no snapshot in common among the last ${standing.looked}` }
  }
}

function named({ id, committedAt }: Moment): string {
  return committedAt ? `${id} of ${committedAt.slice(0, 19)}Z` : id
}
