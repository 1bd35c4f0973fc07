import { isValidDid } from '@atproto/syntax'
import { ENDORSEMENTS, endorse, unendorse } from '@frost/client/discussion'
import { UsageError } from '@frost/client/errors'
import { type FollowSubject, follow, unfollow } from '@frost/client/follow'
import { definition, nsid, parseAtUri } from '@frost/lexicon'
import type { Hono } from 'hono'
import { loadEntry } from '../load.ts'
import { MessagePage } from '../pages/message.tsx'
import { problemOf, type Writer } from '../publish/writer.ts'
import { returnPath } from '../session/return-to.ts'
import type { SiteEnv } from '../session/viewer.ts'
import {
  awaitRead,
  type C,
  entrySubject,
  type SocialParts,
  signInAddress,
  type Texts,
  textsOf,
  writerOf,
} from './parts.ts'

/** Following and vouching: one button each, which leads back to the page it is on. */
export function followRoutes(app: Hono<SiteEnv>, parts: SocialParts): void {
  app.post('/follow', c =>
    oneButton(c, parts, async ({ repository }, texts) => {
      const subject = followed(texts)
      await (texts.do === 'unfollow' ? unfollow : follow)(repository, subject)
    }),
  )
  app.post('/endorse', c =>
    oneButton(c, parts, async ({ repository, lookup }, { subject = '', kind = '', withdraw }) => {
      if (!isRecord(subject, 'dataset.entry'))
        throw new UsageError('Nothing was named that could be endorsed: go back and try again.')
      const on = entrySubject(await loadEntry(parts.appview, subject))
      if (withdraw) await unendorse(repository, on, withdraw)
      else if ((ENDORSEMENTS as readonly string[]).includes(kind))
        await endorse(repository, on, { kind }, lookup)
      else throw new UsageError('Choose what you say of it.')
    }),
  )
}

/** Writes what one button asks for and leads back, once the AppView has read it. */
export async function oneButton(
  c: C,
  parts: SocialParts,
  act: (writer: Writer, texts: Texts) => Promise<unknown>,
): Promise<Response> {
  const texts = await textsOf(c)
  const to = returnPath(texts.return_to)
  if (!c.get('viewer')) return c.redirect(signInAddress(to), 303)
  try {
    const writer = await writerOf(c, parts)
    await act(writer, texts)
    await awaitRead(parts, writer)
    return c.redirect(to, 303)
  } catch (error) {
    return c.html(<MessagePage title="That did not work" message={problemOf(error)} />, 400)
  }
}

function followed({ kind, subject = '' }: Texts): FollowSubject {
  if (kind === 'account' && isValidDid(subject))
    return { id: subject, subject: { $type: definition('actorSubject'), did: subject } }
  if (kind === 'record' && isRecord(subject, 'dataset.entry', 'dataset.collection'))
    return { id: subject, subject: { $type: definition('recordSubject'), uri: subject } }
  throw new UsageError('Nothing was named that could be followed: go back and try again.')
}

function isRecord(uri: string, ...names: readonly string[]): boolean {
  const parsed = parseAtUri(uri)
  return (
    parsed !== undefined &&
    isValidDid(parsed.authority) &&
    names.map(name => nsid(name)).includes(parsed.collection as never)
  )
}
