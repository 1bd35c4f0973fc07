import { AtpAgent } from '@atproto/api'
import { nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newAccount, type Stand, stand } from './stand.ts'

interface Found {
  entries: { uri: string; cid: string; author: { did: string; handle: string }; record: { title: string } }[]
  total: number
}

const ENTRY = nsid('dataset.entry')

const salinity = (title: string) => ({
  $type: ENTRY,
  title,
  createdAt: new Date().toISOString(),
  description: 'Salt in the uppermost metre of the Baltic Sea, measured from a ferry.',
  distributions: [{ id: 'csv', uri: 'https://example.org/ferry.csv', format: 'csv' }],
})

describe('a record posted with the stock client alone', () => {
  let world: Stand
  beforeAll(async () => {
    world = await stand()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const search = (q: string) => () => world.ask<Found>('dataset.searchEntries', { q })
  const found = (q: string) => world.until(search(q), ({ total }) => total > 0)
  const gone = (q: string) => world.until(search(q), ({ total }) => total === 0)

  it('is searchable, though its PDS was never heard of, and so are its update and its deletion', async () => {
    const pds = await world.network.addPds({ domain: 'shipyard.test' })
    const { agent, did } = await newAccount(world.network, 'ferry', pds.name)
    const { data } = await agent.com.atproto.repo.putRecord({
      repo: did,
      collection: ENTRY,
      rkey: 'ferry-salinity',
      record: salinity('Ferrybox salinity of the Baltic'),
    })
    const { entries } = await found('ferrybox salinity')
    expect(entries[0]).toMatchObject({
      uri: data.uri,
      cid: data.cid,
      author: { did, handle: 'ferry.shipyard.test' },
    })

    await agent.com.atproto.repo.putRecord({
      repo: did,
      collection: ENTRY,
      rkey: 'ferry-salinity',
      record: salinity('Thermosalinograph transects'),
    })
    expect((await found('thermosalinograph')).entries[0]?.uri).toBe(data.uri)
    await gone('ferrybox')

    await agent.com.atproto.repo.deleteRecord({ repo: did, collection: ENTRY, rkey: 'ferry-salinity' })
    await gone('thermosalinograph')
  })

  it('disappears with its deactivated account, comes back with it, and goes with its deletion', async () => {
    const { agent, did, account } = await newAccount(world.network, 'glider')
    await agent.com.atproto.repo.createRecord({
      repo: did,
      collection: ENTRY,
      record: salinity('Glider oxygen sections'),
    })
    await found('glider oxygen')

    await agent.com.atproto.server.deactivateAccount({})
    await gone('glider oxygen')
    await expect(world.ask('dataset.listEntries', { actor: did })).rejects.toMatchObject({
      error: 'ActorNotFound',
    })

    await agent.com.atproto.server.activateAccount()
    await found('glider oxygen')

    const mail = world.network.mails.next(account.email)
    await agent.com.atproto.server.requestAccountDelete()
    const token = /[A-Z2-7]{5}-[A-Z2-7]{5}/.exec(JSON.stringify(await mail))?.[0] ?? ''
    await new AtpAgent({ service: account.service }).com.atproto.server.deleteAccount({
      did,
      password: account.password,
      token,
    })
    await gone('glider oxygen')
    const { counts } = await world.ask<{ counts: Record<string, number> }>('service.describeService')
    expect(counts[ENTRY]).toBe(0)
  })

  it('is counted and hidden where it breaks its lexicon, while its neighbours show', async () => {
    const { agent, did } = await newAccount(world.network, 'hostile')
    const write = (record: Record<string, unknown>) =>
      agent.com.atproto.repo.createRecord({ repo: did, collection: ENTRY, record, validate: false })
    await write({ ...salinity('Unseen'), title: 'x'.repeat(4000) })
    await write({ ...salinity('Unseen'), description: 'word '.repeat(100_000) })
    await write({ $type: ENTRY, title: 'Unseen without a date' })
    await write({ ...salinity('Plankton beside bad neighbours') })
    await found('plankton neighbours')
    expect((await search('unseen')()).total).toBe(0)
    const { rejected, seq, searchSeq, upstreams } = await world.ask<{
      rejected: Record<string, number>
      seq: number
      searchSeq: number
      upstreams: { connected: boolean }[]
    }>('service.describeService')
    expect(rejected[ENTRY]).toBe(3)
    expect(searchSeq).toBeGreaterThan(0)
    expect(searchSeq).toBeLessThanOrEqual(seq)
    expect(upstreams).toContainEqual(expect.objectContaining({ connected: true }))
  })

  it('is there after the AppView was away', async () => {
    const { agent, did } = await newAccount(world.network, 'drifter')
    await world.stopAppview()
    await agent.com.atproto.repo.createRecord({
      repo: did,
      collection: ENTRY,
      record: salinity('Surface drifter tracks'),
    })
    await world.restartAppview()
    expect((await found('drifter tracks')).total).toBe(1)
  })
})

describe('the AppView', () => {
  let world: Stand
  beforeAll(async () => {
    world = await stand()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it.each([
    ['dataset.searchEntries', { bbox: '1,2,3' }, 'InvalidBbox'],
    ['dataset.searchEntries', { bbox: '0,50,10,40' }, 'InvalidBbox'],
    ['dataset.searchEntries', { from: 'yesterday' }, 'InvalidTime'],
    ['dataset.searchEntries', { cursor: 'nonsense' }, 'InvalidCursor'],
    ['dataset.searchEntries', { limit: '1000' }, 'InvalidRequest'],
    ['dataset.searchEntries', { limit: 'many' }, 'InvalidRequest'],
    ['dataset.countFacets', { facet: 'colour' }, 'InvalidFilter'],
    ['dataset.getEntry', { uri: 'mur-sst' }, 'InvalidRequest'],
    ['dataset.getEntry', { uri: `at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/${ENTRY}/none` }, 'EntryNotFound'],
    ['dataset.listEntries', { actor: 'nobody.example.org' }, 'ActorNotFound'],
    ['dataset.resolveEntry', { id: '???' }, 'InvalidIdentifier'],
    ['dataset.resolveEntry', { id: '10.5555/nowhere' }, 'EntryNotFound'],
  ])('refuses %s %o as %s', async (name, params, error) => {
    await expect(world.ask(name, params as Record<string, string>)).rejects.toMatchObject({
      status: 400,
      error,
    })
  })

  it('says which methods it does not have, and by which verb they are called', async () => {
    const { url } = world.appview
    expect((await fetch(`${url}/xrpc/${nsid('dataset.conjure')}`)).status).toBe(501)
    expect((await fetch(`${url}/xrpc/${nsid('dataset.getEntry')}`, { method: 'POST' })).status).toBe(405)
  })

  it('has a DID document, health and metrics', async () => {
    const { url, did } = world.appview
    const document = (await (await fetch(`${url}/.well-known/did.json`)).json()) as {
      id: string
      service: object[]
    }
    expect(document).toMatchObject({
      id: did,
      service: expect.arrayContaining([expect.objectContaining({ id: '#frost_appview' })]),
    })
    expect(await (await fetch(`${url}/xrpc/_health`)).json()).toHaveProperty('version')
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('frost_upstream_connected')
  })

  it('lets scripts of any site read its answers', async () => {
    const response = await fetch(`${world.appview.url}/xrpc/${nsid('service.describeService')}`, {
      headers: { Origin: 'https://example.org' },
    })
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-expose-headers')).toContain('Atproto-Repo-Rev')
  })

  it('answers a signed caller with the rev of its repository, and refuses a token twice', async () => {
    const { agent, did } = await newAccount(world.network, 'signer')
    await agent.com.atproto.repo.createRecord({
      repo: did,
      collection: ENTRY,
      record: salinity('A record of the signer'),
    })
    await world.until(
      () => world.ask<Found>('dataset.searchEntries', { q: 'signer' }),
      ({ total }) => total > 0,
    )
    const method = nsid('service.describeService')
    const { data } = await agent.com.atproto.server.getServiceAuth({ aud: world.appview.did, lxm: method })
    const call = () =>
      fetch(`${world.appview.url}/xrpc/${method}`, { headers: { Authorization: `Bearer ${data.token}` } })
    const answered = await call()
    expect(answered.status).toBe(200)
    expect(answered.headers.get('atproto-repo-rev')).toBeTruthy()
    expect(await (await call()).json()).toMatchObject({ error: 'JwtReplayed' })
  })

  it('refuses a token that is meant for another service or method', async () => {
    const { agent } = await newAccount(world.network, 'stranger')
    const method = nsid('service.describeService')
    const elsewhere = await agent.com.atproto.server.getServiceAuth({
      aud: 'did:web:elsewhere.example',
      lxm: method,
    })
    const other = await agent.com.atproto.server.getServiceAuth({
      aud: world.appview.did,
      lxm: nsid('dataset.getEntry'),
    })
    for (const [token, error] of [
      [elsewhere.data.token, 'BadJwtAudience'],
      [other.data.token, 'BadJwtLexiconMethod'],
    ]) {
      const response = await fetch(`${world.appview.url}/xrpc/${method}`, {
        headers: { Authorization: `Bearer ${token}` },
      })
      expect(response.status).toBe(401)
      expect(await response.json()).toMatchObject({ error })
    }
  })
})
