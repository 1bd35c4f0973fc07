import { recordProof as currentProof, repositoryProof, stateProof } from '../archive.ts'
import type { LineageGraph } from '../graph/graph.ts'
import type { ProofPolicy } from '../proof-policy.ts'
import type { Database } from '../schema.ts'
import type { SearchEngine } from '../search/engine.ts'
import { getProfile, searchActors } from './actors.ts'
import { listDigests, listRecordStates } from './audit.ts'
import { listCitations } from './citations.ts'
import { citedStates } from './cited-states.ts'
import { getCollection, listCollectionItems, listCollections } from './collections.ts'
import { getCredit } from './credit.ts'
import { diffVersions } from './diff-versions.ts'
import { getThread, listCorrections, listEndorsements, listIssues } from './discussion.ts'
import { getEntries, getEntry, listEntries, listMirrors } from './entries.ts'
import { listFollowers, listFollows } from './follows.ts'
import { listHeadStates, listHeads } from './heads.ts'
import { getImpact, getLineage } from './lineage.ts'
import { listNotices } from './notices.ts'
import { listNotifications } from './notifications.ts'
import { listOffers } from './offers.ts'
import { getState } from './pinned-state.ts'
import { listMutes } from './reader.ts'
import { resolveEntry } from './resolve.ts'
import { countFacets, countTimeline, searchEntries, suggest } from './search.ts'
import { getActorFeed, getTimeline } from './timeline.ts'
import { getTombstone } from './tombstone.ts'
import { listUpdates } from './updates.ts'
import { getVersion, listVersions } from './versions.ts'

type OnDatabase = (db: Database, params: never) => Promise<unknown>
type OnSearch = (db: Database, search: SearchEngine, params: never) => Promise<unknown>
type OnGraph = (db: Database, graph: LineageGraph, params: never) => Promise<unknown>
type Bound<Queries extends Record<string, OnDatabase>> = {
  readonly [Name in keyof Queries]: (params: Parameters<Queries[Name]>[1]) => ReturnType<Queries[Name]>
}
type BoundToOther<Queries extends Record<string, OnSearch | OnGraph>> = {
  readonly [Name in keyof Queries]: (params: Parameters<Queries[Name]>[2]) => ReturnType<Queries[Name]>
}

const onDatabase = {
  citedStates,
  diffVersions,
  getActorFeed,
  getCollection,
  getEntries,
  getEntry,
  getState,
  getThread,
  getTombstone,
  getVersion,
  listCitations,
  listCollectionItems,
  listCollections,
  listCorrections,
  listDigests,
  listEndorsements,
  listEntries,
  listFollowers,
  listFollows,
  listHeads,
  listHeadStates,
  listIssues,
  listMirrors,
  listMutes,
  listNotices,
  listNotifications,
  listOffers,
  listRecordStates,
  listVersions,
  repositoryProof: (db: Database, { did }: { did: string }) => repositoryProof(db, did),
  resolveEntry,
  searchActors,
}
const onSearch = { countFacets, countTimeline, getTimeline, searchEntries, suggest }
const onGraph = { getCredit, getImpact, getLineage, getProfile, listUpdates }

/** Every query, named as in the lexicons, ready to be asked. */
export type Queries = Bound<typeof onDatabase> &
  BoundToOther<typeof onSearch> &
  BoundToOther<typeof onGraph> & {
    /** A CAR that proves a record as it stands, or in a state that somebody pinned. */
    readonly recordProof: (params: { uri: string; cid?: string }) => Promise<Uint8Array>
  }

export function bindQueries(
  db: Database,
  search: SearchEngine,
  graph: LineageGraph,
  proofs: ProofPolicy,
): Queries {
  const database = Object.entries(onDatabase).map(([name, ask]) => [name, (params: never) => ask(db, params)])
  const searching = Object.entries(onSearch).map(([name, ask]) => [
    name,
    (params: never) => ask(db, search, params),
  ])
  const walking = Object.entries(onGraph).map(([name, ask]) => [
    name,
    (params: never) => ask(db, graph, params),
  ])
  const recordProof: Queries['recordProof'] = ({ uri, cid }) =>
    cid === undefined ? currentProof(db, uri) : stateProof(db, uri, cid, proofs)
  return Object.fromEntries([...database, ...searching, ...walking, ['recordProof', recordProof]]) as Queries
}
