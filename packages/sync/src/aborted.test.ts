import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { unlessAborted } from './aborted.ts'

it('gives what the promise gives, or its failure', async () => {
  const { signal } = new AbortController()
  expect(await unlessAborted(signal, Promise.resolve(1))).toBe(1)
  await expect(unlessAborted(signal, Promise.reject(new Error('no')))).rejects.toThrow('no')
})

it('ends with the signal, at once or later', async () => {
  const ending = new AbortController()
  const waiting = unlessAborted(ending.signal, new Promise(() => undefined))
  ending.abort(new Error('the end'))
  await expect(waiting).rejects.toThrow('the end')
  await expect(unlessAborted(ending.signal, Promise.resolve(1))).rejects.toThrow('the end')
})

it('abort listeners do not pile up on a signal that outlives the promises', async () => {
  const { signal } = new AbortController()
  const pending = unlessAborted(signal, new Promise(() => undefined))
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  for (let n = 0; n < 100; n++) {
    await unlessAborted(signal, Promise.resolve(n))
    await unlessAborted(signal, Promise.reject(new Error('no'))).catch(() => undefined)
  }
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  void pending
})
