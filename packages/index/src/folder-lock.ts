import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'

/** Holds a data folder for one process. The operating system lets go of it when the process dies, however it dies. */
export interface FolderLock {
  release(): void
}

/**
 * Takes a data folder for this process.
 * @param what works on it, e.g. `network`; its process id is written to `network.pid`
 * @throws Error that names the process which has it
 */
export function lockFolder(folder: string, what: string): FolderLock {
  const pidFile = join(folder, `${what}.pid`)
  const db = new Sqlite(join(folder, 'lock.sqlite'), { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error
    throw new Error(
      `${folder} is taken by another ${what} (process ${readPid(pidFile) ?? 'unknown'}): ` +
        'stop it, or give this one another folder with FROST_DATA',
      { cause: error },
    )
  }
  writeFileSync(pidFile, `${process.pid}\n`)
  return {
    release() {
      rmSync(pidFile, { force: true })
      db.close()
    },
  }
}

/** Process id of what runs, or ran last, on a data folder. */
function readPid(pidFile: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10)
    return Number.isInteger(pid) ? pid : undefined
  } catch {
    return undefined
  }
}
