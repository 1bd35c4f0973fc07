import type { FC } from 'hono/jsx'
import type { EntryView } from '../appview.ts'
import { entryPath } from '../dataset-facts.ts'
import { ArchivedMark } from '../design/archived.tsx'
import { Person } from '../design/parts.tsx'
import { formatCount } from '../text.ts'
import { SocialBar } from './social-bar.tsx'
import type { Standing } from './standing.ts'

export type DatasetTab = 'data' | 'discussion' | 'issues' | 'corrections' | 'citations'

/** The pages of one dataset. */
export const DatasetTabs: FC<{ entry: EntryView; current: DatasetTab }> = ({ entry, current }) => {
  const path = entryPath(entry.author, entry.uri)
  const { comments = 0, openIssues = 0, corrections = 0 } = entry.counts ?? {}
  const tabs: readonly [tab: DatasetTab, text: string, href: string, count: number][] = [
    ['data', 'Dataset', path, 0],
    ['discussion', 'Discussion', `${path}/discussion`, comments],
    ['issues', 'Issues', `${path}/issues`, openIssues],
    ['corrections', 'Corrections', `${path}/corrections`, corrections],
    ['citations', 'Cited by', `${path}/citations`, 0],
  ]
  return (
    <nav class="page-tabs" aria-label="Pages of this dataset">
      {tabs.map(([tab, text, href, count]) => (
        <a href={href} aria-current={tab === current ? 'page' : undefined}>
          {text} {count > 0 && <span class="count">{formatCount(count)}</span>}
        </a>
      ))}
    </nav>
  )
}

/** The head of a page that is about a dataset and is not the dataset's own. */
export const DatasetHead: FC<{
  entry: EntryView
  standing: Standing
  current: DatasetTab
  title?: string
}> = ({ entry, standing, current, title }) => {
  const { record, author } = entry
  return (
    <header class="dataset-head">
      <p class="h1">
        <a href={entryPath(author, entry.uri)}>{record.title}</a>
      </p>
      <div class="meta">
        <Person did={author.did} handle={author.handle} name={author.displayName} />
        <ArchivedMark author={author} />
      </div>
      <SocialBar entry={entry} standing={standing} />
      <DatasetTabs entry={entry} current={current} />
      {title && <h1>{title}</h1>}
    </header>
  )
}
