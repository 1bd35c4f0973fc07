import type { FC } from 'hono/jsx'
import { shownNameOf } from '../account-name.ts'
import type { EntryView } from '../appview.ts'
import { formatMoment } from '../text.ts'

type Author = Pick<EntryView['author'], 'archived' | 'did' | 'displayName' | 'handle'>

/** A word beside a name: the account's host is gone. */
export const ArchivedMark: FC<{ author: { readonly archived?: { readonly lastHeard?: string } } }> = ({
  author: { archived },
}) =>
  archived ? (
    <span class="badge warm">
      archived{archived.lastHeard && `, last heard ${formatMoment(archived.lastHeard)}`}
    </span>
  ) : null

/** What it means that the account's host is gone: for whoever reads, and for whoever owns it. */
export const ArchivedNote: FC<{ author: Author }> = ({ author: { archived, ...author } }) =>
  archived ? (
    <p class="banner" role="note">
      <b>Archived.</b> The host of {shownNameOf(author)} has not answered since {formatMoment(archived.since)}
      {archived.lastHeard && `; it was last heard ${formatMoment(archived.lastHeard)}`}. What you see is what
      was signed and kept: nothing of it is lost. Its owner can take the account to another host with the key
      that they hold, and keeps followers, citations and all that refers to it.
    </p>
  ) : null
