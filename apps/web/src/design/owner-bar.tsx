import type { FC } from 'hono/jsx'
import { viewer } from '../session/viewer.ts'
import { Done } from './parts.tsx'

const DONE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    published: 'Published. Everybody on the network can find it now.',
    saved: 'The changes are written.',
    released: 'The version is released.',
    mirrored: 'The mirror is announced.',
    noticed: 'The notice is announced.',
    resolved: 'The notice is resolved.',
  }),
)

/** What somebody who is signed in can do with a dataset: its owner everything, others what is theirs to say. */
export const OwnerBar: FC<{
  author: { readonly did: string }
  path: string
  done?: string
}> = ({ author, path, done }) => {
  const person = viewer()
  if (!person) return null
  const isOwner = person.did === author.did
  const said = done && DONE.get(done)
  return (
    <>
      <Done done={said} />
      <nav class="owner-bar" aria-label={isOwner ? 'Your dataset' : 'Take part'}>
        {isOwner && <b>Your dataset</b>}
        {isOwner && <a href={`${path}/edit`}>Edit</a>}
        {isOwner && <a href={`${path}/release`}>Release a version</a>}
        <a href={`${path}/mirror`}>{isOwner ? 'Add a mirror' : 'Announce a mirror'}</a>
        <a href={`${path}/notice`}>Announce a notice</a>
        {isOwner && <a href={`${path}/unpublish`}>Unpublish</a>}
      </nav>
    </>
  )
}
