import { mkdtempSync } from 'node:fs'
import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { accountKeys } from '@frost/client/account/account-keys'
import { backUp, backups, keptBlob } from '@frost/client/account/backup'
import { backUpAccount, backUpOnSchedule } from '@frost/client/account/backup-account'
import { Home } from '@frost/client/account/home'
import { readRepository } from '@frost/client/account/repository-car'
import { nsid } from '@frost/lexicon'
import { type TestNetwork, testNetwork } from '@frost/network/testing'
import { readCarStream } from '@frost/sync/car'
import { writeCar } from '@frost/sync/car-writer'
import { cidOfBlock } from '@frost/sync/cid'
import { parseCommit } from '@frost/sync/commit'
import { encodeCommit } from '@frost/sync/commit-writer'
import { formatTid } from '@frost/sync/tid'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { putRecord } from '../stand.ts'
import { entry, type Person, PICTURE, person } from './account.ts'
import { between } from './between.ts'

let network: TestNetwork
let ada: Person

beforeAll(async () => {
  network = await testNetwork()
  ada = await person(network, 'ada-keeps', 'icehub')
})
afterAll(() => network?.[Symbol.asyncDispose]())

const freshFolder = () => mkdtempSync(join(tmpdir(), 'frost-backup-'))

it('keeps the whole repository, of all applications, and the blobs; a second run finds it as it was', async () => {
  const folder = freshFolder()
  const first = await backUpAccount(ada.account.handle, ada.settings, { folder })
  expect(first).toMatchObject({ isNew: true, fetchedBlobs: 1, backup: { did: ada.did, missing: [] } })
  expect(first.backup.collections).toMatchObject({ 'com.example.note': 1 })
  expect(Object.values(first.backup.collections).reduce((sum, count) => sum + count)).toBe(5)
  const [blob] = Object.keys(first.backup.blobs)
  expect(await keptBlob(folder, blob!)).toEqual(PICTURE)
  expect(first.backup.log).toHaveLength(1)
  expect((await stat(join(folder, `${first.backup.rev}.json`))).mode & 0o077).toBe(0)
  const second = await backUpAccount(ada.did, ada.settings, { folder })
  expect(second).toMatchObject({ isNew: false, fetchedBlobs: 0, backup: { rev: first.backup.rev } })
  await putRecord(ada, 'dataset.entry', 'ice', entry('ice'))
  const third = await backUpAccount(ada.did, ada.settings, { folder })
  expect(third).toMatchObject({ isNew: true, fetchedBlobs: 0 })
  expect((await backups(folder)).map(({ rev }) => rev)).toEqual([third.backup.rev, first.backup.rev])
})

it('old states go, the number that is kept stays, with their blobs', async () => {
  const folder = freshFolder()
  for (const round of [1, 2, 3]) {
    await putRecord(ada, 'dataset.entry', 'rain', entry(`rain ${round}`))
    await backUpAccount(ada.did, ada.settings, { folder, keep: 2 })
  }
  const kept = await backups(folder)
  expect(kept).toHaveLength(2)
  expect((await readdir(folder)).filter(name => name.endsWith('.car'))).toHaveLength(2)
  expect(await readdir(join(folder, 'blobs'))).toEqual(Object.keys(kept[0]!.blobs))
})

it('a forged repository replaces nothing, whatever part of it is forged', async () => {
  const folder = freshFolder()
  const { backup } = await backUpAccount(ada.did, ada.settings, { folder })
  const car = await readFile(join(folder, `${backup.rev}.car`))
  const { keys } = await accountKeys(ada.did, ada.settings)
  const read = (bytes: Uint8Array, by = keys) =>
    readRepository(
      (async function* () {
        yield bytes
      })(),
      ada.did,
      by,
    )
  await expect(read(car, ['did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme'])).rejects.toThrow(
    /not signed by a key of the account/,
  )
  // Each byte that is changed breaks a hash, a length or the header; some bytes of each block are tried.
  for (let at = 0; at < car.length; at += 41) {
    const forged = Buffer.from(car)
    forged[at]! ^= 1
    await expect(read(forged)).rejects.toThrow(/is not whole/)
  }
  for (const length of [car.length - 1, car.length >> 1, 60])
    await expect(read(car.subarray(0, length))).rejects.toThrow(/is not whole/)
})

it('a PDS that goes back in time is refused: the newer state stays', async () => {
  const folder = freshFolder()
  const { backup } = await backUpAccount(ada.did, ada.settings, { folder })
  // As after a roll-back of the PDS: what is kept is of a later revision.
  const later = '3zzzzzzzzzzz2'
  const description = JSON.parse(await readFile(join(folder, `${backup.rev}.json`), 'utf8'))
  await rename(join(folder, `${backup.rev}.car`), join(folder, `${later}.car`))
  await writeFile(join(folder, `${later}.json`), JSON.stringify({ ...description, rev: later }))
  await expect(backUpAccount(ada.did, ada.settings, { folder })).rejects.toThrow(/older than 3zzzzzzzzzzz2/)
  expect((await backups(folder))[0]?.rev).toBe(later)
})

it('regression: a revision of a time to come is not kept, where it would have every later one refused', async () => {
  const folder = freshFolder()
  const { backup } = await backUpAccount(ada.did, ada.settings, { folder })
  const keys = await accountKeys(ada.did, ada.settings)
  const { url, server } = network.pds('icehub')
  const signer = await server.ctx.actorStore.keypair(ada.did)
  await using host = await between(url, async ({ path }, pass) => {
    const answer = await pass()
    if (!path.endsWith('.getRepo')) return answer
    const { root, blocks } = await readCarStream(Readable.from([answer.body]))
    const unsigned = {
      ...parseCommit(blocks.get(root)!),
      rev: formatTid((Date.now() + 10 * 60_000) * 1000),
    }
    const commit = encodeCommit(unsigned, await signer.sign(encodeCommit(unsigned)))
    const cid = cidOfBlock(commit)
    return { ...answer, body: writeCar(cid, [[cid, commit], ...blocks]) }
  })
  await expect(backUp(folder, Home.public(host.url, ada.did), keys)).rejects.toThrow(/is of a time to come/)
  expect((await backups(folder)).map(({ rev }) => rev)).toEqual([backup.rev])
})

it('regression: a repository that is emptied does not wear out the state that was full', async () => {
  const folder = freshFolder()
  const zoe = await person(network, 'zoe-emptied', 'icehub')
  const backUpZoe = () => backUpAccount(zoe.did, zoe.settings, { folder, keep: 2 })
  const { backup: full, held: none } = await backUpZoe()
  expect(none).toBeUndefined()
  for (const rkey of ['sst', 'wind', 'waves'])
    await zoe.agent.com.atproto.repo.deleteRecord({
      repo: zoe.did,
      collection: nsid('dataset.entry'),
      rkey,
    })
  await putRecord(zoe, 'actor.profile', 'self', { name: 'Nobody' })
  for (const round of [1, 2, 3]) {
    await putRecord(zoe, 'dataset.entry', 'rain', entry(`rain ${round}`))
    const { held } = await backUpZoe()
    expect(held).toEqual(round === 1 ? undefined : { rev: full.rev, records: 5, gone: 3 })
  }
  const kept = await backups(folder)
  expect(kept).toHaveLength(3)
  expect(kept.at(-1)?.rev).toBe(full.rev)
  // The picture that this state alone refers to stays with it.
  expect(await keptBlob(folder, Object.keys(full.blobs)[0]!)).toEqual(PICTURE)
})

it('regression: a blob that has rotted in the folder is fetched again', async () => {
  const folder = freshFolder()
  const { backup } = await backUpAccount(ada.did, ada.settings, { folder })
  const [cid] = Object.keys(backup.blobs)
  await writeFile(join(folder, 'blobs', cid!), 'rot')
  expect(await backUpAccount(ada.did, ada.settings, { folder })).toMatchObject({
    isNew: false,
    fetchedBlobs: 1,
  })
  expect(await keptBlob(folder, cid!)).toEqual(PICTURE)
})

it('a run that was cut off is taken up by the next one', async () => {
  const folder = freshFolder()
  const home = Home.public(network.pds('icehub').url, ada.did)
  const cut = Object.assign(Object.create(home), {
    pds: home.pds,
    did: home.did,
    repository: () => home.repository(),
    blob: async () => {
      throw new Error('the machine vanishes')
    },
  }) as Home
  const keys = await accountKeys(ada.did, ada.settings)
  await expect(backUp(folder, cut, keys)).rejects.toThrow('vanishes')
  expect(await backups(folder)).toEqual([])
  await writeFile(join(folder, '.draft-of-a-killed-run'), 'half')
  expect(await backUpAccount(ada.did, ada.settings, { folder })).toMatchObject({
    isNew: true,
    fetchedBlobs: 1,
  })
  expect((await readdir(folder)).filter(name => name.startsWith('.'))).toEqual([])
})

it('on a schedule it tells trouble, tries again, and takes up its rhythm after a restart', async () => {
  const folder = freshFolder()
  const stop = new AbortController()
  const seen: string[] = []
  await backUpOnSchedule(ada.did, ada.settings, 3_600_000, {
    folder,
    signal: stop.signal,
    onDone: ({ backup }) => {
      seen.push(backup.rev)
      stop.abort()
    },
    onTrouble: error => {
      throw error
    },
  })
  expect(seen).toHaveLength(1)
  // Due in an hour: a second start waits, and ends at once when it is told to.
  const again = new AbortController()
  const waiting = backUpOnSchedule(ada.did, ada.settings, 3_600_000, {
    folder,
    signal: again.signal,
    onDone: () => seen.push('too early'),
    onTrouble: error => {
      throw error
    },
  })
  setImmediate(() => again.abort())
  await waiting
  expect(seen).toHaveLength(1)
})
