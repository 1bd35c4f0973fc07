import { ReaderError } from '@frost/reader'
import type { DiskCache } from './cache/disk-cache.ts'
import { digestOf, type Entry } from './cache/entry.ts'
import { SingleFlight } from './cache/single-flight.ts'
import type { GatewayConfig } from './config.ts'
import type { Job, Policy, RunOrder } from './job.ts'
import type { Pool } from './pool/pool.ts'
import { Quarantine } from './pool/quarantine.ts'
import type { JobAnswer } from './pool/task.ts'
import { version } from './version.ts'

export interface Asker {
  /** Its address. */
  readonly client: string
  /** Aborts when it goes. */
  readonly signal: AbortSignal
}

export interface Answer {
  readonly entry: Entry
  /** `hit`: kept and still fresh; `revalidated`: kept, and the store says that nothing changed; `miss`: made now. */
  readonly from: 'hit' | 'revalidated' | 'miss'
}

/** What a description or a preview may have at most, in bytes. */
const MAX_ANSWER = 48_000_000

/** Answers from the cache while they hold, else from a worker; equal questions that are asked together are asked once. */
export class Answers {
  readonly #config: GatewayConfig
  readonly #pool: Pool
  readonly #cache: DiskCache
  readonly #policy: Policy
  readonly #flights = new SingleFlight<Answer>()
  readonly #quarantine = new Quarantine()
  /** When answers were last known to hold, by key. */
  readonly #heldAt = new Map<string, number>()

  constructor(config: GatewayConfig, pool: Pool, cache: DiskCache) {
    const { loopbackPorts, refuse, exportBudget, exportBytes } = config
    this.#config = config
    this.#pool = pool
    this.#cache = cache
    this.#policy = { loopbackPorts, refuse, exportBudget, exportBytes }
  }

  /** @throws {ReaderError} {Busy} */
  async answer(job: Exclude<Job, { kind: 'export' }>, asker: Asker): Promise<Answer> {
    const key = keyOf(job, this.#policy)
    return this.#flights.run(key, asker.signal, async signal => {
      const kept = await this.#cache.get(key)
      if (kept !== undefined && (kept.immutable || this.#isFresh(key))) return { entry: kept, from: 'hit' }
      return this.#ask(key, job, kept, { client: asker.client, signal })
    })
  }

  /** An export on its way; leaving its body early cancels it. @throws {ReaderError} {Busy} */
  async stream(job: Extract<Job, { kind: 'export' }>, asker: Asker): Promise<JobAnswer> {
    const { exportSeconds, jobSeconds } = this.#config
    // What is made before the first byte (NetCDF) may take as long as the whole.
    const partSeconds = job.to === 'netcdf' ? exportSeconds : jobSeconds
    return this.#run(job, undefined, asker, { seconds: exportSeconds, partSeconds })
  }

  async #ask(key: string, job: Job, kept: Entry | undefined, asker: Asker): Promise<Answer> {
    const { jobSeconds } = this.#config
    const limits = { seconds: jobSeconds, partSeconds: jobSeconds }
    const { head, body } = await this.#run(job, kept?.reads, asker, limits)
    const parts: Uint8Array[] = []
    let length = 0
    for await (const part of body) {
      length += part.length
      if (length > MAX_ANSWER)
        throw new ReaderError('OverBudget', `the answer is longer than ${MAX_ANSWER} bytes: select less`)
      parts.push(part)
    }
    if (head.unchanged && kept !== undefined) {
      this.#held(key)
      return { entry: kept, from: 'revalidated' }
    }
    const whole = Buffer.concat(parts, length)
    const { mediaType, immutable, reads } = head
    const entry: Entry = {
      mediaType,
      immutable,
      ...(reads && { reads }),
      digest: digestOf(whole),
      body: whole,
    }
    await this.#cache.put(key, entry)
    this.#held(key)
    return { entry, from: 'miss' }
  }

  async #run(
    job: Job,
    known: Entry['reads'],
    { client, signal }: Asker,
    limits: { readonly seconds: number; readonly partSeconds: number },
  ): Promise<JobAnswer> {
    const place = JSON.stringify(job.source)
    this.#quarantine.check(place)
    const order: RunOrder = {
      order: 'run',
      job,
      policy: this.#policy,
      ...(known === undefined ? {} : { known }),
    }
    const blame = (error: unknown): never => {
      if (error instanceof ReaderError && error.details.endedWorker === true)
        this.#quarantine.mark(place, error)
      throw error
    }
    const request = { order, limits: { ...limits, signal }, client, isLong: job.kind === 'export' }
    const answer = await this.#pool.run(request).catch(blame)
    const { body } = answer
    return {
      ...answer,
      body: {
        next: () => body.next().catch(blame),
        return: () => body.return!(),
        [Symbol.asyncIterator]() {
          return this
        },
      },
    }
  }

  #isFresh(key: string): boolean {
    const heldAt = this.#heldAt.get(key)
    return heldAt !== undefined && performance.now() - heldAt < this.#config.freshSeconds * 1000
  }

  #held(key: string): void {
    this.#heldAt.delete(key)
    this.#heldAt.set(key, performance.now())
    if (this.#heldAt.size > 10_000) this.#heldAt.delete(this.#heldAt.keys().next().value!)
  }
}

/** SHA-256 of all that an answer depends on but the data: what is asked, what may be read, and the version that answers. */
function keyOf(job: Job, { loopbackPorts, refuse }: Policy): string {
  return Buffer.from(digestOf(JSON.stringify([version, job, loopbackPorts, refuse])), 'base64url').toString(
    'hex',
  )
}
