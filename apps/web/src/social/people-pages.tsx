import type { FC } from 'hono/jsx'
import type { CollectionView, EntryView, ProfileView } from '../appview.ts'
import { entryPath } from '../dataset-facts.ts'
import { Onward, Person } from '../design/parts.tsx'
import { Labelled, type LabelledProps } from '../labels/labelled.tsx'
import { viewer } from '../session/viewer.ts'
import { plural, truncate } from '../text.ts'
import { CollectionTile } from './collection-tile.tsx'
import { FeedEntry } from './feed-page.tsx'
import { Moment } from './moment.tsx'
import { collectionPath } from './places.ts'
import { ProfileFrame, type ProfileFrameProps, profilePath } from './profile-frame.tsx'
import type { FeedItem } from './views.ts'

type Frame = Omit<ProfileFrameProps, 'current' | 'children'>

export interface FollowView {
  readonly uri: string
  readonly record: {
    readonly subject?: {
      readonly did?: string
      readonly uri?: string
      readonly query?: string
      readonly title?: string
    }
  }
  readonly indexedAt: string
  readonly actor?: ProfileView
  readonly entry?: EntryView
  readonly collection?: CollectionView
}

export const CollectionsPage: FC<Frame & { collections: readonly CollectionView[]; next?: string }> = ({
  collections,
  next,
  ...frame
}) => {
  const isSelf = viewer()?.did === frame.profile.did
  return (
    <ProfileFrame {...frame} current="collections">
      {isSelf && (
        <p class="actions">
          <a class="button quiet" href="/c/new">
            New collection
          </a>
        </p>
      )}
      {collections.length === 0 && <p class="soft">No collection yet.</p>}
      <div class="grid">
        {collections.map(collection => (
          <CollectionTile collection={collection} />
        ))}
      </div>
      <More path={`${profilePath(frame.profile)}/collections`} next={next} />
    </ProfileFrame>
  )
}

export const ActivityPage: FC<Frame & { items: readonly FeedItem[]; next?: string }> = ({
  items,
  next,
  ...frame
}) => (
  <ProfileFrame {...frame} current="activity">
    {items.length === 0 && <p class="soft">Nothing published yet.</p>}
    <ol class="plain news-list column">
      {items.map(item => (
        <FeedEntry item={item} />
      ))}
    </ol>
    <More path={`${profilePath(frame.profile)}/activity`} next={next} />
  </ProfileFrame>
)

export const FollowingPage: FC<Frame & { following: readonly FollowView[]; next?: string }> = ({
  following,
  next,
  ...frame
}) => (
  <ProfileFrame {...frame} current="following">
    {following.length === 0 && <p class="soft">Follows nothing yet.</p>}
    <ul class="plain rows column">
      {following.map(follow => (
        <li>
          <Labelled {...labelsOn(follow)}>
            <Followed follow={follow} />
          </Labelled>
          <span class="soft small">
            since <Moment time={follow.indexedAt} />
          </span>
        </li>
      ))}
    </ul>
    <More path={`${profilePath(frame.profile)}/following`} next={next} />
  </ProfileFrame>
)

/** What is said of what somebody follows. */
function labelsOn({ actor, entry, collection }: FollowView): Omit<LabelledProps, 'children'> {
  if (actor) return { labels: actor.labels, what: 'account', author: actor.did, href: profilePath(actor) }
  const view = entry ?? collection
  if (!view) return { what: 'search', author: '' }
  const href = entry ? entryPath(entry.author, entry.uri) : collectionPath(view.uri)
  return { labels: view.labels, what: entry ? 'dataset' : 'collection', author: view.author.did, href }
}

const Followed: FC<{ follow: FollowView }> = ({ follow: { actor, entry, collection, record } }) => {
  const { query, title, did, uri } = record.subject ?? {}
  if (actor) return <Person did={actor.did} handle={actor.handle} name={actor.displayName} />
  if (entry)
    return (
      <span>
        <a href={entryPath(entry.author, entry.uri)}>{entry.record.title}</a>{' '}
        <span class="badge">dataset</span>
      </span>
    )
  if (collection)
    return (
      <span>
        <a href={collectionPath(collection.uri)}>{collection.record.title}</a>{' '}
        <span class="badge">collection, {plural(collection.counts?.items ?? 0, 'dataset')}</span>
      </span>
    )
  if (query !== undefined)
    return (
      <span>
        <a href={`/search?${query}`}>
          {truncate(title ?? [...new URLSearchParams(query).values()].join(', '), 120) || 'everything'}
        </a>{' '}
        <span class="badge">search</span>
      </span>
    )
  return <span class="soft">{truncate(did ?? uri ?? 'something', 120)}, not known here</span>
}

export const FollowersPage: FC<
  Frame & { followers: readonly { actor?: ProfileView; indexedAt: string }[]; next?: string }
> = ({ followers, next, ...frame }) => (
  <ProfileFrame {...frame} current="followers">
    {followers.length === 0 && <p class="soft">Nobody follows them yet.</p>}
    <ul class="plain rows column">
      {followers.map(({ actor, indexedAt }) =>
        actor ? (
          <li>
            <Labelled labels={actor.labels} what="account" author={actor.did} href={profilePath(actor)}>
              <Person did={actor.did} handle={actor.handle} name={actor.displayName} />
            </Labelled>
            <span class="soft small">
              since <Moment time={indexedAt} />
            </span>
          </li>
        ) : null,
      )}
    </ul>
    <More path={`${profilePath(frame.profile)}/followers`} next={next} />
  </ProfileFrame>
)

const More: FC<{ path: string; next?: string }> = ({ path, next }) => (
  <Onward href={next && `${path}?cursor=${encodeURIComponent(next)}`}>More →</Onward>
)
