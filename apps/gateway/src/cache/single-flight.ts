interface Flight<T> {
  readonly result: Promise<T>
  readonly abort: AbortController
  waiting: number
}

/** Joins equal work that is under way. The work is cancelled when all who wait for it have gone. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>()

  get size(): number {
    return this.#flights.size
  }

  /** @throws whatever the work throws; the reason of `signal` */
  async run(
    key: string,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted()
    const flight = this.#flights.get(key) ?? this.#start(key, work)
    flight.waiting++
    const left = Promise.withResolvers<never>()
    const leave = () => left.reject(signal!.reason)
    signal?.addEventListener('abort', leave, { once: true })
    try {
      return await Promise.race([flight.result, left.promise])
    } finally {
      signal?.removeEventListener('abort', leave)
      if (--flight.waiting === 0) this.#end(key, flight)
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const abort = new AbortController()
    const flight: Flight<T> = { result: work(abort.signal), abort, waiting: 0 }
    this.#flights.set(key, flight)
    flight.result.catch(() => {}).finally(() => this.#forget(key, flight))
    return flight
  }

  #end(key: string, flight: Flight<T>): void {
    this.#forget(key, flight)
    flight.abort.abort()
  }

  #forget(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key)
  }
}
