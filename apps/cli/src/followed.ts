import { UsageError } from '@frost/client/errors'
import { type FollowSubject, followSubject, searchSubject } from '@frost/client/follow'
import type { Session } from '@frost/client/session'
import type { Context } from './context.ts'
import { lookupOf } from './context-lookup.ts'

/** What a command about follows is about: a REF or a search, and how it is called before people. */
export async function followed(
  context: Context,
  session: Session,
  ref: string | undefined,
  { search, title }: { readonly search?: string; readonly title?: string },
): Promise<{ readonly ref: string; readonly subject: FollowSubject }> {
  if ((ref === undefined) === (search === undefined))
    throw new UsageError('give an account or dataset, or a search with --search')
  if (search !== undefined) {
    const subject = searchSubject(search, title)
    return { ref: title ?? subject.id, subject }
  }
  return { ref: ref!, subject: await followSubject(ref!, lookupOf(context, session)) }
}
