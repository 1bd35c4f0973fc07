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
}))

/**
 * A log begins anew once all of it is in the database; what is written meanwhile is brought in at the next looks, which take ever
 * shorter.
 */
function bringIn(): void {
  for (const { database, pages } of databases) {
    const [{ log, checkpointed }] = database.pragma('wal_checkpoint(NOOP)') as [Log]
    if (log >= pages && checkpointed < log) database.pragma('wal_checkpoint(PASSIVE)')
  }
}

function look(): void {
  let next = LOOK_MILLISECONDS
  try {
    bringIn()
  } catch (error) {
    parentPort!.postMessage(error)
    next = RETRY_MILLISECONDS
  }
  looking = setTimeout(look, next)
}

let looking = setTimeout(look, LOOK_MILLISECONDS)
parentPort!.once('message', () => {
  clearTimeout(looking)
  for (const { database } of databases) database.close()
})
