import { parseDidDocument } from '@frost/sync/identity'
import { FrostError } from '../errors.ts'
import { didDocument, type Resolver } from '../identity.ts'
import { fetchDidLog, type LoggedOperation, signingKeys } from './did-log.ts'

/** Keys that may have signed an account's commits. */
export interface AccountKeys {
  /** `did:key:…`, the one of now first. */
  readonly keys: readonly string[]
  /** The log of a did:plc; a did:web has none, and no former keys. */
  readonly log?: readonly LoggedOperation[]
}

/** @throws FrostError `DidNotFound`, `NoKey` */
export async function accountKeys(did: string, settings: Resolver): Promise<AccountKeys> {
  if (did.startsWith('did:plc:')) {
    const { operations } = await fetchDidLog(did, settings)
    return { keys: signingKeys(operations), log: operations }
  }
  const { key } = parseDidDocument(did, await didDocument(did, settings), { allowLoopbackHttp: true })
  if (key) return { keys: [key.did] }
  throw new FrostError('NoKey', `the document of ${did} names no signing key (#atproto)`)
}
