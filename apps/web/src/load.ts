/** What each page needs from the AppView, asked for at once where it can be. */

import { frost, nsid } from '@frost/lexicon'
import type {
  AppView,
  CollectionView,
  EntryView,
  MirrorView,
  OfferView,
  ProfileView,
  VersionView,
} from './appview.ts'
import type { CollectionItem } from './pages/collection.tsx'
import { countFacets, search } from './search/load.ts'

/** Fills rows of two, three and four. */
const TILES = 12

export async function loadHome(appview: AppView) {
  const [service, newest, mostUsed, facets] = await Promise.all([
    appview.query(frost.service.describeService, {}),
    search(appview, { sort: 'newest' }, TILES),
    search(appview, { sort: 'most-used' }, TILES),
    countFacets(appview, {}, ['keyword', 'format', 'model', 'publisher']),
  ])
  const counts = service.counts as Record<string, number>
  const figures = [
    { name: 'datasets', count: counts[nsid('dataset.entry')] ?? 0 },
    { name: 'pinned versions', count: counts[nsid('dataset.version')] ?? 0 },
    { name: 'publishers', count: counts[nsid('actor.profile')] ?? 0 },
  ]
  return { figures, newest: newest.entries, mostUsed: mostUsed.entries.filter(isBuiltUpon), facets }
}

const isBuiltUpon = ({ counts }: EntryView) => (counts?.derived ?? 0) + (counts?.citations ?? 0) > 0

export async function loadDataset(appview: AppView, uri: string) {
  const entry = await loadEntry(appview, uri)
  const { counts } = entry
  // Most datasets have none of these: what the counts know is not asked.
  const [versions, mirrors, offers, known] = await Promise.all([
    counts?.versions === 0 ? [] : loadVersions(appview, uri),
    counts?.mirrors === 0 ? [] : loadMirrors(appview, uri),
    counts?.offers === 0 ? [] : loadOffers(appview, uri),
    loadKnown(appview, entry),
  ])
  return { entry, versions, mirrors, offers, known }
}

async function loadVersions(appview: AppView, uri: string): Promise<VersionView[]> {
  const { versions } = await appview.query(frost.dataset.listVersions, { entry: uri, limit: 50 })
  return versions as unknown as VersionView[]
}

async function loadMirrors(appview: AppView, uri: string): Promise<MirrorView[]> {
  const { mirrors } = await appview.query(frost.dataset.listMirrors, { entry: uri, limit: 50 })
  return mirrors as unknown as MirrorView[]
}

async function loadOffers(appview: AppView, uri: string): Promise<OfferView[]> {
  const { offers } = await appview.query(frost.dataset.listOffers, { entry: uri, limit: 25 })
  return offers as unknown as OfferView[]
}

export async function loadEntry(appview: AppView, uri: string): Promise<EntryView> {
  const { entry } = (await appview.query(frost.dataset.getEntry, { uri })) as unknown as { entry: EntryView }
  return entry
}

export async function loadVersion(appview: AppView, entryUri: string, versionUri: string) {
  const [{ entry }, { version }] = await Promise.all([
    appview.query(frost.dataset.getEntry, { uri: entryUri }) as Promise<unknown> as Promise<{
      entry: EntryView
    }>,
    appview.query(frost.dataset.getVersion, { uri: versionUri }) as Promise<unknown> as Promise<{
      version: VersionView
    }>,
  ])
  return { entry, version }
}

/** The datasets that a record refers to, so that links can carry titles. */
async function loadKnown(appview: AppView, { record }: EntryView): Promise<ReadonlyMap<string, EntryView>> {
  const MOST = 25
  const references = [...(record.derivedFrom ?? []), ...(record.relatedItems ?? [])].map(
    ({ ref }) => (ref as { uri?: string }).uri,
  )
  const uris = [...new Set(references.filter(uri => uri?.startsWith('at://')))].slice(0, MOST)
  if (uris.length === 0) return new Map()
  const { entries } = (await appview.query(frost.dataset.getEntries, { uris })) as unknown as {
    entries: EntryView[]
  }
  return new Map(entries.map(entry => [entry.uri, entry]))
}

export async function loadProfile(appview: AppView, actor: string, cursor: string | undefined) {
  const [profile, page] = await Promise.all([
    appview.query(frost.actor.getProfile, { actor }) as Promise<unknown> as Promise<ProfileView>,
    appview.query(frost.dataset.listEntries, {
      actor,
      limit: 24,
      ...(cursor && { cursor }),
    }) as Promise<unknown> as Promise<{ entries: EntryView[]; cursor?: string }>,
  ])
  return { profile, entries: page.entries, next: page.cursor }
}

export async function loadPeople(appview: AppView, q: string | undefined, cursor: string | undefined) {
  const page = await appview.query(frost.actor.searchActors, {
    ...(q && { q }),
    limit: 48,
    ...(cursor && { cursor }),
  })
  return page as unknown as { actors: ProfileView[]; cursor?: string }
}

export async function loadCollection(appview: AppView, uri: string, cursor?: string) {
  const [{ collection }, { items, cursor: next }] = await Promise.all([
    appview.query(frost.dataset.getCollection, { uri }) as Promise<unknown> as Promise<{
      collection: CollectionView
    }>,
    appview.query(frost.dataset.listCollectionItems, {
      collection: uri,
      limit: 100,
      ...(cursor && { cursor }),
    }) as Promise<unknown> as Promise<{ items: CollectionItem[]; cursor?: string }>,
  ])
  return { collection, items, next }
}
