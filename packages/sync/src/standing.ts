import type { Mark } from './cursor.ts'
import type { AccountMessage } from './frame.ts'
import { HttpError } from './http.ts'
import { type Identity, IdentityError } from './identity.ts'
import { type HostAnswer, PdsClient } from './snapshot.ts'
import type { RepoState } from './store.ts'
import type { Upstream } from './surroundings.ts'
import { isGone, type Tracked } from './tracked.ts'

/** A DID document older than this (milliseconds) is looked at again when the account is listed: an `#identity` may have been lost. */
const IDENTITY_AGE = 86_400_000

/** Whether an account is active, where it lives, how it is called; whether what it wrote is to be erased. */
export class Standing {
  readonly #tracked: Tracked
  /** When the document was fetched whose host and handle are stored. */
  #announced = 0
  #changes = 0
  #looking = false
  /** A `#identity` that came during the look that goes on: another look follows, for all that came meanwhile. */
  #next: Mark | undefined

  constructor(tracked: Tracked) {
    this.#tracked = tracked
  }

  /** Grows with each change: what a host said before one is no longer news after it. */
  get changes(): number {
    return this.#changes
  }

  /** A `#identity`: whatever it says, the directory knows. */
  identity(mark: Mark): void {
    const tracked = this.#tracked
    const { identities } = tracked.around
    identities.forget(tracked.did)
    if (!tracked.state) return mark.finish()
    tracked.count('identities')
    // The one that waits holds the cursor for both: an account whose names are slow keeps few messages under way, not all it sends.
    if (this.#next) return tracked.write({ mark })
    if (this.#looking) this.#next = mark
    else void this.#look(mark)
  }

  /** Directories and handles take time: the repository's other messages do not wait for them, only the cursor does. */
  async #look(first: Mark): Promise<void> {
    const tracked = this.#tracked
    this.#looking = true
    for (let mark: Mark | undefined = first; mark; mark = this.#next) {
      this.#next = undefined
      const now = mark
      await tracked.inBackground(() => this.#learn(now), now)
    }
    this.#looking = false
  }

  async #learn(mark: Mark): Promise<void> {
    const tracked = this.#tracked
    try {
      await this.announce(await tracked.around.identities.resolve(tracked.did, 0), mark)
    } catch (error) {
      await tracked.ask(() => {
        if (isGone(error)) return this.set(false, 'deleted', mark, true)
        const away = error instanceof IdentityError && error.kind === 'unreachable'
        // Remembered as a repository to be fetched, which begins with its document.
        if (away && tracked.state!.active) return tracked.desynchronize('identity', mark)
        tracked.write({ mark })
      })
    }
  }

  /** An `#account`. */
  async account({ active, status }: AccountMessage, from: Upstream, mark: Mark): Promise<void> {
    const tracked = this.#tracked
    if (!tracked.state) return mark.finish()
    if (!(await tracked.hasAuthority(from, !active))) return tracked.refuseHost(mark)
    tracked.count('accounts')
    const { host } = tracked.state
    const byHost = !active && isOwn(status)
    // Who has been gone for long has said nothing just now.
    const believesHost = from.kind !== 'pds'
    if (byHost && tracked.around.isGone(host)) return void this.#confirm(believesHost, mark)
    this.set(active, status, mark)
    if (byHost) void this.#confirm(believesHost)
  }

  /**
   * What a service's list says of the account. A list is older than the messages that came since, and whoever made it may not know
   * yet of a tombstone: what can be asked of directory and host is asked before anything changes.
   */
  async listed(active: boolean, status: string | undefined, from: Upstream): Promise<void> {
    const tracked = this.#tracked
    const before = await tracked.ask(() =>
      tracked.state && tracked.state.active !== active ? this.#changes : undefined,
    )
    if (before === undefined || !(await tracked.hasAuthority(from, true))) return
    const byHost = active || status === undefined || status === 'deactivated' || status === 'deleted'
    const answer = byHost ? await this.#askHost() : ({ kind: 'inactive', status } as const)
    await tracked.ask(() => {
      if (!answer || this.#changes !== before || (answer.kind === 'active') !== active) return
      this.set(active, statusIn(answer), undefined, byHost)
    })
  }

  /**
   * What the account's own host says of it, or its DID's tombstone; undefined if nobody can be asked.
   * @param onAway called where it is the directory that cannot be asked
   */
  async #askHost(onAway?: () => void): Promise<HostAnswer | undefined> {
    const { did, around } = this.#tracked
    try {
      const { pds } = await around.identities.resolve(did, 0)
      return pds === undefined ? undefined : await new PdsClient(around.http, pds).repoStatus(did)
    } catch (error) {
      if (isGone(error)) return { kind: 'absent' }
      if (error instanceof IdentityError && error.kind === 'unreachable') onAway?.()
      if (error instanceof IdentityError || error instanceof HttpError) return undefined
      throw error
    }
  }

  /** @param isConfirmed the account's own host, or its DID's tombstone, says so */
  set(active: boolean, status: string | undefined, mark?: Mark, isConfirmed = false): void {
    const tracked = this.#tracked
    const state = tracked.state!
    const { status: before, deletedAt, isConfirmed: wasConfirmed, ...rest } = state
    const isSame = state.active === active && before === (active ? undefined : status)
    const confirmed = !active && isOwn(status) && (isConfirmed || (isSame && wasConfirmed))
    if (isSame) {
      const isNews = confirmed && !wasConfirmed
      return tracked.write({ mark, ...(isNews && { repo: { ...state, isConfirmed: true } }) })
    }
    this.#changes++
    const repo: RepoState = active
      ? { ...rest, active, sync: 'desynchronized' }
      : {
          ...rest,
          active,
          ...(status !== undefined && { status }),
          ...(status === 'deleted' && { deletedAt: deletedAt ?? tracked.time() }),
          ...(confirmed && { isConfirmed: true as const }),
        }
    tracked.write({ repo, mark, events: [tracked.accountEvent(active, status)] })
    // While it was inactive its commits were not followed.
    if (active) tracked.around.resyncs.add(tracked.did, state.host)
    else tracked.waiting.take()
  }

  /**
   * Asks the account's own host whether it is really gone: a relay may pass on what a former host said, or nobody.
   * @param believesHost it is shown again where the host says that it is active
   */
  #confirm(believesHost: boolean, mark?: Mark): Promise<void> {
    const tracked = this.#tracked
    const before = this.#changes
    return tracked.inBackground(async () => {
      const answer = await this.#askHost()
      await tracked.ask(() => {
        if (!answer || this.#changes !== before) return tracked.write({ mark })
        if (answer.kind !== 'active') return this.set(false, statusIn(answer), mark, true)
        if (believesHost && !tracked.state!.active) return this.set(true, undefined, mark)
        tracked.write({ mark })
      })
    }, mark)
  }

  /** The host answers: what it has not confirmed so far it is asked for now, since it may not answer for ever. */
  async hostHeard(): Promise<void> {
    const tracked = this.#tracked
    if (await tracked.ask(() => isUnconfirmed(tracked.state))) await this.#confirm(true)
  }

  /**
   * The host is gone for good. A deletion that it announced and neither it nor the DID ever confirmed is not believed any more: whoever
   * dies saying that everybody is deleted takes nobody along. While the directory is away nobody knows, and all stays as it is.
   */
  async hostGone(): Promise<void> {
    const tracked = this.#tracked
    const before = this.#changes
    let isAway = false
    const answer = await this.#askHost(() => {
      isAway = true
    })
    if (isAway) return
    await tracked.ask(() => {
      const { state } = tracked
      if (this.#changes !== before || !isUnconfirmed(state)) return
      if (answer && answer.kind !== 'active') return this.set(false, statusIn(answer), undefined, true)
      tracked.count('deletions-disbelieved')
      this.set(true, undefined)
    })
  }

  /** Looks at the document again if that was long ago: a directory that is away is asked the next time. */
  async refresh(): Promise<void> {
    const tracked = this.#tracked
    const { identities } = tracked.around
    if (!(await tracked.ask(() => tracked.state !== undefined))) return
    if (identities.peek(tracked.did, IDENTITY_AGE)?.fetched === this.#announced) return
    try {
      void this.announce(await identities.resolve(tracked.did, IDENTITY_AGE))
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error
      if (error.kind !== 'gone') return
      await tracked.ask(() => {
        if (tracked.state) this.set(false, 'deleted', undefined, true)
      })
    }
  }

  /** Host and handle of a repository of which only its records are known so far. */
  introduce(): void {
    const { did, around } = this.#tracked
    this.#tracked.inBackground(async () => void this.announce(await around.identities.resolve(did)))
  }

  /** Stores host and handle, the handle once it is confirmed both ways. */
  async announce(identity: Identity, mark?: Mark): Promise<void> {
    const tracked = this.#tracked
    if (!mark && identity.fetched === this.#announced) return
    await tracked.inBackground(async () => {
      const confirmed = await this.#confirmedHandle(identity)
      await tracked.ask(() => {
        const { state } = tracked
        if (!state || identity.fetched < this.#announced) return tracked.write({ mark })
        this.#announced = identity.fetched
        const { handle: before, ...rest } = state
        // Nobody could be asked: the handle stays, if it is still the one that the document claims.
        const handle =
          confirmed === 'unknown' ? (before === identity.claimedHandle ? before : undefined) : confirmed
        const host = identity.pds ?? state.host
        if (handle === before && host === state.host) return tracked.write({ mark })
        const named = handle === undefined ? {} : { handle }
        tracked.write({
          repo: { ...rest, ...named, host },
          events: [{ type: 'identity', did: tracked.did, ...named, time: tracked.time() }],
          mark,
        })
        if (host !== state.host) tracked.around.resyncs.moved(tracked.did, host)
      })
    }, mark)
  }

  async #confirmedHandle(identity: Identity): Promise<string | undefined | 'unknown'> {
    try {
      return await this.#tracked.around.identities.handle(identity)
    } catch {
      return 'unknown'
    }
  }

  /** Erases a deleted account if its deletion is confirmed and the grace is over; an unreachable host changes nothing. */
  async purgeIfConfirmed(before: string): Promise<void> {
    const tracked = this.#tracked
    const answer = await this.#askHost()
    if (!answer) return
    await tracked.ask(() => {
      const { state } = tracked
      if (state?.deletedAt === undefined || state.deletedAt > before) return
      if (answer.kind === 'active') return this.set(true, undefined)
      if (answer.kind === 'inactive' && answer.status !== 'deleted') return this.set(false, answer.status)
      const { rev, commit, data, deletedAt, formerKey, ...rest } = state
      tracked.count('purged')
      tracked.write({
        repo: { ...rest, isConfirmed: true, sync: 'synchronized' },
        events: [tracked.accountEvent(false, 'deleted', true)],
      })
    })
  }
}

/** Whether it is the account's own host that says so of it; the others are a relay's or an operator's word. */
function isOwn(status: string | undefined): boolean {
  return status === 'deactivated' || status === 'deleted'
}

function isUnconfirmed(state: RepoState | undefined): boolean {
  return state?.active === false && isOwn(state.status) && !state.isConfirmed
}

/** The status that an answer stands for; none while the account is active. */
function statusIn(answer: HostAnswer): string | undefined {
  if (answer.kind === 'inactive') return answer.status
  return answer.kind === 'absent' ? 'deleted' : undefined
}
