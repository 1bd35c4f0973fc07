import { frost } from '@frost/lexicon'
import { shownNameOf } from '../account-name.ts'
import { type AppView, type EntryView, Refused } from '../appview.ts'
import type { EntryForm } from './form.ts'
import type { Found } from './source-fields.tsx'

const MOST = 8

/** Datasets that somebody may mean by a few words. */
export async function findSources(appview: AppView, query: string): Promise<Found> {
  const words = query.trim().slice(0, 500)
  if (words === '') return { query: '', datasets: [] }
  const { entries } = await appview
    .query(frost.dataset.searchEntries, { q: words, limit: MOST, sort: 'relevance' })
    .catch((error: unknown) => {
      // A query that is none finds nothing, and what was typed can still be taken as it is.
      if (error instanceof Refused) return { entries: [] }
      throw error
    })
  const datasets = (entries as unknown as EntryView[]).map(({ uri, record, author }) => ({
    uri,
    title: String(record.title),
    owner: shownNameOf(author),
  }))
  return { query: words, datasets }
}

/** Titles of the datasets that a form names as sources, by at-uri. */
export async function titlesOf(
  appview: AppView,
  { sources }: EntryForm,
): Promise<ReadonlyMap<string, string>> {
  return titlesOfDatasets(
    appview,
    sources.map(({ ref }) => ref),
  )
}

/** The title of a dataset by its at-uri; undefined for other references. */
export async function titleOf(appview: AppView, ref: string): Promise<string | undefined> {
  return (await titlesOfDatasets(appview, [ref])).get(ref)
}

async function titlesOfDatasets(
  appview: AppView,
  refs: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const uris = [...new Set(refs.filter(ref => /^at:\/\/did:[^/]+\/[^/]+\/[^/]+$/.test(ref)))]
  if (uris.length === 0) return new Map()
  try {
    const { entries } = await appview.query(frost.dataset.getEntries, { uris: uris.slice(0, 25) })
    return new Map((entries as unknown as EntryView[]).map(({ uri, record }) => [uri, String(record.title)]))
  } catch {
    // A title is a comfort: without it the address is shown.
    return new Map()
  }
}
