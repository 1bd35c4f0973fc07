import type { FC } from 'hono/jsx'
import { currentPath, signInIsOffered, viewer } from '../session/viewer.ts'
import { formatCount } from '../text.ts'
import { signInAddress } from './parts.ts'

export interface FollowProps {
  readonly kind: 'account' | 'record'
  /** DID, or at-uri of a dataset or collection. */
  readonly subject: string
  /** What is followed, in words. */
  readonly name: string
  readonly follows: boolean
  readonly followers?: number
}

/** Follows and unfollows, with how many do. */
export const FollowButton: FC<FollowProps> = ({ kind, subject, name, follows, followers }) => {
  const person = viewer()
  const count = followers ? <span class="count">{formatCount(followers)}</span> : null
  // What is one's own one knows of anyway.
  if (person && (subject === person.did || subject.startsWith(`at://${person.did}/`))) return null
  if (!person)
    return signInIsOffered() ? (
      <a class="button quiet counted" href={signInAddress(currentPath())} rel="nofollow">
        Follow<span class="visually-hidden"> {name}</span> {count}
      </a>
    ) : null
  return (
    <form method="post" action="/follow">
      <input type="hidden" name="kind" value={kind} />
      <input type="hidden" name="subject" value={subject} />
      <input type="hidden" name="return_to" value={currentPath()} />
      <button
        class={follows ? 'quiet counted' : 'counted'}
        type="submit"
        name="do"
        value={follows ? 'unfollow' : 'follow'}
      >
        {follows ? 'Unfollow' : 'Follow'}
        <span class="visually-hidden"> {name}</span> {count}
      </button>
    </form>
  )
}
