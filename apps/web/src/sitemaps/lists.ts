import { frost } from '@frost/lexicon'
import { type AppView, type CollectionView, type EntryView, type ProfileView, Refused } from '../appview.ts'
import { entryPath } from '../dataset-facts.ts'
import { collectionPath } from '../social/places.ts'
import { profilePath } from '../social/profile-frame.tsx'

export interface Place {
  readonly path: string
  /** ISO 8601 time, where it is known. */
  readonly changed?: string
}

/** A part of a list, which may be empty, and where the next one begins; no cursor at the end. */
export interface Listed {
  readonly places: readonly Place[]
  readonly cursor?: string
}

/** Lists at most a hundred places with one question to the AppView. */
export type List = (cursor: string | undefined) => Promise<Listed>

/** Where a list of collections goes on: whose are next, where in those of the first, and where the people after them begin. */
interface CollectionsCursor {
  readonly curators: readonly string[]
  readonly within?: string
  readonly people?: string
}

/** The lists of an AppView: of whatever has a page of its own. */
export function listsOf(appview: AppView): Readonly<Record<string, List>> {
  const people = async (from: string | undefined) =>
    (await appview.query(frost.actor.searchActors, page(from))) as unknown as {
      actors: (ProfileView & { indexedAt?: string })[]
      cursor?: string
    }
  return {
    datasets: async from => {
      const { entries, cursor } = (await appview.query(frost.dataset.searchEntries, {
        sort: 'newest',
        ...page(from),
      })) as unknown as { entries: EntryView[]; cursor?: string }
      const places = entries.map(({ author, uri, indexedAt }) => ({
        path: entryPath(author, uri),
        changed: indexedAt,
      }))
      return { places, ...(cursor !== undefined && { cursor }) }
    },
    people: async from => {
      const { actors, cursor } = await people(from)
      const places = actors.map(actor => ({ path: profilePath(actor), ...changed(actor.indexedAt) }))
      return { places, ...(cursor !== undefined && { cursor }) }
    },
    collections: async from => {
      const at: CollectionsCursor = from === undefined ? { curators: [] } : JSON.parse(from)
      const [curator, ...rest] = at.curators
      if (curator === undefined) {
        const { actors, cursor } = await people(at.people)
        const curators = actors
          .filter(({ counts }) => ((counts as { collections?: number })?.collections ?? 0) > 0)
          .map(({ did }) => did)
        return { places: [], ...goingOn({ curators, people: cursor }) }
      }
      const { places, cursor } = await collectionsOf(appview, curator, at.within)
      const next =
        cursor === undefined
          ? { curators: rest, people: at.people }
          : { curators: at.curators, within: cursor, people: at.people }
      return { places, ...goingOn(next) }
    },
  }
}

async function collectionsOf(appview: AppView, actor: string, from: string | undefined): Promise<Listed> {
  try {
    const { collections, cursor } = (await appview.query(frost.dataset.listCollections, {
      actor,
      ...page(from),
    })) as unknown as { collections: (CollectionView & { indexedAt?: string })[]; cursor?: string }
    const places = collections.map(({ uri, indexedAt }) => ({
      path: collectionPath(uri),
      ...changed(indexedAt),
    }))
    return { places, ...(cursor !== undefined && { cursor }) }
  } catch (error) {
    // They may have gone since they were listed.
    if (error instanceof Refused && error.error === 'ActorNotFound') return { places: [] }
    throw error
  }
}

const goingOn = (next: { curators: readonly string[]; within?: string; people: string | undefined }) =>
  next.curators.length > 0 || next.people !== undefined ? { cursor: JSON.stringify(next) } : {}

const page = (cursor: string | undefined) => ({ limit: 100, ...(cursor !== undefined && { cursor }) })

const changed = (time: string | undefined) => (time ? { changed: time } : {})
