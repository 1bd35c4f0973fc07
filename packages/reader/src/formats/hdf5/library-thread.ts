import { Worker } from 'node:worker_threads'
import { ReaderError } from '../../errors.ts'
import type { Objects, ReadOptions } from '../../objects.ts'
import { answer, newChannel, refuse } from './channel.ts'
import type { Inspection } from './inspect.ts'
import type { Hyperslab, HyperslabValues } from './read.ts'
import type { Command, Reply, WorkerData } from './worker.ts'

/** Without a read of the file or an end for so long, a file is taken to make the library run in circles. */
const COMPUTE_MS = 30_000

interface Pending {
  readonly options: ReadOptions
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: unknown) => void
  /** Why bytes could not be had: the cause of the failure that follows. */
  readError?: unknown
}

/**
 * The library's thread as seen from the main one: runs one command at a time, gives the bytes it asks for, and outlives
 * whatever happens there.
 */
export class LibraryThread {
  readonly #objects: Objects
  readonly #channel = newChannel()
  readonly #worker: Worker
  #queue: Promise<unknown> = Promise.resolve()
  #pending: Pending | undefined
  #timer: NodeJS.Timeout | undefined
  #dead: ReaderError | undefined

  constructor(objects: Objects, size: number) {
    this.#objects = objects
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { channel: this.#channel, size } satisfies WorkerData,
      resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 },
      execArgv: [],
      stdout: true,
      stderr: true,
    })
    this.#worker.unref()
    this.#worker.on('message', (reply: Reply) => this.#receive(reply))
    this.#worker.on('error', error => this.#die(error.message))
    this.#worker.on('exit', () => this.#die('its thread ended'))
  }

  async inspect(options: ReadOptions): Promise<Inspection> {
    const reply = await this.#run({ inspect: true }, options)
    return (reply as { inspection: Inspection }).inspection
  }

  async read(slab: Hyperslab, options: ReadOptions): Promise<HyperslabValues> {
    const reply = await this.#run({ read: slab }, options)
    return (reply as { read: HyperslabValues }).read
  }

  async close(): Promise<void> {
    this.#dead ??= new ReaderError('Unavailable', `'${this.#objects.name}' is closed`)
    refuse(this.#channel)
    await this.#worker.terminate()
  }

  #run(command: Command, options: ReadOptions): Promise<Reply> {
    const run = this.#queue.then(async () => {
      options.signal?.throwIfAborted()
      if (this.#dead !== undefined) throw this.#dead
      this.#worker.ref()
      try {
        return await new Promise<Reply>((resolve, reject) => {
          this.#pending = { options, resolve, reject }
          this.#watch()
          this.#worker.postMessage(command)
        })
      } finally {
        clearTimeout(this.#timer)
        this.#pending = undefined
        this.#worker.unref()
      }
    })
    this.#queue = run.catch(() => {})
    return run
  }

  #receive(reply: Reply): void {
    if ('fetch' in reply) {
      clearTimeout(this.#timer)
      void this.#fetch(...reply.fetch)
      return
    }
    const { readError } = this.#pending ?? {}
    if ('failure' in reply && reply.fatal) this.#die(reply.failure)
    // The library may carry on without what could not be read: its answer is then not whole.
    else if (readError !== undefined) this.#pending?.reject(readError)
    else if ('failure' in reply) this.#pending?.reject(this.#corrupt(reply.failure))
    else this.#pending?.resolve(reply)
  }

  async #fetch(start: number, end: number): Promise<void> {
    const pending = this.#pending
    try {
      const ranged = await this.#objects.getRange('', start, end, pending?.options)
      if (ranged === undefined)
        throw new ReaderError('NotFound', `nothing lies at '${this.#objects.name}' any more`)
      if (ranged.bytes.length !== end - start)
        throw new ReaderError(
          'Unavailable',
          `'${this.#objects.name}' gave ${ranged.bytes.length} bytes for ${start} to ${end}: it changed while it was read`,
        )
      answer(this.#channel, ranged.bytes)
    } catch (error) {
      if (pending !== undefined) pending.readError ??= error
      refuse(this.#channel)
    }
    this.#watch()
  }

  #watch(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(
      () => this.#die(`the library did not come to an end in ${COMPUTE_MS / 1000} s`),
      COMPUTE_MS,
    )
  }

  #die(why: string): void {
    this.#dead ??= this.#corrupt(why)
    this.#pending?.reject(this.#pending.readError ?? this.#dead)
    clearTimeout(this.#timer)
    void this.#worker.terminate()
  }

  #corrupt(why: string): ReaderError {
    return new ReaderError('Corrupt', `'${this.#objects.name}' is not a whole HDF5 file: ${why}`)
  }
}
