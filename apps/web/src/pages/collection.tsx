import { raw } from 'hono/html'
import type { FC } from 'hono/jsx'
import type { CollectionView, EntryView } from '../appview.ts'
import { DatasetTile } from '../design/dataset-item.tsx'
import { Layout } from '../design/layout.tsx'
import { Person } from '../design/parts.tsx'
import { plainText, renderMarkdown } from '../markdown.ts'
import { truncate } from '../text.ts'

export interface CollectionProps {
  readonly publicUrl: string
  readonly path: string
  readonly collection: CollectionView
  readonly entries: readonly EntryView[]
}

/** A curator's list. */
export const CollectionPage: FC<CollectionProps> = ({ publicUrl, path, collection, entries }) => {
  const { record, author } = collection
  return (
    <Layout
      title={`${record.title} – FROST`}
      description={truncate(plainText(record.description ?? ''), 300)}
      canonical={publicUrl + path}
    >
      <header class="dataset-head">
        <h1>{record.title}</h1>
        <div class="meta">
          <span>a collection by</span>
          <Person did={author.did} handle={author.handle} name={author.displayName} />
        </div>
        {record.description && <div class="prose">{raw(renderMarkdown(record.description))}</div>}
      </header>
      <div class="grid">
        {entries.map(entry => (
          <DatasetTile entry={entry} />
        ))}
      </div>
    </Layout>
  )
}
