import { follow, unfollow } from '@frost/client/follow'
import { Repository } from '@frost/client/repository'
import { definition } from '@frost/lexicon'
import type { Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { AppView } from '../appview.ts'
import type { WebConfig } from '../config.ts'
import { NO_READING } from '../labels/reading.ts'
import { MessagePage } from '../pages/message.tsx'
import { ResultsPage } from '../pages/results.tsx'
import { SavedSearchesPage } from '../pages/saved-searches.tsx'
import { SearchHelpPage } from '../pages/search-help.tsx'
import { SearchMapPage } from '../pages/search-map.tsx'
import { problemOf } from '../publish/writer.ts'
import { isFromForm, readSearch, savedQuery, searchAddress } from '../search-state.ts'
import type { Sessions } from '../session/sessions.ts'
import { SessionEnded, type SiteEnv } from '../session/viewer.ts'
import { NoArea, polygonOf } from './geojson.ts'
import { countFacets, countTimeline, isFollowed, loadResults, publisherNames, savedSearches } from './load.ts'
import { offersFor } from './suggestions.ts'

const MOST_FILE_BYTES = 8_000_000
/** Seconds for which a browser may show offers again: one types, deletes and types. */
const FRESH_SECONDS = 60
const PATIENCE_MILLISECONDS = 5_000

/** Search: results, help, the large map, what is offered while one types, and searches that one follows. */
export function searchRoutes(
  app: Hono<SiteEnv>,
  config: WebConfig,
  appview: AppView,
  sessions: Sessions | undefined,
): void {
  const { publicUrl } = config
  const results = async (c: Context<SiteEnv>, state: ReturnType<typeof readSearch>, trouble?: string) => {
    const did = c.get('viewer')?.did
    const [found, followed] = await Promise.all([
      loadResults(appview, state),
      did ? isFollowed(appview, did, state) : false,
    ])
    const problem = trouble ?? ('problem' in found ? found.problem : undefined)
    return c.html(
      <ResultsPage {...found} publicUrl={publicUrl} state={state} isFollowed={followed} problem={problem} />,
      problem ? 400 : 200,
    )
  }

  app.get('/search', async c => {
    const query = new URL(c.req.url).searchParams
    const state = readSearch(query)
    return isFromForm(query) ? c.redirect(searchAddress(state), 302) : results(c, state)
  })
  app.get('/search/help', c => c.html(<SearchHelpPage publicUrl={publicUrl} />))
  app.get('/search/map', async c => {
    const query = new URL(c.req.url).searchParams
    const state = readSearch(query)
    const [timeline, facets] = await Promise.all([
      countTimeline(appview, state).catch(() => undefined),
      state.publisher ? countFacets(appview, state, ['publisher']).catch(() => []) : [],
    ])
    return c.html(<SearchMapPage state={state} timeline={timeline} names={publisherNames(facets)} />)
  })
  app.post(
    '/search/area',
    bodyLimit({
      maxSize: MOST_FILE_BYTES,
      onError: c =>
        results(
          c as Context<SiteEnv>,
          {},
          `The file is larger than ${MOST_FILE_BYTES / 1e6} MB: simplify the area first.`,
        ),
    }),
    async c => {
      const { file, ...fields } = await c.req.parseBody({ all: true })
      const query = new URLSearchParams()
      for (const [name, values] of Object.entries(fields))
        for (const value of [values].flat()) if (typeof value === 'string') query.append(name, value)
      const state = readSearch(query)
      if (!(file instanceof File) || file.size === 0)
        return results(c, state, 'No file was chosen: choose one with GeoJSON.')
      try {
        const polygon = polygonOf(await file.text())
        return c.redirect(searchAddress({ ...state, polygon }), 303)
      } catch (error) {
        if (!(error instanceof NoArea)) throw error
        return results(c, state, error.message)
      }
    },
  )
  app.get('/suggest', async c => {
    const offers = await offersFor(appview, c.req.query('q') ?? '', c.get('labels') ?? NO_READING)
    return c.json({ offers }, 200, { 'Cache-Control': `private, max-age=${FRESH_SECONDS}` })
  })
  if (!sessions) return

  app.get('/searches', async c => {
    const viewer = c.get('viewer')
    if (!viewer) return c.redirect('/sign-in?return_to=/searches', 302)
    const searches = await savedSearches(appview, viewer.did)
    return c.html(<SavedSearchesPage searches={searches} />)
  })
  app.post('/searches', async c => {
    const { query: posted = '', action, back } = (await c.req.parseBody()) as Record<string, string>
    const state = readSearch(new URLSearchParams(String(posted)))
    const isWanted = action !== 'unfollow'
    // What is given up is named as it was written, by whatever client.
    const query = isWanted ? savedQuery(state) : String(posted)
    if (query === '') return c.redirect('/search', 303)
    try {
      const { agent, did } = await sessions.acting(c)
      const subject = { id: query, subject: { $type: definition('savedQuery'), query } }
      const repository = new Repository({ agent })
      await (isWanted ? follow : unfollow)(repository, subject)
      await untilRead(
        async () => (await savedSearches(appview, did)).some(one => one.query === query) === isWanted,
      )
    } catch (error) {
      if (error instanceof SessionEnded) throw error
      return c.html(<MessagePage title="That did not work" message={problemOf(error)} />, 400)
    }
    return c.redirect(back === 'list' ? '/searches' : searchAddress(state), 303)
  })
}

/** Waits a little until the AppView has read what was written, so that the next page shows it. */
async function untilRead(isRead: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MILLISECONDS
  for (let step = 50; Date.now() < end; step = Math.min(step * 2, 800)) {
    if (await isRead().catch(() => false)) return
    await new Promise(resolve => setTimeout(resolve, step))
  }
}
