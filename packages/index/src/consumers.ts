import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Engine } from './engine.ts'
import { QueryError } from './errors.ts'
import type { ApiKeyRow, PlanRow, UsageRow } from './private-tables.ts'

export type { ApiKeyRow, PlanRow, UsageRow } from './private-tables.ts'

/** A key with what its plan allows. */
export interface KnownKey {
  readonly id: string
  readonly plan: PlanRow
}

export interface UsageFilter {
  /** Days, `YYYY-MM-DD`, both included. */
  readonly from?: string
  readonly until?: string
  readonly consumer?: string
}

export type UsagePosition = readonly [consumer: string, day: string, method: string]

/** Usage with whose key it is, where it is a key's. */
export interface NamedUsage extends UsageRow {
  readonly name: string | null
  readonly plan: string | null
}

/** Who asks this AppView by API keys, what their plans allow, and what everybody asked for. */
export class Consumers {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async putPlan(plan: PlanRow): Promise<void> {
    const { name: _, ...change } = plan
    await this.#engine.write(tx =>
      tx
        .insertInto('plan')
        .values(plan)
        .onConflict(c => c.column('name').doUpdateSet(change))
        .execute(),
    )
  }

  async plans(): Promise<PlanRow[]> {
    return this.#engine.reader.selectFrom('plan').selectAll().orderBy('name').execute()
  }

  /**
   * Makes a key. Only its hash is kept.
   * @throws QueryError PlanNotFound
   */
  async createKey(name: string, plan: string): Promise<{ readonly id: string; readonly key: string }> {
    const id = randomBytes(9).toString('base64url')
    const key = `frost_${randomBytes(24).toString('base64url')}`
    await this.#engine.write(async tx => {
      const known = await tx.selectFrom('plan').select('name').where('name', '=', plan).executeTakeFirst()
      if (!known) throw new QueryError('PlanNotFound', `there is no plan '${plan}': make it first`)
      const row = {
        id,
        hash: hashOf(key),
        name,
        plan,
        created_at: new Date().toISOString(),
        revoked_at: null,
      }
      await tx.insertInto('api_key').values(row).execute()
    })
    return { id, key }
  }

  /** @throws QueryError KeyNotFound */
  async revokeKey(id: string): Promise<void> {
    const { numUpdatedRows } = await this.#engine.write(tx =>
      tx
        .updateTable('api_key')
        .set({ revoked_at: new Date().toISOString() })
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .executeTakeFirst(),
    )
    if (Number(numUpdatedRows) === 0)
      throw new QueryError('KeyNotFound', `there is no key '${id}', or it was revoked`)
  }

  /** One page of keys, newest first. */
  async keys(limit: number, after?: readonly [string, string]): Promise<ApiKeyRow[]> {
    return this.#engine.reader
      .selectFrom('api_key')
      .selectAll()
      .$if(after !== undefined, ask =>
        ask.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('created_at', 'id'), '<', tuple(after![0], after![1])),
        ),
      )
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
  }

  /** The key if there is one that was not revoked. */
  async find(key: string): Promise<KnownKey | undefined> {
    const row = await this.#engine.reader
      .selectFrom('api_key')
      .innerJoin('plan', 'plan.name', 'api_key.plan')
      .select(['api_key.id', 'plan.name', 'requests_per_window', 'requests_per_month', 'bytes_per_month'])
      .where('api_key.hash', '=', hashOf(key))
      .where('api_key.revoked_at', 'is', null)
      .executeTakeFirst()
    if (!row) return undefined
    const { id, ...plan } = row
    return { id, plan }
  }

  /** Adds what was asked for since the last time. */
  async addUsage(rows: readonly UsageRow[]): Promise<void> {
    if (rows.length === 0) return
    await this.#engine.write(async tx => {
      for (const row of rows)
        await tx
          .insertInto('usage')
          .values(row)
          .onConflict(c =>
            c.columns(['consumer', 'day', 'method']).doUpdateSet({
              requests: sql<number>`usage.requests + excluded.requests`,
              bytes: sql<number>`usage.bytes + excluded.bytes`,
            }),
          )
          .execute()
    })
  }

  /** What a consumer asked for in a calendar month, `YYYY-MM`. */
  async ofMonth(
    consumer: string,
    month: string,
  ): Promise<{ readonly requests: number; readonly bytes: number }> {
    const row = await this.#engine.reader
      .selectFrom('usage')
      .select(({ fn }) => [fn.sum<number>('requests').as('requests'), fn.sum<number>('bytes').as('bytes')])
      .where('consumer', '=', consumer)
      .where('day', '>=', `${month}-01`)
      .where('day', '<=', `${month}-31`)
      .executeTakeFirst()
    return { requests: Number(row?.requests ?? 0), bytes: Number(row?.bytes ?? 0) }
  }

  /** Usage a day and method, by consumer, day and method. */
  async usage(filter: UsageFilter, limit: number, after?: UsagePosition): Promise<NamedUsage[]> {
    const rows = await this.#filtered(filter)
      .leftJoin('api_key', 'api_key.id', 'usage.consumer')
      .select([
        'usage.consumer',
        'usage.day',
        'usage.method',
        'usage.requests',
        'usage.bytes',
        'api_key.name',
        'api_key.plan',
      ])
      .$if(after !== undefined, ask =>
        ask.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('usage.consumer', 'usage.day', 'usage.method'), '>', tuple(...after!)),
        ),
      )
      .orderBy('usage.consumer')
      .orderBy('usage.day')
      .orderBy('usage.method')
      .limit(limit)
      .execute()
    return rows.map(row => ({ ...row, requests: Number(row.requests), bytes: Number(row.bytes) }))
  }

  /** Usage in all, one row a consumer. */
  async totals(filter: UsageFilter, limit: number, after?: string): Promise<NamedUsage[]> {
    const rows = await this.#filtered(filter)
      .leftJoin('api_key', 'api_key.id', 'usage.consumer')
      .select(({ fn }) => [
        'usage.consumer',
        'api_key.name',
        'api_key.plan',
        fn.sum<number>('usage.requests').as('requests'),
        fn.sum<number>('usage.bytes').as('bytes'),
      ])
      .$if(after !== undefined, ask => ask.where('usage.consumer', '>', after!))
      .groupBy(['usage.consumer', 'api_key.name', 'api_key.plan'])
      .orderBy('usage.consumer')
      .limit(limit)
      .execute()
    return rows.map(row => ({
      ...row,
      day: '',
      method: '',
      requests: Number(row.requests),
      bytes: Number(row.bytes),
    }))
  }

  #filtered({ from, until, consumer }: UsageFilter) {
    return this.#engine.reader
      .selectFrom('usage')
      .$if(from !== undefined, ask => ask.where('usage.day', '>=', from!))
      .$if(until !== undefined, ask => ask.where('usage.day', '<=', until!))
      .$if(consumer !== undefined, ask => ask.where('usage.consumer', '=', consumer!))
  }
}

const hashOf = (key: string) => createHash('sha256').update(key).digest('hex')
