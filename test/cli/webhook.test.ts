/** `frost webhook` and following a search, by the real command, PDS and AppView. */
import { nsid } from '@frost/lexicon'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newAccount, putRecord, type Stand, stand } from '../stand.ts'
import { isSigned, Receiver } from '../updates/receiver.ts'
import { type Frost, frostFor } from './run-frost.ts'

let world: Stand
let ada: Awaited<ReturnType<typeof newAccount>>
let frost: Frost
beforeAll(async () => {
  world = await stand()
  ada = await newAccount(world.network, 'ada-f')
  frost = frostFor({
    plcUrl: world.network.plcUrl,
    service: ada.account.service,
    appviewUrl: world.appview.url,
  })
  await frost(['login', ada.did, '--app-password'], { input: ada.account.password })
  await putRecord(ada, 'dataset.entry', 'sst', { title: 'Sea surface temperature' })
  await world.until(
    () => world.appview.services.index.status(),
    ({ counts }) => counts[nsid('dataset.entry')] === 1,
  )
}, 60_000)
afterAll(() => world?.[Symbol.asyncDispose]())

async function run<Answer = Record<string, unknown>>(...args: string[]): Promise<Answer> {
  const { status, stderr, stdout } = await frost([...args, '--json'])
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
  return JSON.parse(stdout || 'null') as Answer
}

it('a webhook is made, looked after and ended by commands', { timeout: 120_000 }, async () => {
  await using receiver = await Receiver.open()
  const { id, secret } = await run<{ id: string; secret: string }>(
    ...['webhook', 'create', receiver.url, '--dataset', `${ada.account.handle}/sst`],
    ...['--collection', nsid('dataset.entry')],
  )
  const other = await run<{ id: string }>('webhook', 'create', receiver.url, '--actor', ada.account.handle)
  await run('webhook', 'remove', other.id)
  await putRecord(ada, 'dataset.entry', 'ice', { title: 'Sea ice' })
  await putRecord(ada, 'dataset.entry', 'sst', { title: 'Sea surface temperature, calibrated' })
  await receiver.until(() => receiver.taken.length === 1)
  expect(isSigned(receiver.taken[0]!, secret)).toBe(true)

  const fresh = await run<{ secret: string }>('webhook', 'rotate', id)
  receiver.answer = (_, response) => {
    response.statusCode = 410
    response.end()
  }
  await putRecord(ada, 'dataset.entry', 'sst', { title: 'Sea surface temperature, again' })
  await receiver.until(() => receiver.refused.length === 1)
  for (const key of [secret, fresh.secret]) expect(isSigned(receiver.refused[0]!, key)).toBe(true)
  const { webhooks } = await run<{ webhooks: object[] }>('webhook', 'list')
  expect(webhooks).toMatchObject([{ id, url: receiver.url }])

  receiver.answer = (_, response) => response.end()
  await run('webhook', 'replay', id)
  await receiver.until(() => receiver.taken.length === 2)
  await run('webhook', 'remove', id)
  const gone = await frost(['webhook', 'failed', id])
  expect(gone).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`you have no webhook '${id}' here`),
  })
})

it('a search is followed, and no longer, however it is written', { timeout: 60_000 }, async () => {
  const first = await run('follow', '--search', 'q=salinity&format=zarr', '--title', 'Salt')
  expect(first).toMatchObject({ existed: false, subject: 'format=zarr&q=salinity' })
  expect(await run('follow', '--search', '?format=zarr&q=salinity')).toMatchObject({ existed: true })
  expect(await run('unfollow', '--search', 'q=salinity&format=zarr')).toMatchObject({ deleted: [first.uri] })
  const { status, stderr } = await frost(['follow', '--search', 'salinity'])
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringContaining('write them as q=sea+ice'),
  })
})
