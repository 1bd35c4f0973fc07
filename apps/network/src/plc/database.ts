import { cidForCbor } from '@atproto/common'
import { parseCid } from '@atproto/lex-data'
import {
  assureValidNextOp,
  type CompatibleOpOrTombstone,
  type ExportedOp,
  type IndexedOperation,
  type OpOrTombstone,
} from '@did-plc/lib'
import type { PlcDatabase } from '@did-plc/server'
import Sqlite, { type Database, type Statement } from 'better-sqlite3'
import { KeyedLock } from '../keyed-lock.ts'

interface Row {
  readonly did: string
  readonly cid: string
  readonly operation: string
  readonly nullified: 0 | 1
  readonly createdAt: number
}

/**
 * The PLC directory's operation log in SQLite. It keeps what the stock in-memory store forgets: the log survives a
 * restart, validation and insertion of one DID's operations never interleave (so no fork gets in), nullified
 * operations stay in the audit log, and creation times are kept, on which the 72-hour recovery window rests.
 */
export class SqlitePlcDatabase implements PlcDatabase {
  readonly #db: Database
  readonly #now: () => number
  readonly #locks = new KeyedLock()
  readonly #ofDid: Statement<[string], Row>
  readonly #last: Statement<[string], Row>
  readonly #after: Statement<[number, number], Row>
  readonly #insert: Statement<[Row]>
  readonly #nullify: Statement<[string, string]>
  #lastCreated: number

  /** @param now clock in milliseconds since 1970, for tests of the recovery window */
  constructor(path: string, now: () => number = Date.now) {
    this.#now = now
    this.#db = new Sqlite(path)
    this.#db.pragma('journal_mode = WAL')
    this.#db.pragma('synchronous = NORMAL')
    this.#db.exec(`
      CREATE TABLE IF NOT EXISTS operations (
        position INTEGER PRIMARY KEY,
        did TEXT NOT NULL,
        cid TEXT NOT NULL,
        operation TEXT NOT NULL,
        nullified INTEGER NOT NULL,
        createdAt INTEGER NOT NULL UNIQUE,
        UNIQUE (did, cid)
      ) STRICT`)
    const columns = 'did, cid, operation, nullified, createdAt'
    this.#ofDid = this.#db.prepare(`SELECT ${columns} FROM operations WHERE did = ? ORDER BY position`)
    this.#last = this.#db.prepare(
      `SELECT ${columns} FROM operations WHERE did = ? AND nullified = 0 ORDER BY position DESC LIMIT 1`,
    )
    this.#after = this.#db.prepare(
      `SELECT ${columns} FROM operations WHERE createdAt > ? ORDER BY createdAt LIMIT ?`,
    )
    this.#insert = this.#db.prepare(
      `INSERT INTO operations (${columns}) VALUES (@did, @cid, @operation, @nullified, @createdAt)`,
    )
    this.#nullify = this.#db.prepare('UPDATE operations SET nullified = 1 WHERE did = ? AND cid = ?')
    this.#lastCreated =
      this.#db.prepare<[], { last: number | null }>('SELECT max(createdAt) AS last FROM operations').get()
        ?.last ?? 0
  }

  async close(): Promise<void> {
    this.#db.close()
  }

  async healthCheck(): Promise<void> {
    this.#db.prepare('SELECT 1').get()
  }

  /**
   * Appends an operation after checking it against the DID's log.
   * @throws PlcError where the operation is invalid, forks the history without right, or comes after the recovery window
   */
  validateAndAddOp(did: string, proposed: OpOrTombstone): Promise<void> {
    return this.#locks.run(did, async () => {
      const { nullified } = await assureValidNextOp(did, this.#indexed(did, false), proposed)
      const cid = (await cidForCbor(proposed)).toString()
      this.#db.transaction(() => {
        for (const undone of nullified) this.#nullify.run(did, undone.toString())
        this.#insert.run({
          did,
          cid,
          operation: JSON.stringify(proposed),
          nullified: 0,
          createdAt: this.#timestamp(),
        })
      })()
    })
  }

  async opsForDid(did: string): Promise<CompatibleOpOrTombstone[]> {
    return this.#indexed(did, false).map(({ operation }) => operation)
  }

  async indexedOpsForDid(did: string, includeNullified = false): Promise<IndexedOperation[]> {
    return this.#indexed(did, includeNullified)
  }

  async lastOpForDid(did: string): Promise<CompatibleOpOrTombstone | null> {
    const row = this.#last.get(did)
    return row ? parseOperation(row) : null
  }

  /** Operations of all DIDs in order of creation; creation times are unique, so paging by the last one loses nothing. */
  async exportOps(count: number, after?: Date): Promise<ExportedOp[]> {
    return this.#after.all(after?.getTime() ?? 0, count).map(row => ({
      did: row.did,
      operation: parseOperation(row),
      cid: row.cid,
      nullified: row.nullified === 1,
      createdAt: new Date(row.createdAt).toISOString(),
    }))
  }

  #indexed(did: string, includeNullified: boolean): IndexedOperation[] {
    const rows = this.#ofDid.all(did)
    return rows
      .filter(({ nullified }) => includeNullified || nullified === 0)
      .map(row => ({
        did,
        operation: parseOperation(row),
        // The library's own copy of the CID class differs in type only: equality is by version, codec and digest.
        cid: parseCid(row.cid) as unknown as IndexedOperation['cid'],
        nullified: row.nullified === 1,
        createdAt: new Date(row.createdAt),
      }))
  }

  #timestamp(): number {
    this.#lastCreated = Math.max(this.#now(), this.#lastCreated + 1)
    return this.#lastCreated
  }
}

function parseOperation(row: Row): CompatibleOpOrTombstone {
  return JSON.parse(row.operation)
}
