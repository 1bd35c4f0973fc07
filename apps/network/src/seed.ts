import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inParallel } from '@frost/sync/in-parallel'
import { AccountBook, type KeptAccount } from './account-book.ts'
import type { Network } from './network.ts'
import { storedRecords, writeRecords } from './publish.ts'
import { planSeed, readSeed, type SeedFile } from './seed-plan.ts'
import { readState, writeState } from './state-files.ts'

/** Folder of the content that the project carries. */
export const SEED_FOLDER = fileURLToPath(new URL('../seed', import.meta.url))

/** Folders of the object store that hold the content's data, served where they are installed. */
export function seedMounts(): Record<string, string> {
  // The package's own entry is in `build/`, its data beside it.
  const entry = createRequire(import.meta.url).resolve('vega-datasets')
  return { vega: join(dirname(dirname(entry)), 'data') }
}

export interface SeedOptions {
  /** NSID authority of the collections. */
  readonly authority: string
  /** Folder of the content (the carried one). */
  readonly folder?: string
}

export interface SeedResult {
  readonly accounts: number
  readonly records: number
  /** Records that were not there yet, or not so. */
  readonly written: number
  /** An invented person to sign in as. */
  readonly demo?: {
    readonly did: string
    readonly handle: string
    readonly password: string
    readonly pds: string
  }
}

interface SeedState extends SeedResult {
  readonly fingerprint: string
}

/**
 * Publishes the carried content: makes its accounts and writes their records, whatever refers to another by CID after it.
 * A run that was interrupted goes on where it was; content that was published whole is left alone, so that what people
 * change in it stays.
 */
export async function publishSeed(network: Network, options: SeedOptions): Promise<SeedResult> {
  const files = await readSeed(options.folder ?? SEED_FOLDER)
  const statePath = join(network.dataDir, 'seed.json')
  const fingerprint = hash({ files, authority: options.authority, store: network.store.url })
  const before = await readState<SeedState>(statePath)
  if (before?.fingerprint === fingerprint) {
    const { fingerprint: _, ...result } = before
    return { ...result, written: 0 }
  }

  const accounts = await ensureAccounts(network, files)
  const plan = await planSeed(files, {
    authority: options.authority,
    dids: new Map([...accounts].map(([handle, { did }]) => [handle, did])),
    storeUrl: network.store.urlOf,
  })
  const stored = new Map<string, ReadonlyMap<string, string>>()
  await inParallel([...accounts], async ([handle, account]) => {
    const collections = plan.flatMap(level => level.get(handle) ?? []).map(({ collection }) => collection)
    stored.set(handle, await storedRecords(account, collections))
  })
  let records = 0
  let written = 0
  for (const level of plan) {
    await inParallel([...level], async ([handle, planned]) => {
      records += planned.length
      const count = await writeRecords(accounts.get(handle)!, planned, stored.get(handle)!)
      written += count
    })
  }
  const demoHandle = files.map(({ account }) => account.handle).find(handle => handle.startsWith('demo-'))
  const demo = demoHandle === undefined ? undefined : accounts.get(demoHandle)
  const result: SeedResult = {
    accounts: accounts.size,
    records,
    written,
    demo: demo && { did: demo.did, handle: demo.handle, password: demo.password, pds: demo.pds.url },
  }
  await writeState(statePath, { fingerprint, ...result })
  return result
}

async function ensureAccounts(
  network: Network,
  files: readonly SeedFile[],
): Promise<Map<string, KeptAccount>> {
  const book = await AccountBook.open(network)
  const accounts = new Map<string, KeptAccount>()
  // Eight at once: hashing their passwords keeps that many threads busy.
  await inParallel(files, async ({ account: { handle, pds } }) => {
    accounts.set(handle, await book.ensure(handle, pds))
  })
  return accounts
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}
