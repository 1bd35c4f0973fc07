import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Consumer, EventStore } from '@frost/sync'
import { fileOf, GoneFileError } from './download.ts'
import { type Listing, openListing } from './listing.ts'

export interface SeedOptions {
  /** Origin of an AppView, or the address, file or folder of a list of files. */
  readonly source: string
  /** Of that AppView's operators. */
  readonly password?: string | undefined
  readonly folder: string
  readonly consumer: Consumer
  readonly store: EventStore
  readonly onProgress?: (text: string) => void
}

/** What came of a snapshot. */
export interface Seeded {
  readonly source: string
  readonly seq: number
  readonly taken: number
  readonly refused: number
}

/**
 * Lets a new AppView begin with another's snapshot: each file held against its digest, each repository against its owner's
 * signature. Taken in once; an interruption is gone on from. Not to be called after the consumer's start.
 * @throws Error that says why the snapshot is refused
 */
export async function seed(options: SeedOptions): Promise<Seeded | undefined> {
  const { source, folder, consumer, store, onProgress = () => undefined } = options
  if ((await store.cursors()).has(takenKey(source))) return undefined
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const listing = await begun(options)
  const { files, id, seq } = listing
  let read = 0
  const { taken, refused } = await consumer
    .seed(
      `seed:${id}`,
      files.map(file => ({
        name: file.name,
        read: async () => {
          onProgress(`${++read} of ${files.length}: ${file.name}`)
          return fileOf(file, folder, listing.folder)
        },
      })),
    )
    .catch(async error => {
      // The next start asks for a new one.
      if (error instanceof GoneFileError) await rm(folder, { recursive: true, force: true })
      throw error
    })
  await remember(store, takenKey(source))
  await rm(folder, { recursive: true, force: true })
  return { source, seq, taken, refused }
}

/**
 * Resolves when each repository of the snapshots was compared with its own host, unless that was before; call it after the consumer's
 * start. Until then what an owner deleted since could be shown.
 */
export async function seedCompared({
  sources,
  consumer,
  store,
}: Pick<SeedOptions, 'consumer' | 'store'> & { readonly sources: readonly string[] }): Promise<void> {
  const cursors = await store.cursors()
  const left = sources.map(comparedKey).filter(key => !cursors.has(key))
  if (left.length === 0) return
  await consumer.caughtUp()
  for (const key of left) await remember(store, key)
}

const takenKey = (source: string) => `seed:${source}#taken`
const comparedKey = (source: string) => `seed:${source}#compared`

const remember = (store: EventStore, key: string) =>
  store.apply({ events: [], repos: [], cursors: new Map([[key, Date.now()]]) })

/** The snapshot that was begun with, while it lasts; else a new one. */
async function begun({ source, password, folder }: SeedOptions): Promise<Listing> {
  const path = join(folder, 'snapshot.json')
  const before = await readFile(path, 'utf8').then(
    text => JSON.parse(text) as { source: string; listing: Listing },
    () => undefined,
  )
  if (before?.source === source && Date.now() < before.listing.expiresAt) return before.listing
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const listing = await openListing(source, password)
  await writeFile(path, JSON.stringify({ source, listing }), { mode: 0o600 })
  return listing
}
