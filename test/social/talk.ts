import type { Index } from '@frost/index'
import { atUri, nsid } from '@frost/lexicon'
import { type Events, read } from '../index/network-of.ts'

export const CAROL = 'did:plc:44ybard66vv44zksje25o7dz'

/** Keys in the order of their numbers. */
export const tid = (place: number) =>
  `3l${String(place)
    .padStart(11, '0')
    .replace(/\d/g, digit => '234567abcd'[Number(digit)]!)}`

/** Whatever accounts say to each other, written into an index one record at a time; the clock moves a minute each. */
export class Talk {
  readonly index: Index
  readonly events: Events
  #minutes = 0

  constructor(index: Index, events: Events) {
    this.index = index
    this.events = events
  }

  get now(): string {
    return new Date(Date.UTC(2026, 0, 2) + this.#minutes * 60_000).toISOString()
  }

  /** Writes a record; answers what pins it. */
  async say(did: string, name: string, rkey: string, record: object): Promise<{ uri: string; cid: string }> {
    this.#minutes += 1
    const event = await this.events.put(did, name, rkey, { createdAt: this.now, ...record })
    await this.index.store.apply(this.events.batch([{ ...event, time: this.now }]))
    return { uri: atUri(did, nsid(name), rkey), cid: event.changes[0]!.cid! }
  }

  async unsay(did: string, name: string, rkey: string): Promise<void> {
    await this.index.store.apply(this.events.batch([this.events.delete(did, name, rkey)]))
  }

  /** Asks, and has the answer's text read. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into by the tests
  ask(name: keyof Index['queries'], params: object): Promise<any> {
    return read((this.index.queries[name] as (given: object) => Promise<{ json: string }>)(params))
  }
}
