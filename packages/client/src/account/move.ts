/** Moving a living account to another PDS: same DID, same records, same followers. */
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Operation } from '@did-plc/lib'
import { FrostError, UsageError } from '../errors.ts'
import type { Session } from '../session.ts'
import type { Settings } from '../settings.ts'
import { type AccountKeys, accountKeys } from './account-keys.ts'
import {
  type Arrived,
  type BlobsCarried,
  carryBlobs,
  createThere,
  destination,
  goTo,
  handleAt,
  importThere,
  luggage,
  type Newcomer,
  type Progress,
  refuseLoss,
  signAnew,
} from './arrival.ts'
import { type Backup, backUp, keptBlob } from './backup.ts'
import {
  dataOf,
  fetchDidLog,
  lastOperation,
  nextOperation,
  type OperationData,
  signerOfOperation,
} from './did-log.ts'
import { requireHome } from './did-web.ts'
import { describeServer, Home } from './home.ts'
import { Journey } from './journey.ts'
import { carryLateWrites } from './late-writes.ts'
import {
  merged,
  needsFullSession,
  recommendedCredentials,
  requestCode,
  signedByPds,
  submitByPds,
} from './plc-changes.ts'
import { keyAmong } from './recovery-key.ts'
import { readRepository } from './repository-car.ts'

export interface MoveOptions extends Newcomer, Progress {
  /** Origin of the PDS to move to. */
  readonly to: string
  /** Code of the e-mail with which the former PDS signs the change of the DID; not needed where a recovery key is here. */
  code?(): Promise<string | undefined>
  /** Have the former PDS send another code. */
  readonly newCode?: boolean
  /** Go on although blobs are nowhere to be had, or the former PDS does not close the account. */
  readonly acceptLoss?: boolean
}

export interface Moved {
  readonly did: string
  readonly handle: string
  readonly from: string
  readonly to: string
  /** Root of the tree, the same as before. */
  readonly data: string
  /** First revision signed by the new PDS's key. */
  readonly rev: string
  readonly records: number
  readonly blobs: number
  /** Writes of the last moment that were carried over one by one. */
  readonly late: number
  readonly lost: BlobsCarried['lost']
  /** Who signed the change of the DID. */
  readonly signedBy: 'recovery key' | 'former PDS' | 'domain'
  /** Keys that may no longer change the DID. */
  readonly dropped: readonly string[]
  /** Why the former PDS did not close the account, where that was accepted: its last writes are not carried over then. */
  readonly notClosed?: string
}

const LATE_IMPORTS = 3

/**
 * Moves the account of a session. Interrupted anywhere, the same call takes it up where it was.
 * @throws FrostError `CodeNeeded`, `BadCode`, `NotAllowed`, `NotAsAsked`, `DocumentNeeded`, `BlobsLost`, `NotClosed`, … that says what to do
 */
export async function moveAccount(
  session: Session,
  settings: Settings,
  options: MoveOptions,
): Promise<Moved> {
  const { to } = options
  const { did, pds: from, handle: former } = session.account
  const underWay = await Journey.underWay(did, settings)
  // At its last step the account is signed in at its new home already.
  const isGoing = underWay?.kind === 'move' && underWay.to === to
  const server = isGoing ? await describeServer(to) : await destination(to, from)
  return goTo({ did, kind: 'move', to }, settings, journey =>
    travel(journey, session, settings, options, server, former),
  )
}

async function travel(
  journey: Journey,
  session: Session,
  settings: Settings,
  options: MoveOptions,
  server: Awaited<ReturnType<typeof destination>>,
  former: string | undefined,
): Promise<Moved> {
  const { to, onStep = () => undefined, onProgress = () => undefined } = options
  const { did, pds } = session.account
  const from = await journey.once('from', async () => pds)
  // Who has signed in anew on the way is at the new home: what is to be done at the former one must not be done there.
  const old = pds === from ? Home.signedIn(from, session.agent) : Home.public(from, did)

  await onStep(`creating the account at ${to}`)
  const arrived = await createThere(
    journey,
    async () => {
      const { availableUserDomains: lent } = await describeServer(from)
      const email = options.email ?? (await addressOf(old))
      return { email, handle: handleAt(server, options, { former, lent }) }
    },
    () => serviceToken(old, server.did),
    options,
  )
  const { home: there, handle } = arrived

  await onStep('bringing the repository')
  const folder = luggage(journey)
  const keys = await accountKeys(did, settings)
  const bring = async (): Promise<Backup> => {
    const { backup } = await backUp(folder, old, keys, { keep: 1, onProgress })
    const car = join(folder, `${backup.rev}.car`)
    const summary = await readRepository(createReadStream(car), did, keys.keys)
    await importThere(there, car, summary)
    return backup
  }
  let brought = await journey.once('imported', bring)

  await onStep('bringing the blobs')
  const find = async (cid: string) => {
    const bytes = await keptBlob(folder, cid)
    const mimeType = brought.blobs[cid] ?? 'application/octet-stream'
    return bytes ? { bytes, mimeType } : old.blob(cid)
  }
  let blobs = await journey.once('blobs', async () => {
    const carried = await carryBlobs(there, find, onProgress)
    refuseLoss(carried, options.acceptLoss)
    return carried
  })

  await onStep('changing what the DID means')
  const signedBy = await journey.once('identity', async () => {
    const change = await preparedChange(journey, old, arrived, settings, options)
    // What was written meanwhile comes along while the old home still has the last word.
    const headNow = () =>
      headOf(old).catch((error: unknown) => {
        if (change.isMade) return brought.commit
        throw error
      })
    for (let tries = 0; tries < LATE_IMPORTS && (await headNow()) !== brought.commit; tries++) {
      brought = await bring()
      await journey.record('imported', brought)
      blobs = await carryBlobs(there, find, onProgress)
      await journey.record('blobs', blobs)
    }
    if (!change.isMade) await change.make()
    return change.signedBy
  })

  await onStep('activating the account')
  await journey.once('activated', () => there.procedure('com.atproto.server.activateAccount'))
  await onStep(`deactivating the account at ${from}`)
  const { data, writes, notClosed } = await journey.once<Left>('left', async () => {
    const last = await lastOf(old, folder, keys).catch((error: Error) => {
      if (options.acceptLoss) return error.message
      throw new FrostError(
        'NotClosed',
        `${did} lives at ${to} now, but was not closed at ${from} (${error.message}), and what was written there at the last moment is not carried over yet: ` +
          'give the command again when that host answers, or end without it with --accept-loss',
        { cause: error },
      )
    })
    if (typeof last === 'string') return { data: brought.data, writes: 0, notClosed: last }
    return carryLateWrites(folder, brought, last, there, keys)
  })
  await onStep('signing with the new key')
  const rev = await journey.once('signed', () => signAnew(there))
  await rm(folder, { recursive: true, force: true })
  return {
    did,
    handle,
    from,
    to,
    data,
    rev,
    late: writes,
    records: Object.values(brought.collections).reduce((sum, count) => sum + count, 0),
    blobs: Object.keys(brought.blobs).length - blobs.lost.length,
    lost: blobs.lost,
    signedBy,
    dropped: journey.done<Planned>('change')?.dropped ?? [],
    ...(notClosed && { notClosed }),
  }
}

interface Left {
  readonly data: string
  readonly writes: number
  readonly notClosed?: string
}

/** Closes the account at its former home. @returns the state that it had there at the end */
async function lastOf(old: Home, folder: string, keys: AccountKeys): Promise<Backup> {
  await old.procedure('com.atproto.server.deactivateAccount', {})
  return (await backUp(folder, old, keys, { keep: 2 })).backup
}

async function addressOf(old: Home): Promise<string> {
  const { email } = await old.query<{ email?: string }>('com.atproto.server.getSession')
  if (email) return email
  throw new UsageError('--email is missing: this session may not read the address that the account has now')
}

async function serviceToken(old: Home, audience: string): Promise<string> {
  try {
    const { token } = await old.query<{ token: string }>('com.atproto.server.getServiceAuth', {
      aud: audience,
      lxm: 'com.atproto.server.createAccount',
      exp: String(Math.floor(Date.now() / 1000) + 300),
    })
    return token
  } catch (error) {
    throw needsFullSession(error)
  }
}

async function headOf(old: Home): Promise<string> {
  return (await old.query<{ cid: string }>('com.atproto.sync.getLatestCommit', { did: old.did })).cid
}

interface Change {
  readonly signedBy: Moved['signedBy']
  /** The DID names the new home already. */
  readonly isMade?: boolean
  make(): Promise<void>
}

/** What the DID is to say, written down before anybody is asked to say it: so it is known again. */
interface Planned extends Pick<Moved, 'signedBy' | 'dropped'> {
  readonly changes: OperationData
}

/** Everything that the change of the DID needs but the change itself: the code of the e-mail may take a while to come. */
async function preparedChange(
  journey: Journey,
  old: Home,
  { home: there }: Arrived,
  settings: Settings,
  options: MoveOptions,
): Promise<Change> {
  const wanted = await recommendedCredentials(there)
  const { did } = there
  if (!did.startsWith('did:plc:')) {
    await requireHome(there, wanted, journey.folder, settings)
    return { signedBy: 'domain', isMade: true, make: async () => undefined }
  }
  const log = await fetchDidLog(did, settings)
  const last = lastOperation(log.operations)
  const now = dataOf(last)!
  // An earlier run ended before it could be written down.
  const planned = journey.done<Planned>('change')
  if (planned && isDeepStrictEqual(now, planned.changes))
    return { signedBy: planned.signedBy, isMade: true, make: async () => undefined }
  const { rotationKeys: ofOldPds } = await recommendedCredentials(old)
  const key = await keyAmong(now.rotationKeys, settings)
  // The former PDS names its keys, and may name one that is not its own.
  const own = now.rotationKeys.filter(one => one === key?.keypair.did() || !ofOldPds.includes(one))
  const changes = merged(now, wanted, own)
  const dropped = now.rotationKeys.filter(one => !changes.rotationKeys.includes(one))
  const make = async (signedBy: Moved['signedBy'], operation: Operation) => {
    await journey.record('change', { changes, dropped, signedBy } satisfies Planned)
    await submitByPds(there, operation, settings)
  }
  if (key)
    return {
      signedBy: 'recovery key',
      make: async () => make('recovery key', await nextOperation(last, changes, key.keypair)),
    }
  if (options.newCode || !journey.done('code sent')) {
    await requestCode(old)
    await journey.record('code sent', true)
  }
  const code = await options.code?.()
  if (!code)
    throw new FrostError(
      'CodeNeeded',
      `${old.pds} has sent a code by e-mail: give the command again with --code CODE (it lasts a few minutes; --new-code asks for another)`,
    )
  const operation = await signedByPds(old, code, last, changes)
  const signer = await signerOfOperation({ ...last, operation }, now.rotationKeys)
  if (signer && own.includes(signer))
    throw new FrostError(
      'NotAsAsked',
      `${old.pds} signs with ${signer}, which it does not call its own, so that it would stay among your keys: nothing was changed; do not trust this host`,
    )
  return { signedBy: 'former PDS', make: () => make('former PDS', operation) }
}
