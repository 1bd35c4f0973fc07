import type { Child, FC } from 'hono/jsx'
import { nameOf, shownNameOf } from '../account-name.ts'
import type { ProfileView } from '../appview.ts'
import { ArchivedNote } from '../design/archived.tsx'
import { FeedLink } from '../design/feed-link.tsx'
import { Layout } from '../design/layout.tsx'
import { Address, Badges } from '../design/parts.tsx'
import { feedOf } from '../feed-address.ts'
import { isCovered } from '../labels/cover.ts'
import { LabelBadges, Labelled } from '../labels/labelled.tsx'
import { excerpt, linkable } from '../markdown.ts'
import { pictureAddress } from '../profile/picture.ts'
import { viewer } from '../session/viewer.ts'
import { formatCount, truncate } from '../text.ts'
import { FollowButton } from './follow-button.tsx'

export type ProfileTab = 'datasets' | 'activity' | 'credit' | 'collections' | 'following' | 'followers'

export function profilePath({ did, handle }: Pick<ProfileView, 'did' | 'handle'>): string {
  return `/p/${nameOf({ did, handle })}`
}

export interface ProfileFrameProps {
  readonly publicUrl: string
  readonly profile: ProfileView
  /** Whether whoever looks follows them. */
  readonly follows: boolean
  readonly current: ProfileTab
  readonly children?: Child
}

const TITLES: Readonly<Record<ProfileTab, string>> = {
  datasets: '',
  activity: 'Activity of ',
  credit: 'Credit of ',
  collections: 'Collections of ',
  following: 'Followed by ',
  followers: 'Followers of ',
}

/** Who somebody is, above each of their pages. */
export const ProfileFrame: FC<ProfileFrameProps> = ({ publicUrl, profile, follows, current, children }) => {
  const { did, record, counts } = profile
  const name = record?.name ?? shownNameOf(profile)
  const account = nameOf(profile)
  const path = profilePath(profile)
  const isSelf = viewer()?.did === did
  const feed = feedOf({ actor: did }, `What ${name} publishes`)
  const picture = pictureAddress(did, record?.avatar)
  return (
    <Layout
      title={`${TITLES[current]}${name} – FROST`}
      description={truncate(excerpt(record?.description ?? ''), 300)}
      canonical={publicUrl + path + (current === 'datasets' ? '' : `/${current}`)}
      feed={feed}
      isCovered={isCovered({ labels: profile.labels, author: profile })}
      styles={['form.css', 'social.css']}
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
      <header class="profile-head">
        {picture ? (
          <img class="picture" src={picture} alt="" width={64} height={64} />
        ) : (
          <b class="initial big" aria-hidden="true">
            {[...name][0]?.toUpperCase()}
          </b>
        )}
        <div class="stack-tight">
          <h1>{name}</h1>
          <div class="meta">
            <span>{account.startsWith('did:') ? account : `@${account}`}</span>
            {record?.homepage && <Address href={record.homepage} />}
            <FeedLink feed={feed} />
            {record?.affiliation?.[0] && <span>{truncate(record.affiliation[0].name, 120)}</span>}
          </div>
          <Badges
            items={(record?.identifiers ?? []).map(({ scheme, value }) => ({
              text: `${scheme.toUpperCase()} ${value.replace(/^https?:\/\/[^/]+\//, '')}`,
            }))}
          />
        </div>
        <div class="profile-follow">
          {isSelf ? (
            <a class="button quiet" href="/settings/profile">
              Edit your profile
            </a>
          ) : (
            <FollowButton
              kind="account"
              subject={did}
              name={name}
              follows={follows}
              followers={counts?.followers}
            />
          )}
        </div>
      </header>
      <ArchivedNote author={{ ...profile, displayName: name }} />
      <LabelBadges labels={profile.labels} />
      <nav class="page-tabs" aria-label="Pages of this account">
        <Tab href={path} text="Datasets" count={counts?.entries} isCurrent={current === 'datasets'} />
        <Tab href={`${path}/activity`} text="Activity" isCurrent={current === 'activity'} />
        <Tab href={`${path}/credit`} text="Credit" isCurrent={current === 'credit'} />
        <Tab
          href={`${path}/collections`}
          text="Collections"
          count={counts?.collections}
          isCurrent={current === 'collections'}
        />
        <Tab
          href={`${path}/following`}
          text="Following"
          count={counts?.follows}
          isCurrent={current === 'following'}
        />
        <Tab
          href={`${path}/followers`}
          text="Followers"
          count={counts?.followers}
          isCurrent={current === 'followers'}
        />
      </nav>
      <div class="tab-page">
        <Labelled labels={profile.labels} what="account" author={did}>
          {children}
        </Labelled>
      </div>
    </Layout>
  )
}

const Tab: FC<{ href: string; text: string; count?: number; isCurrent: boolean }> = ({
  href,
  text,
  count = 0,
  isCurrent,
}) => (
  <a href={href} aria-current={isCurrent ? 'page' : undefined}>
    {text} {count > 0 && <span class="count">{formatCount(count)}</span>}
  </a>
)
