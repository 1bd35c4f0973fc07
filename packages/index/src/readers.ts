import type { Engine } from './engine.ts'
import { QueryError } from './errors.ts'
import { requireAccount } from './queries/accounts.ts'
import { NEVER, type Reader, readerOf } from './queries/reader.ts'

const MOST_MUTES = 5000

/** What people have seen, want to be told of and do not want to hear: of this AppView alone. */
export class Readers {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  get(did: string): Promise<Reader> {
    return readerOf(this.#engine.reader, did)
  }

  /** Notifications up to a time are seen; a time to come is taken as now. */
  async markSeen(did: string, until: string): Promise<void> {
    const now = new Date().toISOString()
    const said = new Date(until).toISOString()
    await this.#change(did, { seen_at: said < now ? said : now })
  }

  async setQuietReasons(did: string, reasons: readonly string[]): Promise<void> {
    await this.#change(did, { quiet_reasons: JSON.stringify([...new Set(reasons)]) })
  }

  /** @throws QueryError ActorNotFound, TooManyMutes */
  async mute(did: string, actor: string): Promise<void> {
    const subject = await this.#didOf(actor)
    await this.#engine.write(async tx => {
      const { count } = await tx
        .selectFrom('mute')
        .select(tx.fn.countAll<number>().as('count'))
        .where('did', '=', did)
        .executeTakeFirstOrThrow()
      if (Number(count) >= MOST_MUTES)
        throw new QueryError(
          'TooManyMutes',
          `an account mutes at most ${MOST_MUTES} others: end a mute that is not needed`,
        )
      await tx
        .insertInto('mute')
        .values({ did, subject, created_at: new Date().toISOString() })
        .onConflict(c => c.columns(['did', 'subject']).doNothing())
        .execute()
    })
  }

  /** @throws QueryError ActorNotFound for a handle that is not known */
  async unmute(did: string, actor: string): Promise<void> {
    const subject = await this.#didOf(actor)
    await this.#engine.write(tx =>
      tx.deleteFrom('mute').where('did', '=', did).where('subject', '=', subject).execute(),
    )
  }

  /** A DID needs not be known here: who is away may be muted, and unmuted, too. */
  async #didOf(actor: string): Promise<string> {
    return actor.startsWith('did:') ? actor : requireAccount(this.#engine.reader, actor)
  }

  async #change(did: string, change: { seen_at?: string; quiet_reasons?: string }): Promise<void> {
    await this.#engine.write(tx =>
      tx
        .insertInto('reader')
        .values({ did, seen_at: NEVER, quiet_reasons: '[]', ...change })
        .onConflict(c => c.column('did').doUpdateSet(change))
        .execute(),
    )
  }
}
