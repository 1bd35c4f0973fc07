import { randomBytes, randomUUID } from 'node:crypto'
import type { Engine } from './engine.ts'
import { QueryError } from './errors.ts'
import { decodePosition, encodePosition } from './page-cursor.ts'
import type { DeliveryRow, WebhookRow } from './schema.ts'

export const MOST_WEBHOOKS = 20
/** How long a secret that was replaced still signs beside the new one. */
const OLD_SECRET_MILLISECONDS = 86_400_000

export type { DeliveryRow, WebhookRow } from './schema.ts'

/**
 * Where people want updates sent, and what could not be delivered. Unlike everything else in the database it does not come from the
 * network and belongs to this AppView alone.
 */
export class Webhooks {
  readonly #engine: Engine
  readonly #listeners = new Set<(id: string) => void>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Calls back with the id of a webhook that came, went or is to be tried anew; returns what ends it. */
  onChange(listener: (id: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** @throws QueryError TooManyWebhooks */
  async register(hook: Pick<WebhookRow, 'did' | 'url' | 'filter' | 'seq'>): Promise<WebhookRow> {
    const row: WebhookRow = {
      ...hook,
      id: randomUUID(),
      secret: newSecret(),
      old_secret: null,
      old_secret_until: null,
      created_at: new Date().toISOString(),
      state: 'active',
      last_error: null,
    }
    await this.#engine.write(async tx => {
      const { count } = await tx
        .selectFrom('webhook')
        .select(tx.fn.countAll<number>().as('count'))
        .where('did', '=', hook.did)
        .executeTakeFirstOrThrow()
      if (Number(count) >= MOST_WEBHOOKS)
        throw new QueryError(
          'TooManyWebhooks',
          `an account has at most ${MOST_WEBHOOKS} webhooks: remove one that is not needed`,
        )
      await tx.insertInto('webhook').values(row).execute()
    })
    this.#tell(row.id)
    return row
  }

  /** All of them, or one account's. */
  async list(did?: string): Promise<WebhookRow[]> {
    return this.#engine.reader
      .selectFrom('webhook')
      .selectAll()
      .$if(did !== undefined, ask => ask.where('did', '=', did!))
      .orderBy('id')
      .execute()
  }

  async get(id: string): Promise<WebhookRow | undefined> {
    return this.#engine.reader.selectFrom('webhook').selectAll().where('id', '=', id).executeTakeFirst()
  }

  /** @throws QueryError WebhookNotFound also for one of somebody else */
  async owned(did: string, id: string): Promise<WebhookRow> {
    const row = await this.get(id)
    if (row?.did === did) return row
    throw new QueryError('WebhookNotFound', `you have no webhook '${id.slice(0, 60)}' here`)
  }

  async remove(did: string, id: string): Promise<void> {
    await this.owned(did, id)
    await this.#engine.write(async tx => {
      await tx.deleteFrom('webhook_delivery').where('webhook', '=', id).execute()
      await tx.deleteFrom('webhook').where('id', '=', id).execute()
    })
    this.#tell(id)
  }

  /** @returns the new secret */
  async rotate(did: string, id: string): Promise<string> {
    const row = await this.owned(did, id)
    const secret = newSecret()
    await this.update(id, {
      secret,
      old_secret: row.secret,
      old_secret_until: new Date(Date.now() + OLD_SECRET_MILLISECONDS).toISOString(),
    })
    return secret
  }

  async update(id: string, change: Partial<Omit<WebhookRow, 'id' | 'did'>>): Promise<void> {
    await this.#engine.write(tx => tx.updateTable('webhook').set(change).where('id', '=', id).execute())
  }

  /** Deliveries that wait, oldest first. */
  async waiting(id: string): Promise<DeliveryRow[]> {
    return this.#engine.reader
      .selectFrom('webhook_delivery')
      .selectAll()
      .where('webhook', '=', id)
      .where('state', '=', 'waiting')
      .orderBy('seq')
      .execute()
  }

  /** Notes what was not delivered, and how far the webhook has come, at once. */
  async keep(id: string, seq: number, delivery?: DeliveryRow): Promise<void> {
    await this.#engine.write(async tx => {
      if (delivery) {
        const { webhook: _, seq: __, ...change } = delivery
        await tx
          .insertInto('webhook_delivery')
          .values(delivery)
          .onConflict(c => c.columns(['webhook', 'seq']).doUpdateSet(change))
          .execute()
      }
      await tx.updateTable('webhook').set({ seq }).where('id', '=', id).where('seq', '<', seq).execute()
    })
  }

  async delivered(id: string, seq: number): Promise<void> {
    await this.#engine.write(tx =>
      tx.deleteFrom('webhook_delivery').where('webhook', '=', id).where('seq', '=', seq).execute(),
    )
  }

  /** How many deliveries wait and how many were given up, by webhook. */
  async counts(ids: readonly string[]): Promise<Map<string, { waiting: number; dead: number }>> {
    const counts = new Map(ids.map(id => [id, { waiting: 0, dead: 0 }]))
    if (ids.length === 0) return counts
    const rows = await this.#engine.reader
      .selectFrom('webhook_delivery')
      .select(['webhook', 'state', this.#engine.reader.fn.countAll<number>().as('count')])
      .where('webhook', 'in', ids)
      .groupBy(['webhook', 'state'])
      .execute()
    for (const { webhook, state, count } of rows)
      counts.get(webhook)![state === 'dead' ? 'dead' : 'waiting'] = Number(count)
    return counts
  }

  /** One page of failed deliveries, oldest first. @throws QueryError InvalidCursor */
  async deliveries(
    id: string,
    { state, limit, cursor }: { state?: string; limit: number; cursor?: string },
  ): Promise<{ deliveries: DeliveryRow[]; cursor?: string }> {
    const after = decodePosition(cursor)
    const rows = await this.#engine.reader
      .selectFrom('webhook_delivery')
      .selectAll()
      .where('webhook', '=', id)
      .$if(state !== undefined, ask => ask.where('state', '=', state!))
      .$if(after !== undefined, ask => ask.where('seq', '>', Number(after![0]) || 0))
      .orderBy('seq')
      .limit(limit + 1)
      .execute()
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return rows.length > limit && last
      ? { deliveries: page, cursor: encodePosition([String(last.seq), id]) }
      : { deliveries: page }
  }

  /** Lets given-up deliveries, and a disabled webhook, be tried from the beginning. @returns how many */
  async replay(did: string, id: string, seqs?: readonly number[]): Promise<number> {
    await this.owned(did, id)
    const now = new Date().toISOString()
    const count = await this.#engine.write(async tx => {
      const dead = await tx
        .updateTable('webhook_delivery')
        .set({ state: 'waiting', attempts: 0, first_attempt_at: now, next_attempt_at: now })
        .where('webhook', '=', id)
        .where('state', '=', 'dead')
        .$if(seqs !== undefined, ask => ask.where('seq', 'in', seqs!.length > 0 ? seqs! : [-1]))
        .executeTakeFirst()
      await tx.updateTable('webhook').set({ state: 'active' }).where('id', '=', id).execute()
      return Number(dead.numUpdatedRows)
    })
    this.#tell(id)
    return count
  }

  #tell(id: string): void {
    for (const listener of this.#listeners) listener(id)
  }
}

/** 24 random bytes in the notation of Standard Webhooks. */
const newSecret = () => `whsec_${randomBytes(24).toString('base64')}`
