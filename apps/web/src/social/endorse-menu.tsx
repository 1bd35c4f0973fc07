import type { FC } from 'hono/jsx'
import type { EntryView } from '../appview.ts'
import { currentPath, signInIsOffered, viewer } from '../session/viewer.ts'
import { formatCount } from '../text.ts'
import { signInAddress } from './parts.ts'

/** How good words read. */
const ENDORSEMENTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    useful: 'It was useful to me',
    reproduced: 'I came to the same results',
    'quality-checked': 'I examined its values',
    'used-in-teaching': 'I teach with it',
  }),
)

/** Vouches for a dataset: one's good words, each put in or taken out. */
export const EndorseMenu: FC<{ entry: EntryView; endorsed: readonly string[] }> = ({ entry, endorsed }) => {
  const person = viewer()
  const total = entry.counts?.endorsements ?? 0
  const count = total > 0 && <span class="count">{formatCount(total)}</span>
  if (!person)
    return signInIsOffered() ? (
      <a class="button quiet counted" href={signInAddress(currentPath())} rel="nofollow">
        Endorse {count}
      </a>
    ) : null
  if (person.did === entry.author.did) return null
  return (
    <details class="drop">
      <summary class="button quiet counted">
        {endorsed.length > 0 ? 'Endorsed' : 'Endorse'} {count}
      </summary>
      <form class="menu" method="post" action="/endorse">
        <p class="small soft">You say it under your name, for everyone to see.</p>
        <input type="hidden" name="subject" value={entry.uri} />
        <input type="hidden" name="return_to" value={currentPath()} />
        {[...ENDORSEMENTS].map(([kind, text]) => {
          const said = endorsed.includes(kind)
          return (
            <button
              class="quiet choice"
              type="submit"
              name={said ? 'withdraw' : 'kind'}
              value={kind}
              aria-pressed={said ? 'true' : 'false'}
            >
              {text}
            </button>
          )
        })}
      </form>
    </details>
  )
}
