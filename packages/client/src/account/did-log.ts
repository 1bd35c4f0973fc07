/**
 * The log of a did:plc: every operation that ever said what the DID means, each signed by a key that the one before allows.
 * https://web.plc.directory/spec/v0.1/did-plc
 */
import { isDatetimeString } from '@atproto/syntax'
import type { CompatibleOp, CompatibleOpOrTombstone, Operation, UnsignedOperation } from '@did-plc/lib'
import { FrostError } from '../errors.ts'
import { boundedText, fetchJson, unreachable } from '../http.ts'
import { plcDirectories, type Resolver } from '../identity.ts'

/** One operation as the directory's audit log has it. */
export interface LoggedOperation {
  readonly did: string
  readonly cid: string
  readonly operation: CompatibleOpOrTombstone
  /** A more powerful key has undone it. */
  readonly nullified: boolean
  /** ISO 8601; the directory's word. */
  readonly createdAt: string
}

export interface DidLog {
  /** The directory that it comes from. */
  readonly directory: string
  /** Oldest first. */
  readonly operations: readonly LoggedOperation[]
}

/** What an operation says, whatever its age. */
export type OperationData = Omit<UnsignedOperation, 'prev' | 'type'>

/** The time in which a more powerful key may undo what a lesser one did. */
export const RECOVERY_WINDOW_MS = 72 * 3_600_000

/**
 * Reads and verifies the log: the DID is the hash of the first operation, each is signed by a key of the one before.
 * @throws FrostError `DidNotFound`, `BadLog`
 */
export async function fetchDidLog(did: string, settings: Resolver): Promise<DidLog> {
  for (const directory of plcDirectories(settings)) {
    const answer = await fetchJson(`${directory}/${did}/log/audit`).catch(() => undefined)
    if (!answer?.response.ok || !Array.isArray(answer.body) || answer.body.length === 0) continue
    const operations = answer.body as LoggedOperation[]
    await verifyLog(did, operations)
    return { directory, operations }
  }
  throw new FrostError('DidNotFound', `${did} is not to be found: set FROST_PLC_URL to its directory`)
}

/**
 * Verifies what can be: the operations that count, and of every entry that it is of the DID and named by its hash. When an operation
 * came, and whether it is undone or the last, is the word of whoever gives the log.
 * @throws FrostError `BadLog` where it is not the log of the DID
 */
export async function verifyLog(did: string, operations: readonly LoggedOperation[]): Promise<void> {
  const { validateOperationLog } = await import('@did-plc/lib')
  const { cidForLex } = await import('@atproto/lex-cbor')
  try {
    for (const { did: of, cid, operation, createdAt } of operations) {
      if (of !== did) throw new Error(`it has an operation of ${of}`)
      const hash = (await cidForLex(operation as never)).toString()
      if (cid !== hash) throw new Error(`it calls the operation ${hash} ${cid}`)
      if (!isDatetimeString(createdAt)) throw new Error(`the operation ${cid} has no date`)
    }
    await validateOperationLog(
      did,
      current(operations).map(({ operation }) => operation),
    )
  } catch (cause) {
    throw new FrostError('BadLog', `the log of ${did} does not hold: ${(cause as Error).message}`, { cause })
  }
}

/** Operations that count, oldest first. */
export function current(operations: readonly LoggedOperation[]): readonly LoggedOperation[] {
  return operations.filter(({ nullified }) => !nullified)
}

/** The operation that counts now. @throws FrostError `Tombstone` */
export function lastOperation(operations: readonly LoggedOperation[]): LoggedOperation {
  const last = current(operations).at(-1)
  if (last && last.operation.type !== 'plc_tombstone') return last
  throw new FrostError('Tombstone', `${last?.did ?? 'the DID'} was given up by its owner: it has a tombstone`)
}

/** What an operation says; undefined for a tombstone. */
export function dataOf({ operation }: LoggedOperation): OperationData | undefined {
  if (operation.type === 'plc_tombstone') return undefined
  if (operation.type === 'plc_operation') {
    const { rotationKeys, verificationMethods, alsoKnownAs, services } = operation
    return { rotationKeys, verificationMethods, alsoKnownAs, services }
  }
  const { signingKey, recoveryKey, handle, service } = operation
  return {
    rotationKeys: [recoveryKey, signingKey],
    verificationMethods: { atproto: signingKey },
    alsoKnownAs: [`at://${handle.replace(/^(at|https?):\/\//, '')}`],
    services: {
      atproto_pds: {
        type: 'AtprotoPersonalDataServer',
        endpoint: /^https?:\/\//.test(service) ? service : `https://${service}`,
      },
    },
  }
}

/** Every key that ever signed the account's commits, newest first. */
export function signingKeys(operations: readonly LoggedOperation[]): string[] {
  const keys = current(operations).map(logged => dataOf(logged)?.verificationMethods.atproto)
  return [...new Set(keys.reverse())].filter(key => key !== undefined)
}

/** Which of the keys signed the operation. */
export async function signerOfOperation(
  { operation }: LoggedOperation,
  keys: readonly string[],
): Promise<string | undefined> {
  const { assureValidSig } = await import('@did-plc/lib')
  return assureValidSig([...keys], operation).catch(() => undefined)
}

export interface Signer {
  did(): string
  sign(message: Uint8Array): Promise<Uint8Array>
}

/** An operation that follows another one, whose words it repeats but for the changes. */
export async function nextOperation(
  after: LoggedOperation,
  changes: Partial<OperationData>,
  signer: Signer,
): Promise<Operation> {
  const { createUpdateOp } = await import('@did-plc/lib')
  return createUpdateOp(after.operation as CompatibleOp, signer as never, ({ prev, ...said }) => ({
    ...said,
    ...changes,
  }))
}

/** Hands an operation to the directory. @throws FrostError with what the directory says */
export async function submitOperation(directory: string, did: string, operation: Operation): Promise<void> {
  const url = `${directory}/${did}`
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(operation),
    signal: AbortSignal.timeout(20_000),
  }).catch(cause => {
    throw unreachable(url, cause)
  })
  const said = await boundedText(response, url)
  if (response.ok) return
  const message = /"message":\s*"([^"]*)"/.exec(said)?.[1] ?? `${response.status}`
  throw new FrostError('OperationRefused', `${directory} refused the operation for ${did}: ${message}`)
}
