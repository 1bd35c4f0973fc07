import type { FC } from 'hono/jsx'
import type { EntryView } from '../appview.ts'
import { entryPath } from '../dataset-facts.ts'
import { viewer } from '../session/viewer.ts'
import { EndorseMenu } from './endorse-menu.tsx'
import { FollowButton } from './follow-button.tsx'
import { NO_STANDING, type Standing } from './standing.ts'

/** What one can do about a dataset: follow it, vouch for it, put it into a list. */
export const SocialBar: FC<{ entry: EntryView; standing?: Standing }> = ({
  entry,
  standing = NO_STANDING,
}) => (
  <div class="social-bar">
    <FollowButton
      kind="record"
      subject={entry.uri}
      name={entry.record.title}
      follows={standing.follows}
      followers={entry.counts?.followers}
    />
    <EndorseMenu entry={entry} endorsed={standing.endorsed} />
    {viewer() && (
      <a class="button quiet" href={`${entryPath(entry.author, entry.uri)}/collect`}>
        Collect
      </a>
    )}
  </div>
)
