import { hash } from 'node:crypto'
import { nsid } from '@frost/lexicon'
import { sql } from 'kysely'
import type { AvailabilityHostRow, AvailabilityRow } from './availability-tables.ts'
import type { Engine } from './engine.ts'
import { parts } from './in-parts.ts'
import { items, text } from './projection.ts'
import { recordPages } from './record-pages.ts'
import { addressKey, boundedKey } from './reference-key.ts'
import { horizonOf, type Update, type UpdateLog } from './update-log.ts'

export type { AvailabilityHostRow, AvailabilityRow } from './availability-tables.ts'

/** A place that is to be looked at. */
export interface Watched {
  readonly place: string
  readonly address: string
  readonly host: string
  /** None where it is not asked; `reason` then says why. */
  readonly urls: readonly string[]
  readonly reason?: string
}

/** A distribution of a record, as a stranger wrote it. */
export type RawDistribution = Readonly<Record<string, unknown>>

const COLLECTIONS: readonly string[] = [nsid('dataset.entry'), nsid('dataset.mirror')]
const SCHEMES = ['distribution', 'mirror']
const POSITION = 'availability-seq'
/** Of one address that are read; where there are more, they are taken to name it still. */
const MOST_NAMING = 64

/** The address of a distribution, as records are found by it; undefined where it has none. */
export function addressOf(distribution: RawDistribution): string | undefined {
  const uri = text(distribution.uri)
  return uri === undefined ? undefined : boundedKey(addressKey(uri))
}

/**
 * The key of what is looked at for a distribution; undefined where it has no address. All that decides how it is looked at is part of
 * it: whoever names the same address otherwise says nothing of this place.
 */
export function placeKey(distribution: RawDistribution): string | undefined {
  const { uri, format, path, endpoint, region, requesterPays } = distribution
  if (typeof uri !== 'string') return undefined
  const known = [uri.trim(), ...[format, path, endpoint, region].map(text), requesterPays === true]
  return hash('sha256', JSON.stringify(known), 'base64url')
}

/**
 * Which places are looked at and when, and what was found there: of this AppView alone. When to look next is kept with each place
 * and with each host, so that a restart neither forgets nor hurries.
 */
export class Availability {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Up to which seq of the update log places are known; undefined before {@link begin}, or where the log no longer tells the rest. */
  async position(): Promise<number | undefined> {
    const { reader } = this.#engine
    const row = await reader.selectFrom('meta').select('value').where('key', '=', POSITION).executeTakeFirst()
    const position = row && Number(row.value)
    return position !== undefined && position >= (await horizonOf(reader)) ? position : undefined
  }

  /** Takes in the places of all records there are; answers the seq up to which that holds. */
  async begin(
    updates: UpdateLog,
    watch: (distribution: RawDistribution) => Watched | undefined,
  ): Promise<number> {
    const seq = await updates.last()
    const pages = recordPages(this.#engine.reader, ({ collection }) => COLLECTIONS.includes(collection))
    for await (const page of pages)
      await this.#put(
        page.flatMap(({ json }) => watchedIn(json, watch)),
        undefined,
      )
    await this.#put([], seq)
    return seq
  }

  /** Takes in what updates say of places. */
  async take(
    updates: readonly Update[],
    watch: (distribution: RawDistribution) => Watched | undefined,
  ): Promise<void> {
    const uris = updates.flatMap(({ uri, action }) =>
      uri !== undefined && action !== 'delete' && COLLECTIONS.some(name => uri.includes(`/${name}/`))
        ? [uri]
        : [],
    )
    const back = updates.flatMap(({ kind, action, did }) =>
      kind === 'account' && action === 'active' ? [did] : [],
    )
    const rows = [...(await this.#records('uri', uris)), ...(await this.#records('did', back))]
    await this.#put(
      rows.flatMap(({ json }) => watchedIn(json, watch)),
      updates.at(-1)?.seq,
    )
  }

  async #records(column: 'uri' | 'did', values: readonly string[]): Promise<{ json: string }[]> {
    if (values.length === 0) return []
    return this.#engine.reader
      .selectFrom('record')
      .select('json')
      .where(column, 'in', [...new Set(values)])
      .where('collection', 'in', COLLECTIONS)
      .where('visible', '=', 1)
      .execute()
  }

  /** Hosts at which something is due first, without some; those that wait longest first. */
  async nextHosts(limit: number, without: readonly string[]): Promise<AvailabilityHostRow[]> {
    return this.#engine.reader
      .selectFrom('availability_host')
      .selectAll()
      .$if(without.length > 0, ask => ask.where('host', 'not in', without))
      .orderBy('next_at')
      .limit(limit)
      .execute()
  }

  /** The place of a host that is due first. */
  async nextOf(host: string): Promise<AvailabilityRow | undefined> {
    return this.#engine.reader
      .selectFrom('availability')
      .selectAll()
      .where('host', '=', host)
      .orderBy('next_at')
      .limit(1)
      .executeTakeFirst()
  }

  /** Whether a record that is shown still says that data lies there. */
  async isNamed({ address, place }: Pick<AvailabilityRow, 'address' | 'place'>): Promise<boolean> {
    const rows = await this.#engine.reader
      .selectFrom('identifier')
      .innerJoin('record', 'record.uri', 'identifier.uri')
      .select('record.json')
      .where('identifier.value', '=', address)
      .where('identifier.scheme', 'in', SCHEMES)
      .where('record.visible', '=', 1)
      .limit(MOST_NAMING)
      .execute()
    return (
      rows.length === MOST_NAMING ||
      rows.some(({ json }) => distributionsIn(JSON.parse(json)).some(one => placeKey(one) === place))
    )
  }

  /** Keeps what was found at a place (forgets it where undefined), and when its host may be asked again. */
  async record(
    row: Pick<AvailabilityRow, 'place' | 'host'>,
    change: Partial<AvailabilityRow> | undefined,
    pace: { readonly notBefore: string; readonly failures: number },
  ): Promise<void> {
    const { place, host } = row
    await this.#engine.write(async tx => {
      if (change === undefined) await tx.deleteFrom('availability').where('place', '=', place).execute()
      else await tx.updateTable('availability').set(change).where('place', '=', place).execute()
      const next = await tx
        .selectFrom('availability')
        .select('next_at')
        .where('host', '=', host)
        .orderBy('next_at')
        .limit(1)
        .executeTakeFirst()
      if (next === undefined) await tx.deleteFrom('availability_host').where('host', '=', host).execute()
      else
        await tx
          .updateTable('availability_host')
          .set({
            next_at: next.next_at > pace.notBefore ? next.next_at : pace.notBefore,
            not_before: pace.notBefore,
            failures: pace.failures,
          })
          .where('host', '=', host)
          .execute()
    })
  }

  /** Places by state. */
  async counts(): Promise<ReadonlyMap<string, number>> {
    const { reader } = this.#engine
    const rows = await reader
      .selectFrom('availability')
      .select(['state', reader.fn.countAll<number>().as('count')])
      .groupBy('state')
      .execute()
    return new Map(rows.map(({ state, count }) => [state, Number(count)]))
  }

  async #put(watched: readonly Watched[], seq: number | undefined): Promise<void> {
    const places = new Map(watched.map(one => [one.place, one]))
    if (places.size === 0 && seq === undefined) return
    const now = new Date().toISOString()
    const rows = [...places.values()].map(row => newRow(row, now))
    const hosts = [...new Set(rows.flatMap(({ host, urls }) => (urls === NONE ? [] : [host])))]
    await this.#engine.write(async tx => {
      for (const part of parts(rows))
        await tx
          .insertInto('availability')
          .values(part)
          .onConflict(c => c.column('place').doNothing())
          .execute()
      for (const part of parts(hosts))
        await tx
          .insertInto('availability_host')
          .values(part.map(host => ({ host, next_at: now, not_before: now, failures: 0 })))
          .onConflict(c => c.column('host').doUpdateSet({ next_at: SOONER }))
          .execute()
      if (seq !== undefined)
        await tx
          .insertInto('meta')
          .values({ key: POSITION, value: String(seq) })
          .onConflict(c => c.column('key').doUpdateSet({ value: String(seq) }))
          .execute()
    })
  }
}

/** As soon as the host may be asked, unless it is already to be asked before. */
const SOONER = sql<string>`case
  when availability_host.next_at <= excluded.next_at then availability_host.next_at
  when availability_host.not_before > excluded.next_at then availability_host.not_before
  else excluded.next_at end`

const NONE = '[]'
/** Later than any time: what is not asked is never due. */
const NEVER = '9999-12-31T00:00:00.000Z'

function newRow({ place, address, host, urls, reason }: Watched, now: string): AvailabilityRow {
  const isAsked = urls.length > 0
  return {
    place,
    address,
    host,
    urls: isAsked ? JSON.stringify(urls) : NONE,
    state: isAsked ? 'new' : 'unchecked',
    since: null,
    checked_at: null,
    latency: null,
    reason: reason ?? null,
    failures: 0,
    failing_since: null,
    next_at: isAsked ? now : NEVER,
  }
}

function watchedIn(json: string, watch: (distribution: RawDistribution) => Watched | undefined): Watched[] {
  return distributionsIn(JSON.parse(json)).flatMap(distribution => watch(distribution) ?? [])
}

/** Of an entry, or of a mirror. */
export function distributionsIn(record: Readonly<Record<string, unknown>>): RawDistribution[] {
  const { distribution, distributions } = record
  return [...items(distributions), ...(distribution === undefined ? [] : items([distribution]))]
}
