/**
 * What SQLite has written to its log is brought into the database from time to time, page by page, and made durable: a second and more
 * for 256 MB on a slow disk. Whoever commits would wait for it, and with that thread everybody who asks it; so a thread of its own does
 * it beside them. https://sqlite.org/wal.html, section 2.1.
 */
import { Worker } from 'node:worker_threads'
import type SQLite from 'better-sqlite3'

/** A database in WAL mode. */
export interface Logged {
  readonly path: string
  /** Pages of its log from which it is brought in. */
  readonly pages: number
}

/**
 * 256 MB of the truth, in pages of 16 kB: what changes again meanwhile is written into the database once. Records come in the order of
 * nobody's keys, so in a large index each changes several pages of its own.
 */
export const TRUTH_PAGES = 16_000
/** 32 MB of search, in pages of 4 kB. */
export const SEARCH_PAGES = 8000

/** Where no thread keeps up, whoever commits brings in a log of so many times as many pages: something has to bound it. */
export function boundLog(database: Pick<SQLite.Database, 'pragma'>, pages: number): void {
  database.pragma(`wal_autocheckpoint = ${pages * 4}`)
}

export class Checkpoints {
  readonly #worker: Worker

  /** @param onError told of what fails, which is tried again, and of what ends the thread: then whoever commits bounds the logs */
  constructor(databases: readonly Logged[], onError: (error: unknown) => void) {
    this.#worker = new Worker(new URL('./checkpoint-thread.ts', import.meta.url), { workerData: databases })
    this.#worker.on('message', onError)
    this.#worker.on('error', onError)
    this.#worker.unref()
  }

  /** Ends, and lets go of the databases: the last to do so brings in what is left of their logs. */
  async close(): Promise<void> {
    if (this.#worker.threadId === -1) return
    const ended = new Promise(resolve => this.#worker.once('exit', resolve))
    this.#worker.ref()
    this.#worker.postMessage('close')
    await ended
  }
}
