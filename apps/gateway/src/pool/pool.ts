import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { ReaderError } from '@frost/reader'
import type { RunOrder } from '../job.ts'
import type { Death } from './death.ts'
import { FairQueue } from './fair-queue.ts'
import { LongWork } from './long-work.ts'
import { type JobAnswer, type JobLimits, NeverBegan, runJob } from './task.ts'
import { WorkerProcess } from './worker-process.ts'

export interface PoolOptions {
  readonly workers: number
  /** Of memory, for each. */
  readonly bytes: number
  /** Where workers write aside what is too large for that, and how many bytes each may. */
  readonly folder: string
  readonly disk: number
  readonly queueLength: number
  readonly queueSeconds: number
  /** Told of each worker that ends otherwise than by being exchanged. */
  onDeath?(death: Death, pid: number | undefined): void
  /** Told when a worker does not come up. */
  onError?(error: Error): void
  /** What the processes run. */
  readonly script?: string
}

export interface PoolRequest {
  readonly order: RunOrder
  readonly limits: JobLimits
  /** For whom, so that clients wait in turn. */
  readonly client: string
  /** Long work leaves a worker to what is short. */
  readonly isLong: boolean
}

export interface PoolStatus {
  /** That may be. */
  readonly workers: number
  readonly starting: number
  readonly ready: number
  readonly busy: number
  readonly queued: number
  readonly pids: readonly number[]
}

/** There is no room now. */
export class Busy extends Error {
  readonly retryAfter: number
  constructor(message: string, retryAfter: number) {
    super(message)
    this.retryAfter = retryAfter
  }
}

interface Waiting {
  readonly request: PoolRequest
  readonly promise: PromiseWithResolvers<JobAnswer>
  attempts: number
}

interface Slot {
  worker?: WorkerProcess
  /** `absent`: not needed so far. */
  state: 'absent' | 'starting' | 'idle' | 'busy'
  /** Starts in a row that failed. */
  failures: number
}

const ATTEMPTS = 3
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
/** Then a process is exchanged for a new one, whatever it may have gathered. */
const JOBS_OF_A_LIFE = 500
/** A process that keeps more than this part of its memory when it is done is exchanged. */
const TIDY_PART = 0.5

/**
 * Processes that read, each for one request at a time. The first is there from the start, others come when they are needed, up to
 * their number; those that die are replaced.
 */
export class Pool {
  readonly #options: PoolOptions
  readonly #queue: FairQueue<Waiting>
  readonly #slots: readonly Slot[]
  readonly #long: LongWork
  readonly #timers = new Set<NodeJS.Timeout>()
  #isClosed = false
  /** Workers that ended by themselves or were ended, by cause. */
  readonly deaths: Record<Death['cause'], number> = {
    memory: 0,
    disk: 0,
    time: 0,
    crash: 0,
    protocol: 0,
    closed: 0,
  }

  constructor(options: PoolOptions) {
    this.#options = options
    this.#queue = new FairQueue(options.queueLength)
    this.#slots = Array.from({ length: options.workers }, () => ({ state: 'absent', failures: 0 }))
    this.#long = new LongWork(options.workers)
    this.#start(this.#slots[0]!)
  }

  get status(): PoolStatus {
    const workers = this.#slots.flatMap(({ worker }) => worker ?? [])
    return {
      workers: this.#slots.length,
      starting: this.#in('starting'),
      ready: this.#in('idle') + this.#in('busy'),
      busy: this.#in('busy'),
      queued: this.#queue.length,
      pids: workers.flatMap(({ pid }) => pid ?? []),
    }
  }

  /** Resident memory of all processes together, in bytes. */
  get memory(): number {
    return this.#slots.reduce((sum, { worker }) => sum + (worker?.memory ?? 0), 0)
  }

  /** @throws {Busy} where too many wait; {ReaderError} as the job fails, or with what ended its process */
  async run(request: PoolRequest): Promise<JobAnswer> {
    const { client, limits } = request
    if (this.#isClosed) throw new Busy('the gateway stops', 5)
    limits.signal?.throwIfAborted()
    const waiting: Waiting = { request, promise: Promise.withResolvers(), attempts: 0 }
    if (!this.#queue.add(client, waiting))
      throw new Busy(`${this.#queue.length} requests wait already: come back in a moment`, 5)
    const giveUp = (error: Error) => {
      if (this.#queue.remove(client, waiting)) waiting.promise.reject(error)
    }
    const leave = () => giveUp(new ReaderError('Cancelled', 'the request was withdrawn'))
    const seconds = this.#options.queueSeconds
    const timer = setTimeout(
      () => giveUp(new Busy(`no reader became free within ${seconds} s: come back later`, seconds)),
      seconds * 1000,
    )
    limits.signal?.addEventListener('abort', leave, { once: true })
    this.#dispatch()
    try {
      return await waiting.promise.promise
    } finally {
      clearTimeout(timer)
      limits.signal?.removeEventListener('abort', leave)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const timer of this.#timers) clearTimeout(timer)
    const stopping = new Busy('the gateway stops', 5)
    for (let item = this.#queue.take(() => true); item; item = this.#queue.take(() => true))
      item.promise.reject(stopping)
    await Promise.all(
      this.#slots.map(async ({ worker }) => {
        worker?.kill('closed')
        await worker?.gone
      }),
    )
  }

  #dispatch(): void {
    for (;;) {
      const slot = this.#slots.find(({ state, worker }) => state === 'idle' && !worker!.isGone)
      if (slot === undefined) return this.#grow()
      const item = this.#queue.take(({ request }) => !request.isLong || this.#long.mayBegin(request.client))
      if (item === undefined) return
      slot.state = 'busy'
      void this.#perform(slot, item)
    }
  }

  /** Starts as many processes as requests wait for one that does not come up already. */
  #grow(): void {
    for (const slot of this.#slots)
      if (slot.state === 'absent' && this.#queue.length > this.#in('starting')) this.#start(slot)
  }

  #in(wanted: Slot['state']): number {
    return this.#slots.filter(({ state }) => state === wanted).length
  }

  async #perform(slot: Slot, item: Waiting): Promise<void> {
    const { request, promise } = item
    const worker = slot.worker!
    if (request.isLong) this.#long.began(request.client)
    item.attempts++
    try {
      const answer = await runJob(worker, request.order, request.limits)
      promise.resolve(answer)
      await answer.done
    } catch (error) {
      const again = error instanceof NeverBegan && item.attempts < ATTEMPTS
      if (!again || !this.#queue.add(request.client, item))
        promise.reject(
          error instanceof NeverBegan
            ? new Busy('the readers of this gateway are being replaced: come back in a moment', 5)
            : error,
        )
    } finally {
      if (request.isLong) this.#long.ended(request.client)
      this.#release(slot, worker)
    }
  }

  #release(slot: Slot, worker: WorkerProcess): void {
    if (this.#isClosed) return
    if (slot.worker === worker && !worker.isGone) {
      const isUntidy = (worker.memory ?? 0) > this.#options.bytes * TIDY_PART
      if (isUntidy || worker.jobs >= JOBS_OF_A_LIFE) worker.kill('closed')
      else slot.state = 'idle'
    }
    this.#dispatch()
  }

  #start(slot: Slot): void {
    if (this.#isClosed) return
    const { bytes, disk, folder, script } = this.#options
    slot.state = 'starting'
    const worker = new WorkerProcess({
      bytes,
      disk,
      folder: join(folder, randomBytes(6).toString('hex')),
      ...(script === undefined ? {} : { script }),
    })
    slot.worker = worker
    let wasReady = false
    worker.ready.then(
      () => {
        wasReady = true
        slot.failures = 0
        slot.state = 'idle'
        this.#dispatch()
      },
      error => this.#options.onError?.(error),
    )
    void worker.gone.then(death => {
      if (this.#isClosed) return
      this.deaths[death.cause]++
      if (death.cause !== 'closed') this.#options.onDeath?.(death, worker.pid)
      if (wasReady) this.#start(slot)
      else this.#startLater(slot)
    })
  }

  /** A worker that does not even come up: something is wrong here, which trying at once would not mend. */
  #startLater(slot: Slot): void {
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** slot.failures++)
    slot.state = 'starting'
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#start(slot)
    }, pause)
    this.#timers.add(timer)
  }
}
