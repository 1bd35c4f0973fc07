/** Finds what a firehose did not tell: repositories from before it was followed, and heads whose last commit was lost. */
import type { Counters } from './counters.ts'
import { HttpError } from './http.ts'
import type { IdentityResolver } from './identity.ts'
import { inParallel } from './in-parallel.ts'
import type { ListedRepo, ServiceLists } from './listing.ts'
import type { Repository, Upstream } from './repository.ts'

export interface SweepOptions {
  readonly upstream: Upstream
  readonly lists: ServiceLists
  readonly identities: IdentityResolver
  readonly counters: Counters
  /** NSIDs of the wanted collections, to be listed one by one where the service can. */
  readonly collectionNames: readonly string[]
  readonly collections: (nsid: string) => boolean
  readonly repository: (did: string) => Repository
  /** Heads of known repositories are compared too, not only unknown ones found. */
  readonly compareHeads: boolean
  readonly signal: AbortSignal
  readonly mostRepos: number
}

/**
 * Goes once through what the service lists.
 * @throws HttpError where the service fails; what was found until then is kept
 */
export async function sweep(options: SweepOptions): Promise<void> {
  const { upstream, counters } = options
  counters.add('sweeps')
  if (upstream.kind === 'relay') {
    const whole = await sweepCollections(options)
    if (whole && !options.compareHeads) return
  }
  const { lists, signal, mostRepos } = options
  for await (const page of lists.repos({ signal, mostRepos })) {
    await inParallel(page, repo => compare(repo, options))
  }
}

/** Follows every repository that has wanted records; false where the relay cannot list by collection. */
async function sweepCollections(options: SweepOptions): Promise<boolean> {
  const { lists, collectionNames, signal, mostRepos, repository } = options
  try {
    for (const name of collectionNames) {
      for await (const page of lists.reposByCollection(name, { signal, mostRepos })) {
        await inParallel(page, did => repository(did).track())
      }
    }
    return collectionNames.length > 0
  } catch (error) {
    if (error instanceof HttpError && [400, 404, 501].includes(error.status)) return false
    throw error
  }
}

async function compare({ did, head, active, status }: ListedRepo, options: SweepOptions): Promise<void> {
  const { upstream, lists, identities, collections, signal } = options
  const repository = () => options.repository(did)
  if (await repository().tracked()) {
    await repository().listed(active, status, head, upstream)
    return
  }
  if (!active) return
  try {
    const identity = await identities.resolve(did)
    if (identity.pds === undefined || (upstream.kind === 'pds' && identity.pds !== upstream.origin)) return
    const host = upstream.kind === 'pds' ? lists : lists.at(identity.pds)
    if ((await host.collections(did, signal)).some(collections)) await repository().track(identity.pds)
  } catch (error) {
    // One account's directory entry or host is away: the next sweep or its next commit finds it.
    signal.throwIfAborted()
    options.counters.add('sweep.unreachable')
    if (!(error instanceof Error)) throw error
  }
}
