import { ReaderError } from './errors.ts'
import type { Budget, Cost, Meter, Reservation } from './objects.ts'

export function addCosts(...costs: readonly Cost[]): Cost {
  return costs.reduce(
    (sum, { bytes, requests }) => ({ requests: sum.requests + requests, bytes: sum.bytes + bytes }),
    { requests: 0, bytes: 0 },
  )
}

export function exceeds(cost: Cost, budget: Budget): boolean {
  return cost.requests > budget.requests || cost.bytes > budget.bytes
}

/** A cost in words: `3 requests and 1.2 MB`. */
export function costInWords({ bytes, requests }: Cost): string {
  return `${requests} ${requests === 1 ? 'request' : 'requests'} and ${bytesInWords(bytes)}`
}

/**
 * The refusal of a read before it is made.
 * @param cheaper what would cost less, for people: `select fewer time steps, as in time=0:4`
 */
export function overBudget(cost: Cost, budget: Budget, cheaper?: string): ReaderError {
  const remedy = cheaper ? `: ${cheaper}` : ''
  return new ReaderError(
    'OverBudget',
    `this would take ${costInWords(cost)}, more than the ${costInWords(budget)} that it may${remedy}`,
    { cost, budget, cheaper },
  )
}

/** @throws {ReaderError} `OverBudget` */
export function withinBudget(cost: Cost, budget: Budget, cheaper?: string): void {
  if (exceeds(cost, budget)) throw overBudget(cost, budget, cheaper)
}

/** Counts what a read costs and ends it when it passes its budget, whatever had been estimated. */
export class Ledger implements Meter {
  readonly #budget: Budget
  #requests = 0
  #bytes = 0
  /** Of reads under way, what has not come yet. */
  #reserved = 0

  /** @param budget unbounded when absent: only counts */
  constructor(budget: Budget = { requests: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY }) {
    this.#budget = budget
  }

  get spent(): Cost {
    return { requests: this.#requests, bytes: this.#bytes }
  }

  /** What may still be spent; never below zero. */
  get left(): Cost {
    return {
      requests: Math.max(0, this.#budget.requests - this.#requests),
      bytes: Math.max(0, this.#budget.bytes - this.#bytes),
    }
  }

  /** @throws {ReaderError} `OverBudget`, before the request is made; one that is refused so is not counted */
  request(): void {
    const { bytes, requests } = this.#budget
    if (this.#requests + 1 > requests || this.#bytes > bytes) throw this.#passed('the next request')
    this.#requests++
  }

  /** @throws {ReaderError} `OverBudget` */
  received(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes > this.#budget.bytes) throw this.#passed('what arrives')
  }

  /** @throws {ReaderError} `OverBudget` where all that is under way would then pass the budget */
  reserve(bytes: number): Reservation {
    if (this.#bytes + this.#reserved + bytes > this.#budget.bytes)
      throw this.#passed(`the next read, of ${bytesInWords(bytes)},`)
    let left = bytes
    this.#reserved += left
    const take = (count: number) => {
      const taken = Math.min(left, count)
      left -= taken
      this.#reserved -= taken
    }
    return {
      request: () => this.request(),
      received: count => {
        take(count)
        this.received(count)
      },
      release: () => take(left),
    }
  }

  #passed(what: string): ReaderError {
    return new ReaderError(
      'OverBudget',
      `${what} passes the budget of ${costInWords(this.#budget)}: select less, or allow more`,
      { cost: this.spent, budget: this.#budget },
    )
  }
}

function bytesInWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`
  const power = Math.min(4, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** power
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${['', 'kB', 'MB', 'GB', 'TB'][power]}`
}
