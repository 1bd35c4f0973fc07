import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secp256k1Keypair } from '@atproto/crypto'
import { type AppView, startAppview } from '@frost/appview'
import { audit } from '@frost/client/audit/audit'
import { merged } from '@frost/client/audit/differences'
import { Witness } from '@frost/client/audit/witness'
import { nsid } from '@frost/lexicon'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { frostFor } from '../cli/run-frost.ts'
import { newAccount, type Stand, stand, until } from '../stand.ts'
import { entryUri, furnish, settingsFor } from './account.ts'

describe('two AppViews, audited', { timeout: 60_000 }, () => {
  let world: Stand
  let other: AppView
  let folder: string
  const people: Awaited<ReturnType<typeof newAccount>>[] = []
  beforeAll(async () => {
    world = await stand()
    folder = mkdtempSync(join(tmpdir(), 'frost-audit-'))
    other = await startAppview({
      host: '127.0.0.1',
      port: 0,
      dataDir: folder,
      upstreams: [world.network.relayUrl],
      plcUrl: world.network.plcUrl,
      requestsPerWindow: 0,
      logLevel: 'silent',
    })
    for (const name of ['ada-audits', 'bob-audits', 'eve-audits']) {
      const made = await newAccount(world.network, name)
      await furnish(made)
      people.push(made)
    }
    await bothHold('waves')
  }, 60_000)
  afterAll(async () => {
    await other?.stop()
    await world?.[Symbol.asyncDispose]()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  /** Resolves when both AppViews have taken in a dataset of everybody. */
  async function bothHold(slug: string) {
    const uris = people.map(({ did }) => entryUri(did, slug))
    for (const { index } of [world.appview.services, other.services])
      await until(
        index,
        () => index.database.selectFrom('record').select('uri').where('uri', 'in', uris).execute(),
        rows => rows.length === uris.length,
      )
  }

  it('they agree, and the command says so', async () => {
    const report = await audit(world.appview.url, other.url, settingsFor(world.network))
    expect(report).toMatchObject({ agree: true, differing: [], judged: [], records: 12 })
  })

  it('tampered with in every way, each record is found and the repository says who is right', async () => {
    const [ada, bob, eve] = people
    const { database } = other.services.index
    const touch = (did: string, slug: string) =>
      database.updateTable('record').where('uri', '=', entryUri(did, slug))
    // What a careless or malicious operator could do: forge, hide, keep what is gone, drop an account.
    await touch(ada!.did, 'sst')
      .set({ cid: 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a' })
      .execute()
    await touch(ada!.did, 'wind').set({ visible: 0 }).execute()
    await database.deleteFrom('record').where('did', '=', bob!.did).execute()
    const row = await database
      .selectFrom('record')
      .selectAll()
      .where('uri', '=', entryUri(eve!.did, 'sst'))
      .executeTakeFirstOrThrow()
    await database
      .insertInto('record')
      .values({ ...row, uri: entryUri(eve!.did, 'never-was'), rkey: 'never-was' })
      .execute()
    // The digests that the operator gives would have to be mended too, which gives nothing away.
    await database
      .updateTable('tally')
      .set({ digest: '0'.repeat(64) })
      .execute()

    const frost = frostFor({ plcUrl: world.network.plcUrl, service: world.network.pds().url })
    const ran = await frost(['audit', world.appview.url, other.url, '--json'])
    expect(ran.status).toBe(1)
    const { judged, agree, truncated } = ran.json as unknown as Awaited<ReturnType<typeof audit>>
    expect({ agree, truncated }).toEqual({ agree: false, truncated: false })
    const byUri = new Map(judged.map(one => [one.uri, one]))
    expect([...byUri.keys()].sort()).toEqual(
      [
        entryUri(ada!.did, 'sst'),
        entryUri(ada!.did, 'wind'),
        ...['sst', 'wind', 'waves'].map(slug => entryUri(bob!.did, slug)),
        `at://${bob!.did}/${nsid('actor.profile')}/self`,
        entryUri(eve!.did, 'never-was'),
      ].sort(),
    )
    expect([...byUri.values()].map(({ right }) => right)).toEqual(judged.map(() => 'a'))
    expect(byUri.get(entryUri(eve!.did, 'never-was'))).toMatchObject({
      repository: { kind: 'absent' },
      b: row.cid,
    })
    expect(byUri.get(entryUri(ada!.did, 'sst'))?.repository).toMatchObject({
      kind: 'present',
      cid: byUri.get(entryUri(ada!.did, 'sst'))?.a,
    })
    const told = await frost(['audit', other.url, world.appview.url])
    expect(told.stdout).toContain(`${world.appview.url} is right`)
    expect(told.stdout).toMatch(/They differ in 7 records/)
  })

  /** An AppView that passes on what another says, with some of its answers exchanged. */
  async function instead(of: string, answers: Record<string, (url: string) => Promise<object>>) {
    const server = createServer(async ({ url = '' }, response) => {
      const name = Object.keys(answers).find(one => url.includes(one))
      const answer = name ? await answers[name]!(url) : await (await fetch(`${of}${url}`)).json()
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(answer))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return { url, [Symbol.dispose]: () => void server.close() }
  }

  it('regression: one that copies the digests of the other is found by its records', async () => {
    const copied = async (url: string) => (await fetch(`${world.appview.url}${url}`)).json()
    using copier = await instead(other.url, { describeService: copied, listDigests: copied })
    const settings = settingsFor(world.network)
    expect(await audit(world.appview.url, copier.url, settings)).toMatchObject({ agree: true, isFull: false })
    const report = await audit(world.appview.url, copier.url, settings, { full: true })
    expect(report).toMatchObject({ agree: false, differing: [], isFull: true })
    // An account that it does not hold at all is listed with the digests of the other, and has no records.
    expect(report.judged.map(({ right }) => right)).toEqual(Array.from({ length: 7 }, () => 'a'))
    const frost = frostFor({ plcUrl: world.network.plcUrl, service: world.network.pds().url })
    const told = await frost(['audit', world.appview.url, copier.url, '--full'])
    expect(told).toMatchObject({ status: 1 })
    expect(told.stdout).toMatch(/They differ in 7 records of 2 types/)
    const same = await frost(['audit', world.appview.url, world.appview.url, '--full'])
    expect(same.stdout).toMatch(/They agree: 12 records, each compared/)
  })

  it('regression: one whose digest differs from that of the records that it lists does not agree', async () => {
    const type = nsid('dataset.entry')
    using liar = await instead(world.appview.url, {
      describeService: async url => {
        const said = (await (await fetch(`${world.appview.url}${url}`)).json()) as { digests: object }
        return { ...said, digests: { ...said.digests, [type]: '1'.repeat(64) } }
      },
    })
    const report = await audit(world.appview.url, liar.url, settingsFor(world.network))
    expect(report).toMatchObject({ agree: false, differing: [type], unexplained: [type], judged: [] })
    const frost = frostFor({ plcUrl: world.network.plcUrl, service: world.network.pds().url })
    const told = await frost(['audit', world.appview.url, liar.url])
    expect(told).toMatchObject({ status: 1 })
    expect(told.stdout).toContain(`They list the same records of ${type}, but their digests differ`)
  })

  it('regression: an absence that a host does not prove is marked as its word', async () => {
    const key = await Secp256k1Keypair.create()
    const host = createServer(({ url = '', headers }, response) => {
      const did = `did:web:${encodeURIComponent(headers.host!)}`
      const serviceEndpoint = `http://${headers.host}`
      const document = {
        id: did,
        verificationMethod: [
          { id: '#atproto', type: 'Multikey', controller: did, publicKeyMultibase: key.did().slice(8) },
        ],
        service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint }],
      }
      const isDocument = url === '/.well-known/did.json'
      response.writeHead(isDocument ? 200 : 400, { 'content-type': 'application/json' })
      response.end(JSON.stringify(isDocument ? document : { error: 'RecordNotFound', message: 'not here' }))
    })
    await new Promise<void>(resolve => host.listen(0, '127.0.0.1', resolve))
    const did = `did:web:localhost%3A${(host.address() as AddressInfo).port}`
    const said = await new Witness(settingsFor(world.network), []).ask(entryUri(did, 'never-was'))
    expect(said).toEqual({ kind: 'absent', isUnproved: true })
    const ada = people[0]!.did
    const proved = await new Witness(settingsFor(world.network), []).ask(entryUri(ada, 'never-was'))
    expect(proved).toEqual({ kind: 'absent', rev: expect.any(String) })
    host.close()
  })

  it.each([
    ['answers the same cursor again', () => ({ digests: [], cursor: 'again' }), 'its list has no end'],
    ['is none', () => ({ digests: 'many' }), 'answers without a list'],
    [
      'goes back',
      (page: number) => ({
        digests: [{ did: `did:plc:${'zy'[page % 2]!.repeat(24)}`, count: 1, digest: '1'.repeat(64) }],
        cursor: `c${page}`,
      }),
      'its lists are not in order',
    ],
  ])('one whose list %s is refused', async (_, answerOf, reason) => {
    let page = 0
    const service = {
      did: 'did:web:hostile.example',
      lexiconVersion: '1',
      upstreams: [],
      counts: {},
      digests: { [nsid('dataset.entry')]: '1' },
    }
    const hostile = createServer(({ url = '' }, response) => {
      response.setHeader('content-type', 'application/json')
      const answer = url.includes('listDigests') ? answerOf(page++) : service
      response.end(JSON.stringify({ ...answer, records: [] }))
    })
    await new Promise<void>(resolve => hostile.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(hostile.address() as AddressInfo).port}`
    await expect(audit(url, world.appview.url, settingsFor(world.network))).rejects.toThrow(reason)
    hostile.close()
  })

  it('of a repository whose host is away the newest state says it that either proves; without keys nobody knows', async () => {
    const settings = settingsFor(world.network)
    await world.network.pds().stop()
    const { judged } = await audit(world.appview.url, other.url, settings)
    expect(judged.length).toBeGreaterThan(2)
    for (const { right, repository, a } of judged) {
      expect(right).toBe('a')
      expect(repository).toMatchObject({
        isKept: true,
        kind: a === undefined ? 'absent' : 'present',
        rev: expect.any(String),
        reason: expect.stringMatching(/cannot be reached/),
      })
    }
    const frost = frostFor({ plcUrl: world.network.plcUrl, service: 'http://localhost:2' })
    const told = await frost(['audit', world.appview.url, other.url])
    expect(told.stdout).toMatch(/its host is away, the newest state that either proves has it .*is right/)

    const alone = { ...settings, plcUrl: 'http://127.0.0.1:2' }
    const unknown = await audit(world.appview.url, other.url, alone, { limit: 2 })
    expect(unknown.judged.map(({ right }) => right)).toEqual(['unknown', 'unknown'])
    expect(unknown.judged[0]?.repository.reason).toMatch(/is not to be found.*FROST_PLC_URL/)
  })
})

it('two sorted sequences come together key by key', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(50)), fc.uniqueArray(fc.nat(50)), async (a, b) => {
      const text = (n: number) => String(n).padStart(3, '0')
      async function* each(numbers: number[]) {
        yield* numbers.map(text).sort()
      }
      const pairs: (readonly [string | undefined, string | undefined])[] = []
      for await (const pair of merged(each(a), each(b), item => item)) pairs.push(pair)
      expect(pairs.map(([one, other]) => one ?? other)).toEqual([...new Set([...a, ...b].map(text))].sort())
      for (const [one, other] of pairs) if (one && other) expect(one).toBe(other)
    }),
  )
})
