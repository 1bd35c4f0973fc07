/** A corpus of queries over whatever an AppView holds, and what of an answer does not depend on how the AppView came to know. */
import { nsid } from '@frost/lexicon'
import { askXrpc, XrpcAnswer } from '../stand.ts'

export interface Query {
  readonly name: string
  readonly params: Readonly<Record<string, string | readonly string[]>>
}

interface Held {
  readonly uri: string
  readonly did: string
  readonly collection: string
  readonly cid: string
  readonly json: string
}

/** Values that are told at most. */
const MOST_VALUES = 50
const STYLES = ['apa', 'bibtex', 'ris', 'csl-json', 'datacite', 'cff']

/** Every query about every record, account and identifier, and searches in their words, with filters and orders of all kinds. */
export function queriesOf(records: readonly Held[], handles: ReadonlyMap<string, string>): Query[] {
  const queries: Query[] = []
  const ask = (name: string, params: Query['params']) => queries.push({ name, params })
  const of = (name: string) => records.filter(({ collection }) => collection === nsid(name))
  for (const [place, { uri, json }] of of('dataset.entry').entries()) {
    const { title, identifiers, landingPage } = JSON.parse(json) as Record<string, never>
    ask('dataset.getEntry', { uri })
    if (place % 2 === 0) ask('dataset.listVersions', { entry: uri })
    else ask('graph.getLineage', { id: uri, direction: 'both', depth: '4' })
    // One of these in turn, so that the corpus stays within seconds.
    const others: [string, Query['params']][] = [
      ['graph.getImpact', { id: uri }],
      ['graph.listCitations', { subject: uri }],
      ['discussion.listIssues', { subject: uri }],
      ['discussion.listEndorsements', { subject: uri }],
      ['discussion.listCorrections', { subject: uri }],
      ['dataset.listMirrors', { entry: uri }],
      ['dataset.listOffers', { entry: uri }],
      ['dataset.listNotices', { subject: uri }],
      ['graph.listFollowers', { subject: uri }],
      ['dataset.listHeads', { entry: uri }],
      ['discussion.getThread', { uri }],
    ]
    ask(...others[place % others.length]!)
    if (place % 3 === 0)
      ask('graph.formatCitation', { uris: [uri], style: STYLES[(place / 3) % STYLES.length]! })
    for (const { value } of ((identifiers ?? []) as { scheme: string; value: string }[]).slice(0, 1))
      ask('dataset.resolveEntry', { id: value })
    if (landingPage && place % 2 === 0) ask('dataset.resolveEntry', { id: landingPage })
    const words = String(title).split(/\W+/).filter(Boolean)
    if (place % 5 === 0) ask('dataset.searchEntries', { q: words.slice(0, 2).join(' '), limit: '100' })
    if (place % 4 === 0) ask('dataset.suggest', { q: words[0]!.slice(0, 4), limit: String(MOST_VALUES) })
  }
  const versions = of('dataset.version')
  for (const { uri } of versions) ask('dataset.getVersion', { uri })
  for (const [place, { uri }] of versions.entries())
    if (place > 0 && place % 3 === 0) ask('dataset.diffVersions', { from: versions[place - 1]!.uri, to: uri })
  for (const { uri } of of('dataset.collection')) {
    ask('dataset.getCollection', { uri })
    ask('dataset.listCollectionItems', { collection: uri })
  }
  for (const [did, handle] of handles) {
    ask('actor.getProfile', { actor: did })
    ask('actor.getProfile', { actor: handle })
    ask('dataset.listEntries', { actor: did })
    ask('graph.getCredit', { actor: did })
    ask('graph.listFollows', { actor: did })
    ask('graph.listFollowers', { subject: did })
    ask('dataset.listCollections', { actor: did })
  }
  for (const collection of new Set(records.map(one => one.collection)))
    ask('service.listDigests', { collection, limit: '100' })
  for (const q of ['sea', 'temperature', 'climate', 'genome', 'imagery']) {
    ask('actor.searchActors', { q })
    ask('dataset.countFacets', { q, limit: String(MOST_VALUES) })
    ask('dataset.countTimeline', { q })
  }
  const filters: Query['params'][] = [
    { format: ['zarr'] },
    { format: ['parquet', 'csv'] },
    { license: ['CC-BY-4.0'] },
    { model: ['array'] },
    { bbox: '-20,30,40,60' },
    { from: '2000', until: '2020' },
    { q: 'sea surface temperature' },
  ]
  for (const filter of filters)
    for (const sort of ['relevance', 'newest', 'most-used'])
      ask('dataset.searchEntries', { ...filter, sort, limit: '100' })
  return queries
}

/** What an AppView answers, without what depends on when and by what way it came to know. */
export async function answerOf(url: string, { name, params }: Query): Promise<unknown> {
  try {
    const answer = timeless(await askXrpc(url, name, params)) as Answer
    const order = orders[name]
    return order ? order(answer, params) : answer
  } catch (error) {
    if (error instanceof XrpcAnswer) return { error: error.error, status: error.status }
    throw error
  }
}

// biome-ignore lint/suspicious/noExplicitAny: an answer of any query
type Answer = Record<string, any>

/** Of equals any may come first, where no order is promised. */
const orders: Record<string, (answer: Answer, params: Query['params']) => unknown> = {
  'dataset.searchEntries': (answer, { sort }) => {
    const entries = answer.entries as { record: { createdAt: string } }[]
    return {
      ...answer,
      entries: inOneOrder(entries),
      ...(sort === 'newest' && { times: entries.map(({ record }) => record.createdAt) }),
    }
  },
  // Any order in which sources come before what is made from them is right.
  'graph.getImpact': answer => ({ ...answer, steps: inOneOrder(answer.steps) }),
  'dataset.suggest': answer => ({ suggestions: alike(answer.suggestions, 'text') }),
  // A value is written as whoever came first wrote it; of the rarest values that are told, others may be as rare.
  'dataset.countFacets': answer => ({
    ...answer,
    facets: answer.facets.map((facet: Answer) => ({ ...facet, values: alike(facet.values, 'value') })),
  }),
}

function alike(list: readonly Answer[], field: string): string[] {
  const rarest = list.length < MOST_VALUES ? 0 : list.at(-1)!.count
  const told = list.filter(({ count }) => count === undefined || count > rarest)
  return inOneOrder(told.map(one => ({ ...one, [field]: one[field].toLowerCase() })))
}

const inOneOrder = (list: readonly unknown[]) => list.map(one => JSON.stringify(one)).sort()

/** Times of arrival, numbers of the log, what was seen to be edited or deleted, and pages that begin with such. */
const OF_HISTORY = new Set(['indexedAt', 'seq', 'cursor', 'edited', 'archived'])

function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !OF_HISTORY.has(key))
      .map(([key, inner]) => [key, key === 'state' && inner === 'deleted' ? 'unavailable' : timeless(inner)]),
  )
}
