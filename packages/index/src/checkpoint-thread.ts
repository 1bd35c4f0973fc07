/** The thread of {@link Checkpoints}: looks from time to time how long each log is, says what fails, and ends when it is told anything. */
import { parentPort, workerData } from 'node:worker_threads'
import SQLite from 'better-sqlite3'
import type { Logged } from './checkpoints.ts'

const LOOK_MILLISECONDS = 250
/** After a failure, of a full disk or the like. */
const RETRY_MILLISECONDS = 30_000

interface Log {
  /** Pages in the log, and how many of them are in the database. */
  readonly log: number
  readonly checkpointed: number
}

const databases = (workerData as readonly Logged[]).map(({ path, pages }) => ({
  database: new SQLite(path, { fileMustExist: true }),
  pages,
  /** Left alone until then, in milliseconds since 1970. */
  until: 0,
}))

/**
 * A log begins anew once all of it is in the database and nothing was written since. What is written meanwhile is brought in at the
 * next looks, each of which takes but as long as it is.
 */
function look(): void {
  for (const one of databases) {
    const { database, pages, until } = one
    if (Date.now() < until) continue
    try {
      const [{ log, checkpointed }] = database.pragma('wal_checkpoint(NOOP)') as [Log]
      if (log >= pages && checkpointed < log) database.pragma('wal_checkpoint(PASSIVE)')
    } catch (error) {
      parentPort!.postMessage(new Error(`${database.name}: the log is not brought in: ${String(error)}`))
      one.until = Date.now() + RETRY_MILLISECONDS
    }
  }
}

const looking = setInterval(look, LOOK_MILLISECONDS)
parentPort!.once('message', () => {
  clearInterval(looking)
  for (const { database } of databases) database.close()
})
