import { nsid } from '@frost/lexicon'
import type { Child, FC } from 'hono/jsx'
import type { EntryView } from '../appview.ts'
import { entryPath } from '../dataset-facts.ts'
import { Layout } from '../design/layout.tsx'
import { loadEntry } from '../load.ts'
import { DatasetHead, type DatasetTab } from './dataset-tabs.tsx'
import type { C, SocialParts } from './parts.ts'
import { type Standing, standingOn } from './standing.ts'

/** A dataset, as pages about it need it, and what whoever looks has said of it. */
export interface DatasetContext {
  readonly entry: EntryView
  readonly standing: Standing
  readonly path: string
}

export async function datasetOf(c: C, { appview }: SocialParts): Promise<DatasetContext> {
  const { actor, rkey } = c.req.param() as { actor: string; rkey: string }
  const entry = await loadEntry(appview, `at://${actor}/${nsid('dataset.entry')}/${rkey}`)
  return {
    entry,
    standing: await standingOn(appview, c.get('viewer')?.did, entry.uri),
    path: entryPath(entry.author, entry.uri),
  }
}

/** The frame of a page that is about a dataset. */
export const DatasetFrame: FC<{
  dataset: DatasetContext
  current: DatasetTab
  title: string
  scripts?: readonly string[]
  children?: Child
}> = ({ dataset: { entry, standing }, current, title, scripts, children }) => (
  <Layout
    title={`${title}: ${entry.record.title} – FROST`}
    styles={['form.css', 'social.css']}
    scripts={scripts}
  >
    <DatasetHead entry={entry} standing={standing} current={current} title={title} />
    <div class="column stack">{children}</div>
  </Layout>
)
