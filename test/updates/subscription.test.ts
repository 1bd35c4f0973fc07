/** Updates by WebSocket: what a subscriber is told, from which seq on, under which filters, and how a stream ends. */

import { Subscription } from '@atproto/xrpc-server'
import { definition, frost, nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newAccount, putRecord, type Stand, stand } from '../stand.ts'
import { Listening, type Told } from './listening.ts'

const record = (uri: string) => ({ $type: definition('recordRef'), uri })

describe('subscribeUpdates', () => {
  let world: Stand
  let noaa: Awaited<ReturnType<typeof newAccount>>
  let nasa: Awaited<ReturnType<typeof newAccount>>
  beforeAll(async () => {
    world = await stand({
      network: { pdses: ['icebucket', 'icehub'].map(name => ({ name, domain: `${name}.test` })) },
    })
    noaa = await newAccount(world.network, 'ocean', 'icebucket')
    nasa = await newAccount(world.network, 'space', 'icehub')
  }, 60_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  const entryUri = (who: typeof noaa, rkey: string) => `at://${who.did}/${nsid('dataset.entry')}/${rkey}`
  const listen = (params: Record<string, string | number | readonly string[]> = {}) =>
    new Listening(world.appview.url, params)
  const rkeys = (told: readonly Told[]) => told.map(({ uri }) => uri.slice(uri.lastIndexOf('/') + 1))

  it('tells of a record with its text and its dataset, and of its update and deletion, in order', async () => {
    await using live = listen({ actor: noaa.did })
    await live.opened
    await putRecord(noaa, 'dataset.entry', 'ice', { title: 'Sea ice' })
    await putRecord(noaa, 'dataset.notice', '3kaaaaaaaaaaa', {
      subject: record(entryUri(noaa, 'ice')),
      kind: 'outage',
      text: 'The disk is full',
    })
    await putRecord(noaa, 'dataset.entry', 'ice', { title: 'Sea ice, daily' })
    await noaa.agent.com.atproto.repo.deleteRecord({
      repo: noaa.did,
      collection: nsid('dataset.entry'),
      rkey: 'ice',
    })
    const told = await live.until(({ action }) => action === 'delete')
    const ours = told.filter(({ action }) => ['create', 'update', 'delete'].includes(action))
    expect(ours.map(({ action, record: text }) => [action, text?.title ?? text?.kind])).toEqual([
      ['create', 'Sea ice'],
      ['create', 'outage'],
      ['update', 'Sea ice, daily'],
      ['delete', undefined],
    ])
    expect(new Set(ours.map(({ dataset }) => dataset))).toEqual(new Set([entryUri(noaa, 'ice')]))
    expect(ours.map(({ seq }) => seq)).toEqual([...ours.map(({ seq }) => seq)].sort((a, b) => a - b))
  })

  it('goes on from any seq: whoever was away misses nothing and hears nothing twice', async () => {
    const { seq: before } = await world.ask<{ seq: number }>('updates.listUpdates', { limit: '1000' })
    for (const rkey of ['one', 'two', 'three']) await putRecord(noaa, 'dataset.entry', rkey, { title: rkey })
    const collection = nsid('dataset.entry')
    const first = listen({ cursor: before, collection })
    const some = await first.until(({ uri }) => uri?.endsWith('/two'))
    const cursor = some.find(({ uri }) => uri.endsWith('/two'))!.seq
    await first[Symbol.asyncDispose]()
    await putRecord(noaa, 'dataset.entry', 'four', { title: 'four' })
    await using second = listen({ cursor, collection })
    await second.until(({ uri }) => uri?.endsWith('/four'))
    await putRecord(noaa, 'dataset.entry', 'five', { title: 'five' })
    const told = await second.until(({ uri }) => uri?.endsWith('/five'))
    expect(rkeys(told)).toEqual(['three', 'four', 'five'])
  })

  it('speaks the event stream of AT Protocol: the stock client reads it, and its messages hold against the lexicon', async () => {
    const ended = new AbortController()
    const { seq: cursor } = await world.ask<{ seq: number }>('updates.listUpdates', { limit: '1000' })
    const stock = new Subscription<{ $type: string; uri: string; record?: { title?: string } }>({
      service: world.appview.url.replace(/^http/, 'ws'),
      method: nsid('updates.subscribeUpdates'),
      signal: ended.signal,
      getParams: () => ({ cursor }),
      validate: message => {
        frost.updates.subscribeUpdates.$message.parse(message)
        return message as never
      },
    })
    await putRecord(nasa, 'dataset.entry', 'stock', { title: 'Read by the stock client' })
    for await (const message of stock) {
      if (!message.uri.endsWith('/stock')) continue
      expect(message.record?.title).toBe('Read by the stock client')
      break
    }
    ended.abort()
  })

  it('filters by what is downstream of a dataset, at any distance and across hosts, also after its deletion', async () => {
    await putRecord(noaa, 'dataset.entry', 'source', { title: 'Source' })
    await using downstream = listen({ downstreamOf: entryUri(noaa, 'source') })
    await using both = listen({
      downstreamOf: entryUri(noaa, 'source'),
      dataset: entryUri(noaa, 'source'),
      collection: nsid('dataset.entry'),
    })
    await Promise.all([downstream.opened, both.opened])
    await putRecord(nasa, 'dataset.entry', 'middle', {
      title: 'Middle',
      derivedFrom: [{ ref: record(entryUri(noaa, 'source')) }],
    })
    await putRecord(noaa, 'dataset.entry', 'end', {
      title: 'End',
      derivedFrom: [{ ref: record(entryUri(nasa, 'middle')) }],
    })
    await putRecord(noaa, 'dataset.entry', 'stranger', { title: 'Not made from it' })
    await putRecord(noaa, 'dataset.entry', 'source', { title: 'Source, mended' })
    await noaa.agent.com.atproto.repo.deleteRecord({
      repo: noaa.did,
      collection: nsid('dataset.entry'),
      rkey: 'end',
    })
    const told = await downstream.until(({ action }) => action === 'delete')
    expect(told.map(({ action }, place) => `${action} ${rkeys(told)[place]}`)).toEqual([
      'create middle',
      'create end',
      'delete end',
    ])
    const all = await both.until(({ action }) => action === 'delete')
    expect(rkeys(all)).toEqual(['middle', 'end', 'source', 'end'])
  })

  it('filters by a saved search', async () => {
    await using live = listen({
      query: new URLSearchParams({
        q: '"sea ice" thickness -format:csv title:thickness published:>=2000',
        format: 'zarr',
      }).toString(),
    })
    await live.opened
    const zarr = [{ id: 'main', uri: 's3://b/x.zarr', format: 'zarr' }]
    await putRecord(nasa, 'dataset.entry', 'other-format', { title: 'Thickness of the sea ice' })
    await putRecord(nasa, 'dataset.entry', 'other-words', {
      title: 'Thickness of ice at sea',
      distributions: zarr,
    })
    await putRecord(nasa, 'dataset.entry', 'left-out', {
      title: 'Sea ice thickness as a table',
      distributions: [...zarr, { id: 'csv', uri: 's3://b/x.csv', format: 'csv' }],
    })
    await putRecord(nasa, 'dataset.entry', 'match', { title: 'Sea ice thickness', distributions: zarr })
    expect(rkeys(await live.until(() => true))).toEqual(['match'])
  })

  it('tells the followers of a dataset that its account is hidden, and that it is shown again', async () => {
    const gone = await newAccount(world.network, 'leaving', 'icehub')
    await putRecord(gone, 'dataset.entry', 'mine', { title: 'Mine' })
    await using live = listen({ dataset: entryUri(gone, 'mine'), cursor: 0 })
    await live.until(({ action }) => action === 'create')
    await gone.agent.com.atproto.server.deactivateAccount({})
    await live.until(({ action }) => action === 'account-hidden')
    await gone.agent.com.atproto.server.activateAccount()
    const told = await live.until(({ action }) => action === 'account-active')
    expect(told.at(-1)).toMatchObject({ action: 'account-active', uri: `at://${gone.did}` })
  })

  it.each([
    ['a cursor beyond the log', { cursor: 1e9 }, 'FutureCursor', /1000000000/],
    ['a saved search that cannot be read', { query: 'colour=blue' }, 'InvalidQuery', /colour/],
    ['a handle that nobody has', { actor: 'nobody.test' }, 'ActorNotFound', /nobody\.test/],
    ['a parameter that is none', { dataset: 'sst' }, 'InvalidRequest', /dataset/],
  ])('ends the stream with a clear error: %s', async (_, params, error, message) => {
    await using live = listen(params as never)
    const [told] = await live.until(() => true)
    expect(told).toMatchObject({ error })
    expect(told?.message).toMatch(message)
    expect(await live.closed).toMatchObject({ code: 1008 })
  })

  it('says OutdatedCursor plainly once the log was pruned, and goes on with what is left', async () => {
    const { index } = world.appview.services
    await index.searchable()
    const horizon = await index.pruneUpdates(new Date(Date.now() + 1000).toISOString())
    expect(horizon).toBeGreaterThan(2)
    await using live = listen({ cursor: 1, collection: nsid('dataset.entry') })
    await putRecord(noaa, 'dataset.entry', 'after', { title: 'After the pruning' })
    const told = await live.until(({ uri }) => uri?.endsWith('/after'))
    expect(told[0]).toMatchObject({
      $type: `${nsid('updates.subscribeUpdates')}#info`,
      name: 'OutdatedCursor',
    })
    await expect(world.ask('updates.listUpdates', { after: '1' })).rejects.toMatchObject({
      error: 'OutdatedCursor',
    })
    await using exact = listen({ cursor: horizon, collection: nsid('dataset.entry') })
    const [first] = await exact.until(() => true)
    expect(first?.uri).toMatch(/after$/)
  })
})
