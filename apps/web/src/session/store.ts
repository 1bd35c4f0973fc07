import { createHash, randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { NodeSavedSession, NodeSavedState } from '@atproto/oauth-client-node'
import Sqlite, { type Database } from 'better-sqlite3'
import type { Vault } from './vault.ts'

/** A browser in which somebody is signed in. */
export interface SiteSession {
  readonly id: number
  readonly did: string
  /** Checked both ways when they signed in. */
  readonly handle?: string
  /** The browser, as it calls itself. */
  readonly browser: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly seenAt: number
}

interface Row {
  readonly id: number
  readonly did: string
  readonly handle: string | null
  readonly browser: string
  readonly created_at: number
  readonly seen_at: number
}

const SIGN_IN_MILLISECONDS = 15 * 60_000
/** A browser that has not come back for so long is signed out. */
const IDLE_MILLISECONDS = 60 * 24 * 3_600_000
/** Whoever is here often costs no write at each page. */
const SEEN_STEP_MILLISECONDS = 10 * 60_000
const MOST_SIGN_INS = 10_000

/** Who is signed in, in one SQLite file: browsers by the hash of what their cookie holds, accounts' tokens sealed. */
export class SessionStore {
  readonly #db: Database
  readonly #vault: Vault
  readonly #now: () => number

  constructor(folder: string, vault: Vault, now: () => number = Date.now) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const path = join(folder, 'sessions.sqlite')
    closeSync(openSync(path, 'a', 0o600))
    this.#vault = vault
    this.#now = now
    this.#db = new Sqlite(path)
    this.#db.pragma('journal_mode = WAL')
    this.#db.exec(`
      CREATE TABLE IF NOT EXISTS sign_in (
        state TEXT PRIMARY KEY, sealed BLOB NOT NULL, expires_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS account (
        did TEXT PRIMARY KEY, sealed BLOB NOT NULL, scope TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS browser (
        id INTEGER PRIMARY KEY AUTOINCREMENT, token_hash BLOB NOT NULL UNIQUE, did TEXT NOT NULL, handle TEXT,
        browser TEXT NOT NULL, created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX IF NOT EXISTS browser_did ON browser (did);
    `)
  }

  /** Sign-ins under way, by the `state` that the authorization server gives back. */
  readonly states = {
    get: (state: string): NodeSavedState | undefined => {
      const row = this.#db
        .prepare<[string, number], { sealed: Buffer }>(
          'SELECT sealed FROM sign_in WHERE state = ? AND expires_at > ?',
        )
        .get(state, this.#now())
      return row && this.#vault.open(row.sealed, `sign-in ${state}`)
    },
    set: (state: string, value: NodeSavedState): void => {
      this.#db.prepare('DELETE FROM sign_in WHERE expires_at <= ?').run(this.#now())
      // Anybody may begin a sign-in: the oldest go, so that the file stays small.
      this.#db
        .prepare(
          'DELETE FROM sign_in WHERE state IN (SELECT state FROM sign_in ORDER BY expires_at DESC LIMIT -1 OFFSET ?)',
        )
        .run(MOST_SIGN_INS)
      this.#db
        .prepare('INSERT OR REPLACE INTO sign_in (state, sealed, expires_at) VALUES (?, ?, ?)')
        .run(state, this.#vault.seal(value, `sign-in ${state}`), this.#now() + SIGN_IN_MILLISECONDS)
    },
    del: (state: string): void => {
      this.#db.prepare('DELETE FROM sign_in WHERE state = ?').run(state)
    },
  }

  /** Tokens of an account, as the OAuth client keeps them. */
  tokens(did: string): NodeSavedSession | undefined {
    const row = this.#db
      .prepare<[string], { sealed: Buffer }>('SELECT sealed FROM account WHERE did = ?')
      .get(did)
    return row && this.#vault.open(row.sealed, `account ${did}`)
  }

  /** @param scope what was asked for: part of a loopback client's id, so needed at each refresh */
  setTokens(did: string, tokens: NodeSavedSession, scope: string): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO account (did, sealed, scope) VALUES (?, ?, ?)')
      .run(did, this.#vault.seal(tokens, `account ${did}`), scope)
  }

  scopeOf(did: string): string | undefined {
    return this.#db.prepare<[string], { scope: string }>('SELECT scope FROM account WHERE did = ?').get(did)
      ?.scope
  }

  removeTokens(did: string): void {
    this.#db.prepare('DELETE FROM account WHERE did = ?').run(did)
  }

  /** @returns what the browser's cookie is to hold; only its hash is kept */
  open(did: string, handle: string | undefined, browser: string): string {
    const token = randomBytes(32).toString('base64url')
    const now = this.#now()
    this.#db
      .prepare(
        'INSERT INTO browser (token_hash, did, handle, browser, created_at, seen_at) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(hashOf(token), did, handle ?? null, browser.slice(0, 200), now, now)
    this.#db.prepare('DELETE FROM browser WHERE seen_at < ?').run(now - IDLE_MILLISECONDS)
    return token
  }

  /** The session of a cookie; undefined where there is none, or none any more. */
  find(token: string): SiteSession | undefined {
    const now = this.#now()
    const row = this.#db
      .prepare<[Buffer, number], Row>('SELECT * FROM browser WHERE token_hash = ? AND seen_at >= ?')
      .get(hashOf(token), now - IDLE_MILLISECONDS)
    if (!row) return undefined
    if (now - row.seen_at > SEEN_STEP_MILLISECONDS)
      this.#db.prepare('UPDATE browser SET seen_at = ? WHERE id = ?').run(now, row.id)
    return sessionOf(row)
  }

  /** Sessions of an account, the one seen last first. */
  list(did: string): SiteSession[] {
    return this.#db
      .prepare<[string, number], Row>(
        'SELECT * FROM browser WHERE did = ? AND seen_at >= ? ORDER BY seen_at DESC, id DESC',
      )
      .all(did, this.#now() - IDLE_MILLISECONDS)
      .map(sessionOf)
  }

  /** Ends sessions of an account: the one named, else all. @returns how many are left */
  close(did: string, id?: number): number {
    if (id === undefined) this.#db.prepare('DELETE FROM browser WHERE did = ?').run(did)
    else this.#db.prepare('DELETE FROM browser WHERE did = ? AND id = ?').run(did, id)
    return this.list(did).length
  }

  end(): void {
    this.#db.close()
  }
}

function sessionOf({ id, did, handle, browser, created_at, seen_at }: Row): SiteSession {
  return { id, did, ...(handle && { handle }), browser, createdAt: created_at, seenAt: seen_at }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
