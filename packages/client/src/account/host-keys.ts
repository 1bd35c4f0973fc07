/** Which keys of a DID are its host's: many hosts list two of their own, so that a second key need not be the person's. */
import { setTimeout as after } from 'node:timers/promises'
import type { Home } from './home.ts'
import { recommendedCredentials } from './plc-changes.ts'

const PATIENCE_MS = 5000

/** The keys that a host wants in a DID, as it says to the account that is signed in; undefined where it says nothing. */
export function hostKeys(home: Home): Promise<readonly string[] | undefined> {
  const said = recommendedCredentials(home).then(
    ({ rotationKeys }) => rotationKeys,
    () => undefined,
  )
  return Promise.race([said, after(PATIENCE_MS, undefined, { ref: false })])
}
