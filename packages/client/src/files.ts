import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { FrostError } from './errors.ts'

export const LOCK_PATIENCE_MS = 30_000
const LOCK_STALE_MS = 120_000

/** Reads a JSON file; undefined where it does not exist. @throws if it holds no JSON, naming the file. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return JSON.parse(text) as T
  } catch (cause) {
    throw new FrostError('BadFile', `${path} holds no JSON any more: move it away and try again`, { cause })
  }
}

/** Writes JSON so that a reader sees the old or the new content, never half of it; readable by the owner only. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await privateFolder(dirname(path))
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(value, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
}

/** Creates a folder that only its owner can read. */
export async function privateFolder(path: string): Promise<void> {
  if ((await mkdir(path, { recursive: true, mode: 0o700 })) !== undefined) await chmod(path, 0o700)
}

/**
 * Runs `work` while holding a lock that other processes see (a file made with O_EXCL that names its holder). A lock
 * whose holder is gone, or which is two minutes old, is taken over.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await privateFolder(dirname(path))
  const token = lockToken()
  const patience = Date.now() + LOCK_PATIENCE_MS
  while (!(await acquire(path, token))) {
    if (Date.now() > patience) {
      throw new FrostError(
        'Locked',
        `${path} is held by another frost process: wait for it, or delete the file`,
      )
    }
    await delay(20 + Math.random() * 30)
  }
  try {
    return await work()
  } finally {
    await letGo(path, token)
  }
}

/** Names the holder of a lock: its process, and which of its locks. */
export const lockToken = () => `${process.pid} ${randomBytes(8).toString('hex')}`

/** Ends a lock if it is still the one of the token. */
export async function letGo(path: string, token: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => '')) === token) await rm(path, { force: true })
}

/**
 * Tries once to take a lock. One that nobody holds any more is put away, for the next try.
 * @param staleMs after which also a lock is put away whose holder lives
 */
export async function acquire(path: string, token: string, staleMs = LOCK_STALE_MS): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600)
    await file.writeFile(token).finally(() => file.close())
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const holder = await readFile(path, 'utf8').catch(() => undefined)
  const since = await stat(path).catch(() => undefined)
  if (!holder || !since) return false
  if (isAlive(Number.parseInt(holder, 10)) && Date.now() - since.mtimeMs < staleMs) return false
  // Only one process wins the rename; if it moved a lock that had just become somebody else's, it is put back.
  const aside = `${path}.${token.slice(-16)}`
  await rename(path, aside).catch(() => undefined)
  if ((await readFile(aside, 'utf8').catch(() => holder)) !== holder)
    await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
  return false
}

/** Whether a process of this machine runs, whosever it is. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
