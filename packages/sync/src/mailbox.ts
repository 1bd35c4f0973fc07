export type Task = () => void | Promise<void>

/** Runs tasks one after the other; what needs no waiting is done at once. */
export class Mailbox {
  readonly #prepare: () => Promise<void>
  readonly #tasks: Task[] = []
  #prepared = false
  #busy = false

  /** @param prepare runs before the first task; a rejection (the end of the consumer) drops what waits */
  constructor(prepare: () => Promise<void>) {
    this.#prepare = prepare
  }

  get busy(): boolean {
    return this.#busy
  }

  run(task: Task): void {
    this.#tasks.push(task)
    if (!this.#busy) void this.#loop()
  }

  /** Runs a task in turn and gives its result. */
  ask<T>(task: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.run(async () => {
        try {
          resolve(await task())
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  async #loop(): Promise<void> {
    this.#busy = true
    try {
      if (!this.#prepared) {
        await this.#prepare()
        this.#prepared = true
      }
      for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
        const running = task()
        if (running) await running
      }
    } catch {
      // Only the end of the consumer interrupts: what was not done is done after the restart.
      this.#tasks.length = 0
    } finally {
      this.#busy = false
    }
  }
}
