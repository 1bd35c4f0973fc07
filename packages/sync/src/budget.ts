/** An amount of memory that many share: what does not fit is refused, not waited for. */
export class Budget {
  readonly most: number
  #taken = 0

  /** @param most bytes in all */
  constructor(most: number) {
    this.most = most
  }

  get taken(): number {
    return this.#taken
  }

  /** Takes bytes; false, and nothing taken, if there are not so many left. */
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.most) return false
    this.#taken += bytes
    return true
  }

  give(bytes: number): void {
    this.#taken -= bytes
  }
}

/** What one of them has taken, at most a part of it, until all of it is given back. */
export class Share {
  readonly #budget: Budget
  readonly #most: number
  #taken = 0

  constructor(budget: Budget, most: number) {
    this.#budget = budget
    this.#most = most
  }

  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#most || !this.#budget.take(bytes)) return false
    this.#taken += bytes
    return true
  }

  giveBack(): void {
    this.#budget.give(this.#taken)
    this.#taken = 0
  }
}
