import { inParallel } from './in-parallel.ts'
import type { ServiceLists } from './listing.ts'
import type { RepoState } from './store.ts'

/** Accounts that a host must have here for its list to be asked; each of fewer is asked for. */
const LEAST = 3
const PAGE = 1000
/** Milliseconds after which the list of a host is left where it is: whoever lists slowly holds up all that wait for the comparison. */
const LONGEST = 120_000

export interface ComparedBy {
  /** DIDs whose documents may have changed since the hosts were told; undefined where that cannot be known. */
  readonly changed: () => Promise<ReadonlySet<string> | undefined>
  /** The account's host, as its document says now; undefined where it cannot be asked for. */
  readonly hostOf: (did: string) => Promise<string | undefined>
  readonly lists: (host: string) => ServiceLists
  /** Takes the head that the account's host lists for the one that is held; false where another is held meanwhile. */
  readonly confirm: (did: string, head: string) => Promise<boolean>
  readonly signal: AbortSignal
}

/**
 * Heads that a snapshot left, held against what each account's own host lists, a thousand in one answer. What differs, is not listed, or
 * is spoken of meanwhile is left to be asked for one by one.
 */
export class EarlierHeads {
  /** Hosts by DID, as the directory said when the snapshot was read. */
  readonly #hosts = new Map<string, string>()
  readonly #open = new Map<string, { readonly host: string; readonly commit: string }>()

  /** An account was brought by a snapshot; its host is known from the directory. */
  add(did: string, host: string): void {
    if (did.startsWith('did:plc:')) this.#hosts.set(did, host)
  }

  /** Before any upstream is heard: what the store holds unfinished, one after the other. */
  held({ did, host, commit, active, sync }: RepoState): void {
    if (active && sync === 'desynchronized' && commit !== undefined && this.#hosts.get(did) === host)
      this.#open.set(did, { host, commit })
  }

  /** All that is unfinished was held against what the snapshots brought. */
  begun(): void {
    this.#hosts.clear()
  }

  /** A message of the account has come: what its host lists may be from before it. */
  heard(did: string): void {
    this.#open.delete(did)
  }

  /** @returns the DIDs whose heads were confirmed */
  async compare(by: ComparedBy): Promise<ReadonlySet<string>> {
    const { lists, confirm, signal } = by
    const confirmed = new Set<string>()
    try {
      if (this.#open.size < LEAST || !(await this.#hostsHold(by))) return confirmed
      const counts = new Map<string, number>()
      for (const { host } of this.#open.values()) counts.set(host, (counts.get(host) ?? 0) + 1)
      await inParallel([...counts], async ([host, count]) => {
        if (count < LEAST) return
        try {
          await this.#compareAt(host, count, lists(host), signal, async (did, head) => {
            if (await confirm(did, head)) confirmed.add(did)
          })
        } catch {
          // Whether it is away or lists nothing: each account is asked for.
          signal.throwIfAborted()
        }
      })
      return confirmed
    } finally {
      this.#open.clear()
    }
  }

  /** Leaves those that are elsewhere now; false where that cannot be known. */
  async #hostsHold({ changed, hostOf }: ComparedBy): Promise<boolean> {
    const mayHave = await changed()
    if (!mayHave) return false
    const dids = [...mayHave].filter(did => this.#open.has(did))
    await inParallel(dids, async did => {
      if ((await hostOf(did)) !== this.#open.get(did)?.host) this.#open.delete(did)
    })
    return true
  }

  async #compareAt(
    host: string,
    count: number,
    lists: ServiceLists,
    signal: AbortSignal,
    confirm: (did: string, head: string) => Promise<void>,
  ): Promise<void> {
    let left = count
    // A large host of which little is known here is not read through: that would cost more than it spares.
    let pages = Math.ceil(count / 2)
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(LONGEST)])
    for await (const page of lists.repos({ signal: bounded, mostRepos: pages * PAGE })) {
      const same: Promise<void>[] = []
      for (const { did, head, active } of page) {
        const known = this.#open.get(did)
        if (known?.host !== host) continue
        this.#open.delete(did)
        left--
        if (active && head === known.commit) same.push(confirm(did, head))
      }
      await Promise.all(same)
      if (left <= 0 || --pages <= 0) return
    }
  }
}
