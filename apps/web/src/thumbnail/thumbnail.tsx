import type { FC } from 'hono/jsx'
import type { EntryView } from '../appview.ts'
import { thumbnailPath } from './thumbnails.ts'

/** A dataset's picture in a list, where its title says what it is. Its place is kept while it comes, and where it does not. */
export const Thumbnail: FC<{ entry: EntryView; kind: 'tile' | 'result' }> = ({ entry, kind }) => {
  const path = thumbnailPath(entry)
  return path ? (
    <img
      class={`thumbnail ${kind}`}
      src={path}
      alt=""
      width={320}
      height={180}
      loading="lazy"
      decoding="async"
    />
  ) : null
}

/** The picture on the dataset's own page. */
export const PagePicture: FC<{ entry: EntryView }> = ({ entry }) => {
  const path = thumbnailPath(entry)
  return path ? (
    <figure class="card page-picture">
      <img
        class="thumbnail"
        src={path}
        alt={altOf(entry) ?? `What ${entry.record.title} looks like`}
        width={320}
        height={240}
        decoding="async"
      />
    </figure>
  ) : null
}

function altOf({ record }: EntryView): string | undefined {
  const { alt } = (record.image ?? {}) as { alt?: unknown }
  return typeof alt === 'string' && alt.trim() !== '' ? alt : undefined
}
