/** Which kept states of an account go. */
import { createReadStream } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Backup } from './backup.ts'
import { type RepositorySummary, readRepository } from './repository-car.ts'

/** A state that is kept beyond the number that was asked for. */
export interface HeldState {
  readonly rev: string
  readonly records: number
  /** Those of them that the newest state has no more. */
  readonly gone: number
}

/** Share of a state's records that a host does not lose without being asked why. */
const MUCH = 0.5

/**
 * Deletes the states beyond those that are kept, and the blobs that no state refers to. A host has the key that signs, and could empty the
 * repository and wait until the last good state has gone its way: the oldest state that has lost most of its records since stays,
 * until somebody deletes it.
 * @param all newest first
 * @returns what stays for that reason
 */
export async function prune(
  folder: string,
  all: readonly Backup[],
  keep: number,
  newest: RepositorySummary,
  keys: readonly string[],
): Promise<HeldState | undefined> {
  if (all.length <= keep) return undefined
  let held: HeldState | undefined
  for (const { rev } of all.slice(keep).reverse()) {
    held ??= await lossSince(folder, rev, newest, keys)
    if (held?.rev === rev) continue
    // The description first: a CAR without one counts as not there.
    await rm(join(folder, `${rev}.json`), { force: true })
    await rm(join(folder, `${rev}.car`), { force: true })
  }
  const kept = all.filter(({ rev }, at) => at < keep || rev === held?.rev)
  const wanted = new Set(kept.flatMap(({ blobs }) => Object.keys(blobs)))
  for (const name of await readdir(join(folder, 'blobs')))
    if (!wanted.has(name)) await rm(join(folder, 'blobs', name), { force: true })
  return held
}

async function lossSince(
  folder: string,
  rev: string,
  newest: RepositorySummary,
  keys: readonly string[],
): Promise<HeldState | undefined> {
  const car = createReadStream(join(folder, `${rev}.car`))
  // What is not whole is not worth keeping.
  const before = await readRepository(car, newest.did, keys).catch(() => undefined)
  if (!before) return undefined
  const gone = [...before.records.keys()].filter(path => !newest.records.has(path)).length
  const records = before.records.size
  return gone > records * MUCH ? { rev, records, gone } : undefined
}
