/** What an AppView says of some people, in numbers: the state before and after. */
import { AppView } from '@frost/client/appview'
import { nsid } from '@frost/lexicon'

export interface Count {
  readonly what: string
  readonly count: number
}

interface Profile {
  readonly handle: string
  readonly archived?: { readonly since: string; readonly lastHeard?: string }
  readonly counts?: Readonly<Record<string, number>>
}

type Entries = {
  readonly entries: readonly { readonly uri: string; readonly counts?: Readonly<Record<string, number>> }[]
  readonly cursor?: string
}

/** Where an account stands, as an AppView says. */
export async function standingOf(
  appviewUrl: string,
  did: string,
): Promise<Pick<Profile, 'handle' | 'archived'>> {
  const { handle, archived } = await ask<Profile>(appviewUrl, 'actor.getProfile', { actor: did })
  return { handle, ...(archived && { archived }) }
}

/**
 * Counts what belongs to the accounts, and what others made of it.
 * @param from a dataset whose lineage is counted
 */
export async function census(appviewUrl: string, dids: readonly string[], from: string): Promise<Count[]> {
  const sums = new Map<string, number>()
  const add = (what: string, count = 0) => sums.set(what, (sums.get(what) ?? 0) + count)
  for (const did of dids) {
    const { counts = {} } = await ask<Profile>(appviewUrl, 'actor.getProfile', { actor: did })
    add('datasets', counts.entries)
    add('versions', counts.versions)
    add('followers of the people', counts.followers)
    add('followed by them', counts.follows)
    add('citations', counts.citations)
    add('datasets that others made from theirs', counts.derived)
    for (let cursor: string | undefined; ; ) {
      const page = await ask<Entries>(appviewUrl, 'dataset.listEntries', {
        actor: did,
        limit: '100',
        ...(cursor && { cursor }),
      })
      for (const { counts: of = {} } of page.entries) {
        add('followers of the datasets', of.followers)
        add('mirrors', of.mirrors)
        add('comments', of.comments)
        add('in collections', of.collections)
      }
      cursor = page.cursor
      if (!cursor) break
    }
    add('found by search', await foundOf(appviewUrl, did))
  }
  const { nodes, edges } = await ask<{ nodes: unknown[]; edges: unknown[] }>(appviewUrl, 'graph.getLineage', {
    id: from,
    direction: 'both',
  })
  add('datasets in the lineage of GISTEMP', nodes.length)
  add('links of that lineage', edges.length)
  return [...sums].map(([what, count]) => ({ what, count }))
}

/** How many datasets an account has, and how many of them a search finds. */
export async function findable(
  appviewUrl: string,
  did: string,
): Promise<{ readonly datasets: number; readonly found: number }> {
  const { counts } = await ask<Profile>(appviewUrl, 'actor.getProfile', { actor: did })
  return { datasets: counts?.entries ?? 0, found: await foundOf(appviewUrl, did) }
}

async function foundOf(appviewUrl: string, did: string): Promise<number> {
  const params = { publisher: did, limit: '1' }
  return (await ask<{ total: number }>(appviewUrl, 'dataset.searchEntries', params)).total
}

/** The digests of all records that two AppViews hold are the same. */
export async function agree(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map(url => new AppView(url).describeService()))
  return JSON.stringify(one!.digests) === JSON.stringify(other!.digests)
}

async function ask<Answer>(url: string, name: string, params: Record<string, string>): Promise<Answer> {
  const response = await fetch(`${url}/xrpc/${nsid(name)}?${new URLSearchParams(params)}`, {
    signal: AbortSignal.timeout(20_000),
  })
  if (!response.ok) throw new Error(`${url} answers ${name} with ${response.status}`)
  return (await response.json()) as Answer
}
