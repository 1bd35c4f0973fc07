import { raw } from 'hono/html'
import type { FC } from 'hono/jsx'
import type { EntryView, ProfileView } from '../appview.ts'
import { DatasetTile } from '../design/dataset-item.tsx'
import { Done, Onward } from '../design/parts.tsx'
import { renderMarkdown } from '../markdown.ts'
import { viewer } from '../session/viewer.ts'
import { ProfileFrame, profilePath } from '../social/profile-frame.tsx'

export interface ProfileProps {
  readonly publicUrl: string
  readonly profile: ProfileView
  readonly entries: readonly EntryView[]
  readonly next?: string
  /** Whether whoever looks follows them. */
  readonly follows: boolean
  /** Whether they have just taken a dataset back. */
  readonly hasUnpublished?: boolean
  /** Whether they have just changed who they say they are. */
  readonly hasChanged?: boolean
}

/** A person's or an institution's page: who they are and what they published. */
export const ProfilePage: FC<ProfileProps> = props => {
  const { publicUrl, profile, follows, entries, next, hasUnpublished, hasChanged } = props
  const { did } = profile
  const description = profile.record?.description ?? ''
  return (
    <ProfileFrame publicUrl={publicUrl} profile={profile} follows={follows} current="datasets">
      <Done
        done={hasUnpublished && 'The record is deleted. Every index that reads the network forgets it.'}
      />
      <Done done={hasChanged && 'Your profile is written into your repository.'} />
      {description && <section class="prose">{raw(renderMarkdown(description))}</section>}
      <section>
        <div class="section-head">
          <h2>Datasets</h2>
          {entries.length > 0 && <a href={`/search?publisher=${encodeURIComponent(did)}`}>Search in these</a>}
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
        <Onward href={next && `${profilePath(profile)}?cursor=${encodeURIComponent(next)}`}>
          More datasets →
        </Onward>
      </section>
    </ProfileFrame>
  )
}
