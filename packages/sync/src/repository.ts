import { Commits } from './commits.ts'
import type { Mark } from './cursor.ts'
import type { CommitEvent } from './events.ts'
import { Resync } from './resync.ts'
import type { ResyncOutcome } from './resync-queue.ts'
import type { Snapshot } from './snapshot.ts'
import { Standing } from './standing.ts'
import type { Delivery, Surroundings, Upstream } from './surroundings.ts'
import { Tracked } from './tracked.ts'

/**
 * One repository: takes its messages one after the other and brings it from state to state.
 * https://atproto.com/specs/sync: desynchronized → in-progress → synchronized.
 */
export class Repository {
  readonly did: string
  readonly #tracked: Tracked
  readonly #standing: Standing
  readonly #commits: Commits
  readonly #resync: Resync

  constructor(did: string, around: Surroundings) {
    this.did = did
    this.#tracked = new Tracked(did, around)
    this.#standing = new Standing(this.#tracked)
    this.#commits = new Commits(this.#tracked, this.#standing)
    this.#resync = new Resync(this.#tracked, this.#standing, this.#commits)
  }

  /** Whether it may be dropped from memory: all that is known is in the store. */
  get idle(): boolean {
    return this.#tracked.idle
  }

  // Messages

  deliver({ message, from, mark }: Delivery): void {
    this.#tracked.handle(() => {
      switch (message.type) {
        case 'commit':
          return this.#commits.commit(message, from, mark)
        case 'sync':
          return this.#commits.sync(message, from, mark)
        case 'identity':
          return this.#standing.identity(mark)
        case 'account':
          return this.#standing.account(message, from, mark)
      }
    }, mark)
  }

  /** A message of it could not be read. */
  garbled(from: Upstream, mark: Mark): void {
    this.#tracked.handle(() => this.#commits.garbled(from, mark), mark)
  }

  /**
   * Changes that their source vouches for; it says them in parts, so those of the newest rev may come again. Where what was verified
   * is about to be told by a relay or the account's host, that is waited for; else it is no longer the head.
   */
  trusted(event: CommitEvent, mark: Mark): void {
    const tracked = this.#tracked
    tracked.handle(() => {
      const known = tracked.state
      const { commit, data, formerKey, ...state } = known ?? tracked.newState('', 'synchronized')
      if (!state.active || (state.rev !== undefined && event.rev < state.rev)) {
        tracked.count(state.active ? 'ignored.stale' : 'ignored.inactive')
        return tracked.write({ mark })
      }
      if (data !== undefined && tracked.around.hears(state.host)) {
        tracked.count('ignored.verified')
        return tracked.write({ mark })
      }
      if (state.sync !== 'synchronized') {
        // What is being fetched may be older than this: then it is fetched once more.
        if (state.sync === 'in-progress') tracked.waiting.miss()
        return tracked.write({ mark })
      }
      tracked.count('trusted')
      tracked.write({ repo: { ...state, rev: event.rev }, events: [event], mark })
      if (!known) this.#standing.introduce()
    }, mark)
  }

  /**
   * A whole state that a source read from its archive. One that is not newer than what is held changes nothing. A repository that is
   * to be fetched still is: its host may know more, or be gone for good.
   * @param isOld the host is to be asked for a newer one (`resume`)
   */
  restore(snapshot: Snapshot, mark: Mark, isOld = false): void {
    const tracked = this.#tracked
    tracked.handle(async () => {
      const known = tracked.state
      if (known) {
        const { active, rev } = known
        if (!active || (rev !== undefined && snapshot.rev <= rev)) {
          tracked.count('ignored.archived')
          return tracked.write({ mark })
        }
      }
      const after = isOld ? 'desynchronized' : 'synchronized'
      const sync = known && known.sync !== 'synchronized' ? known.sync : after
      if (!known) tracked.write({ repo: tracked.newState(snapshot.host ?? '', sync) })
      tracked.count('restored')
      await this.#resync.applySnapshot(snapshot, mark, sync, known === undefined)
      if (!known) this.#standing.introduce()
    }, mark)
  }

  /** An account that a source names: followed from the next `resume` on, if it is not yet. */
  found(mark: Mark): void {
    const tracked = this.#tracked
    tracked.handle(() => {
      tracked.write({ ...(!tracked.state && { repo: tracked.newState('', 'desynchronized') }), mark })
    }, mark)
  }

  // Lists

  /** Follows the repository from now on, if it is not yet; resolves when that is stored. */
  track(host = ''): Promise<void> {
    const tracked = this.#tracked
    return tracked.ask(async () => {
      if (tracked.state) return
      await tracked.stored({ repo: tracked.newState(host, 'desynchronized') })
      tracked.around.resyncs.add(this.did, host)
    })
  }

  /** Whether it is followed. */
  tracked(): Promise<boolean> {
    return this.#tracked.ask(() => this.#tracked.state !== undefined)
  }

  /** What a service lists of it: whether the account is active, and the CID of its newest commit. */
  async listed(
    active: boolean,
    status: string | undefined,
    head: string | undefined,
    from: Upstream,
  ): Promise<void> {
    const tracked = this.#tracked
    await tracked.held(async () => {
      await this.#standing.refresh()
      await this.#standing.listed(active, status, from)
    })
    const differs = (): boolean => {
      const { state } = tracked
      if (!active || head === undefined || !state?.active || state.sync !== 'synchronized') return false
      return state.commit !== head
    }
    await tracked.ask(async () => {
      // A host that lists heads for the accounts of others must not have them fetched, ever later.
      if (differs() && (await tracked.hasAuthority(from))) tracked.desynchronize('head')
    })
  }

  // Work

  /** Takes up after a restart what was not finished. */
  resume(): Promise<void> {
    const tracked = this.#tracked
    return tracked.ask(() => {
      const { state } = tracked
      if (state?.active && state.sync !== 'synchronized') tracked.around.resyncs.add(this.did, state.host)
    })
  }

  /** The account's own host lists it as active, with this head; false where that is not what is held. */
  confirm(head: string): Promise<boolean> {
    const tracked = this.#tracked
    return tracked.ask(() => {
      const { state } = tracked
      if (!state?.active || state.sync !== 'desynchronized' || state.commit !== head) return false
      tracked.count('resync.listed')
      tracked.write({ repo: { ...state, sync: 'synchronized' } })
      return true
    })
  }

  /** One attempt to bring the repository back to the state that its host holds. */
  resync(host: string): Promise<ResyncOutcome> {
    return this.#tracked.held(() => this.#resync.attempt(host))
  }

  /** Its host answers: what it has not confirmed of a deletion it is asked for. */
  hostHeard(): Promise<void> {
    return this.#tracked.held(() => this.#standing.hostHeard())
  }

  /** Its host is gone for good: what nobody has confirmed of a deletion is not believed. */
  hostGone(): Promise<void> {
    return this.#tracked.held(() => this.#standing.hostGone())
  }

  /** Erases a deleted account if its deletion is confirmed and the grace, over since `before` (ISO 8601), has passed. */
  purgeIfConfirmed(before: string): Promise<void> {
    return this.#tracked.held(() => this.#standing.purgeIfConfirmed(before))
  }
}

export type { Delivery, Surroundings, Upstream } from './surroundings.ts'
