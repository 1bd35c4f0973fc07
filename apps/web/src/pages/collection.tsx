import { raw } from 'hono/html'
import type { FC } from 'hono/jsx'
import type { CollectionView, EntryView } from '../appview.ts'
import { DatasetTile } from '../design/dataset-item.tsx'
import { FeedLink } from '../design/feed-link.tsx'
import { Layout } from '../design/layout.tsx'
import { Onward, Person } from '../design/parts.tsx'
import { feedOf } from '../feed-address.ts'
import { isCovered } from '../labels/cover.ts'
import { LabelBadges, Labelled } from '../labels/labelled.tsx'
import { excerpt, renderMarkdown } from '../markdown.ts'
import { viewer } from '../session/viewer.ts'
import { FollowButton } from '../social/follow-button.tsx'
import { plural, truncate } from '../text.ts'

export interface CollectionItem {
  readonly uri: string
  readonly record: { readonly note?: string }
  /** The dataset, where it is known here. */
  readonly entry?: EntryView
}

export interface CollectionProps {
  readonly publicUrl: string
  readonly path: string
  readonly collection: CollectionView
  readonly items: readonly CollectionItem[]
  readonly next?: string
  /** Whether whoever looks follows it. */
  readonly follows: boolean
}

/** A curator's list. */
export const CollectionPage: FC<CollectionProps> = props => {
  const { publicUrl, path, collection, items, next, follows } = props
  const { record, author, counts, uri } = collection
  const unknown = items.filter(({ entry }) => !entry).length
  const feed = feedOf({ collection: uri }, `News of ${record.title}`)
  const isCurator = viewer()?.did === author.did
  return (
    <Layout
      title={`${record.title} – FROST`}
      description={truncate(excerpt(record.description ?? ''), 300)}
      canonical={publicUrl + path}
      feed={feed}
      isCovered={isCovered(collection)}
      styles={['social.css']}
    >
      <header class="dataset-head">
        <h1>{record.title}</h1>
        <div class="meta">
          <span>a collection by</span>
          <Person did={author.did} handle={author.handle} name={author.displayName} />
          <FeedLink feed={feed} />
          <span>{plural(counts?.items ?? items.length, 'dataset')}</span>
        </div>
        <LabelBadges labels={collection.labels} />
        {record.description && (
          <Labelled labels={collection.labels} what="collection" author={author.did}>
            <div class="prose">{raw(renderMarkdown(record.description))}</div>
          </Labelled>
        )}
        <div class="social-bar">
          {!isCurator && (
            <FollowButton
              kind="record"
              subject={uri}
              name={record.title}
              follows={follows}
              followers={counts?.followers}
            />
          )}
          {isCurator && (
            <a class="button quiet" href={`${path}/edit`}>
              Edit
            </a>
          )}
        </div>
      </header>
      {items.length === 0 && (
        <p class="soft">
          Nothing is in it yet.{isCurator && ' On the page of a dataset, “Collect” puts it in here.'}
        </p>
      )}
      <h2 class="visually-hidden">Datasets</h2>
      <div class="grid">
        {items.map(({ entry, record: { note } }) =>
          entry ? (
            <div class="stack-tight">
              <DatasetTile entry={entry} />
              {note && <p class="small soft curator-note">{truncate(note, 300)}</p>}
            </div>
          ) : null,
        )}
      </div>
      {unknown > 0 && (
        <p class="soft">{plural(unknown, 'more dataset')} in it that this index does not know.</p>
      )}
      <Onward href={next && `${path}?cursor=${encodeURIComponent(next)}`}>More datasets →</Onward>
    </Layout>
  )
}
