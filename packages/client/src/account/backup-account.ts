import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileName } from '../accounts.ts'
import { FrostError } from '../errors.ts'
import { ServiceError } from '../http.ts'
import { resolveIdentity } from '../identity.ts'
import type { Settings } from '../settings.ts'
import { holdFile } from '../watch/exclusive.ts'
import { accountKeys } from './account-keys.ts'
import { type BackupOptions, backUp, newestBackup } from './backup.ts'
import { Home } from './home.ts'

/** Where an account's backups are kept unless told otherwise. */
export function backupFolder(did: string, { configDir }: Pick<Settings, 'configDir'>): string {
  return join(configDir, 'backups', fileName(did))
}

export type BackupDone = Awaited<ReturnType<typeof backUp>> & { readonly folder: string }

/**
 * Backs up anybody's account, which needs no sign-in: repositories are public.
 * @param account Handle or DID.
 * @throws FrostError that says what to do
 */
export async function backUpAccount(
  account: string,
  settings: Settings,
  { folder, ...options }: BackupOptions & { readonly folder?: string } = {},
): Promise<BackupDone> {
  const { did, handle, pds } = await resolveIdentity(account, settings)
  const into = folder ?? backupFolder(did, settings)
  const release = await holdFile(join(into, 'lock'), 'give another folder')
  try {
    const keys = await accountKeys(did, settings)
    return { folder: into, ...(await backUp(into, Home.public(pds, did), keys, { handle, ...options })) }
  } catch (error) {
    if (error instanceof ServiceError && error.code.startsWith('Repo'))
      throw new FrostError(error.code, `${pds} does not give the repository of ${did}: ${error.message}`, {
        cause: error,
      })
    throw error
  } finally {
    await release()
  }
}

const RETRY_FROM_MS = 60_000

/**
 * Backs up again and again. After a restart it goes on where it was: the next backup is due `everyMs` after the last look.
 * Ends when the signal aborts.
 */
export async function backUpOnSchedule(
  account: string,
  settings: Settings,
  everyMs: number,
  options: BackupOptions & {
    readonly folder?: string
    readonly signal: AbortSignal
    onDone(done: BackupDone): void
    onTrouble(error: unknown, waitMs: number): void
  },
): Promise<void> {
  const { signal, onDone, onTrouble } = options
  const { did } = await resolveIdentity(account, settings)
  const folder = options.folder ?? backupFolder(did, settings)
  const wait = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined)
  const last = await newestBackup(folder)
  if (last) await wait(Math.max(1, Math.min(everyMs, Date.parse(last.checkedAt) + everyMs - Date.now())))
  for (let failures = 0; !signal.aborted; ) {
    try {
      onDone(await backUpAccount(did, settings, { ...options, folder }))
      failures = 0
      await wait(everyMs)
    } catch (error) {
      const waitMs = Math.min(everyMs, RETRY_FROM_MS * 2 ** Math.min(failures++, 10))
      onTrouble(error, waitMs)
      await wait(waitMs)
    }
  }
}
