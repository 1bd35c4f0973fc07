/** Where a repository is recovered from. */
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UsageError } from '../errors.ts'
import { keptBlob, newestBackup } from './backup.ts'
import type { Signer } from './did-log.ts'
import type { Blob } from './home.ts'
import { type RepositorySummary, readRepository } from './repository-car.ts'

/** A repository that was verified, as a file, and where its blobs are to be had. */
export interface Luggage {
  readonly car: string
  readonly summary: RepositorySummary
  blob(cid: string): Promise<Blob | undefined>
  /** What of the repository this source cannot hold; empty where it is whole. */
  readonly lacks: readonly string[]
}

export interface Source {
  readonly did: string
  /**
   * @param keys `did:key:…` that may have signed it
   * @param folder where something may be kept on the way
   * @param signer who signs what must be signed anew
   */
  open(keys: readonly string[], folder: string, signer: Signer): Promise<Luggage>
}

/**
 * A backup: its folder (the newest state is taken), or one of its CAR files; the blobs lie beside it.
 * @param did Needed for a CAR that nothing describes.
 * @throws UsageError that names the path
 */
export async function backupSource(path: string, did?: string): Promise<Source> {
  const found = await stat(path).catch(() => undefined)
  if (!found) throw new UsageError(`--from-backup is '${path}': there is no such file or folder`)
  const newest = found.isDirectory() ? await newestBackup(path) : undefined
  if (found.isDirectory() && !newest)
    throw new UsageError(`--from-backup is '${path}', which holds no backup`)
  const folder = newest ? path : dirname(path)
  const car = newest ? join(path, `${newest.rev}.car`) : path.replace(/\.json$/, '.car')
  const described = newest ?? (await descriptionOf(car))
  const of = described?.did ?? did
  if (!of)
    throw new UsageError(`--from-backup is '${path}', which nothing describes: give the account's DID too`)
  return {
    did: of,
    async open(keys) {
      const summary = await readRepository(createReadStream(car), of, keys)
      return {
        car,
        summary,
        lacks: [],
        async blob(cid) {
          const bytes = await keptBlob(folder, cid)
          const mimeType = summary.blobs.get(cid)?.mimeType ?? 'application/octet-stream'
          return bytes && { bytes, mimeType }
        },
      }
    },
  }
}

async function descriptionOf(car: string): Promise<{ did?: string } | undefined> {
  const text = await readFile(car.replace(/\.car$/, '.json'), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as { did?: string })
}
