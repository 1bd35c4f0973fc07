import { nsid } from '@frost/lexicon'
import type { Hono } from 'hono'
import type { AppView } from '../appview.ts'
import { entryPath } from '../dataset-facts.ts'
import { loadEntry } from '../load.ts'
import type { SiteEnv } from '../session/viewer.ts'
import { LineageDrawing } from './drawing.tsx'
import { loadLineage } from './graph.ts'
import { LineagePage } from './page.tsx'
import { readLineageState } from './state.ts'

/** Steps of the drawing in a dataset's page. */
const NEAR = 1

/** The lineage of a dataset as a page; `part=drawing` for a script that puts it into the dataset's page. */
export function lineageRoutes(app: Hono<SiteEnv>, appview: AppView, publicUrl: string): void {
  app.get('/d/:actor/:rkey/lineage', async c => {
    const { actor, rkey } = c.req.param()
    const query = new URL(c.req.url).searchParams
    const isPart = query.get('part') === 'drawing'
    const state = readLineageState(query, isPart ? NEAR : undefined)
    const entry = await loadEntry(appview, `at://${actor}/${nsid('dataset.entry')}/${rkey}`)
    const path = entryPath(entry.author, entry.uri)
    const graph = await loadLineage(appview, entry.uri, state)
    if (isPart) return c.html(<LineageDrawing graph={graph} state={state} path={`${path}/lineage`} />)
    return c.html(<LineagePage publicUrl={publicUrl} entry={entry} path={path} graph={graph} state={state} />)
  })
}
