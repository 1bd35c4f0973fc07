/** What anybody can see of who could get an account back if its host were gone; its owner sees which keys are the host's. */
import type { Resolver } from '../identity.ts'
import { current, dataOf, fetchDidLog, lastOperation, RECOVERY_WINDOW_MS } from './did-log.ts'
import type { Home } from './home.ts'
import { hostKeys } from './host-keys.ts'

export interface PublicStanding {
  /**
   * `shared`: there is a key that is not the host's, or where `hostKeys` is absent more than one; whoever holds it can. `host`: there is
   * none, so that the host alone can. `domain`: whoever has the domain of a did:web.
   */
  readonly recoverable: 'shared' | 'host' | 'domain'
  /** Keys that may change the DID, the most powerful first. */
  readonly rotationKeys: readonly string[]
  /** Those of them that are the host's by its own word; absent where it was not asked, or said nothing. */
  readonly hostKeys?: readonly string[]
  /** The last change of the DID, while a more powerful key can still undo it. */
  readonly contested?: { readonly at: string; readonly until: string }
}

/**
 * @param home The account's, signed in: asked which keys are its own.
 * @throws FrostError `DidNotFound`, `BadLog`, `Tombstone`
 */
export async function publicStanding(
  did: string,
  settings: Resolver,
  home?: Home,
  now = Date.now(),
): Promise<PublicStanding> {
  if (!did.startsWith('did:plc:')) return { recoverable: 'domain', rotationKeys: [] }
  const [{ operations }, own] = await Promise.all([fetchDidLog(did, settings), home && hostKeys(home)])
  const last = lastOperation(operations)
  const { rotationKeys } = dataOf(last)!
  const until = Date.parse(last.createdAt) + RECOVERY_WINDOW_MS
  const isContested = current(operations).length > 1 && now < until
  const others = own ? rotationKeys.filter(key => !own.includes(key)) : [...new Set(rotationKeys)].slice(1)
  return {
    recoverable: others.length > 0 ? 'shared' : 'host',
    rotationKeys,
    ...(own && { hostKeys: rotationKeys.filter(key => own.includes(key)) }),
    ...(isContested && { contested: { at: last.createdAt, until: new Date(until).toISOString() } }),
  }
}
