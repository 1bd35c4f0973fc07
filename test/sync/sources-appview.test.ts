/** An AppView answers from whatever source it is pointed at. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configFromEnv, startAppview } from '@frost/appview'
import { nsid } from '@frost/lexicon'
import { type TestNetwork, testNetwork } from '@frost/network/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newAccount } from '../stand.ts'
import { JetstreamServer } from './jetstream-server.ts'
import { keepRepository, put } from './told-history.ts'

const ENTRY = nsid('dataset.entry')

let network: TestNetwork
let jetstream: JetstreamServer
let folder: string
beforeAll(async () => {
  network = await testNetwork()
  jetstream = await JetstreamServer.start()
  folder = await mkdtemp(join(tmpdir(), 'frost-sources-'))
})
afterAll(async () => {
  await jetstream?.[Symbol.asyncDispose]()
  await network?.[Symbol.asyncDispose]()
  if (folder) await rm(folder, { recursive: true, force: true })
})

it.each([
  ['a Jetstream', () => `jetstream+${jetstream.url}`],
  ['an archive', () => `archive:${join(folder, 'archive')}`],
])('finds by search what came from %s', async (name, upstream) => {
  const writer = await newAccount(network, name.split(' ')[1]!.toLowerCase())
  const entry = {
    title: `Soundings told by ${name}`,
    description: 'Depths of the Weddell Sea.',
    createdAt: new Date().toISOString(),
    distributions: [{ id: 'csv', uri: 'https://example.org/soundings.csv', format: 'csv' }],
  }
  const write = () => put(writer, 'soundings', entry, ENTRY)
  await mkdir(join(folder, 'archive'), { recursive: true })
  const live = name === 'a Jetstream'
  let cid = ''
  if (!live) {
    cid = await write()
    await keepRepository(writer, join(folder, 'archive'), 'writer.car')
  }
  const appview = await startAppview({
    ...configFromEnv({
      FROST_UPSTREAMS: upstream(),
      FROST_PLC_URL: network.plcUrl,
      FROST_DATA: join(folder, live ? 'live' : 'kept'),
      FROST_LOG_LEVEL: 'silent',
    }),
    port: 0,
  })
  try {
    if (live) {
      await expect
        .poll(() => appview.services.consumer.status().upstreams[0]?.connected, { timeout: 20_000 })
        .toBe(true)
      await jetstream.follow(network.relayUrl)
      cid = await write()
    }
    const search = async () => {
      const answer = await fetch(`${appview.url}/xrpc/${nsid('dataset.searchEntries')}?q=soundings`)
      const { entries } = (await answer.json()) as { entries: { cid: string; author: { handle: string } }[] }
      return entries.map(({ cid, author }) => `${cid} ${author.handle}`)
    }
    await expect.poll(search, { timeout: 20_000 }).toEqual([`${cid} ${writer.account.handle}`])
  } finally {
    await appview.stop()
  }
})
