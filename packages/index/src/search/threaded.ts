/**
 * An engine in a thread of its own: analysing text and writing tables holds up neither what takes in the firehose nor what
 * answers requests. A thread that dies is started again by the next call, and goes on from the watermark that it made durable.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type {
  FacetCounts,
  FacetName,
  FacetOptions,
  SearchBatch,
  SearchEngine,
  SearchFilters,
  SearchPage,
  SearchRequest,
  Suggestion,
  Timeline,
} from './engine.ts'
import { InvalidCursor, InvalidFilter, InvalidQuery } from './engine.ts'
import type { OpenSearchOptions } from './open.ts'

type Method = keyof SearchEngine

/** What the thread is asked. */
export interface Call {
  readonly id: number
  readonly method: Method
  readonly args: readonly unknown[]
}

/** What it says: first that it is open, and then one answer to each call. */
export type Reply =
  | { readonly isOpen: true }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: { readonly name: string; readonly message: string } }

/** Errors that callers tell apart keep their class. */
const classes = new Map(
  [InvalidQuery, InvalidCursor, InvalidFilter].map(one => [one.name, one as new (message: string) => Error]),
)

interface Thread {
  readonly worker: Worker
  readonly waiting: Map<number, PromiseWithResolvers<unknown>>
}

export class ThreadedSearch implements SearchEngine {
  readonly #options: OpenSearchOptions
  #thread: Promise<Thread> | undefined
  #calls = 0
  #closed = false

  private constructor(options: OpenSearchOptions, thread: Thread) {
    this.#options = options
    this.#keep(thread)
  }

  /** @throws as {@link openSearch} does */
  static async open(options: OpenSearchOptions): Promise<ThreadedSearch> {
    return new ThreadedSearch(options, await start(options))
  }

  watermark(): Promise<number> {
    return this.#ask('watermark')
  }

  apply(batch: SearchBatch): Promise<void> {
    return this.#ask('apply', batch)
  }

  search(request: SearchRequest): Promise<SearchPage> {
    return this.#ask('search', request)
  }

  facets(filters: SearchFilters, names: readonly FacetName[], options?: FacetOptions): Promise<FacetCounts> {
    return this.#ask('facets', filters, names, options)
  }

  timeline(filters: SearchFilters, buckets?: number): Promise<Timeline> {
    return this.#ask('timeline', filters, buckets)
  }

  correct(q: string): Promise<string | undefined> {
    return this.#ask('correct', q)
  }

  suggest(prefix: string, limit: number): Promise<readonly Suggestion[]> {
    return this.#ask('suggest', prefix, limit)
  }

  count(): Promise<number> {
    return this.#ask('count')
  }

  clear(): Promise<void> {
    return this.#ask('clear')
  }

  settle(): Promise<void> {
    return this.#ask('settle')
  }

  async close(): Promise<void> {
    if (this.#thread) {
      const { worker } = await this.#thread
      const ended = once(worker, 'exit')
      await this.#ask('close')
      worker.ref()
      await ended
    }
    this.#closed = true
  }

  async #open(): Promise<Thread> {
    if (this.#closed) throw new Error('search is closed')
    this.#thread ??= start(this.#options).then(
      thread => this.#keep(thread),
      error => {
        this.#thread = undefined
        throw error
      },
    )
    return this.#thread
  }

  #keep(thread: Thread): Promise<Thread> {
    const kept = Promise.resolve(thread)
    this.#thread = kept
    // A search that nobody waits for keeps no process alive.
    thread.worker.unref()
    thread.worker.once('exit', () => {
      if (this.#thread === kept) this.#thread = undefined
    })
    return kept
  }

  async #ask<Result>(method: Method, ...args: readonly unknown[]): Promise<Result> {
    const { worker, waiting } = await this.#open()
    const id = ++this.#calls
    const answer = Promise.withResolvers<unknown>()
    waiting.set(id, answer)
    worker.ref()
    worker.postMessage({ id, method, args } satisfies Call)
    try {
      return (await answer.promise) as Result
    } finally {
      waiting.delete(id)
      if (waiting.size === 0) worker.unref()
    }
  }
}

/** Starts a thread; resolves when its engine is open. */
async function start(options: OpenSearchOptions): Promise<Thread> {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: options })
  const waiting: Thread['waiting'] = new Map()
  const opened = Promise.withResolvers<void>()
  let cause: unknown
  worker.on('message', (reply: Reply) => {
    if ('isOpen' in reply) opened.resolve()
    else if ('failure' in reply) waiting.get(reply.id)?.reject(errorOf(reply.failure))
    else waiting.get(reply.id)?.resolve(reply.result)
  })
  worker.on('error', error => {
    cause = error
  })
  worker.on('exit', () => {
    const ended = new Error('the thread of search ended', { cause })
    opened.reject(cause ?? ended)
    for (const { reject } of waiting.values()) reject(ended)
  })
  await opened.promise
  return { worker, waiting }
}

function errorOf({ name, message }: { readonly name: string; readonly message: string }): Error {
  const Class = classes.get(name) ?? Error
  return new Class(message)
}
