/** Webhooks: in order within a dataset, at least once, whatever the receiver does; on both engines. */
import { UpdateHub } from '@frost/appview/updates/hub'
import { WebhookService } from '@frost/appview/webhooks/service'
import type { Index } from '@frost/index'
import { atUri, nsid } from '@frost/lexicon'
import { beforeEach, describe, expect, it } from 'vitest'
import { ENGINES } from '../index/engines.ts'
import { freshIndexes } from '../index/fresh-indexes.ts'
import { ALICE, BOB, Events } from '../index/network-of.ts'
import { isSigned, Receiver } from './receiver.ts'

const createdAt = '2026-01-01T00:00:00.000Z'

describe.each(ENGINES)('webhooks on %s', engine => {
  let index: Index
  let events: Events
  let service: WebhookService
  let hub: UpdateHub
  const { fresh, close } = freshIndexes(engine)

  const fail = (error: unknown) => {
    throw error
  }
  async function start(retry = (_: number) => 0) {
    hub = new UpdateHub(index, fail)
    hub.start()
    service = new WebhookService(index, hub, { allowLoopbackHttp: true, onError: fail, retryDelay: retry })
    service.start()
  }
  async function stop() {
    await service.stop()
    await hub.close()
  }
  beforeEach(async () => {
    index = await fresh()
    events = new Events()
    await start()
    return async () => {
      await stop()
      await close(index)
    }
  })

  async function publish(rkey: string, title = rkey, did = ALICE) {
    const event = await events.put(did, 'dataset.entry', rkey, { title, createdAt })
    await index.store.apply(events.batch([event]))
  }
  const register = (url: string, filter: object = {}, did = ALICE) =>
    index.webhooks.register({ did, url, filter: JSON.stringify(filter), seq: 0 })
  const titles = (received: readonly { body: string }[]) =>
    received.map(({ body }) => JSON.parse(body).data.record?.title)

  it('delivers signed updates in order, those from before too, and only those that match', async () => {
    await using receiver = await Receiver.open()
    await publish('before')
    const { id, secret } = await register(receiver.url, { actor: [ALICE] })
    await publish('of-bob', 'of Bob', BOB)
    for (const rkey of ['one', 'two']) await publish(rkey)
    await receiver.until(() => receiver.taken.length === 3)
    expect(titles(receiver.taken)).toEqual(['before', 'one', 'two'])
    for (const received of receiver.taken) {
      expect(isSigned(received, secret)).toBe(true)
      expect(received.id).toBe(`${id}.${received.seq}`)
      expect(JSON.parse(received.body)).toMatchObject({ type: 'updates.update', data: { action: 'create' } })
    }
  })

  it('tries again what was refused, and keeps the order within the dataset while others go on', async () => {
    await using receiver = await Receiver.open()
    let refusals = 3
    receiver.answer = ({ uri }, response) => {
      if (uri.endsWith('/stubborn') && refusals-- > 0) response.statusCode = 503
      response.end()
    }
    await register(receiver.url)
    for (const [rkey, title] of [
      ['stubborn', 'stubborn 1'],
      ['easy', 'easy'],
      ['stubborn', 'stubborn 2'],
    ])
      await publish(rkey!, title)
    await receiver.until(() => receiver.taken.length === 3)
    const stubborn = receiver.taken.filter(({ uri }) => uri.endsWith('/stubborn')).map(({ seq }) => seq)
    expect(stubborn).toEqual([...stubborn].sort((a, b) => a - b))
    expect(receiver.refused).toHaveLength(3)
  })

  it('survives a restart between refusal and retry: nothing is lost', async () => {
    await using receiver = await Receiver.open()
    receiver.answer = (_, response) => {
      response.statusCode = 500
      response.end()
    }
    await stop()
    await start(() => 3_600_000)
    const { id } = await register(receiver.url)
    for (const rkey of ['a', 'b', 'c']) await publish(rkey)
    await receiver.until(() => receiver.refused.length === 3)
    await stop()
    // What was under way when it stopped is not a row: it is read from the log again.
    const { length } = await index.webhooks.waiting(id)
    expect(length).toBeGreaterThanOrEqual(2)
    receiver.answer = (_, response) => response.end()
    for (const row of await index.webhooks.waiting(id))
      await index.webhooks.keep(id, row.seq, { ...row, next_attempt_at: createdAt })
    await start()
    await receiver.until(() => receiver.taken.length === 3)
    expect(titles(receiver.taken)).toEqual(['a', 'b', 'c'])
    await publish('d')
    await receiver.until(() => receiver.taken.length === 4)
    expect((await index.webhooks.get(id))?.state).toBe('active')
  })

  it('asks a receiver that takes nothing with one delivery at a time, and catches up when it is back', async () => {
    await using receiver = await Receiver.open()
    let isUp = false
    let after = 0
    receiver.answer = (_, response) => {
      if (!isUp) response.statusCode = 502
      response.end()
    }
    await stop()
    await start(attempts => (attempts > 1 ? after++ * 5 : 0))
    const { id } = await register(receiver.url)
    for (let number = 0; number < 20; number++) await publish(`n${number}`)
    await receiver.until(() => receiver.refused.length >= 12)
    expect((await index.webhooks.get(id))?.state).toBe('failing')
    expect(new Set(receiver.refused.map(({ seq }) => seq)).size).toBeLessThan(8)
    isUp = true
    await receiver.until(() => receiver.taken.length === 20)
    expect(new Set(receiver.taken.map(({ seq }) => seq)).size).toBe(20)
  })

  it('gives up after three days; a dead delivery is shown, and sent again when asked', async () => {
    await using receiver = await Receiver.open()
    receiver.answer = ({ uri }, response) => {
      if (uri.endsWith('/poison')) response.statusCode = 400
      response.end()
    }
    await stop()
    await start(() => 4 * 86_400_000)
    const { id } = await register(receiver.url)
    await publish('poison')
    await publish('fine')
    await receiver.until(() => receiver.taken.length === 1)
    const { deliveries } = await index.webhooks.deliveries(id, { state: 'dead', limit: 10 })
    expect(deliveries).toMatchObject([{ attempts: 1, error: 'answered 400', lane: entryUri('poison') }])
    receiver.answer = (_, response) => response.end()
    expect(await index.webhooks.replay(ALICE, id)).toBe(1)
    await receiver.until(() => receiver.taken.length === 2)
    expect(receiver.taken.at(-1)?.uri).toBe(entryUri('poison'))
  })

  it('signs with both secrets for a day after a rotation', async () => {
    await using receiver = await Receiver.open()
    const { id, secret } = await register(receiver.url)
    const fresh = await index.webhooks.rotate(ALICE, id)
    await publish('rotated')
    await receiver.until(() => receiver.taken.length === 1)
    const [received] = receiver.taken
    expect([secret, fresh].map(one => isSigned(received!, one))).toEqual([true, true])
    await index.webhooks.update(id, { old_secret_until: createdAt })
    await publish('later')
    await receiver.until(() => receiver.taken.length === 2)
    expect([secret, fresh].map(one => isSigned(receiver.taken[1]!, one))).toEqual([false, true])
  })

  it('stops for good where the receiver says 410, and where the webhook is removed', async () => {
    await using receiver = await Receiver.open()
    receiver.answer = (_, response) => {
      response.statusCode = 410
      response.end()
    }
    const gone = await register(receiver.url)
    await publish('first')
    await receiver.until(() => receiver.refused.length === 1)
    await using other = await Receiver.open()
    const kept = await register(other.url)
    await other.until(() => other.taken.length === 1)
    await publish('second')
    await other.until(() => other.taken.length === 2)
    expect((await index.webhooks.get(gone.id))?.state).toBe('disabled')
    expect(receiver.refused).toHaveLength(1)
    await index.webhooks.remove(ALICE, kept.id)
    await expect(index.webhooks.owned(ALICE, kept.id)).rejects.toMatchObject({ name: 'WebhookNotFound' })
    await expect(index.webhooks.remove(BOB, gone.id)).rejects.toMatchObject({ name: 'WebhookNotFound' })
  })

  it('follows no redirect', async () => {
    await using receiver = await Receiver.open()
    await using inward = await Receiver.open()
    receiver.answer = (_, response) => response.writeHead(307, { location: inward.url }).end()
    const { id } = await register(receiver.url)
    await publish('redirected')
    await receiver.until(() => receiver.refused.length >= 1)
    expect(inward.taken).toHaveLength(0)
    await index.webhooks.remove(ALICE, id)
  })

  it('has a quota for each account', async () => {
    for (let number = 0; number < 20; number++) await register(`http://localhost:1/${number}`, {}, BOB)
    await expect(register('http://localhost:1/more', {}, BOB)).rejects.toMatchObject({
      name: 'TooManyWebhooks',
    })
  })
})

const entryUri = (rkey: string) => atUri(ALICE, nsid('dataset.entry'), rkey)
