/** Getting an account back whose PDS is gone, or in another's hands: with a key that its DID lists, and a copy of its repository. */
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { Secp256k1Keypair } from '@atproto/crypto'
import { FrostError, UsageError } from '../errors.ts'
import { identityOfDid, resolveHandle } from '../identity.ts'
import type { Settings } from '../settings.ts'
import { accountKeys } from './account-keys.ts'
import {
  type BlobsCarried,
  carryBlobs,
  createThere,
  goTo,
  handleAt,
  importThere,
  luggage,
  type Newcomer,
  type Progress,
  refuseLoss,
  signAnew,
} from './arrival.ts'
import { dataOf, fetchDidLog, lastOperation, nextOperation, type Signer, submitOperation } from './did-log.ts'
import { requireDocument, requireHome } from './did-web.ts'
import { describeServer, Home, type ServerDescription } from './home.ts'
import type { Journey } from './journey.ts'
import { MOST_ROTATION_KEYS, merged, recommendedCredentials, submitByPds } from './plc-changes.ts'
import { type RecoveryKey, readRecoveryKey, recoveryKeyPath } from './recovery-key.ts'
import { recoveryPoint } from './recovery-point.ts'
import type { Luggage, Source } from './source.ts'

export interface RecoverOptions extends Newcomer, Progress {
  /** Origin of the PDS that the account comes to. */
  readonly to: string
  readonly source: Source
  /** File of the recovery key; where absent, the one of the account on this machine. */
  readonly key?: string
  /** Go on although records or blobs are lost. */
  readonly acceptLoss?: boolean
}

export interface Recovered {
  readonly did: string
  readonly handle: string
  readonly to: string
  /** Root of the tree that was brought back. */
  readonly data: string
  /** First revision signed by the new PDS's key. */
  readonly rev: string
  readonly records: number
  readonly blobs: number
  readonly lost: BlobsCarried['lost']
  /** Operations of others that were undone. */
  readonly undone: number
  /** Keys that come before the one that was used, and stay: they may undo for 72 hours what it did. */
  readonly above: readonly string[]
  /** Keys that came after it, and may no longer change the DID. */
  readonly dropped: readonly string[]
}

/**
 * Recovers an account. Interrupted anywhere, the same call takes it up where it was.
 * @throws FrostError `NoKey`, `TooLate`, `NoKeyFile`, `DocumentNeeded`, `WouldLose`, `BlobsLost`, … that says what to do
 */
export async function recoverAccount(settings: Settings, options: RecoverOptions): Promise<Recovered> {
  const { to, source } = options
  const server = await describeServer(to)
  return goTo({ did: source.did, kind: 'recover', to }, settings, journey =>
    travel(journey, settings, options, server),
  )
}

async function travel(
  journey: Journey,
  settings: Settings,
  options: RecoverOptions,
  server: ServerDescription,
): Promise<Recovered> {
  const { to, source, onStep = () => undefined, onProgress } = options
  const { did } = source
  const { email = '' } = options
  if (!email && !journey.done('created')) throw new UsageError(`--email is missing: ${to} wants an address`)
  await onStep('reading the copy')
  // The document of a did:web forgets the key that signed the copy, once it is changed.
  const { keys } = await journey.once('keys', () => accountKeys(did, settings))
  // A key that nobody else has: the new PDS is to believe that it is the owner who comes.
  const temporary = await temporaryKey(journey)
  // Until the DID is taken back nothing is decided: another copy may be given than in a run that was refused.
  if (!journey.done('taken back')) await rm(luggage(journey), { recursive: true, force: true })
  const brought = await source.open(keys, luggage(journey), temporary)
  refuseLack(brought, options.acceptLoss)
  const identity = did.startsWith('did:plc:')
    ? new KeptIdentity(did, await readRecoveryKey(options.key ?? recoveryKeyPath(did, settings)), settings)
    : new DomainIdentity(did, journey.folder, settings)

  await onStep('taking the DID back')
  const { undone, former, above, dropped } = await journey.once('taken back', () =>
    identity.takeBack(temporary),
  )

  await onStep(`creating the account at ${to}`)
  const { home, handle } = await createThere(
    journey,
    async () => {
      return { email, handle: await newHandle(did, former, server, settings, options) }
    },
    () => serviceToken(did, server.did, temporary),
    options,
  )

  await onStep('bringing the repository')
  await journey.once('imported', () => importThere(home, brought.car, brought.summary))
  await onStep('bringing the blobs')
  const find = async (cid: string) =>
    (await brought.blob(cid)) ?? (await blobOfFormerHome(did, former.pds, cid))
  const blobs = await carryBlobs(home, find, onProgress)
  refuseLoss(blobs, options.acceptLoss)

  await onStep('changing what the DID means')
  await journey.once('identity', () => identity.settleAt(home))
  await onStep('activating the account')
  await journey.once('activated', () => home.procedure('com.atproto.server.activateAccount'))
  await onStep('signing with the new key')
  const rev = await journey.once('signed', () => signAnew(home))
  const { data, records } = brought.summary
  return {
    did,
    handle,
    to,
    data,
    rev,
    records: records.size,
    blobs: brought.summary.blobs.size - blobs.lost.length,
    lost: blobs.lost,
    undone,
    above,
    dropped,
  }
}

function refuseLack({ lacks }: Luggage, accept = false): void {
  if (lacks.length === 0 || accept) return
  throw new FrostError(
    'WouldLose',
    `this source does not hold everything: ${lacks.join('; ')}. Recover from a backup of the whole account, or go on without with --accept-loss`,
  )
}

interface Former {
  readonly pds?: string
  readonly handle?: string
}

interface TakenBack extends Pick<Recovered, 'undone' | 'above' | 'dropped'> {
  readonly former: Former
}

/** A did:plc, changed by the key that its owner kept. */
class KeptIdentity {
  readonly #did: string
  readonly #key: RecoveryKey
  readonly #settings: Settings

  constructor(did: string, key: RecoveryKey, settings: Settings) {
    this.#did = did
    this.#key = key
    this.#settings = settings
  }

  /** Names the temporary key as the account's, and nobody but the owner as who may change that: this key and those before it. */
  async takeBack(temporary: Signer): Promise<TakenBack> {
    const { directory, operations } = await fetchDidLog(this.#did, this.#settings)
    const { keypair } = this.#key
    const { after, undoes, above } = await recoveryPoint(this.#did, operations, keypair.did())
    const { rotationKeys, verificationMethods, services, alsoKnownAs } = dataOf(after)!
    const own = [...above, keypair.did()]
    const taken = {
      undone: undoes.length,
      former: {
        pds: services.atproto_pds?.endpoint,
        handle: alsoKnownAs.find(name => name.startsWith('at://'))?.slice(5),
      },
      above,
      dropped: rotationKeys.filter(key => !own.includes(key)),
    }
    // An earlier run ended before it could be written down.
    if (verificationMethods.atproto === temporary.did()) return taken
    if (own.length === MOST_ROTATION_KEYS)
      throw new FrostError(
        'TooManyKeys',
        `${above.length} keys come before this one, which leaves no room for the new PDS's: recover with one of them (${above.join(', ')})`,
      )
    const changes = {
      rotationKeys: own,
      verificationMethods: { ...verificationMethods, atproto: temporary.did() },
    }
    await submitOperation(directory, this.#did, await nextOperation(after, changes, keypair))
    return taken
  }

  async settleAt(home: Home): Promise<void> {
    const wanted = await recommendedCredentials(home)
    const { operations } = await fetchDidLog(this.#did, this.#settings)
    const last = lastOperation(operations)
    const now = dataOf(last)!
    if (now.verificationMethods.atproto === wanted.verificationMethods.atproto) return
    const { keypair } = this.#key
    // The owner's alone since the DID was taken back.
    const operation = await nextOperation(last, merged(now, wanted, now.rotationKeys), keypair)
    await submitByPds(home, operation, this.#settings)
  }
}

/** A did:web: its document is changed by whoever has the domain. */
class DomainIdentity {
  readonly #did: string
  readonly #folder: string
  readonly #settings: Settings

  constructor(did: string, folder: string, settings: Settings) {
    this.#did = did
    this.#folder = folder
    this.#settings = settings
  }

  async takeBack(temporary: Signer): Promise<TakenBack> {
    const former = await identityOfDid(this.#did, this.#settings)
    await requireDocument(this.#did, { key: temporary.did() }, this.#folder, this.#settings)
    return { undone: 0, former, above: [], dropped: [] }
  }

  async settleAt(home: Home): Promise<void> {
    await requireHome(home, await recommendedCredentials(home), this.#folder, this.#settings)
  }
}

async function temporaryKey(journey: Journey): Promise<Secp256k1Keypair> {
  const hex = await journey.once('temporary key', async () => {
    const made = await Secp256k1Keypair.create({ exportable: true })
    return Buffer.from(await made.export()).toString('hex')
  })
  return Secp256k1Keypair.import(hex, { exportable: true })
}

/** A service token (https://atproto.com/specs/xrpc#inter-service-authentication-jwt) by the account's own key. */
async function serviceToken(did: string, audience: string, key: Signer): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const head = encoded({ typ: 'JWT', alg: 'ES256K' })
  const body = encoded({
    iss: did,
    aud: audience,
    lxm: 'com.atproto.server.createAccount',
    iat: now,
    exp: now + 180,
    jti: randomBytes(16).toString('hex'),
  })
  const signature = await key.sign(Buffer.from(`${head}.${body}`))
  return `${head}.${body}.${Buffer.from(signature).toString('base64url')}`
}

/** A handle that points at the account without its former PDS is kept, another is exchanged for one of the new PDS. */
async function newHandle(
  did: string,
  { handle: former, pds }: Former,
  server: ServerDescription,
  settings: Settings,
  newcomer: Newcomer,
): Promise<string> {
  const lent = pds === undefined ? undefined : await describeServer(pds).catch(() => undefined)
  const isOwn =
    former !== undefined &&
    !lent?.availableUserDomains.some(domain => former.endsWith(domain)) &&
    (await resolveHandle(former, settings).catch(() => undefined)) === did
  return handleAt(server, newcomer, { former, lent: isOwn ? [] : [''] })
}

async function blobOfFormerHome(did: string, pds: string | undefined, cid: string) {
  return pds === undefined
    ? undefined
    : Home.public(pds, did)
        .blob(cid)
        .catch(() => undefined)
}
