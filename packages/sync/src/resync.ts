import { Share } from './budget.ts'
import { cidToText } from './cid.ts'
import type { Commits } from './commits.ts'
import type { Mark } from './cursor.ts'
import type { RecordChange } from './events.ts'
import { HttpError } from './http.ts'
import { type Identity, IdentityError } from './identity.ts'
import type { ResyncOutcome } from './resync-queue.ts'
import { type HostAnswer, hostAnswerOf, PdsClient, type Snapshot } from './snapshot.ts'
import type { Standing } from './standing.ts'
import type { RepoState } from './store.ts'
import { REFRESH_AGE } from './surroundings.ts'
import { isGone, type Tracked } from './tracked.ts'

/** Records' changes in one event. */
const MAX_CHANGES = 200
/** Effects on their way into the store, above which a large difference waits. */
const MAX_QUEUED = 64

type Outcome =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'fetched'; readonly snapshot: Snapshot }
  | Extract<HostAnswer, { kind: 'inactive' | 'absent' }>

/** Brings a repository back to the state that its host holds. */
export class Resync {
  readonly #tracked: Tracked
  readonly #standing: Standing
  readonly #commits: Commits

  constructor(tracked: Tracked, standing: Standing, commits: Commits) {
    this.#tracked = tracked
    this.#standing = standing
    this.#commits = commits
  }

  /**
   * One attempt.
   * @param host where the account is thought to live; if it lives elsewhere, that is said and nothing fetched yet
   */
  async attempt(host: string): Promise<ResyncOutcome> {
    const tracked = this.#tracked
    const { counters, onError, stopping, memory: all } = tracked.around
    const memory = new Share(all, all.most / 4)
    const give = () => memory.giveBack()
    try {
      if (!(await tracked.ask(() => isDue(tracked.state)))) return { kind: 'done' }
      const identity = await this.#identity()
      if (identity !== 'gone' && identity.pds !== host) return { kind: 'elsewhere', host: identity.pds! }
      const state = await tracked.ask(() => {
        if (!isDue(tracked.state)) return undefined
        tracked.write({ repo: { ...tracked.state!, sync: 'in-progress' } })
        return tracked.state
      })
      if (!state) return { kind: 'done' }
      const { changes } = this.#standing
      const outcome =
        identity === 'gone' ? ({ kind: 'absent' } as const) : await this.#fetch(state, identity, memory)
      counters.add(`resync.${outcome.kind}`)
      await tracked.ask(() => this.#apply(outcome, changes === this.#standing.changes))
      // Until then its records are on their way into the store.
      if (outcome.kind === 'fetched') void tracked.drained().then(give, give)
      else give()
      return { kind: 'done' }
    } catch (error) {
      give()
      if (stopping.aborted) return { kind: 'failed' }
      counters.add('resync.failed')
      onError(error, { stage: 'resync', did: tracked.did, host })
      await tracked.ask(() => {
        if (tracked.state?.sync === 'in-progress')
          tracked.write({ repo: { ...tracked.state, sync: 'desynchronized' } })
        tracked.waiting.take()
      })
      const hostFailed = error instanceof HttpError && (error.status === 0 || error.status >= 500)
      return { kind: hostFailed ? 'host-failed' : 'failed' }
    }
  }

  async #identity(): Promise<Identity | 'gone'> {
    const { did, around } = this.#tracked
    try {
      const identity = await around.identities.resolve(did, REFRESH_AGE)
      void this.#standing.announce(identity)
      if (!identity.pds) throw new IdentityError('not-found', `'${did}' names no PDS that can be reached`)
      return identity
    } catch (error) {
      if (isGone(error)) return 'gone'
      throw error
    }
  }

  async #fetch(state: RepoState, identity: Identity, memory: Share): Promise<Outcome> {
    const { did, around } = this.#tracked
    const { identities, http, collections, proofs, maxRepoBytes, pace, now, stopping } = around
    const pds = new PdsClient(http, identity.pds!)
    try {
      if (state.commit !== undefined && (await pds.latestCommit(did)) === state.commit)
        return { kind: 'unchanged' }
      const limits = { maxBytes: maxRepoBytes, memory, pace }
      const options = { ...limits, collections, now: now(), ...(proofs && { proofs }) }
      return { kind: 'fetched', snapshot: await pds.snapshot(identity, identities, options, stopping) }
    } catch (error) {
      const answer = hostAnswerOf(error)
      if (answer?.kind === 'inactive' || answer?.kind === 'absent') return answer
      throw error
    }
  }

  /** @param current the account's standing did not change since the host was asked */
  async #apply(outcome: Outcome, current: boolean): Promise<void> {
    const tracked = this.#tracked
    const state = tracked.state!
    if (!state.active) {
      tracked.write({ repo: { ...state, sync: 'desynchronized' } })
      tracked.waiting.take()
      return
    }
    if (outcome.kind === 'absent' || outcome.kind === 'inactive') {
      tracked.write({ repo: { ...state, sync: 'desynchronized' } })
      tracked.waiting.take()
      if (!current) return tracked.around.resyncs.add(tracked.did, state.host)
      return this.#standing.set(
        false,
        outcome.kind === 'absent' ? 'deleted' : outcome.status,
        undefined,
        true,
      )
    }
    if (outcome.kind === 'unchanged') tracked.write({ repo: { ...state, sync: 'synchronized' } })
    else await this.applySnapshot(outcome.snapshot)
    const { deliveries, missed } = tracked.waiting.take()
    for (const { message, from, mark } of deliveries) {
      if (tracked.state!.sync !== 'synchronized') break
      if (message.type === 'commit') await this.#commits.commit(message, from, mark)
      else if (message.type === 'sync') await this.#commits.sync(message, from, mark)
    }
    if (missed && tracked.state!.sync === 'synchronized') tracked.desynchronize('overflow')
  }

  async #held(): Promise<ReadonlyMap<string, string>> {
    const tracked = this.#tracked
    await tracked.drained()
    return tracked.read(() => tracked.around.store.records(tracked.did))
  }

  /**
   * The difference between what is stored and what the repository holds, in bounded events.
   * @param isNew nothing of the repository is stored yet
   */
  async applySnapshot(
    snapshot: Snapshot,
    mark?: Mark,
    sync: RepoState['sync'] = 'synchronized',
    isNew = false,
  ): Promise<void> {
    const tracked = this.#tracked
    const { writer } = tracked.around
    const held = isNew ? new Map<string, string>() : await this.#held()
    const changes = difference(held, snapshot)
    for (const { malformed } of changes) if (malformed) tracked.count('malformed-records')
    const { formerKey, ...rest } = tracked.state!
    const repo: RepoState = {
      ...rest,
      rev: snapshot.rev,
      commit: cidToText(snapshot.commit),
      data: cidToText(snapshot.data),
      sync,
      ...(snapshot.formerKey && { formerKey: true as const }),
    }
    tracked.count('resynced')
    tracked.count('resynced-changes', changes.length)
    let from = 0
    for (; from + MAX_CHANGES < changes.length; from += MAX_CHANGES) {
      // Still in progress until the last part is stored.
      const part = changes.slice(from, from + MAX_CHANGES)
      tracked.write({ repo: tracked.state!, events: [tracked.commitEvent(repo, part, 'resync')] })
      if (writer.queued > MAX_QUEUED) await tracked.drained()
    }
    const last = changes.slice(from)
    const { head } = snapshot
    const event = tracked.commitEvent(repo, last, 'resync')
    tracked.write({
      repo,
      events: head ? [{ ...event, head }] : last.length === 0 ? [] : [event],
      mark,
    })
  }
}

function isDue(state: RepoState | undefined): boolean {
  return state?.active === true && state.sync !== 'synchronized'
}

function difference(held: ReadonlyMap<string, string>, { records }: Snapshot): RecordChange[] {
  const changes: RecordChange[] = []
  for (const [path, { collection, rkey, cid: binary, bytes, malformed }] of records) {
    const cid = cidToText(binary)
    const before = held.get(path)
    if (before === cid) continue
    const action = before === undefined ? 'create' : 'update'
    const change = { action, collection, rkey, cid, bytes } as const
    changes.push(malformed ? { ...change, malformed } : change)
  }
  for (const path of held.keys()) {
    if (records.has(path)) continue
    const slash = path.indexOf('/')
    changes.push({ action: 'delete', collection: path.slice(0, slash), rkey: path.slice(slash + 1) })
  }
  return changes
}
