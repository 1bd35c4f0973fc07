import { FrostError } from '../errors.ts'
import { current, dataOf, type LoggedOperation, RECOVERY_WINDOW_MS, signerOfOperation } from './did-log.ts'

/** Where in a DID's log a key can continue. */
export interface RecoveryPoint {
  /** The operation that the next one follows. */
  readonly after: LoggedOperation
  /** What that undoes: operations of lesser keys, of the last 72 hours. */
  readonly undoes: readonly LoggedOperation[]
  /** Until when it can be undone, ISO 8601. */
  readonly until?: string
  /** Keys that come before this one and may undo what it does. */
  readonly above: readonly string[]
}

/**
 * Finds where a key can take the DID back. Where it is first among the DID's keys, it simply goes on. Where somebody with a lesser
 * key has removed or outranked it, what they did can be undone for 72 hours.
 * @param now milliseconds since 1970
 * @throws FrostError `TooLate`, `NoKey` that say who has the DID now
 */
export async function recoveryPoint(
  did: string,
  operations: readonly LoggedOperation[],
  key: string,
  now = Date.now(),
): Promise<RecoveryPoint> {
  const log = current(operations)
  const last = log.at(-1)!
  const placeIn = (operation: LoggedOperation) => dataOf(operation)?.rotationKeys.indexOf(key) ?? -1
  if (placeIn(last) === 0) return { after: last, undoes: [], above: [] }
  let lateSince: string | undefined
  for (let at = log.length - 2; at >= 0; at--) {
    const place = placeIn(log[at]!)
    if (place < 0) continue
    const keys = dataOf(log[at]!)!.rotationKeys
    const rival = log[at + 1]!
    const signer = await signerOfOperation(rival, keys)
    if (signer === undefined || keys.indexOf(signer) <= place) continue
    const until = Date.parse(rival.createdAt) + RECOVERY_WINDOW_MS
    if (now < until)
      return {
        after: log[at]!,
        undoes: log.slice(at + 1),
        until: new Date(until).toISOString(),
        above: keys.slice(0, place),
      }
    lateSince ??= new Date(until).toISOString()
  }
  const place = placeIn(last)
  if (place > 0) return { after: last, undoes: [], above: dataOf(last)!.rotationKeys.slice(0, place) }
  if (lateSince)
    throw new FrostError(
      'TooLate',
      `the key ${key} was taken from ${did}, and what took it could be undone until ${lateSince} only: whoever holds ${holders(last)} has the account now`,
    )
  throw new FrostError(
    'NoKey',
    `the key ${key} is not among those that may change ${did}: only who holds ${holders(last)} can, as a rule its PDS alone`,
  )
}

function holders(last: LoggedOperation): string {
  return dataOf(last)?.rotationKeys.join(' or ') ?? 'nothing: the DID was given up'
}
