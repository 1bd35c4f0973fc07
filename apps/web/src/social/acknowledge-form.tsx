import { rolesOf } from '@frost/client/acknowledgement'
import type { FC } from 'hono/jsx'
import type { EntryView } from '../appview.ts'
import { currentPath, viewer } from '../session/viewer.ts'
import { wordOf } from './word-badge.tsx'

const ROLES: ReadonlyMap<string, string> = new Map([
  ['publisher', 'publisher'],
  ['creators', 'creator'],
  ['contributors', 'contributor'],
  ['contacts', 'contact'],
])

/** For whoever a dataset names: confirms or disputes it by one button. */
export const NamedHere: FC<{ entry: EntryView }> = ({ entry }) => {
  const person = viewer()
  if (!person || person.did === entry.author.did) return null
  const roles = rolesOf(entry.record, person.did).map(role => ROLES.get(role) ?? role)
  if (roles.length === 0) return null
  return (
    <section class="banner named-here" aria-label="You are named here">
      <p>This record names you as {roles.join(' and ')}. Is that so? Your word is shown beside your name.</p>
      <Acknowledge claim={entry.uri} part={person.did} said={wordOf(entry, person.did)?.status} />
    </section>
  )
}

/** The buttons by which somebody says of a claim whether it is so. */
export const Acknowledge: FC<{ claim: string; part?: string; said?: string }> = ({ claim, part, said }) => (
  <form class="actions acknowledge" method="post" action="/acknowledge">
    <input type="hidden" name="claim" value={claim} />
    {part && <input type="hidden" name="part" value={part} />}
    <input type="hidden" name="return_to" value={currentPath()} />
    {(
      [
        ['accepted', 'Confirm', 'Confirmed'],
        ['disputed', 'Dispute', 'Disputed'],
      ] as const
    ).map(([status, text, done]) => (
      <button
        class="quiet small"
        type="submit"
        name="status"
        value={said === status ? 'withdrawn' : status}
        aria-pressed={said === status ? 'true' : 'false'}
      >
        {said === status ? done : text}
      </button>
    ))}
  </form>
)
