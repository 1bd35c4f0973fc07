import { ReaderError } from '../../errors.ts'
import type { StoreVersion } from '../../model.ts'
import type { Objects, ReadOptions } from '../../objects.ts'
import type { Commit, Repository } from './repository.ts'
import { readSnapshot, type Snapshot } from './snapshot.ts'

/** How many versions a description names. */
export const MAX_VERSIONS = 1000

/**
 * A snapshot and its ancestors, newest first. In version 1 each costs reading that ancestor.
 * @throws {ReaderError} `Corrupt` where a snapshot is its own ancestor.
 */
export async function* ancestry(
  objects: Objects,
  repository: Repository,
  snapshot: string | Snapshot,
  options: ReadOptions,
): AsyncGenerator<Commit> {
  const seen = new Set<string>()
  let known = typeof snapshot === 'string' ? undefined : snapshot
  let id: string | undefined = typeof snapshot === 'string' ? snapshot : snapshot.id
  while (id !== undefined) {
    if (seen.has(id)) throw new ReaderError('Corrupt', `snapshot ${id} is its own ancestor`, { snapshot: id })
    seen.add(id)
    const commit: Commit | undefined = repository.commits?.get(id)
    if (commit !== undefined) {
      yield commit
      id = commit.version.parent
      continue
    }
    // A snapshot that version 2 no longer lists has lost its place in history.
    const read: Snapshot = known ?? (await readSnapshot(objects, id, options))
    yield { version: read.version, prunedLogs: [] }
    known = undefined
    id = read.parent
  }
}

/** Versions with the branches and tags that point at them, newest first. */
export function withRefs(
  versions: readonly StoreVersion[],
  refs: ReadonlyMap<string, string>,
): StoreVersion[] {
  const names = new Map<string, string[]>()
  for (const [ref, id] of refs) names.set(id, [...(names.get(id) ?? []), ref])
  return versions.map(version => {
    const own = names.get(version.id)
    return own === undefined ? version : { ...version, refs: own.sort() }
  })
}
