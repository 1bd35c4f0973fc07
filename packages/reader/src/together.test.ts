import { expect, it } from 'vitest'
import { together } from './together.ts'

it('answers in order', async () => {
  expect(await together({}, [async () => 1, async () => 2])).toEqual([1, 2])
})

it('ends the others when one fails, and throws its error once none is under way', async () => {
  let ended = 0
  const waiting = ({ signal }: { signal?: AbortSignal }) =>
    new Promise<never>((_, reject) => {
      signal!.addEventListener('abort', () => {
        queueMicrotask(() => {
          ended += 1
          reject(signal!.reason)
        })
      })
    })
  const failing = async () => {
    throw new Error('the first')
  }
  await expect(together({}, [waiting, failing, waiting])).rejects.toThrow('the first')
  expect(ended).toBe(2)
})

it('ends by the signal of the caller too', async () => {
  const stop = new AbortController()
  const read = together({ signal: stop.signal }, [
    ({ signal }) =>
      new Promise((_, reject) => {
        signal!.addEventListener('abort', () => reject(new Error('stopped')))
      }),
  ])
  stop.abort()
  await expect(read).rejects.toThrow('stopped')
})
