/** What happens in one run, all of it from a seed: who writes what, who moves, sleeps or goes, what breaks, and when. */
import { randomSource } from '@frost/network/relay/faults'
import { brokenEntry, keyOf, RECORD_NAMES, recordOf } from './records.ts'
import type { Write, Writer } from './writers.ts'

export type Random = () => number

export const ROUNDS = 10

/** What an account does once in its life, dealt to rounds. */
const LIFE = [
  'move',
  'move',
  'move',
  'rename',
  'rename',
  'sleep',
  'sleep',
  'sleep',
  'delete',
  'tombstone',
  'vanish',
] as const
export type LifeEvent = (typeof LIFE)[number]

/** What breaks while a round's writes go on. */
const TROUBLE = [
  'kill-appview',
  'kill-appview',
  'kill-appview',
  'kill-appview',
  'kill-appview',
  'kill-pds',
  'kill-pds',
  'restart-relay',
  'lose-log',
] as const
export type Trouble = (typeof TROUBLE)[number]

export interface Round {
  readonly life: readonly LifeEvent[]
  readonly trouble: readonly Trouble[]
}

/**
 * Deals all events to the rounds. Hosts fail in odd rounds only, accounts move and go in even ones: an act of several steps
 * against a host that is away ends in the middle, where nobody could say what should be.
 */
export function plot(random: Random): readonly Round[] {
  const rounds = Array.from({ length: ROUNDS }, () => ({
    life: [] as LifeEvent[],
    trouble: [] as Trouble[],
  }))
  const half = ROUNDS / 2
  for (const event of LIFE) rounds[2 * Math.floor(random() * half)]!.life.push(event)
  for (const event of TROUBLE) {
    const place = event === 'kill-pds' ? 2 * Math.floor(random() * half) + 1 : Math.floor(random() * ROUNDS)
    rounds[place]!.trouble.push(event)
  }
  return rounds
}

export const chosen = <T>(items: readonly T[], random: Random): T =>
  items[Math.floor(random() * items.length)]!

/** An account and the chance that rules it, which others' doings do not shift. */
export class Protagonist {
  readonly writer: Writer
  readonly #random: Random
  readonly #dids: readonly string[]
  #batches = 0

  constructor(writer: Writer, dids: readonly string[], seed: number) {
    this.writer = writer
    this.#dids = dids
    this.#random = randomSource(seed)
  }

  /** One to four ordinary acts, one after the other. */
  async act(): Promise<void> {
    const { writer } = this
    if (writer.state === 'deactivated' && this.#random() < 0.6) await writer.activate()
    const count = 1 + Math.floor(this.#random() * 4)
    for (let done = 0; done < count; done++) if (writer.state === 'active') await this.#write()
  }

  async live(event: LifeEvent, homes: readonly string[]): Promise<void> {
    const { writer } = this
    if (writer.state !== 'active') return
    switch (event) {
      case 'move':
        return writer.moveTo(chosen(homes, this.#random), this.#record())
      case 'rename':
        return writer.rename()
      case 'sleep':
        return writer.deactivate()
      case 'delete':
        return writer.deleteAccount()
      case 'tombstone':
        return writer.tombstone()
      case 'vanish':
        await writer.deleteAccount()
        return writer.tombstone()
    }
  }

  async #write(): Promise<void> {
    const { writer } = this
    const kind = this.#random()
    const write = this.#record()
    if (kind < 0.5) return writer.put(write)
    if (kind < 0.63) return writer.delete(write.collection, write.rkey)
    if (kind < 0.73) {
      // Gone and there again, word for word: the same CID.
      await writer.put(write)
      await writer.delete(write.collection, write.rkey)
      return writer.put(write)
    }
    if (kind < 0.9) {
      const name = `batch-${++this.#batches}`
      const count = 2 + Math.floor(this.#random() * 8)
      return writer.batch(
        Array.from({ length: count }, (_, index) => ({ ...this.#record(), rkey: `${name}-${index}` })),
      )
    }
    return writer.put({
      collection: 'dataset.entry',
      rkey: keyOf('dataset.entry', this.#random),
      value: brokenEntry(this.#random),
    })
  }

  #record(): Write {
    const collection = chosen(RECORD_NAMES, this.#random)
    return {
      collection,
      rkey: keyOf(collection, this.#random),
      value: recordOf(collection, this.#dids, this.#random),
    }
  }
}
