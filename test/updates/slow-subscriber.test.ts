/** A subscriber that does not read is dropped and told why; those beside it hear everything, in order. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { StreamSockets } from '@frost/appview/streams/sockets'
import { UpdateHub } from '@frost/appview/updates/hub'
import { updateStream } from '@frost/appview/updates/stream'
import { expect, it } from 'vitest'
import { place } from '../index/engines.ts'
import { ALICE, Events } from '../index/network-of.ts'
import { Listening, type Told } from './listening.ts'

const createdAt = '2026-01-01T00:00:00.000Z'
/** More than the kernel's buffers and the subscription's own take. */
const UPDATES = 200
const DESCRIPTIONS = Array.from({ length: 5 }, () => ({ value: 'x'.repeat(19_000) }))

it('is dropped alone, with the reason, and goes on from where it was', { timeout: 60_000 }, async () => {
  await using home = await place('sqlite')
  const index = await home.open()
  const fail = (error: unknown) => {
    throw error
  }
  const hub = new UpdateHub(index, fail)
  hub.start()
  const server = createServer()
  const dropped = Promise.withResolvers<string>()
  const sockets = new StreamSockets(server, [updateStream(index, hub)], {
    most: 100,
    mostPerAddress: 0,
    slowestMilliseconds: 200,
    onError: fail,
    onTooSlow: dropped.resolve,
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const rkeys = (told: readonly Told[]) =>
    told.flatMap(({ uri }) => uri?.slice(uri.lastIndexOf('/') + 1) ?? [])

  const slow = new Listening(url, { cursor: 0 })
  const others = Array.from({ length: 10 }, () => new Listening(url, { cursor: 0 }))
  await Promise.all([slow, ...others].map(({ opened }) => opened))
  slow.socket.pause()
  const events = new Events()
  const names = Array.from({ length: UPDATES }, (_, number) => `n${String(number).padStart(4, '0')}`)
  for (const [place, rkey] of names.entries()) {
    const record = { title: rkey, descriptions: DESCRIPTIONS, createdAt }
    await index.store.apply(events.batch([await events.put(ALICE, 'dataset.entry', rkey, record)]))
    // All of them share one thread here: those that read are let read.
    if (place % 10 === 9)
      for (const other of others) await other.until(({ uri }) => uri?.endsWith(rkey) === true)
  }
  const isLast = ({ uri }: Told) => uri?.endsWith(names.at(-1)!)
  for (const other of others) expect(rkeys(await other.until(isLast))).toEqual(names)
  expect(await dropped.promise).toMatch(/bytes waited for 0.2 s: read faster, or ask for less/)

  slow.socket.resume()
  expect(await slow.closed).toEqual({ code: 1008, reason: 'ConsumerTooSlow' })
  const heard = rkeys(slow.told)
  expect(slow.told.at(-1)).toMatchObject({ error: 'ConsumerTooSlow' })
  expect(heard.length).toBeLessThan(UPDATES)
  await using again = new Listening(url, { cursor: slow.told.at(-2)!.seq })
  expect([...heard, ...rkeys(await again.until(isLast))]).toEqual(names)

  for (const other of others) await other[Symbol.asyncDispose]()
  sockets.close()
  server.closeAllConnections()
  server.close()
  await hub.close()
  await index.close()
})
