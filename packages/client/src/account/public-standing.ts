/** What anybody can see of who could get an account back if its host were gone. */
import type { Resolver } from '../identity.ts'
import { current, dataOf, fetchDidLog, lastOperation, RECOVERY_WINDOW_MS } from './did-log.ts'

export interface PublicStanding {
  /**
   * `shared`: another key comes before the last one; whoever holds it can. `host`: the one key is the host's, so that it alone can.
   * `domain`: whoever has the domain of a did:web.
   */
  readonly recoverable: 'shared' | 'host' | 'domain'
  /** Keys that may change the DID, the most powerful first. */
  readonly rotationKeys: readonly string[]
  /** The last change of the DID, while a more powerful key can still undo it. */
  readonly contested?: { readonly at: string; readonly until: string }
}

/** @throws FrostError `DidNotFound`, `BadLog`, `Tombstone` */
export async function publicStanding(
  did: string,
  settings: Resolver,
  now = Date.now(),
): Promise<PublicStanding> {
  if (!did.startsWith('did:plc:')) return { recoverable: 'domain', rotationKeys: [] }
  const { operations } = await fetchDidLog(did, settings)
  const last = lastOperation(operations)
  const { rotationKeys } = dataOf(last)!
  const until = Date.parse(last.createdAt) + RECOVERY_WINDOW_MS
  const isContested = current(operations).length > 1 && now < until
  return {
    recoverable: new Set(rotationKeys).size > 1 ? 'shared' : 'host',
    rotationKeys,
    ...(isContested && { contested: { at: last.createdAt, until: new Date(until).toISOString() } }),
  }
}
