import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { ReaderError, type ReaderErrorCode } from '@frost/reader'
import type { Failure, Head, Order } from '../job.ts'
import { type Bounds, type Death, deathError, tooLong } from './death.ts'
import { type Frame, framesOf } from './frames.ts'
import { residentBytes } from './memory.ts'

export interface WorkerOptions {
  /** Of memory; more ends the process. */
  readonly bytes: number
  /** A folder of its own, for what it writes aside; removed when it is gone. */
  readonly folder: string
  /** Of what it writes there; more ends the process. */
  readonly disk: number
  /** What the process runs. */
  readonly script?: string
}

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

const SCRIPT = fileURLToPath(new URL('../worker/main.ts', import.meta.url))
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
/** Where the code lies: all that a worker may read of the disk. */
const CODE = ['apps/', 'packages/', 'node_modules/', 'package.json'].map(
  name => `--allow-fs-read=${ROOT}${name}`,
)
/** All that it knows of the environment: no secrets. */
const ENVIRONMENT = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'TZ']
const PIPE = 4
const START_PATIENCE_MS = 60_000
const CANCEL_PATIENCE_MS = 2_000
const WATCH_MS = 25
const WATCH_DISK_MS = 500
/** A process is ended before it reaches its bound: memory is looked at from time to time only. */
const MEMORY_MARGIN = 0.75

/** The job never began: the process was gone when it was handed over. */
export class NeverBegan extends Error {}

/**
 * A process that does one job at a time. It knows no secrets, writes to a folder of its own only and starts no processes; it is
 * ended when it holds too much memory or disk, or does not stop when it is told to.
 */
export class WorkerProcess {
  /** Resolves once it takes jobs. @throws Error where it does not come up */
  readonly ready: Promise<void>
  /** Resolves when the process has ended. */
  readonly gone: Promise<Death>
  readonly #child: ChildProcess
  readonly #frames: AsyncGenerator<Frame>
  readonly #bounds: Omit<Bounds, 'seconds'>
  readonly #folder: string
  #killedFor?: Death['cause']
  #isGone = false
  #lastWords = ''
  jobs = 0

  constructor({ bytes, disk, folder, script = SCRIPT }: WorkerOptions) {
    this.#bounds = { bytes, disk }
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
    const heap = Math.round((bytes / 2 ** 20) * 0.5)
    this.#child = fork(script, {
      execArgv: [
        `--max-old-space-size=${heap}`,
        '--permission',
        ...CODE,
        `--allow-fs-read=${folder}/`,
        `--allow-fs-write=${folder}/`,
        '--allow-worker',
        '--allow-wasi',
        '--disable-warning=SecurityWarning',
        '--disable-warning=ExperimentalWarning',
      ],
      env: { ...Object.fromEntries(ENVIRONMENT.map(name => [name, process.env[name]])), TMPDIR: folder },
      serialization: 'json',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
    })
    this.#frames = framesOf(this.#child.stdio[PIPE] as Readable)
    this.#child.stdio[PIPE]!.on('error', () => {})
    this.#child.stderr!.on('data', (text: Buffer) => {
      this.#lastWords = (this.#lastWords + text.toString('latin1')).slice(-4_000)
    })
    this.gone = this.#ends()
    this.ready = this.#becomesReady()
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get isGone(): boolean {
    return this.#isGone
  }

  /** Resident memory in bytes, where it is known. */
  get memory(): number | undefined {
    return this.pid === undefined ? undefined : residentBytes(this.pid)
  }

  kill(cause: Death['cause']): void {
    this.#killedFor ??= cause
    this.#child.kill('SIGKILL')
  }

  /**
   * @throws {NeverBegan} where the process was gone before it began; {ReaderError} as the job fails, `Cancelled`, or with what
   *   ended the process
   */
  async run(order: Extract<Order, { order: 'run' }>, limits: JobLimits): Promise<JobAnswer> {
    this.jobs++
    const task = new Task(this, order, limits)
    const head = await task.begin()
    return { head, body: task, done: task.done }
  }

  /** The next frame; undefined when there is none and will be none. */
  async frame(): Promise<Frame | undefined> {
    try {
      const { done, value } = await this.#frames.next()
      return done ? undefined : value
    } catch {
      this.kill('protocol')
      return undefined
    }
  }

  send(order: Order): void {
    if (this.#child.connected) this.#child.send(order, () => {})
  }

  async deathError(seconds: number): Promise<ReaderError> {
    const bounds: Bounds = { ...this.#bounds, seconds }
    return deathError(await this.gone, bounds)
  }

  /** Ends the process when it holds too much; until the function that is returned is called. */
  watch(): () => void {
    const most = this.#bounds.bytes * MEMORY_MARGIN
    const timers = [
      setInterval(() => {
        if ((this.memory ?? 0) > most) this.kill('memory')
      }, WATCH_MS),
      setInterval(() => {
        if (bytesIn(this.#folder) > this.#bounds.disk) this.kill('disk')
      }, WATCH_DISK_MS),
    ]
    return () => {
      for (const timer of timers) clearInterval(timer)
    }
  }

  async #ends(): Promise<Death> {
    const child = this.#child
    const silent = new Promise(resolve => child.stderr!.once('close', resolve))
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(resolve => {
      child.once('exit', (...how) => resolve(how))
      child.on('error', error => {
        this.#lastWords ||= error.message
        if (child.pid === undefined) resolve([null, null])
      })
    })
    this.#isGone = true
    if (child.pid !== undefined) await silent
    rmSync(this.#folder, { recursive: true, force: true })
    return { cause: this.#killedFor ?? 'crash', code, signal, lastWords: this.#lastWords }
  }

  #becomesReady(): Promise<void> {
    const ready = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => this.kill('time'), START_PATIENCE_MS)
      this.#child.once('message', () => {
        clearTimeout(timer)
        resolve()
      })
      void this.gone.then(({ code, signal, lastWords }) => {
        clearTimeout(timer)
        reject(new Error(`a worker did not start (${signal ?? `status ${code}`}): ${lastWords.slice(-500)}`))
      })
    })
    ready.catch(() => {})
    return ready
  }
}

function bytesIn(folder: string): number {
  let sum = 0
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    sum += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0
  return sum
}

/** One job of one process: its answer part by part, within its limits. */
class Task implements AsyncIterableIterator<Uint8Array> {
  readonly done: Promise<void>
  readonly #settled = Promise.withResolvers<void>()
  readonly #worker: WorkerProcess
  readonly #order: Extract<Order, { order: 'run' }>
  readonly #limits: JobLimits
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #stopWatching: () => void
  readonly #onAbort = () => this.#cancel('cancelled')
  #cancelledFor?: 'cancelled' | 'time'
  #isOver = false

  constructor(worker: WorkerProcess, order: Extract<Order, { order: 'run' }>, limits: JobLimits) {
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
    if (frame?.kind === 'head') return JSON.parse(frame.payload.toString()) as Head
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
      if (frame.kind !== 'failed') {
        this.#worker.kill('protocol')
        return await this.#worker.deathError(shorter)
      }
      if (this.#cancelledFor === 'time') return tooLong(shorter)
      const { code, message, details } = JSON.parse(frame.payload.toString()) as Failure
      return new ReaderError(code as ReaderErrorCode, message, details)
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
