import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secp256k1Keypair } from '@atproto/crypto'
import { Client, createUpdateOp, type Operation } from '@did-plc/lib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Plc, startPlc } from './server.ts'

const HOUR = 3_600_000

let folder: string
let plc: Plc
let client: Client
/** What the directory takes for the present; the library itself looks at the real clock. */
let now: number
let strong: Secp256k1Keypair
let weak: Secp256k1Keypair

async function start(): Promise<void> {
  plc = await startPlc({ path: join(folder, 'plc.sqlite'), now: () => now })
  client = new Client(plc.url)
}

async function createDid(handle = 'alice.test'): Promise<string> {
  return client.createDid({
    signingKey: weak.did(),
    handle,
    pds: 'https://pds.test',
    rotationKeys: [strong.did(), weak.did()],
    signer: weak,
  })
}

/** An operation that follows a given one instead of the newest. */
async function following(previous: Operation, signer: Secp256k1Keypair, handle: string): Promise<Operation> {
  return createUpdateOp(previous, signer, operation => ({ ...operation, alsoKnownAs: [`at://${handle}`] }))
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'frost-plc-'))
  now = Date.now()
  strong = await Secp256k1Keypair.create()
  weak = await Secp256k1Keypair.create()
  await start()
})
afterEach(async () => {
  await plc.stop()
  rmSync(folder, { recursive: true })
})

describe('the PLC directory over SQLite', () => {
  it('keeps operations through a restart', async () => {
    const did = await createDid()
    await client.updateHandle(did, weak, 'alice2.test')
    const before = await client.getAuditableLog(did)
    await plc.stop()
    await start()
    expect(await client.getAuditableLog(did)).toEqual(before)
    expect((await client.getDocumentData(did)).alsoKnownAs).toEqual(['at://alice2.test'])
    await client.updateHandle(did, weak, 'alice3.test')
    expect(await client.getOperationLog(did)).toHaveLength(3)
    expect(await client.getLastOp(did)).toMatchObject({ alsoKnownAs: ['at://alice3.test'] })
  })

  it('answers 404 for a DID that it does not know, and after a tombstone', async () => {
    await expect(client.getDocument('did:plc:ewvi7nxzyoun6zhxrhs64oiz')).rejects.toMatchObject({
      status: 404,
    })
    const did = await createDid()
    await client.tombstone(did, weak)
    await expect(client.getDocument(did)).rejects.toMatchObject({ status: 404 })
  })

  it('refuses a fork by a key of no higher rank, and keeps the history', async () => {
    const did = await createDid()
    const first = (await client.getLastOp(did)) as Operation
    await client.updateHandle(did, weak, 'alice2.test')
    await expect(client.sendOperation(did, await following(first, weak, 'fork.test'))).rejects.toMatchObject({
      status: 400,
    })
    const stranger = await Secp256k1Keypair.create()
    await expect(
      client.sendOperation(did, await following(first, stranger, 'fork.test')),
    ).rejects.toMatchObject({
      status: 400,
    })
    expect((await client.getDocumentData(did)).alsoKnownAs).toEqual(['at://alice2.test'])
    expect(await client.getAuditableLog(did)).toHaveLength(2)
  })

  it('lets a higher key recover within 72 hours and nullifies what it undoes', async () => {
    now = Date.now() - 71 * HOUR
    const did = await createDid()
    const first = (await client.getLastOp(did)) as Operation
    await client.updateHandle(did, weak, 'stolen.test')
    now = Date.now()
    await plc.stop()
    await start()
    await client.sendOperation(did, await following(first, strong, 'recovered.test'))
    expect((await client.getDocumentData(did)).alsoKnownAs).toEqual(['at://recovered.test'])
    const audit = await client.getAuditableLog(did)
    expect(audit.map(({ nullified }) => nullified)).toEqual([false, true, false])
    expect(await client.getOperationLog(did)).toHaveLength(2)
  })

  it('refuses a recovery after 72 hours, also after a restart', async () => {
    now = Date.now() - 73 * HOUR
    const did = await createDid()
    const first = (await client.getLastOp(did)) as Operation
    await client.updateHandle(did, weak, 'kept.test')
    now = Date.now()
    await plc.stop()
    await start()
    await expect(
      client.sendOperation(did, await following(first, strong, 'late.test')),
    ).rejects.toMatchObject({
      status: 400,
      data: { message: expect.stringMatching(/72|recovery|late/i) },
    })
    expect((await client.getDocumentData(did)).alsoKnownAs).toEqual(['at://kept.test'])
  })

  it('takes one of several operations that follow the same one', async () => {
    const did = await createDid()
    const first = (await client.getLastOp(did)) as Operation
    const rivals = await Promise.all([1, 2, 3, 4, 5].map(n => following(first, weak, `rival${n}.test`)))
    const results = await Promise.allSettled(rivals.map(rival => client.sendOperation(did, rival)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await client.getAuditableLog(did)).toHaveLength(2)
  })

  it('exports all operations in pages without loss, nullified ones included', async () => {
    now = Date.now() - HOUR
    const dids = await Promise.all(Array.from({ length: 20 }, (_, index) => createDid(`n${index}.test`)))
    const first = (await client.getLastOp(dids[0]!)) as Operation
    await client.updateHandle(dids[0]!, weak, 'stolen.test')
    await client.sendOperation(dids[0]!, await following(first, strong, 'recovered.test'))
    const seen: string[] = []
    let after: Date | undefined
    for (;;) {
      const page = await plc.database.exportOps(7, after)
      if (page.length === 0) break
      seen.push(...page.map(({ cid }) => cid))
      after = new Date(page.at(-1)!.createdAt)
    }
    expect(new Set(seen).size).toBe(22)
    expect(seen).toHaveLength(22)
    const exported = await client.export()
    expect(exported.map(({ cid }) => cid)).toEqual(seen)
    expect(exported.filter(({ nullified }) => nullified)).toHaveLength(1)
  })
})
