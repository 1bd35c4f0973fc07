import Sqlite, { type Database } from 'better-sqlite3'

/** A message that a PDS sent: confirmation codes, password resets, tokens for identity operations. */
export interface Mail {
  readonly id: number
  /** Name of the PDS that sent it. */
  readonly pds: string
  readonly to: string
  readonly subject: string
  readonly html: string
  /** The code the message asks to type in, where it carries one (`XXXXX-XXXXX`). */
  readonly token?: string
  /** The first address it leads to. */
  readonly link?: string
  /** ISO 8601. */
  readonly time: string
}

type Row = Omit<Mail, 'token' | 'link'> & { token: string | null }

/** Keeps every mail of the box instead of sending it. Nothing leaves the machine. */
export class MailCatcher {
  readonly #db: Database
  readonly #waiting = new Set<() => void>()
  readonly #onMail: (mail: Mail) => void

  /** @param onMail told of every message */
  constructor(path: string, onMail: (mail: Mail) => void = () => undefined) {
    this.#onMail = onMail
    this.#db = new Sqlite(path)
    this.#db.pragma('journal_mode = WAL')
    this.#db.exec(`
      CREATE TABLE IF NOT EXISTS mail (
        id INTEGER PRIMARY KEY,
        pds TEXT NOT NULL,
        "to" TEXT NOT NULL COLLATE NOCASE,
        subject TEXT NOT NULL,
        html TEXT NOT NULL,
        token TEXT,
        time TEXT NOT NULL
      ) STRICT`)
  }

  /** Stores one message; called by the PDSes. */
  deliver(mail: Pick<Mail, 'pds' | 'to' | 'subject' | 'html'>): Mail {
    const token = /\b[A-Z2-7]{5}-[A-Z2-7]{5}\b/.exec(mail.html)?.[0] ?? null
    const row = { ...mail, token, time: new Date().toISOString() }
    const { lastInsertRowid } = this.#db
      .prepare(
        'INSERT INTO mail (pds, "to", subject, html, token, time) VALUES (@pds, @to, @subject, @html, @token, @time)',
      )
      .run(row)
    const kept = toMail({ ...row, id: Number(lastInsertRowid) })
    for (const wake of this.#waiting) wake()
    this.#onMail(kept)
    return kept
  }

  /** Messages to an address (to all, where absent), oldest first. */
  list(to?: string): Mail[] {
    const rows = to
      ? this.#db.prepare<[string], Row>('SELECT * FROM mail WHERE "to" = ? ORDER BY id').all(to)
      : this.#db.prepare<[], Row>('SELECT * FROM mail ORDER BY id').all()
    return rows.map(toMail)
  }

  /**
   * The newest message to an address with an id above `after`, waiting until one comes.
   * @throws Error after `timeoutMs`
   */
  async next(to: string, { after = 0, timeoutMs = 10_000 } = {}): Promise<Mail> {
    const deadline = Date.now() + timeoutMs
    for (;;) {
      const mail = this.list(to).findLast(({ id }) => id > after)
      if (mail) return mail
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`no mail to ${to} within ${timeoutMs} ms`)
      await new Promise<void>(resolve => {
        const timer = setTimeout(wake, left)
        const waiting = this.#waiting
        function wake(): void {
          clearTimeout(timer)
          waiting.delete(wake)
          resolve()
        }
        waiting.add(wake)
      })
    }
  }

  close(): void {
    this.#db.close()
  }
}

function toMail({ token, ...mail }: Row): Mail {
  const link = /https?:\/\/[^\s"'<>]+/.exec(mail.html)?.[0]
  return { ...mail, ...(token !== null && { token }), ...(link !== undefined && { link }) }
}
