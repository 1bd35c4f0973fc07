import type { Engine } from './engine.ts'
import type { WebSubRow } from './schema.ts'

export type { WebSubRow } from './schema.ts'

/** Who is sent which feed (W3C WebSub). Like webhooks it belongs to this AppView alone. */
export class WebSubSubscriptions {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** How many there are, or how many are sent to one origin. */
  async count(origin?: string): Promise<number> {
    const { count } = await this.#engine.reader
      .selectFrom('websub')
      .select(this.#engine.reader.fn.countAll<number>().as('count'))
      .$if(origin !== undefined, ask => ask.where('callback', 'like', `${origin}/%`))
      .executeTakeFirstOrThrow()
    return Number(count)
  }

  /** Feeds that somebody subscribes to. */
  async topics(): Promise<string[]> {
    const rows = await this.#engine.reader.selectFrom('websub').select('topic').distinct().execute()
    return rows.map(({ topic }) => topic)
  }

  /** Subscriptions of a feed. */
  async of(topic: string): Promise<WebSubRow[]> {
    return this.#engine.reader
      .selectFrom('websub')
      .selectAll()
      .where('topic', '=', topic)
      .orderBy('callback')
      .execute()
  }

  /** Begins a subscription, or renews the one with the same callback, which is still owed what it was not sent. */
  async put(row: WebSubRow): Promise<void> {
    const { topic: _, callback: __, etag: ___, ...change } = row
    await this.#engine.write(tx =>
      tx
        .insertInto('websub')
        .values(row)
        .onConflict(c => c.columns(['topic', 'callback']).doUpdateSet(change))
        .execute(),
    )
  }

  async update(
    { topic, callback }: Pick<WebSubRow, 'topic' | 'callback'>,
    change: Partial<Omit<WebSubRow, 'topic' | 'callback'>>,
  ): Promise<void> {
    await this.#engine.write(tx =>
      tx
        .updateTable('websub')
        .set(change)
        .where('topic', '=', topic)
        .where('callback', '=', callback)
        .execute(),
    )
  }

  async remove({ topic, callback }: Pick<WebSubRow, 'topic' | 'callback'>): Promise<void> {
    await this.#engine.write(tx =>
      tx.deleteFrom('websub').where('topic', '=', topic).where('callback', '=', callback).execute(),
    )
  }
}
