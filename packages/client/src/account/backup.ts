/**
 * Backups of an account in a folder: `REV.car` is a whole repository, `REV.json` says what it is and that it is complete,
 * `blobs/CID` are the blobs of all states that are kept. Whatever is named by one of these names is whole: it was written aside,
 * verified, and then renamed.
 */
import { hash, randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { cidToText, DAG_CBOR_PREFIX, RAW_PREFIX } from '@frost/sync/cid'
import { isPlausibleRev } from '@frost/sync/verify'
import { FrostError } from '../errors.ts'
import { privateFolder, readJson, writeJson } from '../files.ts'
import type { AccountKeys } from './account-keys.ts'
import { type HeldState, prune } from './backup-pruning.ts'
import type { LoggedOperation } from './did-log.ts'
import type { Home } from './home.ts'
import { type RepositorySummary, readRepository } from './repository-car.ts'

/** One kept state of an account. */
export interface Backup {
  readonly did: string
  readonly handle?: string
  /** Origin of the PDS that it was read from. */
  readonly pds: string
  readonly rev: string
  readonly commit: string
  readonly data: string
  readonly signedBy: string
  readonly collections: Readonly<Record<string, number>>
  /** The blobs that its records refer to: CID to media type. */
  readonly blobs: Readonly<Record<string, string>>
  /** Those of them that the PDS did not have. */
  readonly missing: readonly string[]
  /** ISO 8601; when it was read, and when the repository was last found to be the same. */
  readonly savedAt: string
  readonly checkedAt: string
  /** Log of a did:plc as it stood then. */
  readonly log?: readonly LoggedOperation[]
}

export interface BackupOptions {
  readonly handle?: string
  /** States that are kept; older ones are deleted. */
  readonly keep?: number
  readonly onProgress?: (text: string) => void
}

const DEFAULT_KEEP = 7

export interface BackedUp {
  readonly backup: Backup
  readonly isNew: boolean
  readonly fetchedBlobs: number
  readonly held?: HeldState
}

/**
 * Brings the folder up to date with the repository. A run that was interrupted is taken up by the next one: blobs that are there
 * are not fetched again, unless they have rotted.
 * @returns the newest state, whether it is a new one, and the state that is kept since most of its records are gone
 * @throws FrostError `BadRepository`, `WentBack`, `FromTheFuture`; ServiceError of the PDS
 */
export async function backUp(
  folder: string,
  home: Home,
  { keys, log }: AccountKeys,
  { handle, keep = DEFAULT_KEEP, onProgress = () => undefined }: BackupOptions = {},
): Promise<BackedUp> {
  await privateFolder(folder)
  await mkdir(join(folder, 'blobs'), { recursive: true })
  await removeDrafts(folder)
  const before = await newestBackup(folder)
  if (before && before.did !== home.did)
    throw new FrostError(
      'OtherAccount',
      `${folder} holds a backup of ${before.did}, not of ${home.did}: give another folder`,
    )
  const now = new Date().toISOString()
  const draft = join(folder, `.draft-${randomBytes(6).toString('hex')}`)
  try {
    onProgress('reading the repository')
    await pipeline(await home.repository(), createWriteStream(draft, { mode: 0o600 }))
    const summary = await readRepository(createReadStream(draft), home.did, keys)
    if (before && summary.rev < before.rev)
      throw new FrostError(
        'WentBack',
        `${home.pds} gives revision ${summary.rev} of the repository, which is older than ${before.rev} in ${folder}: ` +
          'nothing was replaced; ask the PDS, or give another folder',
      )
    // Once kept, it would have every honest revision refused as older.
    if (!isPlausibleRev(summary.rev))
      throw new FrostError(
        'FromTheFuture',
        `${home.pds} gives revision ${summary.rev} of the repository, which is of a time to come: nothing was replaced; ask the PDS, or set the clock here`,
      )
    const { missing, fetched } = await fetchBlobs(folder, home, summary, onProgress)
    const backup: Backup = {
      did: home.did,
      ...(handle && { handle }),
      pds: home.pds,
      rev: summary.rev,
      commit: summary.commit,
      data: summary.data,
      signedBy: summary.signedBy,
      collections: summary.collections,
      blobs: Object.fromEntries([...summary.blobs].map(([cid, { mimeType }]) => [cid, mimeType])),
      missing,
      savedAt: before?.commit === summary.commit ? before.savedAt : now,
      checkedAt: now,
      ...(log && { log }),
    }
    await synced(draft)
    await rename(draft, join(folder, `${summary.rev}.car`))
    await writeJson(join(folder, `${summary.rev}.json`), backup)
    const held = await prune(folder, await backups(folder), keep, summary, keys)
    const isNew = before?.commit !== summary.commit
    return { backup, isNew, fetchedBlobs: fetched, ...(held && { held }) }
  } finally {
    await rm(draft, { force: true })
  }
}

/** States in a folder, newest first; none where it does not exist. */
export async function backups(folder: string): Promise<Backup[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const found: Backup[] = []
  for (const name of names
    .filter(name => name.endsWith('.json'))
    .sort()
    .reverse()) {
    const backup = await readJson<Backup>(join(folder, name))
    if (backup?.rev === name.slice(0, -'.json'.length)) found.push(backup)
  }
  return found
}

export async function newestBackup(folder: string): Promise<Backup | undefined> {
  return (await backups(folder))[0]
}

/** The blob of a CID in a backup's folder, verified; undefined where it is not there. */
export async function keptBlob(folder: string, cid: string): Promise<Uint8Array | undefined> {
  const file = await open(join(folder, 'blobs', cid)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!file) return undefined
  try {
    const bytes = await file.readFile()
    return isBlobOf(bytes, cid) ? bytes : undefined
  } finally {
    await file.close()
  }
}

/** Whether bytes are what the CID says. */
export function isBlobOf(bytes: Uint8Array, cid: string): boolean {
  const digest = hash('sha256', bytes, 'binary')
  return cid === cidToText(RAW_PREFIX + digest) || cid === cidToText(DAG_CBOR_PREFIX + digest)
}

async function fetchBlobs(
  folder: string,
  home: Home,
  { blobs }: RepositorySummary,
  onProgress: (text: string) => void,
): Promise<{ missing: string[]; fetched: number }> {
  const missing: string[] = []
  let fetched = 0
  let done = 0
  for (const cid of blobs.keys()) {
    onProgress(`blobs: ${done++} of ${blobs.size}`)
    const path = join(folder, 'blobs', cid)
    if (await keptBlob(folder, cid)) continue
    const blob = await home.blob(cid)
    if (!blob || !isBlobOf(blob.bytes, cid)) {
      missing.push(cid)
      continue
    }
    const draft = `${path}.draft`
    const file = await open(draft, 'w', 0o600)
    try {
      await file.writeFile(blob.bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
    fetched++
  }
  return { missing, fetched }
}

async function removeDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.startsWith('.draft-')) await rm(join(folder, name), { force: true })
}

async function synced(path: string): Promise<void> {
  const file = await open(path, 'r+')
  await file.sync().finally(() => file.close())
}

/** Bytes of a kept repository. */
export async function sizeOf(folder: string, rev: string): Promise<number> {
  return (await stat(join(folder, `${rev}.car`))).size
}
