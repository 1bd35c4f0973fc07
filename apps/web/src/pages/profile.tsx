import { raw } from 'hono/html'
import type { FC } from 'hono/jsx'
import type { CollectionView, EntryView, ProfileView } from '../appview.ts'
import { DatasetTile } from '../design/dataset-item.tsx'
import { Layout } from '../design/layout.tsx'
import { Address, Badges } from '../design/parts.tsx'
import { linkable, plainText, renderMarkdown } from '../markdown.ts'
import { viewer } from '../session/viewer.ts'
import { FollowButton } from '../social/follow-button.tsx'
import { plural, truncate } from '../text.ts'

export interface ProfileProps {
  readonly publicUrl: string
  readonly profile: ProfileView
  readonly entries: readonly EntryView[]
  readonly next?: string
  readonly collections: readonly CollectionView[]
  /** Whether whoever looks follows them. */
  readonly follows: boolean
  /** Whether they have just taken a dataset back. */
  readonly hasUnpublished?: boolean
}

/** A person's or an institution's page: who they are and what they published. */
export const ProfilePage: FC<ProfileProps> = props => {
  const { publicUrl, profile, entries, next, collections, follows, hasUnpublished } = props
  const { did, handle, record } = profile
  const name = record?.name ?? profile.displayName ?? handle ?? did
  const path = `/p/${handle ?? did}`
  const description = record?.description ?? ''
  return (
    <Layout
      title={`${name} – FROST`}
      description={truncate(plainText(description), 300)}
      canonical={publicUrl + path}
      styles={['social.css']}
      jsonLd={{
        '@context': 'https://schema.org',
        '@type': 'ProfilePage',
        mainEntity: {
          '@type': record?.kind === 'person' ? 'Person' : 'Organization',
          name,
          identifier: did,
          url: record?.homepage && linkable(record.homepage),
        },
      }}
    >
      {hasUnpublished && (
        <p class="banner good" role="status">
          The record is deleted. Every index that reads the network forgets it.
        </p>
      )}
      <header class="profile-head">
        <b class="initial big" aria-hidden="true">
          {[...name][0]?.toUpperCase()}
        </b>
        <div>
          <h1>{name}</h1>
          <div class="meta">
            <span>@{handle ?? did}</span>
            {record?.homepage && <Address href={record.homepage} />}
            <span>{plural(profile.counts?.entries ?? entries.length, 'dataset')}</span>
            {(profile.counts?.followers ?? 0) > 0 && (
              <span>{plural(profile.counts?.followers ?? 0, 'follower')}</span>
            )}
          </div>
          <Badges
            items={(record?.identifiers ?? []).map(({ scheme, value }) => ({
              text: `${scheme.toUpperCase()} ${value.replace(/^https?:\/\/[^/]+\//, '')}`,
            }))}
          />
          <FollowButton
            kind="account"
            subject={did}
            name={name}
            follows={follows}
            followers={profile.counts?.followers}
          />
        </div>
      </header>
      {description && <section class="prose">{raw(renderMarkdown(description))}</section>}
      {collections.length > 0 && (
        <section>
          <div class="section-head">
            <h2>Collections</h2>
          </div>
          <div class="grid">
            {collections.map(collection => (
              <article class="card tile">
                <h3>
                  <a
                    href={`/c/${handle ?? did}/${encodeURIComponent(collection.uri.slice(collection.uri.lastIndexOf('/') + 1))}`}
                  >
                    {collection.record.title}
                  </a>
                </h3>
                <p class="soft small">{plural(collection.counts?.items ?? 0, 'dataset')}</p>
              </article>
            ))}
          </div>
        </section>
      )}
      <section>
        <div class="section-head">
          <h2>Datasets</h2>
          <a href={`/search?publisher=${encodeURIComponent(did)}`}>Search in these</a>
        </div>
        {entries.length === 0 && (
          <p class="soft">
            Nothing published yet.{' '}
            {viewer()?.did === did && <a href="/publish">Publish your first dataset</a>}
          </p>
        )}
        <div class="grid">
          {entries.map(entry => (
            <DatasetTile entry={entry} />
          ))}
        </div>
        {next && (
          <nav class="pager" aria-label="Pages">
            <span />
            <a href={`${path}?cursor=${encodeURIComponent(next)}`}>More datasets →</a>
          </nav>
        )}
      </section>
    </Layout>
  )
}
