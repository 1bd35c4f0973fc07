import { UNKNOWN_HANDLE } from '../entry-facts.ts'
import { QueryError } from '../errors.ts'
import type { Database } from '../schema.ts'
import { rowsOf } from '../sql-text.ts'

/**
 * The DID of a handle or DID that is known here and active.
 * @throws QueryError ActorNotFound
 */
export async function requireAccount(db: Database, actor: string): Promise<string> {
  const did = await findAccount(db, actor)
  if (!did)
    throw new QueryError('ActorNotFound', `actor '${actor}' is not known here, or the account is not active`)
  return did
}

/** Who has a handle, or whose DID this is; that which stands for no handle is nobody's. */
export async function findAccount(db: Database, actor: string): Promise<string | undefined> {
  if (actor.toLowerCase() === UNKNOWN_HANDLE) return undefined
  const rows = actor.startsWith('did:')
    ? await rowsOf<{ did: string }>(db)`select did from repo where did = ${actor} and active = 1`
    : await rowsOf<{
        did: string
      }>(db)`select did from repo where handle = ${actor.toLowerCase()} and active = 1`
  return rows[0]?.did
}

/** An at-uri with its handle resolved: records are kept under DIDs. Undefined if the handle is not known. */
export async function withDid(db: Database, uri: string): Promise<string | undefined> {
  const [, , authority = '', ...rest] = uri.split('/')
  if (authority.startsWith('did:')) return uri
  const did = await findAccount(db, authority)
  return did && `at://${did}/${rest.join('/')}`
}
