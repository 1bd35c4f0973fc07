import { ReaderError, type ReaderErrorCode } from '@frost/reader'
import type { Failure, Head, RunOrder } from '../job.ts'
import { tooLong } from './death.ts'
import type { Frame } from './frames.ts'
import type { WorkerProcess } from './worker-process.ts'

export interface JobLimits {
  readonly signal?: AbortSignal
  /** For the whole of the job. */
  readonly seconds: number
  /** For each part of the answer, while somebody waits for it. */
  readonly partSeconds: number
}

export interface JobAnswer {
  readonly head: Head
  /** Read once; leaving it early cancels the job. */
  readonly body: AsyncIterableIterator<Uint8Array>
  /** Resolves when the process has done with the job, or is gone. */
  readonly done: Promise<void>
}

const CANCEL_PATIENCE_MS = 2_000

/** The job never began: the process was gone when it was handed over. */
export class NeverBegan extends Error {}

/**
 * Gives a process a job; it resolves with the answer once that begins.
 * @throws {NeverBegan} where the process was gone before it began; {ReaderError} as the job fails, `Cancelled`, or with what ended
 *   the process
 */
export async function runJob(worker: WorkerProcess, order: RunOrder, limits: JobLimits): Promise<JobAnswer> {
  worker.jobs++
  const task = new Task(worker, order, limits)
  const head = await task.begin()
  return { head, body: task, done: task.done }
}

/** One job of one process: its answer part by part, within its limits. */
class Task implements AsyncIterableIterator<Uint8Array> {
  readonly done: Promise<void>
  readonly #settled = Promise.withResolvers<void>()
  readonly #worker: WorkerProcess
  readonly #order: RunOrder
  readonly #limits: JobLimits
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #stopWatching: () => void
  readonly #onAbort = () => this.#cancel('cancelled')
  #cancelledFor?: 'cancelled' | 'time'
  #isOver = false

  constructor(worker: WorkerProcess, order: RunOrder, limits: JobLimits) {
    this.#worker = worker
    this.#order = order
    this.#limits = limits
    this.done = this.#settled.promise
    void worker.gone.then(() => this.#settled.resolve())
    this.#stopWatching = worker.watch()
    this.#after(limits.seconds * 1000, () => this.#cancel('time'))
  }

  async begin(): Promise<Head> {
    this.#worker.send(this.#order)
    if (this.#limits.signal?.aborted) this.#onAbort()
    else this.#limits.signal?.addEventListener('abort', this.#onAbort, { once: true })
    const accepted = await this.#frame()
    if (accepted === undefined) {
      this.#over()
      throw new NeverBegan('the worker was gone')
    }
    const frame = await this.#frame()
    const head = frame?.kind === 'head' ? parsed<Head>(frame) : undefined
    if (head !== undefined) return head
    throw await this.#endedBy(frame)
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#isOver) return { done: true, value: undefined }
    const frame = await this.#frame()
    if (frame?.kind === 'data') return { done: false, value: frame.payload }
    if (frame?.kind === 'end') {
      this.#over()
      return { done: true, value: undefined }
    }
    throw await this.#endedBy(frame)
  }

  /** Whoever reads has enough: the job is cancelled, and what still comes of it is thrown away. */
  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#cancel('cancelled')
    while (!this.#isOver) {
      const frame = await this.#worker.frame()
      if (frame === undefined || frame.kind === 'end' || frame.kind === 'failed') this.#over()
    }
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #frame(): Promise<Frame | undefined> {
    const timer = this.#after(this.#limits.partSeconds * 1000, () => this.#cancel('time'))
    try {
      return await this.#worker.frame()
    } finally {
      clearTimeout(timer)
      this.#timers.delete(timer)
    }
  }

  /** Tells the job to stop; a process that does not is ended. */
  #cancel(reason: 'cancelled' | 'time'): void {
    if (this.#isOver || this.#cancelledFor !== undefined) return
    this.#cancelledFor = reason
    this.#worker.send({ order: 'cancel' })
    this.#after(CANCEL_PATIENCE_MS, () => this.#worker.kill('time'))
  }

  async #endedBy(frame: Frame | undefined): Promise<Error> {
    const { seconds, partSeconds } = this.#limits
    const shorter = Math.min(seconds, partSeconds)
    try {
      if (frame === undefined) return await this.#worker.deathError(shorter)
      const failure = frame.kind === 'failed' ? parsed<Failure>(frame) : undefined
      if (failure === undefined) {
        this.#worker.kill('protocol')
        return await this.#worker.deathError(shorter)
      }
      if (this.#cancelledFor === 'time') return tooLong(shorter)
      const { code, message, details } = failure
      return new ReaderError(String(code) as ReaderErrorCode, String(message), details ?? {})
    } finally {
      this.#over()
    }
  }

  #after(milliseconds: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(act, milliseconds)
    this.#timers.add(timer)
    return timer
  }

  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#stopWatching()
    this.#limits.signal?.removeEventListener('abort', this.#onAbort)
    this.#settled.resolve()
  }
}

/** Undefined for what is no JSON object. */
function parsed<T extends object>({ payload }: Frame): T | undefined {
  try {
    const value = JSON.parse(payload.toString()) as T | null
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
