import Sqlite, { type Database, type Statement } from 'better-sqlite3'
import { type RepoMessage, writeMessage } from './frames.ts'

export interface HostRow {
  readonly hostname: string
  /** Highest sequence number of the host that the relay has dealt with; null before the first. */
  readonly cursor: number | null
  readonly firstSeen: number
}

export interface RepoRow {
  readonly did: string
  readonly host: string
  /** Newest rev and commit known, from the firehose or from the host's list. */
  readonly rev: string | null
  readonly head: string | null
  /** Rev of the newest commit that went into the log. */
  readonly logged: string | null
  readonly active: 0 | 1
  readonly status: string | null
  /** Whether the collections of this repository are known whole. */
  readonly described: 0 | 1
}

/** What a host's list says of a repository. */
export type ListedRepo = Omit<RepoRow, 'described' | 'logged'>

export interface EventRow {
  readonly seq: number
  readonly did: string
  readonly type: RepoMessage['type']
  readonly frame: Uint8Array
}

/** How far back a subscriber may replay. */
export interface Retention {
  readonly events: number
  readonly hours: number
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS host (
    hostname TEXT PRIMARY KEY, cursor INTEGER, firstSeen INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY, did TEXT NOT NULL, type TEXT NOT NULL, time INTEGER NOT NULL, frame BLOB NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS repo (
    id INTEGER PRIMARY KEY, did TEXT NOT NULL UNIQUE, host TEXT NOT NULL, rev TEXT, head TEXT, logged TEXT,
    active INTEGER NOT NULL DEFAULT 1, status TEXT, described INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX IF NOT EXISTS repo_host ON repo (host);
  CREATE TABLE IF NOT EXISTS collection (
    nsid TEXT NOT NULL, did TEXT NOT NULL, PRIMARY KEY (nsid, did)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS collection_did ON collection (did);
`

/** What the relay remembers: its event log, the cursor at every host, every repository's head, who has which collection. */
export class RelayStore {
  readonly #db: Database
  readonly #retention: Retention
  readonly #statements = new Map<string, Statement>()
  #seq: number
  #floor: number
  #sincePrune = 0

  constructor(path: string, retention: Retention) {
    this.#retention = retention
    this.#db = new Sqlite(path)
    this.#db.pragma('journal_mode = WAL')
    this.#db.pragma('synchronous = NORMAL')
    this.#db.exec(SCHEMA)
    this.#seq = this.#meta('seq')
    this.#floor = this.#meta('floor')
    this.prune()
  }

  /** Sequence number of the newest event. */
  get seq(): number {
    return this.#seq
  }

  /** Sequence number of the newest event that is no longer kept; 0 while all are. */
  get floor(): number {
    return this.#floor
  }

  /** Appends events in order and moves the cursors of the hosts they came from, all or nothing. */
  append(events: readonly { host: string; message: RepoMessage }[], time = Date.now()): void {
    this.#db.transaction(() => {
      let seq = this.#seq
      for (const { host, message } of events) {
        seq += 1
        this.#prepare('INSERT INTO event (seq, did, type, time, frame) VALUES (?, ?, ?, ?, ?)').run(
          seq,
          message.did,
          message.type,
          time,
          writeMessage(message, seq),
        )
        this.#apply(host, message)
        this.moveCursor(host, message.seq)
      }
      this.#setMeta('seq', seq)
      this.#seq = seq
    })()
    this.#sincePrune += events.length
    if (this.#sincePrune >= 1_000) this.prune(time)
  }

  /** Forgets events that are older than the retention. */
  prune(time = Date.now()): void {
    this.#sincePrune = 0
    const oldest = time - this.#retention.hours * 3_600_000
    const byTime = this.#prepare<[number], { seq: number }>(
      'SELECT seq FROM event WHERE time >= ? ORDER BY seq LIMIT 1',
    ).get(oldest)
    const floor = Math.max(
      (byTime?.seq ?? this.#seq + 1) - 1,
      this.#seq - this.#retention.events,
      this.#floor,
    )
    this.#forget(floor)
  }

  /** Forgets every event so far; with `restartSequence` also the sequence, as a relay rebuilt from nothing would. */
  loseLog(restartSequence = false): void {
    this.#forget(this.#seq)
    if (!restartSequence) return
    this.#db.transaction(() => {
      this.#setMeta('seq', 0)
      this.#setMeta('floor', 0)
    })()
    this.#seq = 0
    this.#floor = 0
  }

  /** Up to `limit` events after a sequence number, oldest first. */
  after(seq: number, limit: number): EventRow[] {
    return this.#prepare<[number, number], EventRow>(
      'SELECT seq, did, type, frame FROM event WHERE seq > ? ORDER BY seq LIMIT ?',
    ).all(seq, limit)
  }

  addHost(hostname: string): void {
    this.#prepare('INSERT INTO host (hostname, firstSeen) VALUES (?, ?) ON CONFLICT DO NOTHING').run(
      hostname,
      Date.now(),
    )
  }

  hosts(): HostRow[] {
    return this.#prepare<[], HostRow>('SELECT * FROM host ORDER BY hostname').all()
  }

  host(hostname: string): HostRow | undefined {
    return this.#prepare<[string], HostRow>('SELECT * FROM host WHERE hostname = ?').get(hostname)
  }

  /** Moves a host's cursor forward, also past events that were refused. */
  moveCursor(hostname: string, seq: number): void {
    this.#prepare('UPDATE host SET cursor = ? WHERE hostname = ? AND (cursor IS NULL OR cursor < ?)').run(
      seq,
      hostname,
      seq,
    )
  }

  resetCursor(hostname: string): void {
    this.#prepare('UPDATE host SET cursor = NULL WHERE hostname = ?').run(hostname)
  }

  accountCount(hostname: string): number {
    const row = this.#prepare<[string], { n: number }>(
      'SELECT count(*) AS n FROM repo WHERE host = ? AND active = 1',
    ).get(hostname)
    return row?.n ?? 0
  }

  repo(did: string): RepoRow | undefined {
    return this.#prepare<[string], RepoRow>('SELECT * FROM repo WHERE did = ?').get(did)
  }

  /** Repositories after an internal id, with the id to go on from. */
  repos(after: number, limit: number): (RepoRow & { id: number })[] {
    return this.#prepare<[number, number], RepoRow & { id: number }>(
      'SELECT * FROM repo WHERE id > ? ORDER BY id LIMIT ?',
    ).all(after, limit)
  }

  /** DIDs with at least one record of a collection, in order, after a DID. */
  withCollection(nsid: string, after: string, limit: number): string[] {
    return this.#prepare<[string, string, number], { did: string }>(
      'SELECT did FROM collection WHERE nsid = ? AND did > ? ORDER BY did LIMIT ?',
    )
      .all(nsid, after, limit)
      .map(({ did }) => did)
  }

  undescribed(hostname: string): string[] {
    return this.#prepare<[string], { did: string }>(
      'SELECT did FROM repo WHERE host = ? AND described = 0 AND active = 1',
    )
      .all(hostname)
      .map(({ did }) => did)
  }

  /**
   * What a host's `listRepos` says of repositories; news from the firehose is never overwritten by older revs. The list may
   * be ahead of the firehose: what comes there afterwards is still news to the log.
   */
  listed(repos: readonly ListedRepo[]): void {
    const upsert = this.#prepare(`
      INSERT INTO repo (did, host, rev, head, active, status)
      VALUES (@did, @host, @rev, @head, @active, @status)
      ON CONFLICT (did) DO UPDATE SET
        host = excluded.host, rev = excluded.rev, head = excluded.head, active = excluded.active,
        status = excluded.status, described = 0
      WHERE repo.rev IS NULL OR repo.rev < excluded.rev`)
    this.#db.transaction(() => {
      for (const repo of repos) upsert.run(repo)
    })()
  }

  /** Stores the whole list of a repository's collections, unless it was written to since `rev`. */
  describe(did: string, rev: string | null, collections: readonly string[]): boolean {
    return this.#db.transaction(() => {
      if ((this.repo(did)?.rev ?? null) !== rev) return false
      this.#prepare('DELETE FROM collection WHERE did = ?').run(did)
      this.#addCollections(did, collections)
      this.#prepare('UPDATE repo SET described = 1 WHERE did = ?').run(did)
      return true
    })()
  }

  close(): void {
    this.#db.close()
  }

  #apply(host: string, message: RepoMessage): void {
    const { did, type } = message
    const known = this.repo(did)
    this.#prepare(
      'INSERT INTO repo (did, host) VALUES (?, ?) ON CONFLICT (did) DO UPDATE SET host = excluded.host',
    ).run(did, host)
    if (type === '#account') {
      const { active, status } = message
      this.#prepare('UPDATE repo SET active = ?, status = ? WHERE did = ?').run(
        active ? 1 : 0,
        status ?? null,
        did,
      )
      if (status === 'deleted') this.#prepare('DELETE FROM collection WHERE did = ?').run(did)
      return
    }
    if (type === '#identity') return
    this.#prepare('UPDATE repo SET logged = ? WHERE did = ?').run(message.rev ?? null, did)
    this.#prepare(
      'UPDATE repo SET rev = @rev, head = @head WHERE did = @did AND (rev IS NULL OR rev <= @rev)',
    ).run({ did, rev: message.rev ?? null, head: message.commit ?? null })
    if (type === '#sync') {
      if (known?.head !== message.commit) this.#setDescribed(did, 0)
      return
    }
    this.#addCollections(did, message.touched ?? [])
    if (!known?.rev && message.since === null) this.#setDescribed(did, 1)
    else if (message.deletes) this.#setDescribed(did, 0)
  }

  #setDescribed(did: string, described: 0 | 1): void {
    this.#prepare('UPDATE repo SET described = ? WHERE did = ?').run(described, did)
  }

  #addCollections(did: string, collections: Iterable<string>): void {
    const insert = this.#prepare('INSERT INTO collection (nsid, did) VALUES (?, ?) ON CONFLICT DO NOTHING')
    for (const nsid of collections) insert.run(nsid, did)
  }

  #forget(floor: number): void {
    if (floor <= this.#floor) return
    this.#db.transaction(() => {
      this.#prepare('DELETE FROM event WHERE seq <= ?').run(floor)
      this.#setMeta('floor', floor)
    })()
    this.#floor = floor
  }

  #prepare<P extends unknown[] = unknown[], R = unknown>(sql: string): Statement<P, R> {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement as unknown as Statement<P, R>
  }

  #meta(key: string): number {
    return (
      this.#prepare<[string], { value: number }>('SELECT value FROM meta WHERE key = ?').get(key)?.value ?? 0
    )
  }

  #setMeta(key: string, value: number): void {
    this.#prepare(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    ).run(key, value)
  }
}
