import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { NoTurn, Turns } from './turns.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const never = () => new Promise<never>(() => {})
const late = () => new Promise<never>((_, reject) => setTimeout(reject, 5_000, new Error('no answer')))
const here = async () => 'here'

it('are given to so many of a key at once, in the order in which they came', async () => {
  const turns = new Turns({ most: 2, mostWaiting: 8 })
  const begun: number[] = []
  const ends: (() => void)[] = []
  const works = Array.from({ length: 6 }, (_, number) =>
    turns.take('one', () => {
      begun.push(number)
      return new Promise<void>(resolve => ends.push(resolve))
    }),
  )
  await vi.advanceTimersByTimeAsync(0)
  expect(begun).toEqual([0, 1])
  for (let count = 3; count <= 6; count++) {
    ends.shift()!()
    await vi.advanceTimersByTimeAsync(0)
    expect(begun).toHaveLength(count)
  }
  for (const end of ends) end()
  await Promise.all(works)
  expect(begun).toEqual([0, 1, 2, 3, 4, 5])
  expect(await turns.take('one', here)).toBe('here')
})

it('of one key do not keep another waiting, and whoever would wait too long is told at once', async () => {
  const turns = new Turns({ most: 1, mostWaiting: 1 })
  void turns.take('slow', never)
  void turns.take('slow', never)
  await expect(turns.take('slow', never)).rejects.toThrow(NoTurn)
  expect(await turns.take('quick', here)).toBe('here')
})

it('are not given for a while to what kept somebody waiting in vain, nor to those who wait for it', async () => {
  const turns = new Turns({ most: 1, mostWaiting: 8, rest: 10_000 })
  const first = turns.take('slow', late).catch(String)
  const second = turns.take('slow', here).catch(error => error)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(await first).toContain('no answer')
  expect(await second).toBeInstanceOf(NoTurn)
  await expect(turns.take('slow', here)).rejects.toThrow(NoTurn)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await turns.take('slow', here)).toBe('here')
})

it('are given again at once after what failed quickly', async () => {
  const turns = new Turns({ most: 1, mostWaiting: 0, rest: 10_000 })
  await expect(turns.take('one', () => Promise.reject(new Error('too large')))).rejects.toThrow('too large')
  expect(await turns.take('one', here)).toBe('here')
})
