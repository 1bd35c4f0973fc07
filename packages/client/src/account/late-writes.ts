import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { readCarStream } from '@frost/sync/car'
import { decodeRecord } from '@frost/sync/cbor'
import { cidToText } from '@frost/sync/cid'
import { ServiceError } from '../http.ts'
import type { AccountKeys } from './account-keys.ts'
import { type Backup, keptBlob } from './backup.ts'
import type { Home } from './home.ts'
import { type RepositorySummary, readRepository } from './repository-car.ts'

/** What differs between two states of a repository. */
export interface Difference {
  readonly action: 'create' | 'update' | 'delete'
  /** `collection/key` */
  readonly path: string
  readonly cid?: string
}

/** What leads from one state to the other. */
export function differences(
  before: RepositorySummary['records'],
  after: RepositorySummary['records'],
): Difference[] {
  const found: Difference[] = []
  for (const [path, cid] of after) {
    const held = before.get(path)
    if (held !== cid) found.push({ action: held === undefined ? 'create' : 'update', path, cid })
  }
  for (const path of before.keys()) if (!after.has(path)) found.push({ action: 'delete', path })
  return found
}

/** Writes of one request: well below what a PDS takes, also of large records. */
const BATCH = 10

/**
 * What was written at the former PDS after the repository was brought over and before that home was closed: written again at the
 * new one. What was written there since stands, and what an earlier run wrote is not written twice.
 * @param folder Where the state that was brought is kept, and the last one.
 * @returns the number of writes, and the root of the tree that they lead to
 */
export async function carryLateWrites(
  folder: string,
  brought: Pick<Backup, 'rev' | 'commit' | 'blobs'>,
  last: Backup,
  there: Home,
  keys: AccountKeys,
): Promise<{ readonly writes: number; readonly data: string }> {
  if (last.commit === brought.commit) return { writes: 0, data: last.data }
  const read = (rev: string) =>
    readRepository(createReadStream(join(folder, `${rev}.car`)), there.did, keys.keys)
  const { records: before } = await read(brought.rev)
  const late = differences(before, (await read(last.rev)).records)
  const due: Difference[] = []
  for (const one of late) if ((await cidThere(there, one.path)) === before.get(one.path)) due.push(one)
  for (const [cid, mimeType] of Object.entries(last.blobs)) {
    const bytes = cid in brought.blobs ? undefined : await keptBlob(folder, cid)
    if (bytes) await there.uploadBlob({ bytes, mimeType })
  }
  const wanted = new Set(due.flatMap(({ cid }) => cid ?? []))
  const records = new Map<string, Uint8Array>()
  const { blocks } = await readCarStream(
    createReadStream(join(folder, `${last.rev}.car`)),
    {},
    (_block, cid) => wanted.has(cidToText(cid)),
  )
  for (const [cid, block] of blocks) records.set(cidToText(cid), block)
  for (let from = 0; from < due.length; from += BATCH)
    await there.procedure('com.atproto.repo.applyWrites', {
      repo: there.did,
      validate: false,
      writes: due.slice(from, from + BATCH).map(({ action, path, cid }) => {
        const slash = path.indexOf('/')
        return {
          $type: `com.atproto.repo.applyWrites#${action}`,
          collection: path.slice(0, slash),
          rkey: path.slice(slash + 1),
          ...(cid && { value: decodeRecord(records.get(cid)!) }),
        }
      }),
    })
  return { writes: late.length, data: last.data }
}

/** The state of a record at a home; undefined where it has none. */
async function cidThere(home: Home, path: string): Promise<string | undefined> {
  const slash = path.indexOf('/')
  try {
    const { cid } = await home.query<{ cid?: string }>('com.atproto.repo.getRecord', {
      repo: home.did,
      collection: path.slice(0, slash),
      rkey: path.slice(slash + 1),
    })
    return cid
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'RecordNotFound') return undefined
    throw error
  }
}
