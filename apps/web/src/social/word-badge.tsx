import type { FC } from 'hono/jsx'
import { shownNameOf } from '../account-name.ts'
import type { EntryView } from '../appview.ts'

type Word = NonNullable<EntryView['acknowledgements']>[number]

/** What somebody says of being named by a dataset; undefined for nothing. A word on another part does not count. */
export function wordOf({ acknowledgements = [] }: EntryView, did: string | undefined): Word | undefined {
  return acknowledgements.find(
    ({ author, part }) => author.did === did && (part === undefined || part === did),
  )
}

/** Whether who is named in a dataset confirms or disputes it; nothing where they said nothing. */
export const WordBadge: FC<{ entry?: EntryView; did?: string }> = ({ entry, did }) => {
  const word = entry && did ? wordOf(entry, did) : undefined
  if (!word || !entry) return null
  const earlier = word.claimCid !== entry.cid ? ', of an earlier state of the record' : ''
  const why = word.note ? `: ${word.note.slice(0, 300)}` : ''
  const isConfirmed = word.status === 'accepted'
  return (
    <span
      class={`badge ${isConfirmed ? 'good' : 'warm'}`}
      title={`${shownNameOf(word.author)} ${isConfirmed ? 'confirms' : 'disputes'} it${earlier}${why}`}
    >
      {isConfirmed ? 'confirmed' : 'disputed'}
    </span>
  )
}
