import { expect, test } from 'vitest'
import { SingleFlight } from './single-flight.ts'

test('equal work that is asked for together is done once', async () => {
  const flights = new SingleFlight<number>()
  const gate = Promise.withResolvers<number>()
  let runs = 0
  const work = () => {
    runs++
    return gate.promise
  }
  const results = Promise.all([1, 2, 3].map(() => flights.run('key', undefined, work)))
  gate.resolve(7)
  expect(await results).toEqual([7, 7, 7])
  expect([runs, flights.size]).toEqual([1, 0])
  expect(await flights.run('key', undefined, async () => 8)).toBe(8)
})

test('one who leaves does not end it for the others; the last one does', async () => {
  const flights = new SingleFlight<string>()
  const aborted = Promise.withResolvers<void>()
  const work = (signal: AbortSignal) => {
    signal.addEventListener('abort', () => aborted.resolve())
    return new Promise<string>(() => {})
  }
  const [first, second] = [new AbortController(), new AbortController()]
  const one = flights.run('key', first.signal, work)
  const other = flights.run('key', second.signal, work)
  first.abort(new Error('first left'))
  await expect(one).rejects.toThrow('first left')
  expect(flights.size).toBe(1)
  second.abort(new Error('second left'))
  await expect(other).rejects.toThrow('second left')
  await aborted.promise
  expect(flights.size).toBe(0)
})

test('a failure is told to all who wait, and not remembered', async () => {
  const flights = new SingleFlight<string>()
  const work = async () => {
    throw new Error('no')
  }
  const results = await Promise.allSettled([1, 2].map(() => flights.run('key', undefined, work)))
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await flights.run('key', undefined, async () => 'yes')).toBe('yes')
})
