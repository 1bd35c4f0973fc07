import type { FC } from 'hono/jsx'
import { formatsOf } from '../dataset-facts.ts'
import { Layout } from '../design/layout.tsx'
import { Badges, Onward } from '../design/parts.tsx'
import { truncate } from '../text.ts'
import { Deed } from './deed.tsx'
import { NewsItem, To, textOf, wordsOf } from './news-item.tsx'
import { collectionPath, datasetPath, placeOf } from './places.ts'
import type { FeedItem } from './views.ts'

/** What happened to those and that which somebody follows. */
export const FeedPage: FC<{ items: readonly FeedItem[]; next?: string }> = ({ items, next }) => (
  <Layout title="Your feed – FROST" styles={['social.css']}>
    <div class="column stack">
      <header class="list-head">
        <h1>Your feed</h1>
        <nav class="meta" aria-label="Your feed">
          <a href="/following">What you follow</a>
        </nav>
      </header>
      {items.length === 0 && (
        <section class="card stack">
          <h2>Nothing here yet</h2>
          <p>
            Follow people, datasets, collections or searches, and what becomes of them is told here: versions,
            corrections, issues, new results.
          </p>
          <div class="actions">
            <a class="button" href="/search?sort=most-used">
              Datasets that are used most
            </a>
            <a class="button quiet" href="/people">
              Publishers
            </a>
          </div>
        </section>
      )}
      <ol class="plain news-list">
        {items.map(item => (
          <FeedEntry item={item} />
        ))}
      </ol>
      <Onward href={next && `/feed?cursor=${encodeURIComponent(next)}`}>Older →</Onward>
    </div>
  </Layout>
)

export const FeedEntry: FC<{ item: FeedItem }> = ({ item }) => {
  const { author, indexedAt, sortAt = indexedAt, entry, kind, record, uri, labels = [] } = item
  const description = kind === 'entry' ? textOf(entry?.record.description) : ''
  return (
    <NewsItem
      author={author}
      uri={uri}
      labels={[...labels, ...(entry?.labels ?? [])]}
      href={placeOf(uri, record, entry?.uri)}
      time={sortAt}
      words={wordsOf(description ? { description } : record)}
      note={<Via item={item} />}
    >
      <News item={item} />
      {kind === 'entry' && entry && (
        <Badges
          items={formatsOf(entry.record)
            .slice(0, 3)
            .map(text => ({ text, kind: 'strong' as const }))}
        />
      )}
    </NewsItem>
  )
}

const News: FC<{ item: FeedItem }> = ({ item: { uri, kind, entry, record } }) => {
  const dataset = entry?.uri
  const title = textOf(entry?.record.title) || 'a dataset'
  const here = placeOf(uri, record, dataset)
  const Dataset = () => <To href={dataset && datasetPath(dataset)}>{title}</To>
  switch (kind) {
    case 'entry':
      return (
        <>
          published <Dataset />
        </>
      )
    case 'head':
      return (
        <>
          moved <Dataset /> on
        </>
      )
    case 'mirror':
      return (
        <>
          announced a mirror of <Dataset />
        </>
      )
    case 'collection':
      return (
        <>
          began the collection <To href={here}>{truncate(textOf(record?.title), 120)}</To>
        </>
      )
    case 'collectionItem':
      return (
        <>
          put <Dataset /> into <To href={here}>a collection</To>
        </>
      )
    case 'citation':
      return (
        <>
          cited <Dataset />
        </>
      )
    default:
      return (
        <Deed kind={kind} record={record} here={here} Dataset={Dataset}>
          did something about <Dataset />
        </Deed>
      )
  }
}

/** What somebody follows that brought it, where it does not go without saying. */
const Via: FC<{ item: FeedItem }> = ({ item: { via, author, entry } }) => {
  if (!via || via === author.did || via === entry?.uri || via.startsWith('did:')) return null
  if (via.startsWith('at://'))
    return (
      <span>
        from <a href={collectionPath(via)}>a collection that you follow</a>
      </span>
    )
  const words = [...new URLSearchParams(via).values()].join(', ')
  return (
    <span>
      found by <a href={`/search?${via}`}>{truncate(words, 60) || 'a search that you follow'}</a>
    </span>
  )
}
