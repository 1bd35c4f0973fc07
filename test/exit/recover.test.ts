import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { copyFile, readFile, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AtpAgent } from '@atproto/api'
import { Secp256k1Keypair } from '@atproto/crypto'
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
import { readRecoveryKey } from '@frost/client/account/recovery-key'
import { backupSource } from '@frost/client/account/source'
import { accountStanding } from '@frost/client/account/standing'
import { restoreSession } from '@frost/client/session'
import { nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { frostFor } from '../cli/run-frost.ts'
import { putRecord, type Stand, stand } from '../stand.ts'
import { entry, entryUri, furnish, type Person, person, repositoryOf, settingsFor } from './account.ts'
import { keeper as keeperAt, seize as seizeAt } from './keeper.ts'

const HOUR = 3_600_000

describe('an account whose home is gone', { timeout: 60_000 }, () => {
  let world: Stand
  /** An account that was seized more than 72 hours ago. */
  let late: Awaited<ReturnType<typeof keeper>> & { readonly folder: string }
  beforeAll(async () => {
    let clock = () => Date.now() - 80 * HOUR
    world = await stand({ network: { plcClock: () => clock() } })
    const hub = await doomedHome()
    const bob = await keeper(hub, 'bob-robbed')
    const { folder } = await backUpAccount(bob.did, bob.settings)
    clock = () => Date.now() - 73 * HOUR
    await seize(bob, hub.name)
    late = { ...bob, folder }
    clock = Date.now
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
  const agentThere = async (did: string) => {
    const agent = new AtpAgent({ service: to() })
    await agent.login({ identifier: did, password: 'a new secret' })
    return agent
  }

  const keeper = (pds: { readonly url: string; readonly domain: string }, label: string) =>
    keeperAt(world.network, pds, label)
  const seize = (victim: { did: string; settings: Person['settings'] }, pds: string) =>
    seizeAt(world.network, victim, pds)

  it('comes back under its DID with everything, and goes on publishing', async () => {
    const hub = await doomedHome()
    const nasa = await keeper(hub, 'space-data')
    expect((await stat(nasa.path)).mode & 0o077).toBe(0)
    await world.until(
      () => world.ask<{ entries: unknown[] }>('dataset.getEntries', { uris: [entryUri(nasa.did, 'waves')] }),
      ({ entries }) => entries.length === 1,
    )
    const { backup, folder } = await backUpAccount(nasa.did, nasa.settings)
    await hub.kill()
    await rm(join(world.network.dataDir, 'pds', hub.name), { recursive: true, force: true })
    expect(await accountStanding(nasa.did, nasa.settings)).toMatchObject({
      atPds: 'unreachable',
      recoverable: 'held',
      ownKey: { key: nasa.key, path: nasa.path, place: 0 },
      backup: { rev: backup.rev },
    })
    const recovered = await recoverAccount(nasa.settings, {
      ...newcomer(),
      source: await backupSource(folder),
    })
    expect(recovered).toMatchObject({
      did: nasa.did,
      handle: 'space-data.icebucket.test',
      data: backup.data,
      records: 5,
      blobs: 1,
      lost: [],
      undone: 0,
    })
    const there = await repositoryOf(nasa.did, to(), nasa.settings)
    expect(there.data).toBe(backup.data)
    expect(there.signedBy).not.toBe(backup.signedBy)
    const { rotationKeys } = dataOf(lastOperation((await fetchDidLog(nasa.did, nasa.settings)).operations))!
    expect(rotationKeys).toEqual([nasa.key, world.network.pds('icebucket').server.ctx.plcRotationKey.did()])
    const agent = await agentThere(nasa.did)
    await putRecord({ ...nasa, agent } as never, 'dataset.entry', 'after', entry('after'))
    const { entries } = await world.until(
      () =>
        world.ask<{ entries: { author: { handle?: string } }[] }>('dataset.getEntries', {
          uris: ['after', 'sst'].map(slug => entryUri(nasa.did, slug)),
        }),
      answer => answer.entries.length === 2 && answer.entries[0]?.author.handle !== undefined,
    )
    expect(entries[0]?.author.handle).toBe('space-data.icebucket.test')
    expect((await restoreSession(nasa.settings)).account.pds).toBe(to())
  })

  it('broken off after any step, recovery is taken up where it was', async () => {
    const hub = await doomedHome()
    const bob = await keeper(hub, 'bob-returns')
    const { backup, folder } = await backUpAccount(bob.did, bob.settings)
    await hub.kill()
    const options = { ...newcomer(), source: await backupSource(folder) }
    const steps: string[] = []
    for (let run = 0; ; run++) {
      let told = 0
      const onStep = (step: string) => {
        if (told++ !== run) return
        steps.push(step)
        throw new Error('the power fails')
      }
      const outcome = await recoverAccount(bob.settings, { ...options, onStep }).catch(
        (error: Error) => error.message,
      )
      if (outcome === 'the power fails') continue
      expect(outcome).toMatchObject({ data: backup.data, lost: [] })
      break
    }
    expect(steps).toHaveLength(8)
    // One operation that took the DID back, one that settled it.
    expect((await fetchDidLog(bob.did, bob.settings)).operations).toHaveLength(3)
    expect((await repositoryOf(bob.did, to(), bob.settings)).data).toBe(backup.data)
  })

  it('without a backup, an AppView that kept its records gives them back, and what is lost is said', async () => {
    const hub = await doomedHome()
    const zed = await keeper(hub, 'zed-unsaved')
    await world.until(
      () => world.ask<{ entries: unknown[] }>('dataset.getEntries', { uris: [entryUri(zed.did, 'waves')] }),
      ({ entries }) => entries.length === 1,
    )
    // Another AppView, which has heard nothing since.
    const url = `${world.appview.url}/xrpc/${nsid('service.getRepository')}?did=${zed.did}`
    const older = Buffer.from(await (await fetch(url)).arrayBuffer())
    const deaf = createServer((_, response) => void response.end(older)).listen(0, '127.0.0.1')
    await once(deaf, 'listening')
    await putRecord(zed as never, 'dataset.entry', 'last', entry('last'))
    await world.until(
      () => world.ask<{ entries: unknown[] }>('dataset.getEntries', { uris: [entryUri(zed.did, 'last')] }),
      ({ entries }) => entries.length === 1,
    )
    await hub.kill()
    const heard = [
      `http://127.0.0.1:${(deaf.address() as AddressInfo).port}`,
      world.appview.url,
      // One that is not there.
      'http://127.0.0.1:2',
    ]
    const options = { ...newcomer(), source: appviewSource(zed.did, ...heard) }
    await expect(recoverAccount(zed.settings, options)).rejects.toThrow(
      /does not hold everything: it has the 5 FROST records of revision \S+ only, nothing of other applications.*; it has none of the 1 blobs.*--accept-loss/,
    )
    expect((await fetchDidLog(zed.did, zed.settings)).operations).toHaveLength(1)
    const recovered = await recoverAccount(zed.settings, { ...options, acceptLoss: true })
    deaf.close().closeAllConnections()
    expect(recovered).toMatchObject({ records: 5, blobs: 0, lost: [{}] })
    const { records } = await repositoryOf(zed.did, to(), zed.settings)
    expect([...records.keys()].map(path => path.split('/')[1])).toEqual([
      'self',
      'last',
      'sst',
      'waves',
      'wind',
    ])
    const agent = await agentThere(zed.did)
    await putRecord({ ...zed, agent } as never, 'dataset.entry', 'after', entry('after'))
    await world.until(
      () =>
        world.ask<{ entries: unknown[] }>('dataset.getEntries', {
          uris: ['after', 'sst'].map(slug => entryUri(zed.did, slug)),
        }),
      ({ entries }) => entries.length === 2,
    )
  })

  it('a key can be made later, by the code of an e-mail; without one, the account is its host’s', async () => {
    const hub = await doomedHome()
    const ada = await person(world.network, 'ada-later', hub.name)
    expect(await accountStanding(ada.did, ada.settings)).toMatchObject({
      recoverable: 'host',
      atPds: 'active',
    })
    const { folder } = await backUpAccount(ada.did, ada.settings)
    const source = await backupSource(folder)
    await expect(recoverAccount(ada.settings, { ...newcomer(), source })).rejects.toThrow(
      /recovery-keys.*there is no such file; give the key's with --key/,
    )
    const frost = frostFor({ plcUrl: world.network.plcUrl, service: hub.url })
    await frost(['login', ada.did, '--app-password'], { input: `${ada.account.password}\n` })
    expect((await frost(['account', 'status'])).stdout).toMatch(
      /Nobody but http:\S+ can change this account: if that host is lost, so is the account/,
    )
    const first = await frost(['account', 'key'])
    expect(first).toMatchObject({ status: 1, stdout: '' })
    expect(first.stderr).toMatch(/has sent a code by e-mail/)
    const { token } = await world.network.mails.next(ada.email)
    const added = await frost(['account', 'key', '--code', token!, '--json'])
    expect(added).toMatchObject({ status: 0, json: { did: ada.did, added: true } })
    const standing = await frost(['account', 'status', ada.did, '--json'])
    expect(standing.json).toMatchObject({
      recoverable: 'held',
      verdict: expect.stringContaining('You need a copy of the repository too'),
    })
    await hub.kill()
    const recovered = await frost(
      ['account', 'recover', '--from-backup', folder, '--to', to(), '--email', 'ada2@example.com', '--json'],
      { input: 'a new secret\n' },
    )
    expect(recovered.stderr).not.toMatch(/^frost:/m)
    expect(recovered).toMatchObject({ status: 0, json: { did: ada.did, records: 5, lost: [] } })
  })

  it('the wrong key, a missing address, a copy of somebody else: each is said, and nothing is changed', async () => {
    const hub = await doomedHome()
    const eve = await keeper(hub, 'eve-errs')
    const mallory = await keeper(hub, 'mallory')
    const { folder } = await backUpAccount(eve.did, eve.settings)
    const source = await backupSource(folder)
    const attempt = (given: object) => recoverAccount(eve.settings, { ...newcomer(), source, ...given })
    await expect(attempt({ key: mallory.path })).rejects.toThrow(
      /is not among those that may change did:plc:\S+: only who holds did:key:\S+ or did:key:/,
    )
    await expect(attempt({ email: '' })).rejects.toThrow(/--email is missing/)
    await expect(attempt({ to: world.network.plcUrl })).rejects.toThrow(/does not answer as a PDS/)
    await expect(backupSource(join(folder, 'nowhere'))).rejects.toThrow(/there is no such file or folder/)
    await expect(backupSource(mkdtempSync(join(tmpdir(), 'frost-empty-')))).rejects.toThrow(/holds no backup/)
    const [car] = [(await backUpAccount(eve.did, eve.settings)).backup].map(({ rev }) =>
      join(folder, `${rev}.car`),
    )
    const bare = join(mkdtempSync(join(tmpdir(), 'frost-bare-')), 'repo.car')
    await copyFile(car!, bare)
    await expect(backupSource(bare)).rejects.toThrow(/nothing describes: give the account's DID too/)
    await expect(
      recoverAccount(mallory.settings, { ...newcomer(), source: await backupSource(bare, mallory.did) }),
    ).rejects.toThrow(new RegExp(`it is the repository of ${eve.did}`))
    expect((await fetchDidLog(eve.did, eve.settings)).operations).toHaveLength(1)
    // A bare CAR does as well, but for the blobs, which are had from the former home as long as it lives.
    expect(await attempt({ source: await backupSource(bare, eve.did) })).toMatchObject({ lost: [], blobs: 1 })
  })

  it('blobs that nobody has are named, and given up only where that is accepted', async () => {
    const hub = await doomedHome()
    const zoe = await keeper(hub, 'zoe-loses')
    const { folder, backup } = await backUpAccount(zoe.did, zoe.settings)
    await rm(join(folder, 'blobs'), { recursive: true })
    await hub.kill()
    const options = { ...newcomer(), source: await backupSource(folder) }
    await expect(recoverAccount(zoe.settings, options)).rejects.toThrow(
      new RegExp(`1 blobs are nowhere to be had, such as ${Object.keys(backup.blobs)[0]} of at://`),
    )
    expect(await recoverAccount(zoe.settings, { ...options, acceptLoss: true })).toMatchObject({
      blobs: 0,
      lost: [{ recordUri: expect.stringContaining(zoe.did) }],
    })
  })

  describe('that a rival has taken', () => {
    it('is taken back within 72 hours, whatever was done to its DID', async () => {
      const hub = await doomedHome()
      const ada = await keeper(hub, 'ada-robbed')
      const { folder, backup } = await backUpAccount(ada.did, ada.settings)
      await seize(ada, hub.name)
      expect(await accountStanding(ada.did, ada.settings)).toMatchObject({
        pds: 'https://rival.example.org',
        recoverable: 'undoable',
        ownKey: { place: -1 },
      })
      const source = await backupSource(folder)
      const recovered = await recoverAccount(ada.settings, { ...newcomer(), source })
      expect(recovered).toMatchObject({ undone: 1, data: backup.data, lost: [] })
      const { operations } = await fetchDidLog(ada.did, ada.settings)
      expect(operations.map(({ nullified }) => nullified)).toEqual([false, true, false, false])
      expect((await repositoryOf(ada.did, to(), ada.settings)).data).toBe(backup.data)
    })

    it('is lost after 72 hours, and that is said', async () => {
      const source = await backupSource(late.folder)
      await expect(recoverAccount(late.settings, { ...newcomer(), source })).rejects.toThrow(
        /was taken from did:plc:\S+, and what took it could be undone until \S+ only: whoever holds did:key/,
      )
      expect(await accountStanding(late.did, late.settings)).toMatchObject({ recoverable: 'host' })
      // The directory says no as well.
      const { operations, directory } = await fetchDidLog(late.did, late.settings)
      const { keypair } = await readRecoveryKey(late.path)
      const attempt = await nextOperation(operations[0]!, { rotationKeys: [late.key] }, keypair)
      await expect(submitOperation(directory, late.did, attempt)).rejects.toThrow(/refused the operation/)
    })
  })

  it('whose DID is a domain: the domain decides, step by step', async () => {
    const hub = await doomedHome()
    let document: object = {}
    const web = createServer((request, response) => {
      if (request.url !== '/.well-known/did.json') return response.writeHead(404).end()
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
    })
    await new Promise<void>(resolve => web.listen(0, '127.0.0.1', resolve))
    try {
      const did = `did:web:localhost%3A${(web.address() as AddressInfo).port}`
      const settings = settingsFor(world.network)
      const key = await Secp256k1Keypair.create()
      document = {
        id: did,
        alsoKnownAs: [`at://ownweb.${hub.domain}`],
        verificationMethod: [
          { id: `${did}#atproto`, type: 'Multikey', controller: did, publicKeyMultibase: key.did().slice(8) },
        ],
        service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: hub.url }],
      }
      const head = Buffer.from(JSON.stringify({ typ: 'JWT', alg: 'ES256K' })).toString('base64url')
      const exp = Math.floor(Date.now() / 1000) + 60
      const claims = { iss: did, aud: hub.did, lxm: 'com.atproto.server.createAccount', exp, jti: 'one' }
      const body = Buffer.from(JSON.stringify(claims)).toString('base64url')
      const signature = Buffer.from(await key.sign(Buffer.from(`${head}.${body}`))).toString('base64url')
      const session = await hub.call<{ accessJwt: string }>('com.atproto.server.createAccount', {
        session: { accessJwt: `${head}.${body}.${signature}` },
        body: { did, handle: `ownweb.${hub.domain}`, email: 'domain@example.com', password: 'secret' },
      })
      const keyOf = async () => {
        const said = await hub.call<{ verificationMethods: { atproto: string } }>(
          'com.atproto.identity.getRecommendedDidCredentials',
          { session },
        )
        return said.verificationMethods.atproto
      }
      const named = (multikey: string) => ({
        ...document,
        verificationMethod: [
          { id: `${did}#atproto`, type: 'Multikey', controller: did, publicKeyMultibase: multikey.slice(8) },
        ],
      })
      document = named(await keyOf())
      const agent = new AtpAgent({ service: hub.url })
      await agent.login({ identifier: `ownweb.${hub.domain}`, password: 'secret' })
      await agent.com.atproto.server.activateAccount()
      await furnish({ did, agent } as never)
      const { folder, backup } = await backUpAccount(did, settings)
      expect(await accountStanding(did, settings)).toMatchObject({ recoverable: 'domain', rotationKeys: [] })
      await hub.kill()
      const options = { ...newcomer(), source: await backupSource(folder) }
      for (const stop of [1, 2]) {
        const refusal = await recoverAccount(settings, options).catch((error: Error) => error.message)
        const path = /publish (\S+did\.json) as http:\/\/localhost:\d+\/.well-known\/did.json/.exec(
          String(refusal),
        )
        expect(path, `stop ${stop}: ${String(refusal)}`).not.toBeNull()
        document = JSON.parse(await readFile(path![1]!, 'utf8'))
      }
      const recovered = await recoverAccount(settings, options)
      expect(recovered).toMatchObject({ did, data: backup.data, handle: 'ownweb.icebucket.test' })
      expect((await repositoryOf(did, to(), settings)).data).toBe(backup.data)
    } finally {
      web.close()
    }
  })
})
