import type { Budget } from './budget.ts'
import type { Delivery } from './surroundings.ts'

const MOST = 1000

/** Messages that wait while their repository is being fetched: bounded in number, and in bytes over all repositories. */
export class Waiting {
  readonly #budget: Budget
  #deliveries: Delivery[] = []
  #missed = false

  constructor(budget: Budget) {
    this.#budget = budget
  }

  get empty(): boolean {
    return this.#deliveries.length === 0
  }

  add(delivery: Delivery): void {
    if (this.#deliveries.length < MOST && this.#budget.take(sizeOf(delivery)))
      this.#deliveries.push(withoutFrame(delivery))
    else this.#missed = true
  }

  /** Something came that cannot wait: the repository must be fetched once more. */
  miss(): void {
    this.#missed = true
  }

  /** Gives what waited, and whether something was missed, and begins anew. */
  take(): { readonly deliveries: readonly Delivery[]; readonly missed: boolean } {
    const taken = { deliveries: this.#deliveries, missed: this.#missed }
    for (const delivery of this.#deliveries) this.#budget.give(sizeOf(delivery))
    this.#deliveries = []
    this.#missed = false
    return taken
  }
}

/** What stays of a message is less than the frame that it came in. */
function sizeOf({ message }: Delivery): number {
  return 'blocks' in message ? message.frameBytes : 0
}

/** With a copy of its blocks: a view would keep the frame, and whatever its socket read with it. */
function withoutFrame(delivery: Delivery): Delivery {
  const { message } = delivery
  return 'blocks' in message
    ? { ...delivery, message: { ...message, blocks: new Uint8Array(message.blocks) } }
    : delivery
}
