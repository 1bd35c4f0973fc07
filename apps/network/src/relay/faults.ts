import type { EventRow } from './store.ts'

/** What may go wrong between the relay and its subscribers. Chances are in [0, 1]; absent means never. */
export interface FaultSettings {
  /** Same seed, same sequence of faults; 1. */
  readonly seed?: number
  /** Chance that an event is not sent. */
  readonly drop?: number
  /** Chance that an event is sent twice. */
  readonly duplicate?: number
  /** Chance that one bit of an event's blocks is flipped. */
  readonly tamper?: number
  /** Chance that the connection is cut just before an event. */
  readonly disconnect?: number
  /** Every event waits between 0 and this many milliseconds; the order stays. */
  readonly delayMs?: number
  /**
   * Events of different DIDs are shuffled within groups of this size before they get their sequence numbers;
   * the order within a DID stays.
   */
  readonly reorder?: number
  /** How long such a group may wait to fill up, in milliseconds; 100. */
  readonly reorderWaitMs?: number
  /** Only events for which this holds are touched (reordering excepted). */
  readonly select?: (event: Pick<EventRow, 'seq' | 'did' | 'type'>) => boolean
}

/** What happens to one event on its way to one subscriber. */
export interface Fate {
  readonly drop: boolean
  readonly duplicate: boolean
  readonly disconnect: boolean
  readonly delayMs: number
  /** Place of the flipped bit in [0, 1), where one is flipped. */
  readonly tamperAt?: number
}

const UNHARMED: Fate = { drop: false, duplicate: false, disconnect: false, delayMs: 0 }

/** The faults in force. Tests change them while the relay runs. */
export class Faults {
  #settings: FaultSettings = {}
  #generation = 0

  set(settings: FaultSettings): void {
    this.#settings = settings
    this.#generation += 1
  }

  clear(): void {
    this.set({})
  }

  get reorder(): number {
    return this.#settings.reorder ?? 0
  }

  get reorderWaitMs(): number {
    return this.#settings.reorderWaitMs ?? 100
  }

  get seed(): number {
    return this.#settings.seed ?? 1
  }

  /** A source of fates for one connection; it starts anew when the settings change. */
  forConnection(connection: number): (event: EventRow) => Fate {
    let generation = -1
    let random: () => number = Math.random
    return event => {
      const { drop = 0, duplicate = 0, tamper = 0, disconnect = 0, delayMs = 0, select } = this.#settings
      if (generation !== this.#generation) {
        generation = this.#generation
        random = randomSource(this.seed + 7_919 * connection)
      }
      if (!(drop || duplicate || tamper || disconnect || delayMs) || select?.(event) === false)
        return UNHARMED
      // Always six draws, so that one setting does not shift what the others do.
      const [a, b, c, d, e, f] = [random(), random(), random(), random(), random(), random()]
      return {
        drop: a < drop,
        duplicate: b < duplicate,
        disconnect: c < disconnect,
        delayMs: e * delayMs,
        tamperAt: d < tamper ? f : undefined,
      }
    }
  }
}

/** Pseudo-random numbers in [0, 1), the same for the same seed (mulberry32, Tommy Ettinger, public domain). */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A random interleaving of items that keeps the order of those with equal keys. */
export function interleave<T>(items: readonly T[], key: (item: T) => string, random: () => number): T[] {
  const queues = new Map<string, T[]>()
  for (const item of items) {
    const queue = queues.get(key(item))
    if (queue) queue.push(item)
    else queues.set(key(item), [item])
  }
  const slots = items.map(key)
  for (let last = slots.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    ;[slots[last], slots[other]] = [slots[other]!, slots[last]!]
  }
  return slots.map(slot => queues.get(slot)!.shift()!)
}
