/** The hub tells each listener every update after the one it has, once, whenever it joins. */
import { type Listener, UpdateHub } from '@frost/appview/updates/hub'
import type { Index } from '@frost/index'
import { expect, it } from 'vitest'
import { freshIndexes } from '../index/fresh-indexes.ts'
import { ALICE, Events } from '../index/network-of.ts'

const { fresh, close } = freshIndexes('sqlite')

it('tells who joined while it began of what was appended meanwhile', async () => {
  const index = await fresh()
  const events = new Events()
  const publish = async (rkey: string) => {
    const record = { title: rkey, createdAt: '2026-01-01T00:00:00.000Z' }
    await index.store.apply(events.batch([await events.put(ALICE, 'dataset.entry', rkey, record)]))
  }
  await publish('before')
  const begin = Promise.withResolvers<void>()
  const updates = Object.create(index.updates, {
    read: { value: index.updates.read.bind(index.updates) },
    onAppend: { value: index.updates.onAppend.bind(index.updates) },
    last: { value: () => begin.promise.then(() => index.updates.last()) },
  })
  const slow: Index = Object.create(index, { updates: { value: updates } })
  const hub = new UpdateHub(slow, error => {
    throw error
  })
  hub.start()
  const heard: number[] = []
  const three = Promise.withResolvers<void>()
  const listener: Listener = {
    filter: {},
    hear({ view }) {
      heard.push(view.seq)
      if (heard.length === 3) three.resolve()
    },
  }
  expect(hub.join(listener, await index.updates.last())).toBe(true)
  await publish('meanwhile')
  await publish('meanwhile too')
  begin.resolve()
  await publish('after')
  await three.promise
  expect(heard).toEqual([2, 3, 4])
  await hub.close()
  await close(index)
})
