import { frost, nsid } from '@frost/lexicon'
import { nameOf, shownNameOf } from '../account-name.ts'
import type { AppView, ProfileView } from '../appview.ts'
import { loadEntry } from '../load.ts'
import { plainText } from '../markdown.ts'
import { placeOf } from '../social/places.ts'
import type { Thread } from '../social/views.ts'
import { truncate } from '../text.ts'
import type { Subject } from './reports-page.tsx'

const KINDS: ReadonlyMap<string, string> = new Map([
  [nsid('dataset.entry'), 'The dataset'],
  [nsid('dataset.collection'), 'The collection'],
  [nsid('discussion.comment'), 'The comment'],
  [nsid('discussion.issue'), 'The issue'],
  [nsid('discussion.correction'), 'The correction'],
])

/** What is known of what was reported, by DID or at-uri; what cannot be found is told by its name alone. */
export async function subjectsOf(
  appview: AppView,
  subjects: readonly string[],
): Promise<ReadonlyMap<string, Subject>> {
  const known = await Promise.all(
    [...new Set(subjects)].map(async subject => {
      const found = await subjectOf(appview, subject).catch(() => ({}))
      return [subject, { kind: kindOf(subject), ...found }] as const
    }),
  )
  return new Map(known)
}

const kindOf = (subject: string) =>
  subject.startsWith('did:') ? 'The account' : (KINDS.get(subject.split('/')[3] ?? '') ?? 'The record')

async function subjectOf(appview: AppView, subject: string): Promise<Partial<Subject>> {
  if (subject.startsWith('did:')) {
    const profile = (await appview.query(frost.actor.getProfile, {
      actor: subject,
    })) as unknown as ProfileView
    const { handle, record, displayName } = profile
    return {
      href: `/p/${nameOf({ handle, did: subject })}`,
      title: shownNameOf({ displayName, handle, did: subject }),
      ...(record?.description && { text: plainText(record.description) }),
    }
  }
  switch (subject.split('/')[3]) {
    case nsid('dataset.entry'): {
      const { title, description = '' } = (await loadEntry(appview, subject)).record
      return {
        href: placeOf(subject, undefined),
        title,
        ...(description && { text: plainText(description) }),
      }
    }
    case nsid('discussion.comment'):
    case nsid('discussion.issue'):
    case nsid('discussion.correction'): {
      const thread = (await appview.query(frost.discussion.getThread, {
        uri: subject,
        limit: 1,
      })) as unknown as Thread
      const said = thread.comment ?? thread.issue?.issue ?? thread.correction?.correction
      const record = said?.record as { title?: string; text?: string; rationale?: string } | undefined
      const text = record?.text ?? record?.rationale ?? ''
      return {
        href: placeOf(subject, record, thread.dataset),
        title: record?.title ?? truncate(plainText(text), 80),
        text: plainText(text),
      }
    }
    default:
      return { href: placeOf(subject, undefined) }
  }
}
