import { frost, nsid, rkeyOf } from '@frost/lexicon'
import type { Hono } from 'hono'
import { type AppView, Refused, type VersionView } from '../appview.ts'
import { entryPath } from '../dataset-facts.ts'
import { loadEntry } from '../load.ts'
import type { SiteEnv } from '../session/viewer.ts'
import { type Difference, DiffPage, NOW } from './diff-page.tsx'

const MOST_VERSIONS = 100

/** The differences of two versions: those chosen, else the latest two, else the latest and the description as it is now. */
export function versionRoutes(app: Hono<SiteEnv>, appview: AppView): void {
  app.get('/d/:actor/:rkey/diff', async c => {
    const { actor, rkey } = c.req.param()
    const entry = await loadEntry(appview, `at://${actor}/${nsid('dataset.entry')}/${rkey}`)
    const { versions } = (await appview.query(frost.dataset.listVersions, {
      entry: entry.uri,
      limit: MOST_VERSIONS,
    })) as unknown as { versions: VersionView[] }
    const keys = versions.map(({ uri }) => rkeyOf(uri))
    const { from = keys[1] ?? keys[0] ?? NOW, to = keys.length > 1 ? keys[0]! : NOW } = c.req.query()
    const props = { entry, versions, path: entryPath(entry.author, entry.uri), from, to }
    const uriOf = (key: string) => (key === NOW ? entry.uri : versions[keys.indexOf(key)]?.uri)
    const [first, second] = [uriOf(from), uriOf(to)]
    if (!first || !second) {
      const problem = `There is no version '${(first ? to : from).slice(0, 60)}' of this dataset: choose two of the list.`
      return c.html(<DiffPage {...props} problem={problem} />, 404)
    }
    try {
      const difference = (await appview.query(frost.dataset.diffVersions, {
        from: first,
        to: second,
      })) as Difference
      return c.html(<DiffPage {...props} difference={difference} />)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return c.html(<DiffPage {...props} problem={error.message} />, 400)
    }
  })
}
