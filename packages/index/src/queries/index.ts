import type { Database } from '../schema.ts'
import type { SearchEngine } from '../search/engine.ts'
import { getProfile, searchActors } from './actors.ts'
import { getCollection, listCollectionItems, listCollections } from './collections.ts'
import { getEntries, getEntry, getVersion, listEntries, listMirrors, listVersions } from './entries.ts'
import { listFollowers, listFollows } from './follows.ts'
import { resolveEntry } from './resolve.ts'
import { countFacets, searchEntries, suggest } from './search.ts'

type OnDatabase = (db: Database, params: never) => Promise<unknown>
type OnSearch = (db: Database, search: SearchEngine, params: never) => Promise<unknown>
type Bound<Queries extends Record<string, OnDatabase>> = {
  readonly [Name in keyof Queries]: (params: Parameters<Queries[Name]>[1]) => ReturnType<Queries[Name]>
}
type BoundToSearch<Queries extends Record<string, OnSearch>> = {
  readonly [Name in keyof Queries]: (params: Parameters<Queries[Name]>[2]) => ReturnType<Queries[Name]>
}

const onDatabase = {
  getCollection,
  getEntries,
  getEntry,
  getProfile,
  getVersion,
  listCollectionItems,
  listCollections,
  listEntries,
  listFollowers,
  listFollows,
  listMirrors,
  listVersions,
  resolveEntry,
  searchActors,
}
const onSearch = { countFacets, searchEntries, suggest }

/** Every query, named as in the lexicons, ready to be asked. */
export type Queries = Bound<typeof onDatabase> & BoundToSearch<typeof onSearch>

export function bindQueries(db: Database, search: SearchEngine): Queries {
  const database = Object.entries(onDatabase).map(([name, ask]) => [name, (params: never) => ask(db, params)])
  const searching = Object.entries(onSearch).map(([name, ask]) => [
    name,
    (params: never) => ask(db, search, params),
  ])
  return Object.fromEntries([...database, ...searching]) as Queries
}
