/** What each page needs from the AppView, asked for at once where it can be. */

import { frost, nsid } from '@frost/lexicon'
import {
  type AppView,
  type CollectionView,
  type EntryView,
  type HeadState,
  type HeadView,
  type MirrorView,
  type OfferView,
  type ProfileView,
  Refused,
  type VersionView,
} from './appview.ts'
import type { HeadWithMoves } from './design/heads.tsx'
import type { Model } from './design/models.tsx'
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
  const [models, versions, heads, mirrors, offers, known] = await Promise.all([
    wholeModels(appview, entry.uri, entry.record.models),
    counts?.versions === 0 ? [] : loadVersions(appview, uri),
    counts?.heads === 0 ? [] : loadHeads(appview, uri),
    counts?.mirrors === 0 ? [] : loadMirrors(appview, uri),
    counts?.offers === 0 ? [] : loadOffers(appview, uri),
    loadKnown(appview, entry),
  ])
  return { entry, models, versions, heads, mirrors, offers, known }
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

/** @throws Refused where the version is one of another dataset */
export async function loadVersion(appview: AppView, entryUri: string, versionUri: string) {
  const [{ entry }, { version }] = await Promise.all([
    appview.query(frost.dataset.getEntry, { uri: entryUri }) as Promise<unknown> as Promise<{
      entry: EntryView
    }>,
    appview.query(frost.dataset.getVersion, { uri: versionUri }) as Promise<unknown> as Promise<{
      version: VersionView
    }>,
  ])
  if (version.record.dataset !== entry.uri)
    throw new Refused('VersionNotFound', `'${versionUri}' is no version of '${entry.uri}'`)
  return { entry, version }
}

/**
 * Models of a dataset; those that stand in records of their own in their place.
 * @param pinned whether the state that is referred to is meant, or else what the record says now
 */
export async function wholeModels(
  appview: AppView,
  entry: string,
  models: readonly Model[] = [],
  pinned = false,
): Promise<readonly Model[]> {
  return Promise.all(
    models.map(async model => {
      const { uri, cid } = ((model as { ref?: unknown }).ref ?? {}) as { uri?: string; cid?: string }
      if (!uri?.includes(`/${nsid('dataset.model')}/`) || !cid) return model
      // Only its own account's word counts for a dataset.
      if (uri.split('/')[2] !== entry.split('/')[2]) return model
      try {
        const then = await stateOf(appview, uri, cid)
        const isNewer = then.currentCid !== undefined && then.currentCid !== cid
        const { record } = isNewer && !pinned ? await stateOf(appview, uri, then.currentCid!) : then
        return record?.dataset === entry ? ((record.model as Model | undefined) ?? model) : model
      } catch (error) {
        if (error instanceof Refused) return model
        throw error
      }
    }),
  )
}

async function stateOf(appview: AppView, uri: string, cid: string) {
  return (await appview.query(frost.dataset.getState, { uri, cid })) as {
    currentCid?: string
    record?: Readonly<Record<string, unknown>>
  }
}

/** The entry in the state that a version describes; as it is now, where that state was not kept. */
export async function describedEntry(
  appview: AppView,
  entry: EntryView,
  { record }: VersionView,
): Promise<EntryView> {
  const { cid } = record.entry
  if (cid === entry.cid) return entry
  const { record: then } = await stateOf(appview, entry.uri, cid)
  return then ? { ...entry, record: then as unknown as EntryView['record'] } : entry
}

/** Heads that are shown, and moves of each before the one that stands. */
const MOST_HEADS = 24
const MOST_MOVES = 5

async function loadHeads(appview: AppView, uri: string): Promise<HeadWithMoves[]> {
  const { heads } = (await appview.query(frost.dataset.listHeads, {
    entry: uri,
    limit: MOST_HEADS,
  })) as unknown as { heads: HeadView[] }
  return Promise.all(
    heads.map(async head => {
      if (!head.moves) return { head, moves: [] }
      const { states } = (await appview.query(frost.dataset.listHeadStates, {
        head: head.uri,
        limit: MOST_MOVES + 1,
      })) as unknown as { states: HeadState[] }
      return { head, moves: states.filter(({ until }) => until !== undefined) }
    }),
  )
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
