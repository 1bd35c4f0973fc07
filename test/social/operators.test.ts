/** What the operator of an AppView has: labelers, takedowns, reports, API keys with plans, usage for invoices, status. */
import { nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askAs, askXrpc, newAccount, putRecord, type Stand, stand } from '../stand.ts'
import { Labeler } from './labeler.ts'

const PASSWORD = 'correct horse'

interface Labelled {
  readonly entry: { readonly labels?: readonly { val: string; src: string }[] }
}

describe('an AppView and its operator', () => {
  let world: Stand
  let ada: Awaited<ReturnType<typeof newAccount>>
  let lin: Awaited<ReturnType<typeof newAccount>>
  let trusted: Labeler
  let other: Labeler
  let entry: { uri: string; cid: string }
  beforeAll(async () => {
    ;[trusted, other] = await Promise.all([Labeler.open(), Labeler.open()])
    world = await stand({
      appview: {
        adminPassword: PASSWORD,
        labelers: [
          { did: trusted.did, isTrusted: true },
          { did: other.did, isTrusted: false },
        ],
      },
    })
    ada = await newAccount(world.network, 'ada')
    lin = await newAccount(world.network, 'lin')
    entry = await putRecord(lin, 'dataset.entry', 'ice', { title: 'Sea ice' })
    await world.until(
      () => getEntry().catch(() => undefined),
      answer => answer !== undefined,
    )
  }, 60_000)
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]()
    for (const labeler of [trusted, other]) await labeler?.[Symbol.asyncDispose]()
  })

  const call = (
    name: string,
    params: Record<string, string>,
    headers: Record<string, string>,
    input?: object,
  ) =>
    fetch(`${world.appview.url}/xrpc/${nsid(name)}?${new URLSearchParams(params)}`, {
      headers: { ...headers, ...(input && { 'Content-Type': 'application/json' }) },
      ...(input && { method: 'POST', body: JSON.stringify(input) }),
    })
  const basic = (password: string) => ({
    Authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`,
  })
  async function operate<Answer = Record<string, unknown>>(
    name: string,
    { params = {}, input }: { params?: Record<string, string>; input?: object } = {},
  ): Promise<Answer> {
    const response = await call(name, params, basic(PASSWORD), input)
    const answer = await response.json()
    expect(answer, name).not.toHaveProperty('error')
    return answer as Answer
  }
  const getEntry = async (headers: Record<string, string> = {}) => {
    const response = await call('dataset.getEntry', { uri: entry.uri }, headers)
    if (!response.ok) throw new Error(((await response.json()) as { error: string }).error)
    return { response, ...((await response.json()) as Labelled) }
  }
  /** Labels say nothing to the log: the tables are looked at until they hold what is wanted. */
  async function labels(wanted: (vals: string[]) => boolean, headers?: Record<string, string>) {
    await expect
      .poll(async () => wanted(((await getEntry(headers)).entry.labels ?? []).map(({ val }) => val)))
      .toBe(true)
  }

  it('lets in operators alone', async () => {
    for (const name of ['admin.getStatus', 'admin.listReports', 'admin.listTakedowns', 'admin.listUsage']) {
      expect((await call(name, {}, {})).status, name).toBe(401)
      expect((await call(name, {}, basic('wrong'))).status, name).toBe(401)
      await expect(askAs(ada, world.appview, name)).rejects.toMatchObject({
        status: 403,
        error: 'NotOperator',
      })
    }
    await expect(
      askAs(ada, world.appview, 'admin.takeDown', { input: { subjects: [lin.did] } }),
    ).rejects.toMatchObject({ status: 403 })
    expect((await fetch(`${world.appview.url}/usage.csv`)).status).toBe(401)
  })

  it('reads labelers, and shows the labels that a reader asks for', async () => {
    await other.say({ uri: entry.uri, val: 'dubious' })
    await trusted.say({ uri: lin.did, val: 'new-account' })
    await labels(vals => vals.length === 2)
    const { response } = await getEntry()
    expect(response.headers.get('atproto-content-labelers')).toBe(`${trusted.did};redact, ${other.did}`)
    const chosen = await getEntry({
      'Atproto-Accept-Labelers': `${other.did};redact, did:web:unknown.example`,
    })
    expect(chosen.entry.labels).toMatchObject([{ val: 'dubious', src: other.did }])
    expect(chosen.response.headers.get('atproto-content-labelers')).toBe(other.did)
    expect((await getEntry({ 'Atproto-Accept-Labelers': '' })).entry).not.toHaveProperty('labels')
  })

  it('takes in no label that the labeler did not sign, reads on where it was cut, and learns a new key', async () => {
    await other.say({ uri: entry.uri, val: 'forged' }, { forged: true })
    await other.say({ uri: entry.uri, val: 'of-another', src: trusted.did })
    other.cut()
    await other.rotate()
    await other.say({ uri: entry.uri, val: 'dubious', neg: true })
    await other.say({ uri: entry.uri, val: 'checked' })
    await labels(vals => vals.join() === 'checked,new-account')
  })

  it('takes down what a trusted labeler says, and nothing that another does', async () => {
    await other.say({ uri: entry.uri, val: '!takedown' })
    await labels(vals => vals.includes('!takedown'))
    await trusted.say({ uri: entry.uri, val: '!hide' })
    await world.until(
      () =>
        getEntry().then(
          () => 'shown',
          error => error.message,
        ),
      said => said === 'EntryNotFound',
    )
    await trusted.say({ uri: entry.uri, val: '!hide', neg: true })
    await world.until(
      () =>
        getEntry().then(
          () => 'shown',
          () => undefined,
        ),
      said => said === 'shown',
    )
  })

  it('queues what people report, by their own PDS, and shows what came of it', async () => {
    const report = await askXrpc<{ id: number }>(
      world.appview.url,
      'com.atproto.moderation.createReport',
      {},
      {
        token: (
          await ada.agent.com.atproto.server.getServiceAuth({
            aud: `${world.appview.did}#frost_appview`,
            lxm: 'com.atproto.moderation.createReport',
          })
        ).data.token,
        input: {
          reasonType: 'com.atproto.moderation.defs#reasonSpam',
          reason: 'Advertises',
          subject: { $type: 'com.atproto.repo.strongRef', uri: entry.uri, cid: entry.cid },
        },
      },
    )
    const { reports } = await operate<{ reports: object[] }>('admin.listReports')
    expect(reports).toMatchObject([
      { id: report.id, subject: entry.uri, reportedBy: { did: ada.did }, isTakenDown: false },
    ])
    expect(await operate('admin.takeDown', { input: { subjects: [lin.did], reason: 'spam' } })).toEqual({
      changed: 1,
    })
    await expect(getEntry()).rejects.toThrow('EntryNotFound')
    expect(await operate('admin.listTakedowns')).toMatchObject({
      takedowns: [{ subject: lin.did, by: world.appview.did, reason: 'spam' }],
    })
    await operate('admin.resolveReport', { input: { id: report.id, note: 'Taken down' } })
    expect(await operate('admin.listReports')).toEqual({ reports: [] })
    expect(await operate('admin.restore', { input: { subjects: [lin.did] } })).toEqual({ changed: 1 })
    await getEntry()
    const bad = await call('admin.takeDown', {}, basic(PASSWORD), { subjects: ['nobody'] })
    expect(await bad.json()).toMatchObject({ error: 'InvalidSubject' })
  })

  it('limits API keys by their plans, and tells what is left', async () => {
    await operate('admin.putPlan', { input: { name: 'small', requestsPerWindow: 3, requestsPerMonth: 5 } })
    const { id, key } = await operate<{ id: string; key: string }>('admin.createKey', {
      input: { name: '=Institute, "Sea"', plan: 'small' },
    })
    const asked = async () =>
      (await call('dataset.getEntry', { uri: entry.uri }, { 'X-API-Key': key })).status
    const first = await call('dataset.getEntry', { uri: entry.uri }, { 'X-API-Key': key })
    expect(first.headers.get('ratelimit-limit')).toBe('3')
    expect(first.headers.get('ratelimit-remaining')).toBe('2')
    expect([await asked(), await asked(), await asked()]).toEqual([200, 200, 429])
    expect((await call('dataset.getEntry', { uri: entry.uri }, { 'X-API-Key': 'frost_wrong' })).status).toBe(
      401,
    )
    const month = new Date().toISOString().slice(0, 7)
    await operate('admin.listUsage')
    expect(await world.appview.services.index.consumers.ofMonth(id, month)).toMatchObject({ requests: 3 })
    expect(await operate('admin.listKeys')).toMatchObject({ keys: [{ id, plan: 'small' }] })
    await operate('admin.revokeKey', { input: { id } })
    expect(await asked()).toBe(401)
    const none = await call('admin.createKey', {}, basic(PASSWORD), { name: 'x', plan: 'none' })
    expect(await none.json()).toMatchObject({ error: 'PlanNotFound' })
  })

  it('ends a month that is used up, and says for how long', async () => {
    await operate('admin.putPlan', { input: { name: 'tiny', bytesPerMonth: 10 } })
    const { key } = await operate<{ key: string }>('admin.createKey', {
      input: { name: 'Tiny', plan: 'tiny' },
    })
    const ask = () => call('dataset.getEntry', { uri: entry.uri }, { 'X-API-Key': key })
    expect((await ask()).status).toBe(200)
    const over = await ask()
    expect(over.status).toBe(429)
    expect(Number(over.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await over.json()).toMatchObject({ error: 'QuotaExceeded' })
    await operate('admin.putPlan', { input: { name: 'tiny' } })
    expect(await operate('admin.listPlans')).toMatchObject({ plans: [{ name: 'small' }, { name: 'tiny' }] })
  })

  it('meters everybody, for invoices as CSV and JSON', async () => {
    await askAs(ada, world.appview, 'feed.getTimeline')
    const { usage } = await operate<{ usage: { consumer: string; requests: number; bytes: number }[] }>(
      'admin.listUsage',
      { params: { by: 'consumer' } },
    )
    const of = (consumer: string) => usage.find(row => row.consumer === consumer)
    expect(of(ada.did)).toMatchObject({ requests: expect.any(Number) })
    expect(of('anonymous')!.bytes).toBeGreaterThan(100)
    const day = new Date().toISOString().slice(0, 10)
    const file = async (path: string) =>
      (await fetch(`${world.appview.url}${path}`, { headers: basic(PASSWORD) })).text()
    const csv = await file(`/usage.csv?from=${day}`)
    expect(csv.split('\r\n')[0]).toBe('consumer,name,plan,day,method,requests,bytes')
    expect(csv).toContain(`"'=Institute, ""Sea""",small,${day},${nsid('dataset.getEntry')},3,`)
    const rows = JSON.parse(await file('/usage.json')) as { consumer: string; requests: number }[]
    const sum = (all: readonly { requests: number }[]) =>
      all.reduce((total, { requests }) => total + requests, 0)
    expect(sum(rows.filter(row => row.consumer === ada.did))).toBe(of(ada.did)!.requests)
    expect(await file('/usage.json?from=2000-01-01&until=2000-01-02')).toBe('[]\n')
    const paged: object[] = []
    for (let cursor = ''; ; ) {
      const page = await operate<{ usage: object[]; cursor?: string }>('admin.listUsage', {
        params: { limit: '2', until: day, ...(cursor && { cursor }) },
      })
      paged.push(...page.usage)
      if (!page.cursor) break
      cursor = page.cursor
    }
    expect(paged.length).toBeGreaterThanOrEqual(rows.length)
  })

  it('says how it fares', async () => {
    const status = await operate<Record<string, { name: string; count: number }[]>>('admin.getStatus')
    const of = (list: string, name: string) => status[list]!.find(item => item.name === name)?.count
    expect(of('records', nsid('dataset.entry'))).toBe(1)
    expect(of('storage', 'database')).toBeGreaterThan(10_000)
    expect(of('accounts', 'active')).toBeGreaterThanOrEqual(1)
    expect(of('queues', 'open reports')).toBe(0)
    expect(status).toMatchObject({
      takedowns: 0,
      upstreams: [{ connected: true }],
      labelers: [
        { did: trusted.did, connected: true, labels: 1 },
        { did: other.did, connected: true, labels: 2 },
      ],
    })
    expect(status.consumers!.length).toBeGreaterThan(0)
  })

  it('lists what is sold: of a dataset, of a seller, of all', async () => {
    const offer = (rkey: string, more: object) =>
      putRecord(ada, 'dataset.offer', rkey, { subject: entry.uri, url: 'https://shop.example', ...more })
    await offer('year', {
      terms: 'A year of updates',
      prices: [{ amount: '100', currency: 'EUR', unit: 'year' }],
    })
    await offer('old', {
      validThrough: '2020',
      fundsDataset: true,
      prices: [{ amount: '1', currency: 'USD' }],
    })
    const offers = async (params: Record<string, string>) => {
      const answer = await world.ask<{ offers: { uri: string; expired: boolean; byOwner: boolean }[] }>(
        'dataset.listOffers',
        params,
      )
      return answer.offers
    }
    await world.until(
      () => offers({}),
      found => found.length === 2,
    )
    expect(await offers({ entry: entry.uri, currency: 'eur' })).toMatchObject([
      { expired: false, byOwner: false, entry: { uri: entry.uri, counts: { offers: 2 } } },
    ])
    expect(await offers({ seller: ada.did, fundsDataset: 'true' })).toMatchObject([{ expired: true }])
    expect(await offers({ q: 'sea YEAR' })).toHaveLength(1)
    expect(await offers({ seller: lin.did })).toEqual([])
  })
})
