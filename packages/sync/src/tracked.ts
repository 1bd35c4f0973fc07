import { setTimeout as delay } from 'node:timers/promises'
import { unlessAborted } from './aborted.ts'
import { CborError } from './cbor.ts'
import type { Mark } from './cursor.ts'
import type { AccountEvent, CommitEvent, RecordChange } from './events.ts'
import { HttpError } from './http.ts'
import { IdentityError } from './identity.ts'
import { Mailbox, type Task } from './mailbox.ts'
import type { RepoState } from './store.ts'
import { REFRESH_AGE, type Surroundings, type Upstream } from './surroundings.ts'
import { Waiting } from './waiting.ts'
import type { Effect } from './writer.ts'

/**
 * What is known of one repository, the order in which it is worked on, and the one way to change it: an effect on its way into
 * the store. The state here is the one after all effects that were written, stored or not.
 */
export class Tracked {
  readonly did: string
  readonly around: Surroundings
  readonly waiting: Waiting
  readonly #mailbox: Mailbox
  #state: RepoState | undefined
  /** Effects on their way into the store. */
  #unstored = 0
  #background = 0
  /** How often the store refused something of it for ever. */
  #refusals = 0

  constructor(did: string, around: Surroundings) {
    this.did = did
    this.around = around
    this.waiting = new Waiting(around.waiting)
    this.#mailbox = new Mailbox(async () => {
      this.#state = await this.read(() => around.store.repo(did))
    })
  }

  get state(): RepoState | undefined {
    return this.#state
  }

  /** Whether it may be dropped from memory: all that is known is in the store. */
  get idle(): boolean {
    // That it must be fetched, the store may have refused to hold as well.
    if (this.#refusals > 0 && this.around.resyncs.has(this.did)) return false
    return !this.#mailbox.busy && this.#unstored === 0 && this.#background === 0 && this.waiting.empty
  }

  // Order

  ask<T>(task: () => T | Promise<T>): Promise<T> {
    return this.#mailbox.ask(task)
  }

  /** Handles a message in turn. One whose handling failed for no reason of its own is never skipped: the repository is fetched again. */
  handle(task: Task, mark: Mark): void {
    const failed = (error: unknown): void => {
      if (this.around.stopping.aborted) return
      this.count('failed')
      this.around.onError(error, { stage: 'handle', did: this.did, seq: mark.seq })
      if (this.#state) this.desynchronize('failed', mark)
      else mark.finish()
    }
    this.#mailbox.run(() => {
      try {
        const running = task()
        return running ? running.catch(failed) : undefined
      } catch (error) {
        failed(error)
      }
    })
  }

  /** Work that the repository's other messages do not wait for; only the cursor does, if a mark is given. Resolves when it has ended. */
  inBackground(work: () => Promise<void>, mark?: Mark): Promise<void> {
    this.#background++
    return work()
      .catch(error => {
        if (this.around.stopping.aborted) return
        if (mark) this.write({ mark })
        if (!(error instanceof IdentityError || error instanceof HttpError || error instanceof CborError))
          this.around.onError(error, { stage: 'identity', did: this.did })
      })
      .finally(() => {
        this.#background--
      })
  }

  /** Keeps the repository in memory while the work goes on. */
  async held<T>(work: () => Promise<T>): Promise<T> {
    this.#background++
    try {
      return await work()
    } finally {
      this.#background--
    }
  }

  // Change

  write(effect: Effect): void {
    if (effect.repo) this.#state = effect.repo
    else if (!effect.mark && !effect.applied) return
    this.#unstored++
    const { applied } = effect
    this.around.writer.add({
      refused: () => this.#refused(),
      ...effect,
      applied: () => {
        this.#unstored--
        applied?.()
      },
    })
  }

  /** Writes, and resolves when that is stored. */
  stored(effect: Effect): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.write({ ...effect, applied: resolve })
    return unlessAborted(this.around.stopping, promise)
  }

  /** Resolves when all that was written before is stored. */
  drained(): Promise<void> {
    return unlessAborted(this.around.stopping, this.around.writer.drained())
  }

  /** Reads of the store are tried until they succeed or the consumer stops. */
  async read<T>(read: () => Promise<T>): Promise<T> {
    const { stopping, onError } = this.around
    for (let attempt = 1; ; attempt++) {
      try {
        return await read()
      } catch (error) {
        stopping.throwIfAborted()
        onError(error, { stage: 'read', did: this.did, attempt })
        await delay(Math.min(30_000, 100 * 2 ** Math.min(attempt, 10)), undefined, { signal: stopping })
      }
    }
  }

  /** The repository no longer is what its host holds, or may be so: it will be fetched. */
  desynchronize(reason: string, mark?: Mark): void {
    const state = this.#state!
    this.count(`desynchronized.${reason}`)
    this.write({ repo: { ...state, sync: 'desynchronized' }, mark })
    this.around.resyncs.add(this.did, state.host)
  }

  /**
   * The store holds less than the repository, and always will until one of the two changes: fetched again, later each time. That this
   * is so may be refused as well; then it is known here alone.
   */
  #refused(): void {
    this.#refusals++
    this.#mailbox.run(() => {
      if (!this.#state) return
      const { commit, data, formerKey, ...state } = this.#state
      this.count('desynchronized.refused')
      this.write({ repo: { ...state, sync: 'desynchronized' }, refused: () => undefined })
      this.around.resyncs.add(this.did, state.host, this.#refusals)
    })
  }

  // Words

  newState(host: string, sync: RepoState['sync']): RepoState {
    return { did: this.did, host, active: true, sync }
  }

  count(name: string, by = 1): void {
    this.around.counters.add(name, by)
  }

  time(): string {
    return new Date(this.around.now()).toISOString()
  }

  commitEvent(repo: RepoState, changes: readonly RecordChange[], origin: CommitEvent['origin']): CommitEvent {
    const { did, rev, commit } = repo
    return { type: 'commit', did, rev: rev!, commit: commit!, time: this.time(), changes, origin }
  }

  accountEvent(active: boolean, status: string | undefined, purge = false): AccountEvent {
    return {
      type: 'account',
      did: this.did,
      active,
      ...(!active && status !== undefined && { status }),
      ...(purge && { purge }),
      time: this.time(),
    }
  }

  // Authority

  /**
   * Whether the upstream may speak for the account: a relay or a trusted service may, a PDS only while the DID document names it.
   * @param fresh the document must have been fetched just now: a former host must not hide an account
   */
  hasAuthority(from: Upstream, fresh = false): true | Promise<boolean> {
    if (from.kind !== 'pds') return true
    const { identities } = this.around
    if (!fresh && identities.peek(this.did)?.pds === from.origin) return true
    return identities.resolve(this.did, fresh ? 0 : REFRESH_AGE).then(
      ({ pds }) => pds === from.origin,
      (error: unknown) => {
        // The directory is away: who was the host before is taken for the host.
        const away = error instanceof IdentityError && error.kind === 'unreachable'
        return away && (this.#state?.host ?? identities.peek(this.did)?.pds) === from.origin
      },
    )
  }

  refuseHost(mark: Mark): void {
    this.count('rejected.host-authority')
    this.write({ mark })
  }
}

/** Whether the error says that the DID has a tombstone. */
export function isGone(error: unknown): boolean {
  return error instanceof IdentityError && error.kind === 'gone'
}
