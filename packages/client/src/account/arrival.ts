/** The steps by which an account comes to a PDS, however it left the former one. */
import { openAsBlob } from 'node:fs'
import { join } from 'node:path'
import { nsid } from '@frost/lexicon'
import { AccountStore } from '../accounts.ts'
import { FrostError, UsageError } from '../errors.ts'
import { callService, ServiceError } from '../http.ts'
import { createSession, PasswordSession, type PasswordTokens } from '../password-session.ts'
import type { Settings } from '../settings.ts'
import { isBlobOf } from './backup.ts'
import { type Blob, describeServer, Home, type ServerDescription } from './home.ts'
import { Journey, type Passage } from './journey.ts'
import { type RepositorySummary, readRepository } from './repository-car.ts'

/** Who the account is to be at its new PDS. */
export interface Newcomer {
  /** Handle; where absent, the label of the former one under the PDS's first domain. */
  readonly handle?: string
  readonly email?: string
  readonly inviteCode?: string
  /** Asked for when it is needed. */
  password(): Promise<string>
}

export interface Progress {
  /** A step begins; told again for those that were done before. */
  onStep?(text: string): void | Promise<void>
  onProgress?(text: string): void
}

/** The PDS to come to. @throws UsageError where the account is there already */
export async function destination(to: string, now: string): Promise<ServerDescription> {
  if (new URL(to).origin === new URL(now).origin)
    throw new UsageError(`--to is '${to}', where the account is already: give another PDS`)
  return describeServer(to)
}

/** The handle at the new PDS: a domain of one's own is kept, one that the former PDS lent is exchanged. */
export function handleAt(
  server: ServerDescription,
  { handle }: Newcomer,
  { former, lent }: { readonly former?: string; readonly lent: readonly string[] },
): string {
  if (handle) return handle.toLowerCase().replace(/^@/, '')
  const isLent = former === undefined || lent.some(domain => former.endsWith(domain))
  if (!isLent) return former
  const domain = server.availableUserDomains[0]
  const label = former?.split('.')[0]
  if (domain && label) return `${label}${domain}`
  throw new UsageError(`--handle is missing: ${server.did} lends no domain to make one of`)
}

/** Who the account is at its new PDS. */
export interface Arrived {
  readonly home: Home
  readonly handle: string
  readonly email: string
}

/**
 * Creates the account at the new PDS, deactivated; or enters it, where that was done before.
 * @param who Asked until the account is created: what the PDS refused may be given otherwise the next time.
 * @param proof A JWT by the account's own key that it wants to be there.
 */
export async function createThere(
  journey: Journey,
  who: () => Promise<Omit<Arrived, 'home'>>,
  proof: () => Promise<string>,
  { inviteCode, password }: Newcomer,
): Promise<Arrived> {
  const { did, to } = journey.passage
  const store = new AccountStore(journey.folder)
  const account = await journey.once('created', async () => {
    const { handle, email } = await who()
    const secret = await password()
    const input = { did, handle, email, password: secret, ...(inviteCode && { inviteCode }) }
    const tokens = await create(to, input, await proof()).catch(async (error: unknown) => {
      // It may have been created in a run that ended before it could be written down.
      const entered = await createSession(to, handle, secret).catch(() => undefined)
      if (entered?.did === did) return entered
      throw explained(error)
    })
    await store.writeSession(did, { accessJwt: tokens.accessJwt, refreshJwt: tokens.refreshJwt })
    return { handle: 'handle' in tokens ? String(tokens.handle) : handle, email }
  })
  return { home: Home.signedIn(to, await PasswordSession.restore(store, did, to)), ...account }
}

function create(to: string, input: object, token: string): Promise<PasswordTokens> {
  return callService<PasswordTokens>(to, 'com.atproto.server.createAccount', { input, token })
}

/** What the new PDS refuses, with what to give instead. */
function explained(error: unknown): unknown {
  if (!(error instanceof ServiceError)) return error
  const said = `${error.code} ${error.message}`
  const remedy = REMEDIES.find(([sign]) => sign.test(said))?.[1]
  return remedy ? new FrostError(error.code, `${error.message}: ${remedy}`, { cause: error }) : error
}

const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/handle/i, 'choose another with --handle'],
  [/invite/i, 'get an invite code of that PDS and give it with --invite-code'],
  [/email/i, 'give another with --email'],
  [/password/i, 'give another'],
]

/**
 * Brings a repository in and makes sure that the PDS holds the same tree.
 * @param car File that was verified as `summary` says.
 */
export async function importThere(home: Home, car: string, summary: RepositorySummary): Promise<void> {
  await home.importRepository(await openAsBlob(car))
  const { repoCommit } = await home.query<{ repoCommit: string }>('com.atproto.server.checkAccountStatus')
  if (repoCommit === summary.commit) return
  // A PDS may sign anew what it takes in: then its tree is compared.
  const own = await home.query<{ verificationMethods?: { atproto?: string } }>(
    'com.atproto.identity.getRecommendedDidCredentials',
  )
  const keys = [own.verificationMethods?.atproto, summary.signedBy].filter(key => key !== undefined)
  const there = await readRepository(await home.repository(), home.did, keys)
  if (there.data !== summary.data)
    throw new FrostError(
      'ImportDiffers',
      `${home.pds} holds another tree (${there.data}) than was sent (${summary.data}): nothing was switched; try again, or choose another PDS`,
    )
}

export interface BlobsCarried {
  readonly carried: number
  /** Blobs that no source has, with the record that refers to them. */
  readonly lost: readonly { readonly cid: string; readonly recordUri: string }[]
}

/** Uploads every blob that the PDS misses, from wherever it is to be had; each is held against its CID. */
export async function carryBlobs(
  home: Home,
  find: (cid: string) => Promise<Blob | undefined>,
  onProgress: (text: string) => void = () => undefined,
): Promise<BlobsCarried> {
  const missing: { cid: string; recordUri: string }[] = []
  for await (const blob of home.missingBlobs()) missing.push(blob)
  const lost: { cid: string; recordUri: string }[] = []
  let carried = 0
  for (const wanted of missing) {
    onProgress(`blobs: ${carried + lost.length} of ${missing.length}`)
    const blob = await find(wanted.cid)
    if (!blob || !isBlobOf(blob.bytes, wanted.cid)) lost.push(wanted)
    else {
      await home.uploadBlob(blob)
      carried++
    }
  }
  return { carried, lost }
}

/** @throws FrostError `BlobsLost` unless that is accepted */
export function refuseLoss({ lost }: BlobsCarried, accept = false): void {
  if (lost.length === 0 || accept) return
  const [first] = lost
  throw new FrostError(
    'BlobsLost',
    `${lost.length} blobs are nowhere to be had, such as ${first!.cid} of ${first!.recordUri}: nothing is switched yet; find them, or go on without them with --accept-loss`,
  )
}

/**
 * One write, taken back at once: the head of a repository that came from elsewhere is still signed by its former key, and not
 * everybody takes that for good. The tree is the same afterwards.
 * @returns the revision signed with the new key
 */
export async function signAnew(home: Home): Promise<string> {
  const collection = nsid('actor.arrival')
  // One name always: what a run that broke off left is replaced, and taken back by the next one.
  const place = { repo: home.did, collection, rkey: 'self' }
  const record = { $type: collection, createdAt: new Date().toISOString() }
  await home.procedure('com.atproto.repo.putRecord', { ...place, record, validate: false })
  const { commit } = await home.procedure<{ commit: { rev: string } }>('com.atproto.repo.deleteRecord', place)
  return commit.rev
}

/** Remembers that the account is signed in at its new PDS. */
async function settle(journey: Journey, handle: string, settings: Settings): Promise<void> {
  const { did, to } = journey.passage
  const tokens = await new AccountStore(journey.folder).readSession(did)
  const store = new AccountStore(settings.configDir)
  if (tokens) await store.writeSession(did, tokens)
  await store.add({ did, handle, pds: to, method: 'password', signedInAt: new Date().toISOString() })
}

/** Goes on a journey, or on with it, to its end; where it fails, the same call takes it up there. */
export async function goTo<Arrival extends { readonly handle: string }>(
  passage: Passage,
  settings: Settings,
  travel: (journey: Journey) => Promise<Arrival>,
): Promise<Arrival> {
  const journey = await Journey.open(passage, settings)
  try {
    const arrival = await travel(journey)
    await settle(journey, arrival.handle, settings)
    await journey.end()
    return arrival
  } finally {
    await journey.leave()
  }
}

/** Where a journey keeps the repository that it carries. */
export function luggage(journey: Journey): string {
  return join(journey.folder, 'repository')
}
