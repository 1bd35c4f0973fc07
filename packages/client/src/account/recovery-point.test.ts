import { Secp256k1Keypair } from '@atproto/crypto'
import { cidForLex } from '@atproto/lex-cbor'
import { createOp, tombstoneOp } from '@did-plc/lib'
import { beforeAll, describe, expect, it } from 'vitest'
import { dataOf, type LoggedOperation, nextOperation, RECOVERY_WINDOW_MS, verifyLog } from './did-log.ts'
import { recoveryPoint } from './recovery-point.ts'

const START = Date.UTC(2026, 0, 1)

describe('where a key can take a DID back', () => {
  let own: Secp256k1Keypair
  let second: Secp256k1Keypair
  let host: Secp256k1Keypair
  let did: string
  let first: LoggedOperation
  beforeAll(async () => {
    own = await Secp256k1Keypair.create()
    second = await Secp256k1Keypair.create()
    host = await Secp256k1Keypair.create()
    const made = await createOp({
      signingKey: host.did(),
      handle: 'ada.example.org',
      pds: 'https://pds.example.org',
      rotationKeys: [own.did(), second.did(), host.did()],
      signer: host,
    })
    did = made.did
    first = await logged(made.op, 0)
  })

  const logged = async (
    operation: LoggedOperation['operation'],
    hours: number,
  ): Promise<LoggedOperation> => ({
    did,
    cid: (await cidForLex(operation as never)).toString(),
    operation,
    nullified: false,
    createdAt: new Date(START + hours * 3_600_000).toISOString(),
  })
  const after = async (
    before: LoggedOperation,
    rotationKeys: string[],
    signer: Secp256k1Keypair,
    hours: number,
  ) => logged(await nextOperation(before, { rotationKeys }, signer), hours)
  const at = (log: LoggedOperation[], key: Secp256k1Keypair, hours: number) =>
    recoveryPoint(did, log, key.did(), START + hours * 3_600_000)

  it('goes on where the key is first, however old the log', async () => {
    await verifyLog(did, [first])
    expect(await at([first], own, 10_000)).toEqual({ after: first, undoes: [], above: [] })
  })

  it('goes on where the key is not first, and says who stands above', async () => {
    expect(await at([first], second, 0)).toEqual({ after: first, undoes: [], above: [own.did()] })
  })

  it('undoes what a lesser key did, and all that followed, for 72 hours', async () => {
    const theft = await after(first, [host.did()], host, 10)
    const more = await after(theft, [host.did()], host, 20)
    expect(await at([first, theft, more], own, 81)).toEqual({
      after: first,
      undoes: [theft, more],
      until: new Date(START + 10 * 3_600_000 + RECOVERY_WINDOW_MS).toISOString(),
      above: [],
    })
    await expect(at([first, theft, more], own, 83)).rejects.toThrow(/could be undone until 2026-01-04T10/)
  })

  it('undoes also that the DID was given up, and that the key was outranked', async () => {
    const prev = await cidForLex(first.operation as never)
    const stone = await logged(await tombstoneOp(prev as never, host as never), 5)
    expect(dataOf(stone)).toBeUndefined()
    expect(await at([first, stone], own, 6)).toMatchObject({ after: first, undoes: [stone] })
    const outranked = await after(first, [host.did(), own.did()], host, 5)
    expect(await at([first, outranked], own, 6)).toMatchObject({ after: first, undoes: [outranked] })
    // Later it can still go on, below the other.
    expect(await at([first, outranked], own, 100)).toEqual({
      after: outranked,
      undoes: [],
      above: [host.did()],
    })
  })

  it('does not undo what a more powerful key did, nor the key’s own doing', async () => {
    const decided = await after(first, [own.did(), host.did()], own, 5)
    await expect(at([first, decided], second, 6)).rejects.toThrow(/is not among those that may change/)
    const ownDoing = await after(first, [host.did()], own, 5)
    await expect(at([first, ownDoing], own, 6)).rejects.toThrow(/only who holds did:key:\S+ can/)
  })
})
