import type { FC } from 'hono/jsx'
import type { CollectionView } from '../appview.ts'
import { Labelled } from '../labels/labelled.tsx'
import { excerpt } from '../markdown.ts'
import { plural, truncate } from '../text.ts'
import { collectionPath } from './places.ts'

/** A collection in a grid. */
export const CollectionTile: FC<{ collection: CollectionView }> = ({
  collection: { uri, author, record, counts, labels },
}) => (
  <article class="card tile">
    <Labelled labels={labels} what="collection" author={author.did} href={collectionPath(uri)}>
      <h2 class="tile-title">
        <a href={collectionPath(uri)}>{record.title}</a>
      </h2>
      {record.description && <p class="soft small clamp">{truncate(excerpt(record.description), 200)}</p>}
      <p class="soft small">{plural(counts?.items ?? 0, 'dataset')}</p>
    </Labelled>
  </article>
)
