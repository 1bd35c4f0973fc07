import { cidToText } from './cid.ts'
import type { Mark } from './cursor.ts'
import type { CommitEvent, RecordChange, SignedHead } from './events.ts'
import type { CommitMessage, SyncMessage } from './frame.ts'
import { type Identity, IdentityError } from './identity.ts'
import type { Standing } from './standing.ts'
import type { RepoState } from './store.ts'
import { type Delivery, REFRESH_AGE, type Upstream } from './surroundings.ts'
import type { Tracked } from './tracked.ts'
import { readSync, VerificationError, type VerifiedCommit, verifyCommit } from './verify.ts'

/** What becomes of a repository's `#commit` and `#sync` messages. https://atproto.com/specs/sync#validating-commits */
export class Commits {
  readonly #tracked: Tracked
  readonly #standing: Standing

  constructor(tracked: Tracked, standing: Standing) {
    this.#tracked = tracked
    this.#standing = standing
  }

  commit(message: CommitMessage, from: Upstream, mark: Mark): void | Promise<void> {
    const tracked = this.#tracked
    const { state } = tracked
    if (!state) {
      if (message.operations.some(({ collection }) => tracked.around.collections(collection)))
        return this.#adopt(message, from, mark)
      return mark.finish()
    }
    if (!state.active) {
      tracked.count('ignored.inactive')
      return tracked.write({ mark })
    }
    const allowed = tracked.hasAuthority(from)
    if (allowed === true) return this.#inOrder(message, from, mark)
    return allowed.then(yes => (yes ? this.#inOrder(message, from, mark) : tracked.refuseHost(mark)))
  }

  #inOrder(message: CommitMessage, from: Upstream, mark: Mark): void | Promise<void> {
    const tracked = this.#tracked
    const state = tracked.state!
    if (state.sync !== 'synchronized') return this.#wait({ message, from, mark })
    // What is known by another's word alone makes nothing stale that can be verified.
    if (state.data === undefined) return tracked.desynchronize('trusted', mark)
    if (state.rev !== undefined && message.rev <= state.rev) {
      tracked.count(message.rev === state.rev ? 'ignored.duplicate' : 'ignored.stale')
      return tracked.write({ mark })
    }
    const previous = message.previousData === undefined ? undefined : cidToText(message.previousData)
    if (previous === undefined || message.tooBig) return tracked.desynchronize('legacy', mark)
    if (message.since !== state.rev || previous !== state.data) return tracked.desynchronize('chain', mark)
    const identity = tracked.around.identities.peek(tracked.did)
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
    const tracked = this.#tracked
    const { identities, now } = tracked.around
    try {
      const held = identities.peek(tracked.did)
      const young = held?.key && now() - held.fetched < REFRESH_AGE
      const identity = young ? held : await identities.resolve(tracked.did, 0)
      if (!identity.key || !identity.pds) {
        tracked.count('ignored.no-key')
        return tracked.desynchronize('no-key', mark)
      }
      this.#accept(tracked.state!, this.#verify(message, identity), mark)
    } catch (error) {
      if (error instanceof VerificationError) return this.#refuse(error, mark)
      if (error instanceof IdentityError) return tracked.desynchronize('identity', mark)
      throw error
    }
  }

  #verify(message: CommitMessage, identity: Identity): VerifiedCommit {
    const { now, collections } = this.#tracked.around
    return verifyCommit(message, identity.key!, { now: now(), collections })
  }

  #accept(state: RepoState, verified: VerifiedCommit, mark: Mark): void {
    const tracked = this.#tracked
    const { collections } = tracked.around
    const changes: RecordChange[] = []
    for (const { action, collection, rkey, cid, bytes, malformed } of verified.operations) {
      if (!collections(collection)) continue
      if (cid === undefined) changes.push({ action, collection, rkey })
      else {
        if (malformed) tracked.count('malformed-records')
        const change = { action, collection, rkey, cid: cidToText(cid), bytes }
        changes.push(malformed ? { ...change, malformed } : change)
      }
    }
    const repo: RepoState = {
      ...(state.formerKey === undefined ? state : withoutFormerKey(state)),
      rev: verified.rev,
      commit: cidToText(verified.commit),
      data: cidToText(verified.data),
      sync: 'synchronized',
    }
    tracked.count('verified')
    tracked.write({ repo, mark, events: this.#events(repo, changes, this.#head(verified)) })
  }

  #events(repo: RepoState, changes: readonly RecordChange[], head: SignedHead | undefined): CommitEvent[] {
    const event = this.#tracked.commitEvent(repo, changes, 'firehose')
    if (head) return [{ ...event, head }]
    return changes.length === 0 ? [] : [event]
  }

  #head({ commit, blocks, writes }: VerifiedCommit): SignedHead | undefined {
    return this.#tracked.around.proofs && { commit: blocks.get(commit)!, nodes: blocks, writes }
  }

  /**
   * First wanted write of a repository that was not followed: it is from now on. A commit that cannot be verified may be a genuine
   * one that was garbled on its way: the account's host tells, and what it gives is verified whole.
   */
  async #adopt(message: CommitMessage, from: Upstream, mark: Mark): Promise<void> {
    const tracked = this.#tracked
    const { did, around } = tracked
    const { identities, resyncs } = around
    try {
      if (!(await tracked.hasAuthority(from))) return tracked.refuseHost(mark)
      let identity = await identities.resolve(did)
      let verified: VerifiedCommit | undefined
      for (;;) {
        if (!identity.key || !identity.pds) {
          tracked.count('ignored.no-key')
          return mark.finish()
        }
        try {
          verified = this.#verify(message, identity)
        } catch (error) {
          if (!(error instanceof VerificationError)) throw error
          const stale = around.now() - identity.fetched >= REFRESH_AGE
          if (error.reason === 'signature' && stale) {
            identity = await identities.resolve(did, 0)
            continue
          }
          tracked.count(`rejected.${error.reason}`)
        }
        break
      }
      tracked.count('adopted')
      if (verified && message.since === undefined && message.previousData === undefined) {
        this.#accept(tracked.newState(identity.pds, 'synchronized'), verified, mark)
      } else {
        tracked.write({ repo: tracked.newState(identity.pds, 'desynchronized'), mark })
        resyncs.add(did, identity.pds)
      }
      void this.#standing.announce(identity)
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error
      if (error.kind !== 'unreachable') {
        tracked.count(`ignored.identity-${error.kind}`)
        return mark.finish()
      }
      // The directory is away: remembered, and looked into as soon as it is back.
      tracked.write({ repo: tracked.newState('', 'desynchronized'), mark })
      resyncs.add(did, '')
    }
  }

  async sync(message: SyncMessage, from: Upstream, mark: Mark): Promise<void> {
    const tracked = this.#tracked
    if (!tracked.state) return mark.finish()
    if (!tracked.state.active) return tracked.write({ mark })
    if (!(await tracked.hasAuthority(from))) return tracked.refuseHost(mark)
    if (tracked.state.sync !== 'synchronized') return this.#wait({ message, from, mark })
    try {
      const { cid } = readSync(message, tracked.around.now())
      if (cidToText(cid) === tracked.state.commit) {
        tracked.count('ignored.sync')
        return tracked.write({ mark })
      }
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error
      return this.#refuse(error, mark)
    }
    tracked.desynchronize('sync', mark)
  }

  /** A message of it could not be read: a genuine one may have been garbled on its way, the account's host tells. */
  async garbled(from: Upstream, mark: Mark): Promise<void> {
    const tracked = this.#tracked
    if (!tracked.state?.active) return tracked.write({ mark })
    if (!(await tracked.hasAuthority(from))) return tracked.refuseHost(mark)
    if (tracked.state.sync === 'synchronized') return tracked.desynchronize('garbled', mark)
    // What is being fetched may be older than the message.
    if (tracked.state.sync === 'in-progress') tracked.waiting.miss()
    tracked.write({ mark })
  }

  #refuse(error: VerificationError, mark: Mark): void {
    const tracked = this.#tracked
    tracked.count(`rejected.${error.reason}`)
    tracked.around.onError(error, { stage: 'verify', did: tracked.did, reason: error.reason })
    // A genuine commit may have been garbled on its way: the head at the account's host tells.
    tracked.desynchronize('rejected', mark)
  }

  /** While the repository is being fetched its messages wait; before that they are part of what will be fetched. */
  #wait(delivery: Delivery): void {
    if (this.#tracked.state!.sync === 'in-progress') this.#tracked.waiting.add(delivery)
    // The state that makes a restart fetch the repository is stored before this: the message is finished.
    this.#tracked.write({ mark: delivery.mark })
  }
}

/** The present key signed: that a former one did before is over. */
function withoutFormerKey({ formerKey, ...state }: RepoState): RepoState {
  return state
}
