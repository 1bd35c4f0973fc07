import { type AccountKeys, accountKeys } from '../account/account-keys.ts'
import { Home } from '../account/home.ts'
import { ServiceError } from '../http.ts'
import { type Identity, identityOfDid } from '../identity.ts'
import { readProof } from '../proof/record-proof.ts'
import type { Settings } from '../settings.ts'

/** What a repository says of a record: proved by its signed tree, but for `hidden`, which is its host's word. */
export interface Said {
  /** `hidden`: the account is not active; nothing of it is to be shown. `unknown`: nobody could be asked. */
  readonly kind: 'present' | 'absent' | 'hidden' | 'unknown'
  readonly cid?: string
  readonly rev?: string
  /** Why nobody could be asked. */
  readonly reason?: string
}

/** Asks the repositories themselves. */
export class Witness {
  readonly #settings: Settings
  readonly #accounts = new Map<string, Promise<Identity & AccountKeys>>()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  async ask(uri: string): Promise<Said> {
    const [did, collection, rkey] = uri.slice('at://'.length).split('/') as [string, string, string]
    try {
      const { pds, keys } = await this.#account(did)
      const car = await Home.public(pds, did).proof(collection, rkey)
      const { cid, rev } = await readProof(car, did, `${collection}/${rkey}`, keys)
      return cid ? { kind: 'present', cid, rev } : { kind: 'absent', rev }
    } catch (error) {
      if (error instanceof ServiceError && HIDING.has(error.code))
        return { kind: 'hidden', reason: error.code }
      // A PDS that has not the record may refuse to prove that it has not.
      if (error instanceof ServiceError && /NotFound/.test(error.code)) return { kind: 'absent' }
      return { kind: 'unknown', reason: (error as Error).message }
    }
  }

  #account(did: string): Promise<Identity & AccountKeys> {
    let account = this.#accounts.get(did)
    if (!account) {
      account = Promise.all([identityOfDid(did, this.#settings), accountKeys(did, this.#settings)]).then(
        ([identity, keys]) => ({ ...identity, ...keys }),
      )
      this.#accounts.set(did, account)
    }
    return account
  }
}

const HIDING: ReadonlySet<string> = new Set([
  'RepoTakendown',
  'RepoSuspended',
  'RepoDeactivated',
  'RepoNotFound',
])
