/** Changing what a DID means: by one's own key, or by the PDS's with a code that it sends by e-mail. */
import { isDeepStrictEqual } from 'node:util'
import type { Operation } from '@did-plc/lib'
import { FrostError } from '../errors.ts'
import { ServiceError } from '../http.ts'
import type { Resolver } from '../identity.ts'
import { dataOf, fetchDidLog, type LoggedOperation, lastOperation, type OperationData } from './did-log.ts'
import type { Home } from './home.ts'

/** What a PDS wants the DID of one of its accounts to say. */
export type Credentials = Pick<
  OperationData,
  'rotationKeys' | 'verificationMethods' | 'alsoKnownAs' | 'services'
>

/** Most keys that may change a DID. */
export const MOST_ROTATION_KEYS = 5

/** @throws FrostError `BadAnswer` where a field is missing */
export async function recommendedCredentials(home: Home): Promise<Credentials> {
  const said = await home.query<Partial<Credentials>>('com.atproto.identity.getRecommendedDidCredentials')
  const { rotationKeys = [], verificationMethods, alsoKnownAs = [], services } = said
  if (verificationMethods?.atproto && services?.atproto_pds)
    return { rotationKeys, verificationMethods, alsoKnownAs, services }
  throw new FrostError(
    'BadAnswer',
    `${home.pds} does not say with which key and address the DID should name it`,
  )
}

/** Has the PDS send the code without which it signs no operation. @throws FrostError where the session may not */
export async function requestCode(home: Home): Promise<void> {
  try {
    await home.procedure('com.atproto.identity.requestPlcOperationSignature')
  } catch (error) {
    throw needsFullSession(error)
  }
}

/**
 * Has the PDS sign an operation that follows another one. What it signed is held against what was asked for: a key of its own slipped
 * in before the person's would have the last word.
 * @throws FrostError `BadCode`, `NotAsAsked`
 */
export async function signedByPds(
  home: Home,
  code: string,
  after: LoggedOperation,
  changes: Partial<OperationData>,
): Promise<Operation> {
  try {
    const answer = await home.procedure<{ operation: Operation }>('com.atproto.identity.signPlcOperation', {
      token: code.trim(),
      ...changes,
    })
    const { operation } = answer
    requireAsked(home, { ...after, operation }, after.cid, { ...dataOf(after)!, ...changes })
    return operation
  } catch (error) {
    if (error instanceof ServiceError && /token/i.test(error.code + error.message) && error.status === 400)
      throw new FrostError(
        'BadCode',
        `the code '${code}' was refused by ${home.pds} (${error.code}): take the one of the newest e-mail, or ask for another with --new-code`,
        { cause: error },
      )
    throw needsFullSession(error)
  }
}

/** @throws FrostError `NotAsAsked` that names what differs */
function requireAsked(home: Home, signed: LoggedOperation, prev: string, asked: OperationData): void {
  const said =
    signed.operation?.type === 'plc_operation' ? { ...dataOf(signed)!, prev: signed.operation.prev } : {}
  const wrong = differing({ ...asked, prev }, said)
  if (wrong.length === 0) return
  throw new FrostError(
    'NotAsAsked',
    `${home.pds} signed another change of the DID than it was asked for (${wrong.join(', ')}): nothing was changed; do not trust this host`,
  )
}

function differing(asked: object, said: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(asked).flatMap(([field, value]) =>
    isDeepStrictEqual(said[field], value) ? [] : field,
  )
}

/**
 * Hands an operation over to a PDS, and looks whether the directory has it: the PDS may say so and do nothing.
 * @throws FrostError `NotChanged`
 */
export async function submitByPds(home: Home, operation: Operation, settings: Resolver): Promise<void> {
  await home.procedure('com.atproto.identity.submitPlcOperation', { operation })
  const { operations, directory } = await fetchDidLog(home.did, settings)
  if (lastOperation(operations).operation.sig === operation.sig) return
  throw new FrostError(
    'NotChanged',
    `${home.pds} says that it changed the DID ${home.did}, and ${directory} knows nothing of it: do not trust this host`,
  )
}

/** App passwords and the site's sessions may not touch an account's identity: says so. */
export function needsFullSession(error: unknown): unknown {
  const isScope =
    error instanceof ServiceError &&
    (error.status === 403 || /scope|InvalidToken|insufficient access/i.test(`${error.code} ${error.message}`))
  if (!isScope) return error
  return new FrostError(
    'NotAllowed',
    "this session may not manage the account: sign in with the account's own password (frost login HANDLE --app-password, then the main password), not with an app password or in the browser",
    { cause: error },
  )
}

/**
 * What the DID says once the account is at a PDS: the person's own keys stay before the PDS's; whatever else it says stays.
 * @throws FrostError `TooManyKeys`
 */
export function merged(now: OperationData, wanted: Credentials, own: readonly string[]): OperationData {
  const rotationKeys = [...new Set([...own, ...wanted.rotationKeys])]
  if (rotationKeys.length > MOST_ROTATION_KEYS)
    throw new FrostError(
      'TooManyKeys',
      `the DID would have ${rotationKeys.length} rotation keys, at most ${MOST_ROTATION_KEYS} are allowed: remove one of your own first`,
    )
  return {
    rotationKeys,
    verificationMethods: { ...now.verificationMethods, ...wanted.verificationMethods },
    alsoKnownAs: [...wanted.alsoKnownAs, ...now.alsoKnownAs.filter(name => !name.startsWith('at://'))],
    services: { ...now.services, ...wanted.services },
  }
}
