import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type ResyncOutcome, ResyncQueue, type ResyncQueueOptions } from './resync-queue.ts'

/** A queue whose fetches end when they are told to. */
class Fetches {
  readonly queue: ResyncQueue
  /** `did host`, in the order in which they began. */
  readonly begun: string[] = []
  readonly #open = new Map<string, PromiseWithResolvers<ResyncOutcome>>()

  constructor(options: Partial<ResyncQueueOptions> = {}) {
    this.queue = new ResyncQueue({
      run: (did, host) => {
        this.begun.push(`${did} ${host}`)
        const ending = Promise.withResolvers<ResyncOutcome>()
        this.#open.set(did, ending)
        return ending.promise
      },
      concurrency: 3,
      perHost: 2,
      minWait: 1000,
      maxWait: 8000,
      ...options,
    })
  }

  get running(): string[] {
    return [...this.#open.keys()]
  }

  async end(did: string, outcome: ResyncOutcome | Error = { kind: 'done' }): Promise<void> {
    const ending = this.#open.get(did)!
    this.#open.delete(did)
    if (outcome instanceof Error) ending.reject(outcome)
    else ending.resolve(outcome)
    for (let left = 5; left > 0; left--) await Promise.resolve()
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  // The longest wait of each attempt.
  vi.spyOn(Math, 'random').mockReturnValue(1)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('repositories to be fetched', () => {
  it('are fetched few at once, and fewer of one host', async () => {
    const fetches = new Fetches()
    for (const did of ['a1', 'a2', 'a3', 'a4']) fetches.queue.add(did, 'a')
    expect(fetches.running).toEqual(['a1', 'a2'])
    for (const did of ['b1', 'b2']) fetches.queue.add(did, 'b')
    expect(fetches.running).toEqual(['a1', 'a2', 'b1'])
    await fetches.end('a1')
    expect(fetches.running).toEqual(['a2', 'b1', 'a3'])
    await fetches.end('b1')
    expect(fetches.running).toEqual(['a2', 'a3', 'b2'])
    for (const did of ['a2', 'a3', 'a4', 'b2']) await fetches.end(did)
    expect([fetches.queue.size, fetches.running]).toEqual([0, []])
  })

  it('that are asked for while they wait are fetched once', async () => {
    const fetches = new Fetches({ concurrency: 1 })
    for (const did of ['a', 'b', 'b', 'b']) fetches.queue.add(did, 'x')
    expect(fetches.queue.has('b')).toBe(true)
    await fetches.end('a')
    await fetches.end('b')
    expect(fetches.begun).toEqual(['a x', 'b x'])
    expect(fetches.queue.has('b')).toBe(false)
  })

  it('that are asked for while they are fetched are fetched once more, at once', async () => {
    const fetches = new Fetches()
    fetches.queue.add('a', 'x')
    fetches.queue.add('a', 'x')
    await fetches.end('a')
    expect(fetches.queue.has('a')).toBe(true)
    vi.advanceTimersByTime(0)
    expect(fetches.begun).toEqual(['a x', 'a x'])
    await fetches.end('a')
    expect(fetches.queue.size).toBe(0)
  })

  it('that fail are fetched later, and later still, up to a limit', async () => {
    const fetches = new Fetches()
    fetches.queue.add('a', 'x')
    for (const wait of [1000, 2000, 4000, 8000, 8000]) {
      await fetches.end('a', { kind: 'failed' })
      vi.advanceTimersByTime(wait - 1)
      expect(fetches.running).toEqual([])
      vi.advanceTimersByTime(1)
      expect(fetches.running).toEqual(['a'])
    }
    await fetches.end('a', new Error('anything'))
    vi.advanceTimersByTime(8000)
    expect(fetches.running).toEqual(['a'])
  })

  it('of a host that is dead wait for it, and those of others do not', async () => {
    const fetches = new Fetches()
    fetches.queue.add('dead1', 'dead')
    fetches.queue.add('dead2', 'dead')
    fetches.queue.add('dead3', 'dead')
    await fetches.end('dead1', { kind: 'host-failed' })
    await fetches.end('dead2', { kind: 'host-failed' })
    expect(fetches.running).toEqual([])
    fetches.queue.add('b', 'b')
    expect(fetches.running).toEqual(['b'])
    await fetches.end('b')
    // Then one of them is tried, and with its success the others.
    vi.advanceTimersByTime(4000)
    expect(fetches.running).toHaveLength(1)
    await fetches.end(fetches.running[0]!)
    expect(fetches.running).toHaveLength(2)
  })

  it('that live elsewhere are fetched from there', async () => {
    const fetches = new Fetches()
    fetches.queue.add('a', 'old')
    await fetches.end('a', { kind: 'elsewhere', host: 'new' })
    expect(fetches.begun).toEqual(['a old', 'a new'])
  })

  it('of which no host is known are limited only in all', () => {
    const fetches = new Fetches()
    for (const did of ['a', 'b', 'c', 'd']) fetches.queue.add(did, '')
    expect(fetches.running).toEqual(['a', 'b', 'c'])
  })

  it('end with the consumer: what runs is waited for, what waits is not begun', async () => {
    const fetches = new Fetches({ concurrency: 1 })
    for (const did of ['a', 'b']) fetches.queue.add(did, 'x')
    let stopped = false
    const stopping = fetches.queue.stop().then(() => {
      stopped = true
    })
    for (let left = 5; left > 0; left--) await Promise.resolve()
    expect(stopped).toBe(false)
    await fetches.end('a', { kind: 'failed' })
    await stopping
    fetches.queue.add('c', 'x')
    vi.advanceTimersByTime(100_000)
    expect(fetches.begun).toEqual(['a x'])
  })

  it('wait no longer for a host that failed once they live elsewhere', async () => {
    const fetches = new Fetches()
    for (const did of ['a1', 'a2', 'a3']) fetches.queue.add(did, 'a')
    await fetches.end('a1', { kind: 'host-failed' })
    await fetches.end('a2', { kind: 'host-failed' })
    expect(fetches.running).toEqual([])
    // One waits for its own time, the other for the host's.
    fetches.queue.moved('a1', 'b')
    fetches.queue.moved('a3', 'b')
    fetches.queue.moved('unknown', 'b')
    expect(fetches.begun.slice(2)).toEqual(['a1 b', 'a3 b'])
    await fetches.end('a1')
    await fetches.end('a3')
    expect(fetches.queue.size).toBe(1)
    fetches.queue.moved('a1', 'a')
    expect(fetches.queue.has('a1')).toBe(false)
    await fetches.queue.stop()
  })

  it('were tried when each ended once, or their host did not answer', async () => {
    const fetches = new Fetches({ perHost: 1 })
    const tried = vi.fn()
    for (const did of ['a1', 'a2', 'a3']) fetches.queue.add(did, 'a')
    fetches.queue.add('b1', 'b')
    void fetches.queue.tried().then(tried)
    await fetches.end('b1', { kind: 'elsewhere', host: 'c' })
    await fetches.end('a1', { kind: 'host-failed' })
    expect(tried).not.toHaveBeenCalled()
    await fetches.end('b1', { kind: 'failed' })
    for (let left = 9; left > 0; left--) await Promise.resolve()
    expect(tried).toHaveBeenCalledOnce()
    await fetches.queue.stop()
  })
})
