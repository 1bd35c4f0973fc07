import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AtpAgent } from '@atproto/api'
import type { TypedLexMap } from '@atproto/lex'
import { type ImportItem, type ImportTarget, importItems } from '@frost/client/import/importer'
import { Journal } from '@frost/client/import/journal'
import { PublisherAccounts } from '@frost/client/import/publisher-accounts'
import { Repository } from '@frost/client/repository'
import { loginWithPassword } from '@frost/client/session'
import { settingsFromEnv } from '@frost/client/settings'
import { faultOf } from '@frost/client/validation'
import { nsid } from '@frost/lexicon'
import { testNetwork } from '@frost/network/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'

type Network = Awaited<ReturnType<typeof testNetwork>>

let network: Network

beforeAll(async () => {
  network = await testNetwork()
})

afterAll(() => network?.[Symbol.asyncDispose]())

const entry = nsid('dataset.entry')

function item(number: number, fields: object = {}): ImportItem {
  const record = {
    $type: entry,
    title: `Dataset ${number}`,
    createdAt: new Date().toISOString(),
    description: 'x'.repeat(5_000),
    source: { catalog: 'leap', id: `id-${number}`, retrievedAt: new Date().toISOString() },
    ...fields,
  } as TypedLexMap
  return {
    id: `id-${number}`,
    publisher: `Institute ${number % 3}`,
    records: [{ rkey: `id-${number}`, record }],
  }
}

const items = (count: number) => Array.from({ length: count }, (_, number) => item(number))

async function configFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'frost-import-'))
}

/** A fresh account as target, and the stock client to look into its repository. */
async function ownTarget(handle: string) {
  const account = await network.createAccount({ handle })
  const configDir = await configFolder()
  const settings = settingsFromEnv(
    { service: account.service },
    { FROST_CONFIG: configDir, FROST_PLC_URL: network.plcUrl },
  )
  const repository = new Repository(await loginWithPassword(account.handle, account.password, settings))
  const target: ImportTarget = { accountKey: () => 'own', repository: async () => repository }
  const agent = new AtpAgent({ service: account.service })
  const rev = async () => (await agent.com.atproto.sync.getLatestCommit({ did: account.did })).data.rev
  const run = async (source: AsyncIterable<ImportItem> | Iterable<ImportItem>, dryRun = false) =>
    importItems(source, {
      target,
      journal: await Journal.open(configDir, ['test']),
      validate: faultOf,
      dryRun,
    })
  return { account, agent, configDir, rev, run }
}

it('writes what is new, what has changed, and nothing else', async () => {
  const { account, agent, rev, run } = await ownTarget('imp-one.icehub.test')
  const before = await rev()
  expect(await run(items(250), true)).toMatchObject({ read: 250, created: 250, points: 750 })
  expect(await rev()).toBe(before)

  expect(await run(items(250))).toMatchObject({
    read: 250,
    created: 250,
    updated: 0,
    unchanged: 0,
    rejected: [],
  })
  const first = await agent.com.atproto.repo.getRecord({ repo: account.did, collection: entry, rkey: 'id-7' })
  const written = await rev()
  expect(await run(items(250))).toMatchObject({ created: 0, updated: 0, unchanged: 250, points: 0 })
  expect(await rev()).toBe(written)

  const changed = items(250).with(7, item(7, { title: 'Dataset 7, corrected' }))
  expect(await run(changed)).toMatchObject({ created: 0, updated: 1, unchanged: 249 })
  const { data } = await agent.com.atproto.repo.getRecord({
    repo: account.did,
    collection: entry,
    rkey: 'id-7',
  })
  expect(data.value).toMatchObject({
    title: 'Dataset 7, corrected',
    createdAt: (first.data.value as { createdAt?: string }).createdAt,
  })
})

it('reports what cannot be carried over, and carries the rest', async () => {
  const { run } = await ownTarget('imp-two.icehub.test')
  const report = await run([
    item(1),
    item(2, { title: 'x'.repeat(2_000) }),
    { id: 'broken.yaml', records: [], problem: 'is no YAML: line 3' },
    item(1),
    item(3),
  ])
  expect(report).toMatchObject({ read: 5, created: 2 })
  expect(report.rejected.map(({ id }) => id)).toEqual(['id-2', 'broken.yaml', 'id-1'])
  expect(report.rejected[0]!.reason).toMatch(/title/)
  expect(report.rejected[2]!.reason).toMatch(/same key/)
})

it('goes on after an interruption', async () => {
  const { configDir, run } = await ownTarget('imp-three.icehub.test')
  function* cut() {
    yield* items(230)
    throw new Error('the power went')
  }
  await expect(run(cut())).rejects.toThrow('the power went')
  const journal = await Journal.open(configDir, ['test'])
  expect(journal.size).toBeGreaterThan(0)
  const resumed = await run(items(300))
  expect(resumed.created).toBe(300 - journal.size)
  expect((await Journal.open(configDir, ['test'])).size).toBe(0)
})

it('makes an account per publisher once, and finds it again', async () => {
  const service = network.pds('icebucket').url
  const configDir = await configFolder()
  const run = async () => {
    const accounts = await PublisherAccounts.open(service, configDir)
    const target: ImportTarget = {
      accountKey: ({ publisher }) => publisher!,
      repository: async publisher => new Repository(await accounts.session(publisher)),
    }
    const report = await importItems(items(9), {
      target,
      journal: await Journal.open(configDir, ['p']),
      validate: faultOf,
    })
    return { report, dids: [0, 1, 2].map(number => accounts.known(`Institute ${number}`)?.did) }
  }
  const first = await run()
  expect(first.report).toMatchObject({ created: 9, accounts: 3 })
  const second = await run()
  expect(second.report).toMatchObject({ created: 0, unchanged: 9, accounts: 3 })
  expect(second.dids).toEqual(first.dids)
  expect(new Set(first.dids).size).toBe(3)
})
