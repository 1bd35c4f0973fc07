/** Copies of a dataset held against each other by the real command: the owner's and those that others announce. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AtpAgent } from '@atproto/api'
import { startAppview } from '@frost/appview'
import { nsid } from '@frost/lexicon'
import { testNetwork } from '@frost/network/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Frost, frostFor } from './run-frost.ts'

const samples = fileURLToPath(new URL('../../node_modules/vega-datasets/data', import.meta.url))

interface Verified {
  readonly agrees: boolean
  readonly copies: readonly {
    readonly id: string
    readonly result: string
    readonly against?: string
    readonly summary: string
    readonly by?: { readonly handle: string }
  }[]
}

describe('frost verify', () => {
  let network: Awaited<ReturnType<typeof testNetwork>>
  let appview: Awaited<ReturnType<typeof startAppview>>
  let folder: string
  let ada: Frost
  let ben: Frost
  let bensDid: string
  let bensService: string
  let ref: string
  let uri: string
  let publish: (slug: string, distributions: readonly object[]) => Promise<string>

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'frost-verify-'))
    const copies = join(folder, 'copies')
    await mkdir(copies)
    const airports = await readFile(join(samples, 'airports.csv'))
    for (const name of ['airports.csv', 'same.csv']) await writeFile(join(copies, name), airports)
    await writeFile(join(copies, 'earlier.csv'), airports.subarray(0, 100_000))
    await cp(join(samples, 'flights-200k.json'), join(copies, 'other.csv'))
    network = await testNetwork({ mounts: { copies } })
    appview = await startAppview({
      host: '127.0.0.1',
      port: 0,
      dataDir: join(folder, 'appview'),
      upstreams: [network.relayUrl],
      plcUrl: network.plcUrl,
      requestsPerWindow: 0,
      logLevel: 'silent',
    })
    const signedIn = async (handle: string) => {
      const account = await network.createAccount({ handle })
      const frost = frostFor({ plcUrl: network.plcUrl, service: account.service, appviewUrl: appview.url })
      await frost(['login', account.handle, '--app-password'], { input: account.password })
      return { frost, account }
    }
    const at = (name: string) => `${network.store.url}/copies/${name}`
    const owner = await signedIn('ada-v.icehub.test')
    ada = owner.frost
    uri = `at://${owner.account.did}/${nsid('dataset.entry')}/airports`
    ref = `${owner.account.handle}/airports`
    const agent = new AtpAgent({ service: owner.account.service })
    await agent.login({ identifier: owner.account.handle, password: owner.account.password })
    await agent.com.atproto.repo.putRecord({
      repo: owner.account.did,
      collection: nsid('dataset.entry'),
      rkey: 'airports',
      record: {
        $type: nsid('dataset.entry'),
        title: 'Airports',
        createdAt: new Date().toISOString(),
        distributions: [
          {
            id: 'csv',
            uri: at('airports.csv'),
            format: 'csv',
            role: 'primary',
            contentSize: String(airports.length),
            digests: [{ algorithm: 'sha-256', value: createHash('sha256').update(airports).digest('hex') }],
          },
          { id: 'eu', uri: at('same.csv'), format: 'csv', role: 'replica', of: 'csv', region: 'eu-west-1' },
        ],
      },
    })
    const keeper = await signedIn('ben-v.icebucket.test')
    ben = keeper.frost
    bensDid = keeper.account.did
    bensService = keeper.account.service
    for (const name of ['same.csv', 'earlier.csv', 'gone.csv'])
      expect((await ben(['mirror', ref, at(name), '--region', 'eu-west-1'])).stderr).toBe('')
    publish = async (slug, distributions) => {
      const record = { title: slug, createdAt: new Date().toISOString(), distributions }
      await agent.com.atproto.repo.putRecord({
        repo: owner.account.did,
        collection: nsid('dataset.entry'),
        rkey: slug,
        record: { $type: nsid('dataset.entry'), ...record },
      })
      return `${owner.account.handle}/${slug}`
    }
    await appears(uri, 3)
  }, 90_000)
  /** Resolves when the AppView lists so many mirrors of the dataset. */
  async function appears(entry: string, mirrors: number): Promise<void> {
    const url = `${appview.url}/xrpc/${nsid('dataset.listMirrors')}?entry=${encodeURIComponent(entry)}`
    await vi.waitUntil(
      async () => {
        const answer = await fetch(url)
        return answer.ok && ((await answer.json()) as { mirrors: unknown[] }).mirrors.length === mirrors
      },
      { timeout: 20_000 },
    )
  }
  afterAll(async () => {
    await appview?.stop()
    await network?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  it('agrees where all of the owner’s copies agree, and checks the sums of the record in full', async () => {
    const { status, json } = await ada(['verify', ref, '--no-mirrors', '--full', '--json'])
    const { agrees, copies } = json as never as Verified
    expect([status, agrees]).toEqual([0, true])
    expect(copies).toMatchObject([
      {
        id: 'csv',
        result: 'original',
        evidence: [
          { what: 'size in the record', agrees: true },
          { what: 'sha-256 in the record', agrees: true },
        ],
      },
      {
        id: 'eu',
        result: 'identical',
        against: 'csv',
        region: 'eu-west-1',
        summary: 'every byte is the same',
      },
    ])
  })

  it('says of each mirror whether it agrees, lags or is out of reach, and exits with 1', async () => {
    const { status, json, stderr } = await ada(['verify', ref, '--json'])
    expect(stderr).toMatch(/^frost: not all copies agree: .*1 behind.*\n$/)
    const { agrees, copies } = json as never as Verified
    expect([status, agrees]).toEqual([1, false])
    const mirrors = copies.filter(({ by }) => by?.handle === 'ben-v.icebucket.test')
    expect(mirrors.map(({ result }) => result).sort()).toEqual(['behind', 'identical', 'unreachable'])
    expect(mirrors.find(({ result }) => result === 'unreachable')?.summary).toContain('gone.csv')
    expect(mirrors.find(({ result }) => result === 'behind')?.against).toBe('csv')
  })

  it('tells people the same in a few lines, and judges a copy that is not announced yet', async () => {
    const other = `${network.store.url}/copies/other.csv`
    const { status, stdout } = await ada(['verify', ref, '--no-mirrors', '--copy', other])
    expect(status).toBe(1)
    expect(stdout).toMatch(/● csv original/)
    expect(stdout).toMatch(/= eu identical to csv \(eu-west-1\)/)
    expect(stdout).toContain(other)
    expect(stdout).toMatch(/Not all copies agree: 1 original, 1 identical, 1 (different|incomparable)/)
  })

  it('judges many copies against one original', async () => {
    const copies = Array.from({ length: 40 }, () => ['--copy', `${network.store.url}/copies/same.csv`])
    const { status, stdout, stderr } = await ada(['verify', ref, '--no-mirrors', ...copies.flat()])
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain('No copy lags or differs: 1 original, 41 identical')
  })

  it('writes into the records of their keeper, and of nobody else, how the copies compare', async () => {
    const others = await ada(['verify', ref, '--record'])
    expect([others.status, others.stdout]).toEqual([1, ''])
    expect(others.stderr).toMatch(
      /^frost: none of the mirrors of .* is announced by did:plc:.*'frost mirror'/,
    )
    const both = await ben(['verify', ref, '--record', '--no-mirrors'])
    expect([both.status, both.stderr]).toEqual([2, expect.stringContaining('leave out --no-mirrors')])

    const { status, json } = await ben(['verify', ref, '--record', '--json'])
    // The copies do not all agree: that is said as without --record.
    expect(status).toBe(1)
    const { recorded, checkedAt } = json as never as {
      recorded: { uri: string; result: string }[]
      checkedAt: string
    }
    expect(recorded.map(({ result }) => result).sort()).toEqual(['behind', 'identical', 'unreachable'])
    const reports = new Map(
      (await records()).map(({ distribution, verification }) => [
        distribution.uri.split('/').at(-1),
        verification,
      ]),
    )
    const at = checkedAt
    expect(reports.get('same.csv')).toEqual({
      at,
      method: 'sampled-chunks',
      result: 'identical',
      sampled: 13,
    })
    expect(reports.get('earlier.csv')).toMatchObject({ at, method: 'sampled-chunks', result: 'behind' })
    expect(reports.get('gone.csv')).toEqual({ at, method: 'size', result: 'unreachable' })

    // Announced once more, with another region, the report stays; compared in full it is another one.
    const url = `${network.store.url}/copies/same.csv`
    expect((await ben(['mirror', ref, url, '--region', 'eu-north-1'])).stderr).toBe('')
    const again = (await records()).find(({ distribution }) => distribution.uri === url)!
    expect(again).toMatchObject({ distribution: { region: 'eu-north-1' }, verification: { at } })
    await ben(['verify', ref, '--record', '--full', '--json'])
    expect((await records()).find(({ distribution }) => distribution.uri === url)).toMatchObject({
      distribution: { region: 'eu-north-1' },
      verification: { method: 'digest', result: 'identical', sampled: 1 },
    })
  })

  interface Announced {
    readonly distribution: { readonly uri: string; readonly region?: string }
    readonly verification?: object
  }
  /** What stands in Ben's repository. */
  async function records(): Promise<Announced[]> {
    const agent = new AtpAgent({ service: bensService })
    const { data } = await agent.com.atproto.repo.listRecords({
      repo: bensDid,
      collection: nsid('dataset.mirror'),
    })
    return data.records.map(({ value }) => value as never as Announced)
  }

  it('reads the copy that opens first from here, and a mirror only where none of the owner’s does', async () => {
    const fast = `${network.store.url}/copies/same.csv`
    const slow = createServer(async (request, response) => {
      // As far away as it takes the other one to be read.
      await new Promise(resolve => setTimeout(resolve, 2_000).unref())
      const { status, headers, body } = await fetch(fast, {
        method: request.method!,
        headers: { ...(request.headers.range && { range: request.headers.range }) },
      })
      response.writeHead(status, Object.fromEntries(headers))
      response.end(body && Buffer.from(await new Response(body).arrayBuffer()))
    })
    await once(slow.listen(0, '127.0.0.1'), 'listening')
    const far = `http://localhost:${(slow.address() as AddressInfo).port}/airports.csv`
    const copies = (primary: string, replica: string) => [
      { id: 'far', uri: primary, format: 'csv', role: 'primary' },
      { id: 'near', uri: replica, format: 'csv', role: 'replica', of: 'far' },
      { id: 'part', uri: fast, format: 'csv', role: 'subset' },
    ]
    try {
      const near = await publish('near', copies(far, fast))
      const read = await ada(['describe', near, '--nearest', '--json'])
      expect(read.stderr).toContain(`Reading near, which opened first: ${fast}`)
      expect(read.status).toBe(0)
    } finally {
      slow.close().closeAllConnections()
    }
    const gone = `${network.store.url}/copies/gone.csv`
    const lost = await publish('lost', copies(far, gone))
    const none = await ada(['describe', lost, '--nearest'])
    expect([none.status, none.stderr]).toEqual([
      1,
      expect.stringMatching(/no copy can be opened: far: .*; near: .*gone\.csv/),
    ])
    const mirror = await ben(['mirror', lost, fast, '--json'])
    await appears(String(mirror.json.subject), 1)
    const rescued = await ada(['get', lost, '--nearest', '--to', 'ndjson', '-o', '-'])
    expect(rescued.stderr).toContain('Reading the mirror of ben-v.icebucket.test')
    expect(rescued.stdout.trim().split('\n').length).toBeGreaterThan(1000)
    const wrong = await ada(['describe', fast, '--nearest'])
    expect([wrong.status, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('--nearest goes with a dataset'),
    ])
  })

  it('refuses what is no dataset, and options that cannot be', async () => {
    const { status, stderr } = await ada(['verify', ref, '--samples', 'many'])
    expect([status, stderr]).toEqual([2, expect.stringContaining("--samples is 'many'")])
    const missing = await ada(['verify', `${ref}-not`])
    expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining('airports-not')])
  })
})
