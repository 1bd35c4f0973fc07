import { randomBytes } from 'node:crypto'
import type { Engine } from './engine.ts'
import { QueryError } from './errors.ts'
import type { ReaderMailRow } from './private-tables.ts'

export type { ReaderMailRow } from './private-tables.ts'

/** Links to one address, and of one account, in a day. */
const MOST_LINKS = 5
const LINK_MILLISECONDS = 86_400_000
const MOST_DUE = 200

/** How long a frequency waits between two mails, in milliseconds; what is told soon waits for what comes with it. */
const WAITS: Readonly<Record<string, number>> = { soon: 300_000, daily: 86_400_000, weekly: 604_800_000 }

/** Who is told by e-mail, where and how often: of this AppView alone. An address is used once a link sent to it was opened. */
export class ReaderMail {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async get(did: string): Promise<ReaderMailRow | undefined> {
    return this.#engine.reader.selectFrom('reader_mail').selectAll().where('did', '=', did).executeTakeFirst()
  }

  /**
   * Keeps an address that is to be confirmed.
   * @returns the token of the link to send there
   * @throws QueryError TooManyMails
   */
  async ask(did: string, address: string, now = Date.now()): Promise<string> {
    const token = newToken()
    const before = new Date(now - LINK_MILLISECONDS).toISOString()
    const time = new Date(now).toISOString()
    await this.#engine.write(async tx => {
      await tx.deleteFrom('mail_link').where('sent_at', '<', before).execute()
      for (const [column, value] of [
        ['did', did],
        ['address', address.toLowerCase()],
      ] as const) {
        const { count } = await tx
          .selectFrom('mail_link')
          .select(tx.fn.countAll<number>().as('count'))
          .where(column, '=', value)
          .executeTakeFirstOrThrow()
        if (Number(count) >= MOST_LINKS)
          throw new QueryError(
            'TooManyMails',
            `${MOST_LINKS} links were sent within a day: open the last one, or try again tomorrow`,
          )
      }
      await tx
        .insertInto('mail_link')
        .values({ token, did, address: address.toLowerCase(), sent_at: time })
        .execute()
      const change = { address, state: 'unconfirmed', failures: 0 }
      await tx
        .insertInto('reader_mail')
        .values({ did, ...change, frequency: 'daily', token: newToken(), due_at: time, told_until: time })
        .onConflict(c => c.column('did').doUpdateSet(change))
        .execute()
    })
    return token
  }

  /** The address behind a link is its reader's own. @returns whether the link holds: for a day, and for the newest address */
  async confirm(token: string, now = Date.now()): Promise<boolean> {
    return this.#engine.write(async tx => {
      const link = await tx
        .selectFrom('mail_link')
        .innerJoin('reader_mail', 'reader_mail.did', 'mail_link.did')
        .select(['mail_link.did', 'mail_link.address', 'mail_link.sent_at', 'reader_mail.address as wanted'])
        .where('mail_link.token', '=', token)
        .executeTakeFirst()
      if (!link || link.wanted.toLowerCase() !== link.address) return false
      if (Date.parse(link.sent_at) < now - LINK_MILLISECONDS) return false
      const time = new Date(now).toISOString()
      await tx
        .updateTable('reader_mail')
        .set({ state: 'confirmed', failures: 0, told_until: time, due_at: time })
        .where('did', '=', link.did)
        .execute()
      return true
    })
  }

  async setFrequency(did: string, frequency: string, now = Date.now()): Promise<void> {
    const due_at = new Date(now).toISOString()
    await this.#engine.write(tx =>
      tx.updateTable('reader_mail').set({ frequency, due_at }).where('did', '=', did).execute(),
    )
  }

  /** Ends the e-mails of whom the token was sent to. @returns whether there is such a reader */
  async unsubscribe(token: string): Promise<boolean> {
    const ended = await this.#engine.write(tx =>
      tx.updateTable('reader_mail').set({ frequency: 'never' }).where('token', '=', token).executeTakeFirst(),
    )
    return Number(ended.numUpdatedRows) > 0
  }

  /** Nothing of it is kept. */
  async forget(did: string): Promise<void> {
    await this.#engine.write(async tx => {
      await tx.deleteFrom('reader_mail').where('did', '=', did).execute()
      await tx.deleteFrom('mail_link').where('did', '=', did).execute()
    })
  }

  /** Those for whom it is time to look for something to tell, who waited longest first. */
  async due(now: number): Promise<ReaderMailRow[]> {
    return this.#engine.reader
      .selectFrom('reader_mail')
      .selectAll()
      .where('state', '=', 'confirmed')
      .where('due_at', '<=', new Date(now).toISOString())
      .where('frequency', 'in', Object.keys(WAITS))
      .orderBy('due_at')
      .limit(MOST_DUE)
      .execute()
  }

  /**
   * What there was is told.
   * @param until the time of the newest of it: what comes in meanwhile is told next time, whatever the clock said when a round began
   */
  async told({ did, frequency }: ReaderMailRow, now: number, until?: string): Promise<void> {
    await this.#change(did, {
      ...(until !== undefined && { told_until: until }),
      due_at: new Date(now + WAITS[frequency]!).toISOString(),
      failures: 0,
    })
  }

  /**
   * A mail is about to be sent. Until it is told it counts as not taken, so that what is killed in between sends it once more after a
   * while, and not in each of many starts.
   */
  async begun({ did, failures }: ReaderMailRow, now: number): Promise<void> {
    const wait = Math.min(WAITS.daily!, WAITS.soon! * 2 ** failures)
    await this.#change(did, { failures: failures + 1, due_at: new Date(now + wait).toISOString() })
  }

  /** A mail that was begun was not taken: it is tried again later, or, where it never will be, no more. */
  async refused({ did, failures }: ReaderMailRow, isFinal: boolean): Promise<void> {
    const MOST_FAILURES = 12
    if (isFinal || failures + 1 >= MOST_FAILURES) await this.#change(did, { state: 'failing' })
  }

  async #change(did: string, change: Partial<ReaderMailRow>): Promise<void> {
    await this.#engine.write(tx => tx.updateTable('reader_mail').set(change).where('did', '=', did).execute())
  }
}

const newToken = () => randomBytes(24).toString('base64url')
