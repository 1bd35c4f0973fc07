import { setTimeout as delay } from 'node:timers/promises'
import { CborError } from './cbor.ts'
import { cidToText } from './cid.ts'
import type { Counters } from './counters.ts'
import type { Mark } from './cursor.ts'
import type { AccountEvent, CommitEvent, RecordChange } from './events.ts'
import type { AccountMessage, CommitMessage, RepoMessage, SyncMessage } from './frame.ts'
import { type HttpClient, HttpError } from './http.ts'
import { type Identity, IdentityError, type IdentityResolver } from './identity.ts'
import type { ResyncQueue } from './resync-queue.ts'
import { type HostAnswer, hostAnswerOf, PdsClient, type Snapshot } from './snapshot.ts'
import type { EventStore, RepoState } from './store.ts'
import { readSync, VerificationError, type VerifiedCommit, verifyCommit } from './verify.ts'
import type { Effect, Writer } from './writer.ts'

/**
 * Where a message came from: the words of a PDS count for its own accounts only, those of a relay for all. A `trusted` service
 * verified already what it says.
 */
export interface Upstream {
  readonly url: string
  readonly kind: 'relay' | 'pds' | 'trusted'
  /** `https://host`. */
  readonly origin: string
}

export interface Delivery {
  readonly message: RepoMessage
  readonly from: Upstream
  readonly mark: Mark
}

/** What all repositories share. */
export interface Surroundings {
  readonly store: EventStore
  readonly writer: Writer
  readonly identities: IdentityResolver
  readonly http: HttpClient
  readonly resyncs: ResyncQueue
  readonly counters: Counters
  readonly collections: (nsid: string) => boolean
  readonly now: () => number
  readonly maxRepoBytes: number
  readonly onError: (error: unknown, context: Record<string, unknown>) => void
  readonly stopping: AbortSignal
  /** Takes bytes of messages that wait for a resync from the common budget; false if it is used up. */
  readonly reserve: (bytes: number) => boolean
  readonly release: (bytes: number) => void
}

const MAX_WAITING = 1000
/** A DID document younger than this is not fetched again because a signature or host did not fit. */
const REFRESH_AGE = 5000
const MAX_CHANGES = 200

/**
 * One repository: takes its messages one after the other and brings it from state to state.
 * https://atproto.com/specs/sync: desynchronized → in-progress → synchronized.
 */
export class Repository {
  readonly did: string
  readonly #around: Surroundings
  #state: RepoState | undefined
  #loaded = false
  #busy = false
  readonly #tasks: (() => void | Promise<void>)[] = []
  /** Effects on their way into the store. */
  #unstored = 0
  #waiting: Delivery[] = []
  #overflowed = false
  #announced = 0
  #background = 0

  constructor(did: string, around: Surroundings) {
    this.did = did
    this.#around = around
  }

  /** Whether it may be dropped from memory: all that is known is in the store. */
  get idle(): boolean {
    return !this.#busy && this.#unstored === 0 && this.#background === 0 && this.#waiting.length === 0
  }

  deliver(delivery: Delivery): void {
    this.#run(() => this.#handle(delivery), delivery.mark)
  }

  /** Follows the repository from now on, if it is not yet; resolves when that is stored. */
  track(host = ''): Promise<void> {
    return this.#ask(async () => {
      if (this.#state) return
      await this.#stored({ repo: this.#newState(host, 'desynchronized') })
      this.#around.resyncs.add(this.did, host)
    })
  }

  /** Whether it is followed. */
  tracked(): Promise<boolean> {
    return this.#ask(() => this.#state !== undefined)
  }

  /** Takes up after a restart what was not finished. */
  resume(): Promise<void> {
    return this.#ask(() => {
      const state = this.#state
      if (state?.active && state.sync !== 'synchronized') this.#around.resyncs.add(this.did, state.host)
    })
  }

  /** A list of heads names another commit than the stored one. */
  suspect(head: string): Promise<void> {
    return this.#ask(() => {
      const state = this.#state
      if (!state?.active || state.sync !== 'synchronized' || state.commit === head) return
      this.#desynchronize('head')
    })
  }

  /** A message of it could not be read: a genuine one may have been garbled on its way, the account's host tells. */
  garbled(from: Upstream, mark: Mark): void {
    this.#run(async () => {
      const state = this.#state
      if (!state?.active || state.sync !== 'synchronized') return this.#write({ mark })
      if (!(await this.#hasAuthority(from))) return this.#refuseHost(mark)
      this.#desynchronize('garbled', mark)
    }, mark)
  }

  /** What a host's list says of the account's standing. */
  standing(active: boolean, status: string | undefined, from: Upstream): Promise<void> {
    return this.#ask(async () => {
      if (this.#state && this.#state.active !== active && (await this.#hasAuthority(from, !active)))
        this.#setStanding(active, status)
    })
  }

  /**
   * Changes that their source vouches for; it says them in parts, so those of the newest rev may come again. What was verified
   * before them is no longer the head.
   */
  trusted(event: CommitEvent, mark: Mark): void {
    this.#run(() => {
      const { commit, data, formerKey, ...state } = this.#state ?? this.#newState('', 'synchronized')
      if (!state.active || (state.rev !== undefined && event.rev < state.rev)) {
        this.#count(state.active ? 'ignored.stale' : 'ignored.inactive')
        return this.#write({ mark })
      }
      if (state.sync !== 'synchronized') {
        // What is being fetched may be older than this: then it is fetched once more.
        if (state.sync === 'in-progress') this.#overflowed = true
        return this.#write({ mark })
      }
      const known = this.#state !== undefined
      this.#count('trusted')
      this.#write({ repo: { ...state, rev: event.rev }, events: [event], mark })
      if (!known) this.#introduce()
    }, mark)
  }

  /**
   * A whole state that a source read from its archive. One that is not newer than what is held changes nothing; of a repository
   * that is fetched anyway its host knows more.
   */
  restore(snapshot: Snapshot, mark: Mark): void {
    this.#run(async () => {
      const state = this.#state
      if (state) {
        const { active, sync, rev } = state
        if (!active || sync !== 'synchronized' || (rev !== undefined && snapshot.rev <= rev)) {
          this.#count('ignored.archived')
          return this.#write({ mark })
        }
      } else this.#write({ repo: this.#newState('', 'synchronized') })
      this.#count('restored')
      await this.#applySnapshot(snapshot, mark)
      if (!state) this.#introduce()
    }, mark)
  }

  /** One attempt to bring the repository back to the state that its PDS holds. */
  async resync(): Promise<'done' | 'host-failed' | 'failed'> {
    const { counters, onError, stopping } = this.#around
    const state = await this.#ask(() => {
      const state = this.#state
      if (!state?.active || state.sync === 'synchronized') return undefined
      this.#write({ repo: { ...state, sync: 'in-progress' } })
      return this.#state
    })
    if (!state) return 'done'
    this.#background++
    try {
      const outcome = await this.#fetch(state)
      counters.add(`resync.${outcome.kind}`)
      await this.#ask(() => this.#applyOutcome(outcome))
      return 'done'
    } catch (error) {
      if (stopping.aborted) return 'failed'
      counters.add('resync.failed')
      onError(error, { stage: 'resync', did: this.did, host: state.host })
      await this.#ask(() => {
        if (this.#state?.sync === 'in-progress')
          this.#write({ repo: { ...this.#state, sync: 'desynchronized' } })
        this.#dropWaiting()
      })
      return error instanceof HttpError && (error.status === 0 || error.status >= 500)
        ? 'host-failed'
        : 'failed'
    } finally {
      this.#background--
    }
  }

  /** Erases a deleted account if its deletion is confirmed and the grace is over; an unreachable host changes nothing. */
  async purgeIfConfirmed(before: string): Promise<void> {
    const { identities, http, counters } = this.#around
    let answer: HostAnswer
    try {
      const { pds } = await identities.resolve(this.did, 0)
      if (pds === undefined) return
      answer = await new PdsClient(http, pds).repoStatus(this.did)
    } catch (error) {
      if (!(error instanceof IdentityError) || error.kind !== 'gone') return
      answer = { kind: 'absent' }
    }
    await this.#ask(() => {
      const state = this.#state
      if (state?.deletedAt === undefined || state.deletedAt > before) return
      if (answer.kind === 'active') return this.#setStanding(true, undefined)
      if (answer.kind === 'inactive' && answer.status !== 'deleted')
        return this.#setStanding(false, answer.status)
      const { rev, commit, data, deletedAt, formerKey, ...rest } = state
      counters.add('purged')
      this.#write({
        repo: { ...rest, sync: 'synchronized' },
        events: [this.#accountEvent(false, 'deleted', true)],
      })
    })
  }

  // Messages

  #handle({ message, from, mark }: Delivery): void | Promise<void> {
    switch (message.type) {
      case 'commit':
        return this.#commit(message, from, mark)
      case 'sync':
        return this.#sync(message, from, mark)
      case 'identity':
        return this.#identity(mark)
      case 'account':
        return this.#account(message, from, mark)
    }
  }

  #commit(message: CommitMessage, from: Upstream, mark: Mark): void | Promise<void> {
    const state = this.#state
    if (!state) {
      if (message.operations.some(({ collection }) => this.#around.collections(collection)))
        return this.#adopt(message, from, mark)
      return mark.finish()
    }
    if (!state.active) {
      this.#count('ignored.inactive')
      return this.#write({ mark })
    }
    const allowed = this.#hasAuthority(from)
    if (allowed === true) return this.#commitInOrder(message, from, mark)
    return allowed.then(yes => (yes ? this.#commitInOrder(message, from, mark) : this.#refuseHost(mark)))
  }

  #commitInOrder(message: CommitMessage, from: Upstream, mark: Mark): void | Promise<void> {
    const state = this.#state!
    if (state.sync !== 'synchronized') return this.#wait({ message, from, mark })
    if (state.rev !== undefined && message.rev <= state.rev) {
      this.#count(message.rev === state.rev ? 'ignored.duplicate' : 'ignored.stale')
      return this.#write({ mark })
    }
    const previous = message.previousData === undefined ? undefined : cidToText(message.previousData)
    if (previous === undefined || message.tooBig) return this.#desynchronize('legacy', mark)
    if (message.since !== state.rev || previous !== state.data) return this.#desynchronize('chain', mark)
    const identity = this.#around.identities.peek(this.did)
    if (!identity?.key) return this.#verifyLater(message, mark)
    let verified: VerifiedCommit
    try {
      verified = this.#verify(message, identity)
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error
      if (error.reason === 'signature') return this.#verifyLater(message, mark)
      return this.#refuse(error, mark)
    }
    this.#accept(state, verified, mark)
  }

  /** The document is not at hand, or the key does not fit: fetched, once. */
  async #verifyLater(message: CommitMessage, mark: Mark): Promise<void> {
    const { identities, now } = this.#around
    try {
      const held = identities.peek(this.did)
      const identity =
        held?.key && now() - held.fetched < REFRESH_AGE ? held : await identities.resolve(this.did, 0)
      if (!identity.key || !identity.pds) {
        this.#count('ignored.no-key')
        return this.#desynchronize('no-key', mark)
      }
      this.#accept(this.#state!, this.#verify(message, identity), mark)
    } catch (error) {
      if (error instanceof VerificationError) return this.#refuse(error, mark)
      if (error instanceof IdentityError) return this.#desynchronize('identity', mark)
      throw error
    }
  }

  #verify(message: CommitMessage, identity: Identity): VerifiedCommit {
    const { now, collections } = this.#around
    return verifyCommit(message, identity.key!, { now: now(), collections })
  }

  #accept(state: RepoState, verified: VerifiedCommit, mark: Mark): void {
    const { collections } = this.#around
    const changes: RecordChange[] = []
    for (const { action, collection, rkey, cid, bytes, malformed } of verified.operations) {
      if (!collections(collection)) continue
      if (cid === undefined) changes.push({ action, collection, rkey })
      else {
        if (malformed) this.#count('malformed-records')
        const change = { action, collection, rkey, cid: cidToText(cid), bytes }
        changes.push(malformed ? { ...change, malformed } : change)
      }
    }
    const { formerKey, ...rest } = state
    const repo: RepoState = {
      ...rest,
      rev: verified.rev,
      commit: cidToText(verified.commit),
      data: cidToText(verified.data),
      sync: 'synchronized',
    }
    this.#count('verified')
    this.#write({
      repo,
      mark,
      events: changes.length === 0 ? [] : [this.#commitEvent(repo, changes, 'firehose')],
    })
  }

  /** First wanted write of a repository that was not followed: it is, once the commit proves genuine. */
  async #adopt(message: CommitMessage, from: Upstream, mark: Mark): Promise<void> {
    const { identities } = this.#around
    try {
      if (!(await this.#hasAuthority(from))) return this.#refuseHost(mark)
      let identity = await identities.resolve(this.did)
      let verified: VerifiedCommit | undefined
      for (;;) {
        if (!identity.key || !identity.pds) {
          this.#count('ignored.no-key')
          return mark.finish()
        }
        try {
          verified = this.#verify(message, identity)
        } catch (error) {
          if (!(error instanceof VerificationError)) throw error
          const stale = this.#around.now() - identity.fetched >= REFRESH_AGE
          if (error.reason === 'signature' && stale) {
            identity = await identities.resolve(this.did, 0)
            continue
          }
          this.#count(`rejected.${error.reason}`)
          // A genuine commit of the older protocol lacks what the proof needs: getRepo will tell.
          if (error.reason !== 'previous-data' && error.reason !== 'operations') return mark.finish()
        }
        break
      }
      this.#count('adopted')
      if (verified && message.since === undefined && message.previousData === undefined) {
        this.#accept(this.#newState(identity.pds, 'synchronized'), verified, mark)
      } else {
        this.#write({ repo: this.#newState(identity.pds, 'desynchronized'), mark })
        this.#around.resyncs.add(this.did, identity.pds)
      }
      this.#announce(identity)
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error
      if (error.kind !== 'unreachable') {
        this.#count(`ignored.identity-${error.kind}`)
        return mark.finish()
      }
      // The directory is away: remembered, and looked into as soon as it is back.
      this.#write({ repo: this.#newState('', 'desynchronized'), mark })
      this.#around.resyncs.add(this.did, '')
    }
  }

  async #sync(message: SyncMessage, from: Upstream, mark: Mark): Promise<void> {
    const state = this.#state
    if (!state) return mark.finish()
    if (!state.active) return this.#write({ mark })
    if (!(await this.#hasAuthority(from))) return this.#refuseHost(mark)
    if (this.#state!.sync !== 'synchronized') return this.#wait({ message, from, mark })
    try {
      const { cid } = readSync(message, this.#around.now())
      if (cidToText(cid) === this.#state!.commit) {
        this.#count('ignored.sync')
        return this.#write({ mark })
      }
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error
      return this.#refuse(error, mark)
    }
    this.#desynchronize('sync', mark)
  }

  #identity(mark: Mark): void {
    const { identities } = this.#around
    identities.forget(this.did)
    if (!this.#state) return mark.finish()
    this.#count('identities')
    // Handles need DNS: the repository's other messages do not wait for it, only the cursor does.
    this.#inBackground(async () => {
      try {
        this.#announce(await identities.resolve(this.did, 0), mark)
      } catch (error) {
        if (error instanceof IdentityError && error.kind === 'gone')
          await this.#ask(() => this.#setStanding(false, 'deleted', mark))
        else this.#write({ mark })
      }
    })
  }

  async #account(message: AccountMessage, from: Upstream, mark: Mark): Promise<void> {
    if (!this.#state) return mark.finish()
    const { active, status } = message
    if (!(await this.#hasAuthority(from, !active))) return this.#refuseHost(mark)
    this.#count('accounts')
    this.#setStanding(active, status, mark)
    // A relay may pass on what a former host said; the account's own host knows better.
    if (!active && from.kind !== 'pds' && (status === 'deactivated' || status === 'deleted')) this.#confirm()
  }

  // Standing and identity

  /**
   * Whether the upstream may speak for the account: a relay or a trusted service may, a PDS only while the DID document names it.
   * @param fresh the document must have been fetched just now: a former host must not hide an account
   */
  #hasAuthority(from: Upstream, fresh = false): true | Promise<boolean> {
    if (from.kind !== 'pds') return true
    const { identities } = this.#around
    if (!fresh && identities.peek(this.did)?.pds === from.origin) return true
    return identities.resolve(this.did, fresh ? 0 : REFRESH_AGE).then(
      ({ pds }) => pds === from.origin,
      // The directory is away: who was the host before is taken for the host.
      () => (this.#state?.host ?? identities.peek(this.did)?.pds) === from.origin,
    )
  }

  #refuseHost(mark: Mark): void {
    this.#count('rejected.host-authority')
    this.#write({ mark })
  }

  #setStanding(active: boolean, status: string | undefined, mark?: Mark): void {
    const state = this.#state!
    const { status: before, deletedAt, ...rest } = state
    if (state.active === active && before === (active ? undefined : status)) return this.#write({ mark })
    const time = new Date(this.#around.now()).toISOString()
    const repo: RepoState = active
      ? { ...rest, active, sync: 'desynchronized' }
      : {
          ...rest,
          active,
          ...(status !== undefined && { status }),
          ...(status === 'deleted' && { deletedAt: deletedAt ?? time }),
        }
    this.#write({ repo, mark, events: [this.#accountEvent(active, status)] })
    // While it was inactive its commits were not followed.
    if (active) this.#around.resyncs.add(this.did, state.host)
    else this.#dropWaiting()
  }

  /** Asks the account's own host whether it is really gone. */
  #confirm(): void {
    const { identities, http } = this.#around
    this.#inBackground(async () => {
      const { pds } = await identities.resolve(this.did, 0)
      if (pds === undefined) return
      const answer = await new PdsClient(http, pds).repoStatus(this.did)
      if (answer.kind === 'active')
        await this.#ask(() => {
          if (this.#state && !this.#state.active) this.#setStanding(true, undefined)
        })
    })
  }

  /** Host and handle of a repository of which only its records are known so far. */
  #introduce(): void {
    this.#inBackground(async () => this.#announce(await this.#around.identities.resolve(this.did)))
  }

  /** Stores host and handle, the handle once it is confirmed both ways. */
  #announce(identity: Identity, mark?: Mark): void {
    this.#inBackground(async () => {
      const handle = await this.#around.identities.handle(identity)
      await this.#ask(() => {
        const state = this.#state
        if (!state || identity.fetched < this.#announced) return this.#write({ mark })
        this.#announced = identity.fetched
        const { handle: before, ...rest } = state
        const named = handle === undefined ? {} : { handle }
        this.#write({
          repo: { ...rest, ...named, host: identity.pds ?? state.host },
          events: [{ type: 'identity', did: this.did, ...named, time: this.#time() }],
          mark,
        })
      })
    }, mark)
  }

  // Resync

  #desynchronize(reason: string, mark?: Mark): void {
    const state = this.#state!
    this.#count(`desynchronized.${reason}`)
    this.#write({ repo: { ...state, sync: 'desynchronized' }, mark })
    this.#around.resyncs.add(this.did, state.host)
  }

  #refuse(error: VerificationError, mark: Mark): void {
    this.#count(`rejected.${error.reason}`)
    this.#around.onError(error, { stage: 'verify', did: this.did, reason: error.reason })
    // A genuine commit may have been garbled on its way: the head at the account's host tells.
    this.#desynchronize('rejected', mark)
  }

  /** While the repository is being fetched its messages wait; before that they are part of what will be fetched. */
  #wait(delivery: Delivery): void {
    const { message, mark } = delivery
    if (this.#state!.sync === 'in-progress') {
      const size = 'blocks' in message ? message.blocks.length : 0
      if (this.#waiting.length < MAX_WAITING && this.#around.reserve(size)) this.#waiting.push(delivery)
      else this.#overflowed = true
    }
    // The state that makes a restart fetch the repository is stored before this: the message is finished.
    this.#write({ mark })
  }

  #takeWaiting(): Delivery[] {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { message } of waiting) this.#around.release('blocks' in message ? message.blocks.length : 0)
    return waiting
  }

  #dropWaiting(): void {
    this.#takeWaiting()
    this.#overflowed = false
  }

  async #fetch(state: RepoState): Promise<Outcome> {
    const { identities, http, collections, maxRepoBytes, now, stopping } = this.#around
    let identity: Identity
    try {
      identity = await identities.resolve(this.did, REFRESH_AGE)
    } catch (error) {
      if (error instanceof IdentityError && error.kind === 'gone') return { kind: 'absent' }
      throw error
    }
    this.#announce(identity)
    if (!identity.pds) throw new IdentityError('not-found', `'${this.did}' names no PDS that can be reached`)
    const pds = new PdsClient(http, identity.pds)
    try {
      if (state.commit !== undefined && (await pds.latestCommit(this.did)) === state.commit)
        return { kind: 'unchanged' }
      const options = { collections, maxBytes: maxRepoBytes, now: now() }
      return { kind: 'fetched', snapshot: await pds.snapshot(identity, identities, options, stopping) }
    } catch (error) {
      const answer = hostAnswerOf(error)
      if (answer?.kind === 'inactive' || answer?.kind === 'absent') return answer
      throw error
    }
  }

  async #applyOutcome(outcome: Outcome): Promise<void> {
    const state = this.#state!
    if (!state.active) {
      this.#write({ repo: { ...state, sync: 'desynchronized' } })
      return this.#dropWaiting()
    }
    if (outcome.kind === 'absent' || outcome.kind === 'inactive') {
      this.#write({ repo: { ...state, sync: 'desynchronized' } })
      this.#dropWaiting()
      return this.#setStanding(false, outcome.kind === 'absent' ? 'deleted' : outcome.status)
    }
    if (outcome.kind === 'unchanged') this.#write({ repo: { ...state, sync: 'synchronized' } })
    else await this.#applySnapshot(outcome.snapshot)
    const overflowed = this.#overflowed
    this.#overflowed = false
    for (const { message, from, mark } of this.#takeWaiting()) {
      const current = this.#state!
      if (current.sync !== 'synchronized') break
      await (message.type === 'commit'
        ? this.#commit(message, from, mark)
        : this.#handle({ message, from, mark }))
    }
    if (overflowed && this.#state!.sync === 'synchronized') this.#desynchronize('overflow')
  }

  /** The difference between what is stored and what the repository holds, in bounded events. */
  async #applySnapshot(snapshot: Snapshot, mark?: Mark): Promise<void> {
    const { store, writer } = this.#around
    await this.#drained(writer)
    const held = await this.#retry(() => store.records(this.did))
    const changes: RecordChange[] = []
    for (const [path, { collection, rkey, cid: binary, bytes, malformed }] of snapshot.records) {
      const cid = cidToText(binary)
      const before = held.get(path)
      if (before === cid) continue
      if (malformed) this.#count('malformed-records')
      const action = before === undefined ? 'create' : 'update'
      const change = { action, collection, rkey, cid, bytes } as const
      changes.push(malformed ? { ...change, malformed } : change)
    }
    for (const path of held.keys()) {
      if (snapshot.records.has(path)) continue
      const slash = path.indexOf('/')
      changes.push({ action: 'delete', collection: path.slice(0, slash), rkey: path.slice(slash + 1) })
    }
    const { formerKey, ...rest } = this.#state!
    const repo: RepoState = {
      ...rest,
      rev: snapshot.rev,
      commit: cidToText(snapshot.commit),
      data: cidToText(snapshot.data),
      sync: 'synchronized',
      ...(snapshot.formerKey && { formerKey: true as const }),
    }
    this.#count('resynced')
    this.#count('resynced-changes', changes.length)
    for (let from = 0; from + MAX_CHANGES < changes.length; from += MAX_CHANGES) {
      // Still in progress until the last part is stored.
      this.#write({
        repo: this.#state!,
        events: [this.#commitEvent(repo, changes.slice(from, from + MAX_CHANGES), 'resync')],
      })
      if (writer.queued > 64) await this.#drained(writer)
    }
    const rest_ = changes.slice(
      changes.length === 0 ? 0 : Math.floor((changes.length - 1) / MAX_CHANGES) * MAX_CHANGES,
    )
    this.#write({ repo, events: rest_.length === 0 ? [] : [this.#commitEvent(repo, rest_, 'resync')], mark })
  }

  // Helpers

  #newState(host: string, sync: RepoState['sync']): RepoState {
    return { did: this.did, host, active: true, sync }
  }

  #time(): string {
    return new Date(this.#around.now()).toISOString()
  }

  #commitEvent(
    repo: RepoState,
    changes: readonly RecordChange[],
    origin: CommitEvent['origin'],
  ): CommitEvent {
    const { did, rev, commit } = repo
    return { type: 'commit', did, rev: rev!, commit: commit!, time: this.#time(), changes, origin }
  }

  #accountEvent(active: boolean, status: string | undefined, purge = false): AccountEvent {
    return {
      type: 'account',
      did: this.did,
      active,
      ...(!active && status !== undefined && { status }),
      ...(purge && { purge }),
      time: this.#time(),
    }
  }

  #count(name: string, by = 1): void {
    this.#around.counters.add(name, by)
  }

  #write(effect: Effect): void {
    if (effect.repo) this.#state = effect.repo
    else if (!effect.mark && !effect.applied) return
    this.#unstored++
    const { applied } = effect
    this.#around.writer.add({
      ...effect,
      applied: () => {
        this.#unstored--
        applied?.()
      },
    })
  }

  #stored(effect: Effect): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#around.stopping.addEventListener('abort', () => reject(new Error('the consumer stops')), {
      once: true,
    })
    this.#write({ ...effect, applied: resolve })
    return promise
  }

  async #drained(writer: Writer): Promise<void> {
    await Promise.race([writer.drained(), this.#aborted()])
    this.#around.stopping.throwIfAborted()
  }

  #aborted(): Promise<void> {
    return new Promise(resolve =>
      this.#around.stopping.addEventListener('abort', () => resolve(), { once: true }),
    )
  }

  /** Runs a task in turn and gives its result. */
  #ask<T>(task: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#run(async () => {
        try {
          resolve(await task())
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  #run(task: () => void | Promise<void>, mark?: Mark): void {
    const guarded = mark ? () => this.#guarded(task, mark) : task
    this.#tasks.push(guarded)
    if (!this.#busy) void this.#loop()
  }

  async #loop(): Promise<void> {
    this.#busy = true
    try {
      if (!this.#loaded) {
        this.#state = await this.#retry(() => this.#around.store.repo(this.did))
        this.#loaded = true
      }
      for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
        const running = task()
        if (running) await running
      }
    } catch {
      // Only the end of the consumer interrupts: what was not done is done after the restart.
      this.#tasks.length = 0
    } finally {
      this.#busy = false
    }
  }

  /** A message whose handling failed for no reason of its own is never skipped: the repository is fetched again. */
  #guarded(task: () => void | Promise<void>, mark: Mark): void | Promise<void> {
    const failed = (error: unknown): void => {
      if (this.#around.stopping.aborted) return
      this.#count('failed')
      this.#around.onError(error, { stage: 'handle', did: this.did, seq: mark.seq })
      if (this.#state) this.#desynchronize('failed', mark)
      else mark.finish()
    }
    try {
      const running = task()
      return running ? running.catch(failed) : undefined
    } catch (error) {
      failed(error)
    }
  }

  #inBackground(work: () => Promise<void>, mark?: Mark): void {
    this.#background++
    work()
      .catch(error => {
        if (this.#around.stopping.aborted) return
        if (mark) this.#write({ mark })
        if (!(error instanceof IdentityError || error instanceof HttpError || error instanceof CborError))
          this.#around.onError(error, { stage: 'identity', did: this.did })
      })
      .finally(() => {
        this.#background--
      })
  }

  /** Reads of the store are tried until they succeed or the consumer stops. */
  async #retry<T>(read: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await read()
      } catch (error) {
        this.#around.stopping.throwIfAborted()
        this.#around.onError(error, { stage: 'read', did: this.did, attempt })
        await delay(Math.min(30_000, 100 * 2 ** Math.min(attempt, 10)), undefined, {
          signal: this.#around.stopping,
        })
      }
    }
  }
}

type Outcome =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'fetched'; readonly snapshot: Snapshot }
  | Extract<HostAnswer, { kind: 'inactive' | 'absent' }>
