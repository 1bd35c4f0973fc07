import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Secp256k1Keypair } from '@atproto/crypto'
import { cidForLex } from '@atproto/lex-cbor'
import { tombstoneOp } from '@did-plc/lib'
import { appviewSource } from '@frost/client/account/appview-source'
import { backUpAccount } from '@frost/client/account/backup-account'
import {
  dataOf,
  fetchDidLog,
  lastOperation,
  nextOperation,
  submitOperation,
} from '@frost/client/account/did-log'
import { recoverAccount } from '@frost/client/account/recover'
import { makeRecoveryKey, readRecoveryKey } from '@frost/client/account/recovery-key'
import { backupSource } from '@frost/client/account/source'
import { accountStanding } from '@frost/client/account/standing'
import { nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { frostFor } from '../cli/run-frost.ts'
import { putRecord, type Stand, stand } from '../stand.ts'
import { entry, entryUri, repositoryOf } from './account.ts'
import { keeper, seize } from './keeper.ts'

describe('an account that is not got back at the first try', { timeout: 60_000 }, () => {
  let world: Stand
  beforeAll(async () => {
    world = await stand()
  })
  afterAll(() => world?.[Symbol.asyncDispose]())

  const to = () => world.network.pds('icebucket').url
  let homes = 0
  const doomedHome = () => world.network.addPds({ domain: `doomed${++homes}.test` })
  const newcomer = () => ({
    to: to(),
    email: `someone${randomBytes(4).toString('hex')}@example.com`,
    password: async () => 'a new secret',
  })
  const dataNow = async ({ did, settings }: Pick<Awaited<ReturnType<typeof keeper>>, 'did' | 'settings'>) =>
    dataOf(lastOperation((await fetchDidLog(did, settings)).operations))!

  it('regression: what the first AppView gave in a refused run does not decide what comes back', async () => {
    const hub = await doomedHome()
    const zed = await keeper(world.network, hub, 'zed-twice')
    const heard = (slug: string) =>
      world.until(
        () => world.ask<{ entries: unknown[] }>('dataset.getEntries', { uris: [entryUri(zed.did, slug)] }),
        ({ entries }) => entries.length === 1,
      )
    await heard('waves')
    const url = `${world.appview.url}/xrpc/${nsid('service.getRepository')}?did=${zed.did}`
    const older = Buffer.from(await (await fetch(url)).arrayBuffer())
    const deaf = createServer((_, response) => void response.end(older)).listen(0, '127.0.0.1')
    await once(deaf, 'listening')
    const first = `http://127.0.0.1:${(deaf.address() as AddressInfo).port}`
    await putRecord(zed as never, 'dataset.entry', 'last', entry('last'))
    await heard('last')
    await hub.kill()
    const options = newcomer()
    await expect(
      recoverAccount(zed.settings, { ...options, source: appviewSource(zed.did, first) }),
    ).rejects.toThrow(/does not hold everything: it has the 4 FROST records/)
    const source = appviewSource(zed.did, first, world.appview.url)
    const recovered = await recoverAccount(zed.settings, { ...options, source, acceptLoss: true })
    deaf.close().closeAllConnections()
    expect(recovered.records).toBe(5)
    const { records } = await repositoryOf(zed.did, to(), zed.settings)
    expect([...records.keys()]).toContain(`${nsid('dataset.entry')}/last`)
  })

  it('regression: a lesser key of one’s own that gets it back does not throw out the stronger ones', async () => {
    const hub = await doomedHome()
    const ada = await keeper(world.network, hub, 'ada-two-keys')
    const { operations, directory } = await fetchDidLog(ada.did, ada.settings)
    const { keypair } = await readRecoveryKey(ada.path)
    const laptop = join(ada.settings.configDir, 'laptop.json')
    const second = (await makeRecoveryKey(laptop, ada.did)).keypair.did()
    const third = (await Secp256k1Keypair.create()).did()
    const host = hub.server.ctx.plcRotationKey.did()
    const rotationKeys = [ada.key, second, third, host]
    await submitOperation(directory, ada.did, await nextOperation(operations[0]!, { rotationKeys }, keypair))
    const { folder } = await backUpAccount(ada.did, ada.settings)
    await hub.kill()
    const source = await backupSource(folder)
    const recovered = await recoverAccount(ada.settings, { ...newcomer(), source, key: laptop })
    expect(recovered).toMatchObject({ above: [ada.key], dropped: [third, host] })
    const newHost = world.network.pds('icebucket').server.ctx.plcRotationKey.did()
    expect((await dataNow(ada)).rotationKeys).toEqual([ada.key, second, newHost])
  })

  it('regression: where no room is left for the new host’s key, that is said before anything is changed', async () => {
    const hub = await doomedHome()
    const eve = await keeper(world.network, hub, 'eve-five-keys')
    const { operations, directory } = await fetchDidLog(eve.did, eve.settings)
    const { keypair } = await readRecoveryKey(eve.path)
    const fifth = join(eve.settings.configDir, 'fifth.json')
    const more = await Promise.all([1, 2, 3].map(async () => (await Secp256k1Keypair.create()).did()))
    const rotationKeys = [eve.key, ...more, (await makeRecoveryKey(fifth, eve.did)).keypair.did()]
    await submitOperation(directory, eve.did, await nextOperation(operations[0]!, { rotationKeys }, keypair))
    const { folder } = await backUpAccount(eve.did, eve.settings)
    const attempt = recoverAccount(eve.settings, {
      ...newcomer(),
      source: await backupSource(folder),
      key: fifth,
    })
    await expect(attempt).rejects.toThrow(/4 keys come before this one, which leaves no room/)
    expect((await dataNow(eve)).rotationKeys).toEqual(rotationKeys)
  })

  it("regression: two keys that are both the host's leave the account to the host alone", async () => {
    const hub = await doomedHome()
    const { plcRotationKey, cfg } = hub.server.ctx
    const second = (await Secp256k1Keypair.create()).did()
    Object.assign(cfg.identity, { recoveryDidKey: second })
    const zoe = await hub.createAccount({ handle: 'zoe-two-keys' })
    const frost = frostFor({ plcUrl: world.network.plcUrl, service: hub.url })
    const seen = await frost(['account', 'status', zoe.did, '--json'])
    expect(seen.json).toMatchObject({
      recoverable: 'elsewhere',
      rotationKeys: [second, plcRotationKey.did()],
      verdict: expect.stringContaining('cannot be told from outside'),
    })
    await frost(['login', zoe.did, '--app-password'], { input: `${zoe.password}\n` })
    const own = await frost(['account', 'status', '--json'])
    expect(own.json).toMatchObject({ recoverable: 'host', hostKeys: [second, plcRotationKey.did()] })
    const told = await frost(['account', 'status'])
    expect(told.stdout).toMatch(/Nobody but http:\S+ can change this account/)
    expect(told.stdout.replace(/\s+/g, ' ')).toContain(`${second} (the host's)`)
  })

  it('regression: by the handle that its dead host lent, it is found and comes back', async () => {
    const hub = await doomedHome()
    const bob = await keeper(world.network, hub, 'bob-by-name')
    const { folder } = await backUpAccount(bob.did, bob.settings)
    await world.until(
      () =>
        world.ask<{ entries: { author: { handle?: string } }[] }>('dataset.getEntries', {
          uris: [entryUri(bob.did, 'sst')],
        }),
      ({ entries }) => entries[0]?.author.handle === bob.handle,
    )
    await hub.kill()
    const env = { FROST_CONFIG: bob.settings.configDir }
    const frost = frostFor({ plcUrl: world.network.plcUrl, service: hub.url })
    // Somebody else, who has no key of it: an AppView knows the name still.
    const stranger = frostFor({ plcUrl: world.network.plcUrl, service: hub.url })
    const seen = await stranger(['account', 'status', bob.handle, '--appview', world.appview.url, '--json'])
    expect(seen).toMatchObject({
      status: 0,
      json: { did: bob.did, atPds: 'unreachable', recoverable: 'elsewhere' },
    })
    const unknown = await stranger(['account', 'status', `nobody.${hub.domain}`, '--json'])
    expect(unknown.stderr).toMatch(/Where its host is gone, give the DID: your key and your backups name it/)
    const standing = await frost(['account', 'status', bob.handle, '--json'], { env })
    expect(standing).toMatchObject({ status: 0, json: { did: bob.did, recoverable: 'held' } })
    const recovered = await frost(
      [
        'account',
        'recover',
        bob.handle,
        '--from-backup',
        folder,
        '--to',
        to(),
        '--email',
        'bob-n@example.com',
        '--json',
      ],
      { input: 'a new secret\n', env },
    )
    expect(recovered.stderr).not.toMatch(/^frost:/m)
    expect(recovered).toMatchObject({ status: 0, json: { did: bob.did, records: 5, lost: [] } })
  })

  describe.each(['has another name', 'names nothing', 'was given up'] as const)('whose DID %s', deed => {
    it('regression: its standing is told by its name, and it is taken back', async () => {
      const hub = await doomedHome()
      const ada = await keeper(world.network, hub, `ada-undone${homes}`)
      const { folder, backup } = await backUpAccount(ada.did, ada.settings)
      if (deed === 'has another name')
        await seize(world.network, ada, hub.name, { alsoKnownAs: ['at://rival.example.org'] })
      else if (deed === 'names nothing')
        await seize(world.network, ada, hub.name, { alsoKnownAs: [], services: {}, verificationMethods: {} })
      else {
        const { operations, directory } = await fetchDidLog(ada.did, ada.settings)
        const prev = await cidForLex(lastOperation(operations).operation as never)
        const stone = await tombstoneOp(prev as never, hub.server.ctx.plcRotationKey as never)
        await submitOperation(directory, ada.did, stone as never)
      }
      const standing = await accountStanding(ada.handle, { ...ada.settings, service: hub.url })
      expect(standing).toMatchObject({ did: ada.did, recoverable: 'undoable', ownKey: { place: -1 } })
      expect(standing.until).toBeDefined()
      const env = { FROST_CONFIG: ada.settings.configDir }
      const frost = frostFor({ plcUrl: world.network.plcUrl, service: hub.url })
      expect((await frost(['account', 'status', ada.handle], { env })).stdout).toMatch(
        /undo it before \S+ with frost account/,
      )
      const source = await backupSource(folder)
      const recovered = await recoverAccount(ada.settings, { ...newcomer(), source })
      expect(recovered).toMatchObject({ undone: 1, data: backup.data, lost: [] })
      expect((await repositoryOf(ada.did, to(), ada.settings)).data).toBe(backup.data)
    })
  })
})
