import { expect, it } from 'vitest'
import { Budget } from './budget.ts'
import { CursorTracker } from './cursor.ts'
import type { RepoMessage } from './frame.ts'
import type { Delivery } from './surroundings.ts'
import { Waiting } from './waiting.ts'

const tracker = new CursorTracker(undefined)
let seq = 0
function delivery(bytes: number): Delivery {
  const mark = tracker.begin(++seq)
  const blocks = new Uint8Array(bytes)
  const message: RepoMessage = {
    type: 'sync',
    seq,
    did: 'did:web:a.test',
    time: '',
    rev: '3jzfcijpj2z2a',
    blocks,
    frameBytes: bytes,
  }
  return { message, mark, from: { url: 'ws://a.test', origin: 'http://a.test', kind: 'relay' } }
}

it('gives what waited in its order, its bytes back, and begins anew', () => {
  const budget = new Budget(100)
  const waiting = new Waiting(budget)
  const all = [delivery(10), delivery(20), delivery(30)]
  for (const one of all) waiting.add(one)
  expect(budget.taken).toBe(60)
  expect(waiting.empty).toBe(false)
  expect(waiting.take()).toEqual({ deliveries: all, missed: false })
  expect(budget.taken).toBe(0)
  expect(waiting.take()).toEqual({ deliveries: [], missed: false })
  expect(waiting.empty).toBe(true)
})

it('remembers that something did not fit: in bytes, over all repositories', () => {
  const budget = new Budget(100)
  const [one, other] = [new Waiting(budget), new Waiting(budget)]
  one.add(delivery(80))
  other.add(delivery(30))
  expect(other.take()).toEqual({ deliveries: [], missed: true })
  expect(one.take().missed).toBe(false)
})

it('remembers that something did not fit: in number', () => {
  const waiting = new Waiting(new Budget(1))
  for (let n = 0; n < 1000; n++) waiting.add(delivery(0))
  expect(waiting.take()).toMatchObject({ missed: false })
  for (let n = 0; n < 1001; n++) waiting.add(delivery(0))
  const { deliveries, missed } = waiting.take()
  expect({ waited: deliveries.length, missed }).toEqual({ waited: 1000, missed: true })
})

it('regression: counts the whole frame of a message, and keeps no more of it than its blocks', () => {
  const budget = new Budget(10_000)
  const waiting = new Waiting(budget)
  const { message, ...rest } = delivery(0)
  const frame = new Uint8Array(6000)
  const padded = { ...message, blocks: frame.subarray(5990), frameBytes: 6000 } as RepoMessage
  waiting.add({ ...rest, message: padded })
  waiting.add({ ...rest, message: padded })
  expect(budget.taken).toBe(6000)
  const { deliveries, missed } = waiting.take()
  expect(deliveries.map(({ message: { type } }) => type)).toEqual(['sync'])
  for (const { message: kept } of deliveries)
    if ('blocks' in kept) expect(kept.blocks.buffer.byteLength).toBe(10)
  expect({ missed, taken: budget.taken }).toEqual({ missed: true, taken: 0 })
})

it('remembers what could not wait, once', () => {
  const waiting = new Waiting(new Budget(1))
  waiting.miss()
  expect(waiting.take().missed).toBe(true)
  expect(waiting.take().missed).toBe(false)
})
