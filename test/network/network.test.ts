import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AtpAgent } from '@atproto/api'
import { startNetwork } from '@frost/network'
import { type TestNetwork, testNetwork } from '@frost/network/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../free-port.ts'
import { FirehoseReader, touches } from './firehose.ts'

const THING = 'org.example.thing'

async function signedUp(network: TestNetwork, pds: string, label: string): Promise<AtpAgent> {
  const agent = new AtpAgent({ service: network.pds(pds).url })
  const handle = `${label}.${network.pds(pds).domain}`
  await agent.createAccount({ handle, password: 'correct horse', email: `${label}@${pds}.example.com` })
  return agent
}

async function put(agent: AtpAgent, rkey: string, collection = THING): Promise<string> {
  const record = { $type: collection, name: rkey, createdAt: '2026-01-01T00:00:00.000Z' }
  const { data } = await agent.com.atproto.repo.putRecord({ repo: agent.assertDid, collection, rkey, record })
  return data.uri
}

describe('the network in a box, with the stock client', () => {
  let network: TestNetwork
  beforeAll(async () => {
    network = await testNetwork()
  })
  afterAll(() => network[Symbol.asyncDispose]())

  it.each(['icehub', 'icebucket'])(
    'takes accounts and records on %s and sends them through the relay',
    async pds => {
      using firehose = await new FirehoseReader(network.relayUrl).open()
      const agent = await signedUp(network, pds, `writer-${pds}`.slice(0, 18))
      await put(agent, 'first')
      const commit = await firehose.find(touches(`${THING}/first`))
      expect(commit.did).toBe(agent.did)
      expect(firehose.messages.map(({ type }) => type)).toEqual([
        '#identity',
        '#account',
        '#commit',
        '#sync',
        '#commit',
      ])
      const seqs = firehose.messages.map(({ seq }) => seq)
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
    },
  )

  it('resolves the handles of one PDS on another', async () => {
    const agent = await signedUp(network, 'icehub', 'resolved')
    const elsewhere = new AtpAgent({ service: network.pds('icebucket').url })
    const { data } = await elsewhere.resolveHandle({ handle: 'resolved.icehub.test' })
    expect(data.did).toBe(agent.did)
    expect(await network.resolveHandle('nobody.icehub.test')).toBeUndefined()
    expect(await network.resolveHandle('example.org')).toBeUndefined()
    await expect(elsewhere.resolveHandle({ handle: 'nobody.icehub.test' })).rejects.toThrow(/resolve/i)
  })

  it('gives reserved names to institutions, and keeps them from everybody else', async () => {
    await expect(signedUp(network, 'icebucket', 'data')).rejects.toThrow(/reserved/i)
    const account = await network.createAccount({ handle: 'data.icebucket.test', password: 'correct horse' })
    expect(account.handle).toBe('data.icebucket.test')
    const agent = new AtpAgent({ service: network.pds('icebucket').url })
    await agent.login({ identifier: 'data.icebucket.test', password: 'correct horse' })
    expect(agent.did).toBe(account.did)
    expect(await network.resolveHandle('data.icebucket.test')).toBe(account.did)
    const document = await (await fetch(`${network.plcUrl}/${account.did}`)).json()
    expect(document.alsoKnownAs).toEqual(['at://data.icebucket.test'])
    await expect(network.createAccount({ handle: 'much-too-long-for-a-pds.icehub.test' })).rejects.toThrow(
      '3–18',
    )
  })

  it('stores blobs and serves them through the relay’s redirect', async () => {
    const agent = await signedUp(network, 'icehub', 'blobby')
    const { data } = await agent.uploadBlob(Buffer.from('some bytes'), { encoding: 'text/plain' })
    const cid = data.blob.ref.toString()
    const record = { $type: THING, file: data.blob }
    await agent.com.atproto.repo.putRecord({ repo: agent.assertDid, collection: THING, rkey: 'blob', record })
    const url = `${network.relay.httpUrl}/xrpc/com.atproto.sync.getBlob?did=${agent.did}&cid=${cid}`
    await expect.poll(async () => (await fetch(url)).status).toBe(200)
    expect(await (await fetch(url)).text()).toBe('some bytes')
  })

  it('catches mail instead of sending it', async () => {
    const agent = await signedUp(network, 'icehub', 'mailed')
    await agent.com.atproto.server.requestEmailConfirmation()
    const mail = await network.mails.next('mailed@icehub.example.com')
    await agent.com.atproto.server.confirmEmail({ email: mail.to, token: mail.token! })
    const { data } = await agent.com.atproto.server.getSession()
    expect(data.emailConfirmed).toBe(true)
  })

  it('starts further PDSes on demand, which the relay crawls', async () => {
    const began = performance.now()
    const pds = await network.addPds({ domain: 'third.test' })
    expect(performance.now() - began).toBeLessThan(1_000)
    using firehose = await new FirehoseReader(network.relayUrl).open()
    const agent = await signedUp(network, 'third', 'somebody')
    await put(agent, 'here')
    expect((await firehose.find(touches(`${THING}/here`))).did).toBe(agent.did)
    expect(network.relay.hosts().map(({ hostname }) => hostname)).toContain(pds.hostname)
    await expect(network.addPds({ domain: 'third.test' })).rejects.toThrow('is there already')
  })

  it('lets an account move to another PDS, and does not believe the old one afterwards', async () => {
    const old = await signedUp(network, 'icehub', 'mover')
    await put(old, 'kept')
    const target = network.pds('icebucket')
    const moved = new AtpAgent({ service: target.url })
    const { data: auth } = await old.com.atproto.server.getServiceAuth({
      aud: target.did,
      lxm: 'com.atproto.server.createAccount',
    })
    await moved.com.atproto.server.createAccount(
      {
        handle: 'mover.icebucket.test',
        email: 'mover@elsewhere.example.com',
        password: 'correct horse',
        did: old.assertDid,
      },
      { headers: { authorization: `Bearer ${auth.token}` }, encoding: 'application/json' },
    )
    await moved.login({ identifier: 'mover.icebucket.test', password: 'correct horse' })
    const { data: car } = await old.com.atproto.sync.getRepo({ did: old.assertDid })
    await moved.com.atproto.repo.importRepo(car, { encoding: 'application/vnd.ipld.car' })
    await old.com.atproto.identity.requestPlcOperationSignature()
    const { token } = await network.mails.next('mover@icehub.example.com')
    const { data: credentials } = await moved.com.atproto.identity.getRecommendedDidCredentials()
    const { data: signed } = await old.com.atproto.identity.signPlcOperation({ token, ...credentials })
    await moved.com.atproto.identity.submitPlcOperation({ operation: signed.operation })

    using firehose = await new FirehoseReader(network.relayUrl).open()
    await moved.com.atproto.server.activateAccount()
    await firehose.find(({ type, did }) => type === '#sync' && did === old.did)
    const { foreign } = network.relay.refused
    await old.com.atproto.server.deactivateAccount({})
    await expect.poll(() => network.relay.refused.foreign).toBeGreaterThan(foreign)
    await put(moved, 'new')
    await firehose.find(touches(`${THING}/new`))
    const accounts = firehose.messages.filter(({ type, did }) => type === '#account' && did === old.did)
    expect(accounts.map(({ body }) => body.active)).toEqual([true])
    const status = await fetch(`${network.relay.httpUrl}/xrpc/com.atproto.sync.getRepoStatus?did=${old.did}`)
    expect(await status.json()).toMatchObject({ active: true })
  })
})

describe('the state of the network in a box', () => {
  it('survives a stop and a start: accounts, records, DIDs, addresses, the relay’s log', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'frost-network-'))
    try {
      let did: string
      let uri: string
      let ports: number[]
      let seq: number
      {
        await using network = await testNetwork({ dataDir })
        await network.addPds({ domain: 'third.test' })
        const agent = await signedUp(network, 'third', 'stays')
        did = agent.assertDid
        uri = await put(agent, 'lasting')
        await expect.poll(() => network.relay.store.withCollection(THING, '', 10)).toEqual([did])
        ports = [
          network.plc.port,
          network.relay.port,
          network.store.port,
          ...network.pdses.map(({ port }) => port),
        ]
        seq = network.relay.store.seq
      }
      await using network = await testNetwork({ dataDir })
      expect([
        network.plc.port,
        network.relay.port,
        network.store.port,
        ...network.pdses.map(({ port }) => port),
      ]).toEqual(ports)
      expect(network.relay.store.seq).toBe(seq)
      const agent = new AtpAgent({ service: network.pds('third').url })
      await agent.login({ identifier: 'stays.third.test', password: 'correct horse' })
      expect(agent.did).toBe(did)
      const { data } = await agent.com.atproto.repo.getRecord({
        repo: did,
        collection: THING,
        rkey: 'lasting',
      })
      expect(data.uri).toBe(uri)
      using firehose = new FirehoseReader(network.relayUrl, 0)
      await firehose.find(touches(`${THING}/lasting`))
      await put(agent, 'later')
      const later = await firehose.find(touches(`${THING}/later`))
      expect(later.seq).toBe(seq + 1)
      expect(firehose.messages).toHaveLength(seq + 1)
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  })

  it('refuses a second network on the same folder and names the process that has it', async () => {
    await using network = await testNetwork({ pdses: [] })
    const second = startNetwork({ dataDir: network.dataDir, pdses: [] })
    await expect(second).rejects.toThrow(`process ${process.pid}`)
    await network.stop()
    await using third = await testNetwork({ dataDir: network.dataDir, pdses: [] })
    expect(third.plcUrl).toBe(network.plcUrl)
  })

  it('says which port is taken, and leaves nothing running', async () => {
    await using network = await testNetwork({ pdses: [] })
    const dataDir = await mkdtemp(join(tmpdir(), 'frost-network-'))
    const taken = startNetwork({ dataDir, ports: { store: network.store.port } })
    await expect(taken).rejects.toThrow(`port ${network.store.port}`)
    await using after = await testNetwork({ dataDir, pdses: [] })
    expect(after.pdses).toEqual([])
    await rm(dataDir, { recursive: true, force: true })
  })

  it('moves the accounts’ DID documents along when a PDS gets another port', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'frost-network-'))
    const pdses = [{ name: 'icehub', domain: 'icehub.test' }]
    let did: string
    let before: number
    {
      await using network = await testNetwork({ dataDir, pdses })
      did = (await network.createAccount({ handle: 'carried', password: 'correct horse' })).did
      before = network.pds().port
    }
    const free = await freePort()
    await using network = await testNetwork({ dataDir, pdses, ports: { pds: free } })
    expect(network.pds().port).not.toBe(before)
    const document = await (await fetch(`${network.plcUrl}/${did}`)).json()
    expect(document.service[0].serviceEndpoint).toBe(network.pds().url)
    using firehose = await new FirehoseReader(network.relayUrl).open()
    const agent = new AtpAgent({ service: network.pds().url })
    await agent.login({ identifier: 'carried.icehub.test', password: 'correct horse' })
    await put(agent, 'after-the-move')
    await firehose.find(touches(`${THING}/after-the-move`))
    await rm(dataDir, { recursive: true, force: true })
  })

  it('lets one PDS disappear and come back while the rest goes on', async () => {
    await using network = await testNetwork()
    const lost = await signedUp(network, 'icehub', 'vanishing')
    const other = await signedUp(network, 'icebucket', 'remaining')
    using firehose = await new FirehoseReader(network.relayUrl).open()
    await network.pds('icehub').kill()
    await expect(put(lost, 'unheard')).rejects.toThrow()
    await expect
      .poll(() =>
        network.relay
          .hosts()
          .map(({ status }) => status)
          .sort(),
      )
      .toEqual(['active', 'offline'])
    await put(other, 'heard')
    await firehose.find(touches(`${THING}/heard`))
    await network.pds('icehub').restart()
    await put(lost, 'again')
    await firehose.find(touches(`${THING}/again`))
  })
})
