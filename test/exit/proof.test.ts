import { mkdtempSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secp256k1Keypair } from '@atproto/crypto'
import { accountKeys } from '@frost/client/account/account-keys'
import { appviewSource } from '@frost/client/account/appview-source'
import { checkProof, makeProof, type ProofFile } from '@frost/client/proof/proof'
import { readCar } from '@frost/sync/car'
import { writeCar } from '@frost/sync/car-writer'
import { cidOfBlock } from '@frost/sync/cid'
import { parseCommit } from '@frost/sync/commit'
import { encodeCommit } from '@frost/sync/commit-writer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { frostFor } from '../cli/run-frost.ts'
import { newAccount, putRecord, type Stand, stand } from '../stand.ts'
import { entry, entryUri, furnish, settingsFor } from './account.ts'

describe('proofs', { timeout: 60_000 }, () => {
  let world: Stand
  let ada: Awaited<ReturnType<typeof newAccount>>
  const settings = () => ({ ...settingsFor(world.network), appviewUrl: world.appview.url })
  beforeAll(async () => {
    world = await stand()
    ada = await newAccount(world.network, 'ada-proves')
    // Others' records around FROST's, so that its tree has an edge on both sides.
    for (const [nsid, count] of [
      ['com.example.note', 40],
      ['zone.example.note', 40],
    ] as const)
      await ada.agent.com.atproto.repo.applyWrites({
        repo: ada.did,
        validate: false,
        writes: Array.from({ length: count }, (_, n) => ({
          $type: 'com.atproto.repo.applyWrites#create',
          collection: nsid,
          rkey: `note-${n}`,
          value: { $type: nsid, text: `note ${n}` },
        })),
      })
    await furnish(ada)
    for (let n = 0; n < 30; n++) await putRecord(ada, 'dataset.entry', `set-${n}`, entry(`set ${n}`))
    await known('set-29')
  }, 60_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  const known = (slug: string, title?: string) =>
    world.until(
      () =>
        world.ask<{ entries: { record: { title: string } }[] }>('dataset.getEntries', {
          uris: [entryUri(ada.did, slug)],
        }),
      ({ entries }) => entries.length === 1 && (title === undefined || entries[0]!.record.title === title),
    )

  it('the AppView proves what the repository proves, after whatever was written', async () => {
    for (const slug of ['sst', 'set-0', 'set-17', 'set-29']) {
      const uri = entryUri(ada.did, slug)
      const [ours, theirs] = await Promise.all([
        makeProof(uri, settings(), { from: 'appview' }),
        makeProof(uri, settings(), { from: 'repository' }),
      ])
      expect(ours).toMatchObject({ cid: theirs.cid, rev: theirs.rev, key: theirs.key })
      expect(await checkProof(JSON.stringify(ours))).toMatchObject({
        uri,
        did: ada.did,
        keyBy: { kind: 'log' },
        record: { license: 'CC-BY-4.0' },
      })
    }
    // Writes beside, before and within the range, deletions, an update: the edge goes along.
    await ada.agent.com.atproto.repo.createRecord({
      repo: ada.did,
      collection: 'aaa.example.note',
      record: { $type: 'aaa.example.note' },
      validate: false,
    })
    for (let n = 0; n < 20; n++)
      await ada.agent.com.atproto.repo.deleteRecord({
        repo: ada.did,
        collection: n % 2 ? 'com.example.note' : 'zone.example.note',
        rkey: `note-${n}`,
      })
    await putRecord(ada, 'dataset.entry', 'set-17', entry('set 17, mended'))
    await known('set-17', 'set 17, mended')
    const proof = await makeProof(entryUri(ada.did, 'set-17'), settings(), { from: 'appview' })
    expect((await checkProof(JSON.stringify(proof))).record).toMatchObject({ title: 'set 17, mended' })
    expect(Buffer.from(proof.car, 'base64').length).toBeLessThan(8_000)
  })

  it('forged in any field or block it is refused, with the reason', async () => {
    const proof = await makeProof(entryUri(ada.did, 'sst'), settings())
    const other = await makeProof(entryUri(ada.did, 'wind'), settings())
    const refused = (changes: Partial<ProofFile>, why: RegExp) =>
      expect(checkProof(JSON.stringify({ ...proof, ...changes }))).rejects.toThrow(why)
    await refused({ cid: other.cid }, /claims the cid .* but proves/)
    await refused({ rev: '3zzzzzzzzzzz2' }, /claims the rev/)
    await refused({ key: 'did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme' }, /claims the key/)
    await refused({ car: other.car }, /is not in it|not among the blocks/)
    await refused({ uri: proof.uri.replace(ada.did, 'did:plc:z72i7hdynmk6r22z27h6tvur') }, /does not hold/)
    await refused({ uri: entryUri(ada.did, 'never-was') }, /not in the repository|not among the blocks/)
    await refused({ log: [] }, /does not hold/)
    const [first] = proof.log!
    const forged = {
      ...first!,
      operation: { ...first!.operation, sig: `A${'A'.repeat(85)}` },
    } as typeof first
    await refused({ log: [forged!] }, /log of .* does not hold/)
    await refused({ log: undefined } as never, /log of .* is not in the proof/)
    const { root, blocks } = readCar(Buffer.from(proof.car, 'base64'))
    for (const [cid, block] of blocks) {
      const without = [...blocks].filter(([name]) => name !== cid)
      await refused({ car: writeCar(root, without).toString('base64') }, /does not hold|is not in it/)
      const touched = Buffer.from(block)
      touched[touched.length >> 1]! ^= 1
      const changed = [...without, [cid, touched] as const]
      await refused({ car: writeCar(root, changed).toString('base64') }, /does not hash to its CID/)
    }
    for (const text of ['', '{}', 'no JSON', '{"proof":1}'])
      await expect(checkProof(text)).rejects.toThrow(/the file is no proof/)
  })

  it("regression: a log that is another's, named wrongly, undated or of a DID that has none is refused", async () => {
    const proof = await makeProof(entryUri(ada.did, 'sst'), settings())
    const check = (changes: Partial<ProofFile>) => checkProof(JSON.stringify({ ...proof, ...changes }))
    const [first] = proof.log!
    const touched = (changes: object) => check({ log: [{ ...first!, ...changes }] })
    await expect(touched({ did: 'did:plc:z72i7hdynmk6r22z27h6tvur' })).rejects.toThrow(
      /an operation of did:plc:z72/,
    )
    await expect(touched({ cid: proof.cid })).rejects.toThrow(
      `calls the operation ${first!.cid} ${proof.cid}`,
    )
    await expect(touched({ createdAt: 'once' })).rejects.toThrow(/has no date/)
    await expect(check({ log: [null] as never })).rejects.toThrow(/log of .* does not hold/)

    // The same tree, signed by whoever claims to be a domain, with a log that nobody signed.
    const did = 'did:web:ada.example.org'
    const signer = await Secp256k1Keypair.create()
    const { root, blocks } = readCar(Buffer.from(proof.car, 'base64'))
    const unsigned = { did, rev: proof.rev, data: parseCommit(blocks.get(root)!).data }
    const commit = encodeCommit(unsigned, await signer.sign(encodeCommit(unsigned)))
    const car = writeCar(cidOfBlock(commit), [[cidOfBlock(commit), commit] as const, ...blocks])
    const verificationMethod = [
      { id: '#atproto', type: 'Multikey', controller: did, publicKeyMultibase: signer.did().slice(8) },
    ]
    const { log: _, ...without } = proof
    const web = {
      ...without,
      uri: entryUri(did, 'sst'),
      key: signer.did(),
      car: car.toString('base64'),
      document: { id: did, verificationMethod },
    }
    expect(await checkProof(JSON.stringify(web))).toMatchObject({ did, keyBy: { kind: 'domain' } })
    const verificationMethods = { atproto: signer.did() }
    const invented = [{ ...first!, operation: { ...first!.operation, verificationMethods } }]
    for (const log of [invented, []])
      await expect(checkProof(JSON.stringify({ ...web, log }))).rejects.toThrow(/has a log, but did:web:ada/)
    await expect(checkProof(JSON.stringify({ ...web, document: undefined }))).rejects.toThrow(
      /document of did:web:ada.example.org is not in the proof/,
    )
  })

  it('an AppView that forges or leaves out anything of a repository is found out', async () => {
    const { keys } = await accountKeys(ada.did, settings())
    const car = readCar(await world.appview.services.index.queries.repositoryProof({ did: ada.did }))
    let given: Uint8Array = Buffer.alloc(0)
    const liar = createServer((_request, response) => void response.end(given))
    await new Promise<void>(resolve => liar.listen(0, '127.0.0.1', resolve))
    const signer = await Secp256k1Keypair.create()
    const open = (bytes: Uint8Array) => {
      given = bytes
      const { port } = liar.address() as AddressInfo
      const folder = mkdtempSync(join(tmpdir(), 'frost-liar-'))
      return appviewSource(ada.did, `http://127.0.0.1:${port}`).open(keys, folder, signer)
    }
    try {
      expect((await open(writeCar(car.root, car.blocks))).summary.records.size).toBe(34)
      for (const [cid] of car.blocks) {
        const without = [...car.blocks].filter(([name]) => name !== cid)
        await expect(open(writeCar(car.root, without))).rejects.toThrow(
          /does not prove what it gives of did:plc/,
        )
      }
      const { data } = parseCommit(car.blocks.get(car.root)!)
      const forged = encodeCommit({ did: ada.did, rev: '3zzzzzzzzzzz2', data }, Buffer.alloc(64, 1))
      const blocks = [[cidOfBlock(forged), forged] as const, ...car.blocks]
      await expect(open(writeCar(cidOfBlock(forged), blocks))).rejects.toThrow(/not signed by a key/)
    } finally {
      liar.close()
    }
  })

  it('is served no longer once the owner withdrew the record, or is not active', async () => {
    await putRecord(ada, 'dataset.entry', 'brief', entry('brief'))
    await known('brief')
    const uri = entryUri(ada.did, 'brief')
    await makeProof(uri, settings(), { from: 'appview' })
    await ada.agent.com.atproto.repo.deleteRecord({
      repo: ada.did,
      collection: uri.split('/')[3]!,
      rkey: 'brief',
    })
    await world.until(
      () => world.ask<{ entries: unknown[] }>('dataset.getEntries', { uris: [uri] }),
      ({ entries }) => entries.length === 0,
    )
    await expect(makeProof(uri, settings(), { from: 'appview' })).rejects.toThrow(
      /not known here, or its owner/,
    )
    await expect(makeProof(uri, settings())).rejects.toThrow(/nobody proves/)
  })

  it('of a state that somebody pinned stands after it was replaced, signed with the key of then', async () => {
    const eve = await newAccount(world.network, 'eve-cites')
    const before = await putRecord(ada, 'dataset.entry', 'pinned', entry('as cited'))
    await known('pinned')
    await putRecord(eve, 'discussion.endorsement', 'good', { subject: before, kind: 'useful' })
    await world.until(
      () => world.ask<{ endorsements: unknown[] }>('discussion.listEndorsements', { subject: before.uri }),
      ({ endorsements }) => endorsements.length === 1,
    )
    const now = await putRecord(ada, 'dataset.entry', 'pinned', entry('as mended'))
    await known('pinned', 'as mended')
    // The repository itself proves what stands, and no more.
    await expect(makeProof(before.uri, settings(), { cid: before.cid, from: 'repository' })).rejects.toThrow(
      `the record is in the state ${now.cid}`,
    )
    const proof = await makeProof(before.uri, settings(), { cid: before.cid })
    expect(proof).toMatchObject({ cid: before.cid, source: world.appview.url })
    const shown = await checkProof(JSON.stringify(proof))
    expect(shown).toMatchObject({ cid: before.cid, record: { title: 'as cited' }, keyBy: { kind: 'log' } })
    const current = await makeProof(before.uri, settings(), { cid: now.cid, from: 'appview' })
    expect((await checkProof(JSON.stringify(current))).record).toMatchObject({ title: 'as mended' })
    expect(shown.rev < current.rev).toBe(true)
    // Each block and field of it, forged.
    const refused = (changes: Partial<ProofFile>, why: RegExp) =>
      expect(checkProof(JSON.stringify({ ...proof, ...changes }))).rejects.toThrow(why)
    await refused({ cid: now.cid }, /claims the cid .* but proves/)
    await refused({ rev: current.rev }, /claims the rev .* but proves/)
    await refused({ car: current.car }, /claims the cid .* but proves/)
    const { root, blocks } = readCar(Buffer.from(proof.car, 'base64'))
    const newer = readCar(Buffer.from(current.car, 'base64'))
    // The old record under the new head, and the other way round.
    const under = (head: typeof newer, other: typeof newer) =>
      writeCar(head.root, [[head.root, head.blocks.get(head.root)!], ...other.blocks]).toString('base64')
    await refused({ car: under(newer, { root, blocks }) }, /not among the blocks/)
    await refused({ car: under({ root, blocks }, newer) }, /not among the blocks/)
    for (const [cid, block] of blocks) {
      const without = [...blocks].filter(([name]) => name !== cid)
      await refused({ car: writeCar(root, without).toString('base64') }, /does not hold|is not in it/)
      const touched = Buffer.from(block)
      touched[touched.length >> 1]! ^= 1
      await refused(
        { car: writeCar(root, [...without, [cid, touched] as const]).toString('base64') },
        /does not hash to its CID/,
      )
    }
    const folder = mkdtempSync(join(tmpdir(), 'frost-proof-'))
    const { network, appview } = world
    const frost = frostFor({ plcUrl: network.plcUrl, service: network.pds().url, appviewUrl: appview.url })
    const file = join(folder, 'pinned.json')
    const made = await frost(['proof', before.uri, '--cid', before.cid, '-o', file, '--json'])
    expect(made).toMatchObject({ status: 0, json: { cid: before.cid, source: appview.url } })
    // The owner's delete takes every state along.
    await ada.agent.com.atproto.repo.deleteRecord({
      repo: ada.did,
      collection: before.uri.split('/')[3]!,
      rkey: 'pinned',
    })
    await world.until(
      () => world.ask<{ entries: unknown[] }>('dataset.getEntries', { uris: [before.uri] }),
      ({ entries }) => entries.length === 0,
    )
    const withdrawn = await frost(['proof', before.uri, '--cid', before.cid, '-o', file])
    expect(withdrawn).toMatchObject({ status: 1 })
    expect(withdrawn.stderr).toMatch(/nobody proves/)
  })

  it('by the command line: written while the repository lives, and after it is gone; checked with nobody near', async () => {
    const { network, appview } = world
    const frost = frostFor({
      plcUrl: network.plcUrl,
      service: network.pds().url,
      appviewUrl: appview.url,
    })
    const folder = mkdtempSync(join(tmpdir(), 'frost-proof-'))
    const file = join(folder, 'sst.json')
    await network.pds().kill()
    const made = await frost(['proof', entryUri(ada.did, 'sst'), '-o', file, '--json'])
    expect(made).toMatchObject({ status: 0, json: { file, source: appview.url } })
    const alone = frostFor({ plcUrl: 'http://127.0.0.1:2', service: 'http://127.0.0.1:2' })
    const checked = await alone(['proof', 'check', file])
    expect(checked.status).toBe(0)
    expect(checked.stdout).toMatch(/It holds: the record was in the repository of did:plc:/)
    expect(checked.stdout).toMatch(/from 20\d\d-\S+: the directory's word, as\s+copied/)
    expect(checked.stdout).toMatch(
      /Whether the owner has undone the operation .* only the directory can tell/,
    )
    await writeFile(file, (await readFile(file, 'utf8')).replace('"rev": "3', '"rev": "4'))
    const refused = await alone(['proof', 'check', file])
    expect(refused).toMatchObject({ status: 1, stdout: '' })
    expect(refused.stderr).toMatch(/^frost: the proof of at:\/\/\S+ does not hold: it claims the rev/)
  })
})
