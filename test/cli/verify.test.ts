/** Copies of a dataset held against each other by the real command: the owner's and those that others announce. */
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
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
  let ref: string
  let uri: string

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
    const ben = await signedIn('ben-v.icebucket.test')
    for (const name of ['same.csv', 'earlier.csv', 'gone.csv'])
      expect((await ben.frost(['mirror', ref, at(name)])).stderr).toBe('')
    await vi.waitUntil(
      async () => {
        const url = `${appview.url}/xrpc/${nsid('dataset.listMirrors')}?entry=${encodeURIComponent(uri)}`
        const answer = await fetch(url)
        return answer.ok && ((await answer.json()) as { mirrors: unknown[] }).mirrors.length === 3
      },
      { timeout: 20_000 },
    )
  }, 90_000)
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

  it('refuses what is no dataset, and options that cannot be', async () => {
    const { status, stderr } = await ada(['verify', ref, '--samples', 'many'])
    expect([status, stderr]).toEqual([2, expect.stringContaining("--samples is 'many'")])
    const missing = await ada(['verify', `${ref}-not`])
    expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining('airports-not')])
  })
})
