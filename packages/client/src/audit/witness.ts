import { cidToText } from '@frost/sync/cid'
import { type AccountKeys, accountKeys } from '../account/account-keys.ts'
import { newestOf } from '../account/appview-source.ts'
import { Home } from '../account/home.ts'
import { ServiceError } from '../http.ts'
import { type Identity, identityOfDid } from '../identity.ts'
import { readProof } from '../proof/record-proof.ts'
import type { Settings } from '../settings.ts'

/** What a repository says of a record: proved by its signed tree, but for `hidden` and what is unproved, which are its host's word. */
export interface Said {
  /** `hidden`: the account is not active; nothing of it is to be shown. `unknown`: nobody could be asked. */
  readonly kind: 'present' | 'absent' | 'hidden' | 'unknown'
  readonly cid?: string
  readonly rev?: string
  /** Its host says that it is absent, and does not prove it. */
  readonly isUnproved?: true
  /** Its host could not be asked: this is the newest state that its owner signed and one of the two AppViews keeps. */
  readonly isKept?: true
  /** Why its host could not be asked. */
  readonly reason?: string
}

interface Kept {
  readonly rev: string
  /** CIDs by `collection/rkey`. */
  readonly records: ReadonlyMap<string, string>
}

/** Asks the repositories themselves; of one whose host is away, what the AppViews prove of it. */
export class Witness {
  readonly #settings: Settings
  readonly #appviews: readonly string[]
  readonly #kept = new Map<string, Promise<Kept | undefined>>()
  readonly #accounts = new Map<string, Promise<Identity & AccountKeys>>()

  /** @param appviews Origins. */
  constructor(settings: Settings, appviews: readonly string[]) {
    this.#settings = settings
    this.#appviews = appviews
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
      if (error instanceof ServiceError && /NotFound/.test(error.code))
        return { kind: 'absent', isUnproved: true }
      const reason = (error as Error).message
      const kept = await this.#keptOf(did)
      if (!kept) return { kind: 'unknown', reason }
      const cid = kept.records.get(`${collection}/${rkey}`)
      const known = { rev: kept.rev, isKept: true, reason } as const
      return cid ? { kind: 'present', cid, ...known } : { kind: 'absent', ...known }
    }
  }

  /** Undefined where neither AppView proves anything of the account, or its keys cannot be had. */
  #keptOf(did: string): Promise<Kept | undefined> {
    let kept = this.#kept.get(did)
    if (!kept) {
      kept = this.#account(did)
        .then(({ keys }) => newestOf(this.#appviews, did, keys))
        .then(({ rev, records }) => ({
          rev,
          records: new Map(records.map(({ key, cid }) => [key, cidToText(cid)])),
        }))
        .catch(() => undefined)
      this.#kept.set(did, kept)
    }
    return kept
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
