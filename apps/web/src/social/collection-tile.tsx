import type { FC } from 'hono/jsx'
import type { CollectionView } from '../appview.ts'
import { plainText } from '../markdown.ts'
import { plural, truncate } from '../text.ts'
import { collectionPath } from './places.ts'

/** A collection in a grid. */
export const CollectionTile: FC<{ collection: CollectionView }> = ({
  collection: { uri, record, counts },
}) => (
  <article class="card tile">
    <h2 class="tile-title">
      <a href={collectionPath(uri)}>{record.title}</a>
    </h2>
    {record.description && <p class="soft small clamp">{truncate(plainText(record.description), 200)}</p>}
    <p class="soft small">{plural(counts?.items ?? 0, 'dataset')}</p>
  </article>
)
