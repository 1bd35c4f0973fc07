/** Getting a key of one's own into the DID, before any host's. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AccountStore } from '../accounts.ts'
import { FrostError, UsageError } from '../errors.ts'
import { callService, ServiceError } from '../http.ts'
import type { PasswordTokens } from '../password-session.ts'
import type { Session } from '../session.ts'
import type { Settings } from '../settings.ts'
import { dataOf, fetchDidLog, lastOperation } from './did-log.ts'
import { describeServer, Home } from './home.ts'
import { MOST_ROTATION_KEYS, requestCode, signedByPds, submitByPds } from './plc-changes.ts'
import {
  makeRecoveryKey,
  nameRecoveryKey,
  readRecoveryKey,
  recoveryKeyFolder,
  recoveryKeyPath,
} from './recovery-key.ts'

export interface OwnKey {
  readonly did: string
  /** `did:key:…` */
  readonly key: string
  /** The file that holds it. */
  readonly path: string
}

/**
 * Creates an account whose first rotation key is the person's own, and signs in to it. Whether the PDS put the key there is read in
 * the log of the DID.
 * @throws ServiceError as the PDS refuses; FrostError `KeyLeftOut` where the account is there and the key is not first
 */
export async function createAccount(
  pds: string,
  account: {
    readonly handle: string
    readonly email: string
    readonly password: string
    readonly inviteCode?: string
  },
  settings: Settings,
): Promise<OwnKey & { readonly handle: string }> {
  await describeServer(pds)
  // Written down before anybody is told of it: an account is never without the file of its key.
  const pending = join(recoveryKeyFolder(settings), `pending-${Date.now()}.json`)
  const key = await makeRecoveryKey(pending)
  const answer = await callService<PasswordTokens & { did: string; handle: string }>(
    pds,
    'com.atproto.server.createAccount',
    { input: { ...account, recoveryKey: key.keypair.did() } },
  ).catch(async (error: unknown) => {
    // Where no answer came, the account may be there, and this its key.
    if (error instanceof ServiceError && error.status < 500) await rm(pending, { force: true })
    throw error
  })
  const { did, handle, accessJwt, refreshJwt } = answer
  const { path } = await nameRecoveryKey(key, did, recoveryKeyPath(did, settings))
  const store = new AccountStore(settings.configDir)
  await store.writeSession(did, { accessJwt, refreshJwt })
  await store.add({ did, handle, pds, method: 'password', signedInAt: new Date().toISOString() })
  await requireFirst(did, key.keypair.did(), pds, settings)
  return { did, handle, key: key.keypair.did(), path }
}

async function requireFirst(did: string, key: string, pds: string, settings: Settings): Promise<void> {
  const created = `the account ${did} was created at ${pds}, and you are signed in; but`
  const log = await fetchDidLog(did, settings).catch((cause: Error) => {
    throw new FrostError(
      'KeyLeftOut',
      `${created} whether your key comes first cannot be seen (${cause.message}): look with frost account status`,
      { cause },
    )
  })
  if (dataOf(lastOperation(log.operations))?.rotationKeys[0] === key) return
  throw new FrostError(
    'KeyLeftOut',
    `${created} it did not put your key first: put it there with frost account key, or take another host`,
  )
}

/**
 * Puts a key of the person's own first among those that may change the DID of an account that exists; its PDS signs that, with
 * the code that it sends by e-mail.
 * @param code The code; undefined where it is not known yet.
 * @throws FrostError `CodeNeeded`, `BadCode`, `NotAllowed`
 */
export async function addRecoveryKey(
  session: Session,
  settings: Settings,
  options: { code?(): Promise<string | undefined>; readonly newCode?: boolean; readonly path?: string },
): Promise<OwnKey & { readonly added: boolean }> {
  const { did, pds } = session.account
  if (!did.startsWith('did:plc:'))
    throw new UsageError(`${did} is a domain: whoever writes its document decides, no key is needed`)
  const path = options.path ?? recoveryKeyPath(did, settings)
  const key = await readRecoveryKey(path).catch((error: unknown) => {
    if (error instanceof FrostError && error.code === 'NoKeyFile') return makeRecoveryKey(path, did)
    throw error
  })
  const own = { did, key: key.keypair.did(), path }
  const last = lastOperation((await fetchDidLog(did, settings)).operations)
  const { rotationKeys } = dataOf(last)!
  if (rotationKeys[0] === own.key) return { ...own, added: false }
  const wanted = [own.key, ...rotationKeys.filter(listed => listed !== own.key)]
  if (wanted.length > MOST_ROTATION_KEYS)
    throw new FrostError(
      'TooManyKeys',
      `${did} has ${rotationKeys.length} rotation keys already, at most ${MOST_ROTATION_KEYS} are allowed`,
    )
  const home = Home.signedIn(pds, session.agent)
  // A code was asked for by an earlier run where none was given then.
  const known = options.newCode ? undefined : await options.code?.()
  if (known === undefined) await requestCode(home)
  const code = known ?? (await options.code?.())
  if (!code)
    throw new FrostError(
      'CodeNeeded',
      `${pds} has sent a code by e-mail: give the command again with --code CODE (it lasts a few minutes)`,
    )
  const operation = await signedByPds(home, code, last, { rotationKeys: wanted })
  await submitByPds(home, operation, settings)
  return { ...own, added: true }
}
