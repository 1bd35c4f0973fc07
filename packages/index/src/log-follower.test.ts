import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LogFollower } from './log-follower.ts'
import type { Update } from './update-log.ts'

/** A log whose appends are told at once, so that a test can choose the very microtask. */
class ListLog {
  readonly #updates: Update[] = []
  #listener: () => void = () => {}

  async read(after: number, limit: number): Promise<Update[]> {
    return this.#updates.slice(after, after + limit)
  }

  async last(): Promise<number> {
    return this.#updates.length
  }

  onAppend(listener: () => void): () => void {
    this.#listener = listener
    return () => {
      this.#listener = () => {}
    }
  }

  append(): void {
    const seq = this.#updates.length + 1
    this.#updates.push({ seq, time: '', kind: 'identity', action: 'changed', did: 'did:web:a', touches: [] })
    this.#listener()
  }
}

function followed(log: ListLog, options: Partial<ConstructorParameters<typeof LogFollower>[0]> = {}) {
  const taken: number[] = []
  const follower = new LogFollower({
    updates: log,
    batch: 2,
    take: async read => void taken.push(...read.map(({ seq }) => seq)),
    onError: () => {},
    ...options,
  })
  return { follower, taken }
}

describe('what follows the update log', () => {
  it('takes everything in, in order and once, what was there before too', async () => {
    const log = new ListLog()
    for (let count = 0; count < 5; count++) log.append()
    const { follower, taken } = followed(log)
    follower.moveTo(1)
    follower.start()
    log.append()
    await follower.reached(6)
    expect(taken).toEqual([2, 3, 4, 5, 6])
    await follower.close()
    log.append()
    expect(taken).toHaveLength(5)
  })

  it('regression: an append in the very moment in which the last batch ends is not left lying', async () => {
    for (let moment = 0; moment < 40; moment++) {
      const log = new ListLog()
      const { follower } = followed(log)
      follower.start()
      log.append()
      for (let wait = 0; wait < moment; wait++) await Promise.resolve()
      log.append()
      await follower.reached(2)
      await follower.close()
    }
  })

  it('gives what failed again', async () => {
    const log = new ListLog()
    const failures: unknown[] = []
    const seen: number[] = []
    const { follower } = followed(log, {
      take: async ([update]) => {
        seen.push(update!.seq)
        if (seen.length === 1) throw new Error('the disk is full')
      },
      onError: error => void failures.push(error),
    })
    follower.start()
    log.append()
    await follower.reached(1)
    expect([seen, failures]).toEqual([[1, 1], [expect.objectContaining({ message: 'the disk is full' })]])
    await follower.close()
  })

  it('does something else only while nothing is under way, and takes in afterwards what came meanwhile', async () => {
    const log = new ListLog()
    const order: string[] = []
    const ended = Promise.withResolvers<void>()
    const { follower } = followed(log, {
      take: async ([update]) => {
        order.push(`takes ${update!.seq}`)
        if (update!.seq === 1) await ended.promise
        order.push(`took ${update!.seq}`)
      },
    })
    follower.start()
    log.append()
    const between = follower.between(async () => {
      order.push('begins')
      log.append()
      await new Promise(resolve => setImmediate(resolve))
      order.push('ends')
    })
    await expect.poll(() => order).toEqual(['takes 1'])
    ended.resolve()
    await between
    await follower.reached(2)
    expect(order).toEqual(['takes 1', 'took 1', 'begins', 'ends', 'takes 2', 'took 2'])
    await expect(follower.between(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    log.append()
    await follower.reached(3)
    await follower.close()
  })

  it('begins first, and answers who waits when it is closed', async () => {
    const log = new ListLog()
    for (let count = 0; count < 3; count++) log.append()
    const { follower, taken } = followed(log, { begin: async () => 2 })
    const waiting = follower.reached(0)
    follower.start()
    await waiting
    await follower.reached(3)
    expect(taken).toEqual([3])
    const never = follower.reached(99)
    await follower.close()
    await never
  })

  describe('in a flood', () => {
    beforeEach(() => void vi.useFakeTimers())
    afterEach(() => void vi.useRealTimers())

    /** A follower before which so many updates wait as are a flood, with what it takes batch by batch. */
    async function flooded(from = 3) {
      const log = new ListLog()
      const batches: number[] = []
      const { follower } = followed(log, {
        batch: 100,
        gathering: { from, enough: 10, milliseconds: 250, pause: 100 },
        take: async read => void batches.push(read.length),
      })
      for (let count = 0; count < from; count++) log.append()
      follower.start()
      await vi.advanceTimersByTimeAsync(99)
      expect(batches).toEqual([])
      return { log, follower, batches }
    }

    it('waits until enough have come; few are taken at once', async () => {
      const { log, follower, batches } = await flooded()
      for (let count = 0; count < 7; count++) log.append()
      await vi.advanceTimersByTimeAsync(1)
      expect(batches).toEqual([10])
      log.append()
      await vi.advanceTimersByTimeAsync(0)
      expect(batches).toEqual([10, 1])
      await follower.close()
    })

    it('waits no longer than something comes', async () => {
      const { follower, batches } = await flooded()
      await vi.advanceTimersByTimeAsync(1)
      expect(batches).toEqual([3])
      await follower.close()
    })

    it('regression: waits for no trickle behind what came at once', async () => {
      const { log, follower, batches } = await flooded(8)
      log.append()
      await vi.advanceTimersByTimeAsync(1)
      expect(batches).toEqual([9])
      await follower.close()
    })

    it('waits so long at most, though something comes in each pause', async () => {
      const { log, follower, batches } = await flooded()
      for (let pause = 0; pause < 2; pause++) {
        log.append()
        await vi.advanceTimersByTimeAsync(100)
      }
      expect(batches).toEqual([])
      log.append()
      await vi.advanceTimersByTimeAsync(1)
      expect(batches).toEqual([6])
      await follower.close()
    })

    it('keeps nobody waiting who asks for what has come', async () => {
      const { follower, batches } = await flooded()
      await follower.reached(3)
      expect(batches).toEqual([3])
      await follower.close()
    })

    it('ends at once when it is closed, and takes nothing more', async () => {
      const { follower, batches } = await flooded()
      await follower.close()
      expect(batches).toEqual([])
    })
  })
})
