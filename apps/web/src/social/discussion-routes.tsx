import { randomUUID } from 'node:crypto'
import { comment, type Subject } from '@frost/client/discussion'
import { FrostError, UsageError } from '@frost/client/errors'
import { changeGate, type GateChange } from '@frost/client/gate'
import type { Repository, Written } from '@frost/client/repository'
import { rewrite, takeBack } from '@frost/client/rewrite'
import { frost, nsid, rkeyOf, versionRkey } from '@frost/lexicon'
import type { Hono } from 'hono'
import { Refused } from '../appview.ts'
import { problemOf, type Writer } from '../publish/writer.ts'
import type { SiteEnv } from '../session/viewer.ts'
import { type DatasetContext, datasetOf } from './dataset-page.tsx'
import { DiscussionPage } from './discussion-page.tsx'
import { mutedBy } from './muted.ts'
import {
  awaitRead,
  type C,
  entrySubject,
  type SocialParts,
  saidSubject,
  signInAddress,
  type Texts,
  textsOf,
  writerOf,
} from './parts.ts'
import type { Failed } from './thread.tsx'
import type { Thread } from './views.ts'

/** The comments on a dataset, and its owner's word on them. */
export function discussionRoutes(app: Hono<SiteEnv>, parts: SocialParts): void {
  const path = '/d/:actor/:rkey/discussion'
  const page = async (c: C, dataset: DatasetContext, failed?: Failed) => {
    const { thread, muted } = await threadPage(c, parts, dataset, dataset.entry.uri)
    return c.html(
      <DiscussionPage dataset={dataset} thread={thread} muted={muted} failed={failed} />,
      failed ? 400 : 200,
    )
  }
  app.get(path, async c => page(c, await datasetOf(c, parts)))
  app.post(path, c => discuss(c, parts, { page, subjectOf: ({ entry }) => entrySubject(entry) }))
}

/** What a page shows of a discussion: the comments of its cursor, and whom its reader does not want to read. */
export async function threadPage(
  c: C,
  parts: SocialParts,
  dataset: Pick<DatasetContext, 'entry'>,
  uri: string,
) {
  const [thread, muted] = await Promise.all([
    threadOf(parts, dataset, uri, c.req.query('cursor')),
    mutedBy(c, parts),
  ])
  return { thread, muted }
}

/** The at-uri of the issue or the correction that a page is of. */
export function saidUri(c: C, collection: string): string {
  const { did, key } = c.req.param() as { did: string; key: string }
  return `at://${did}/${collection}/${key}`
}

/** A discussion that belongs to a dataset. @throws Refused where it does not */
export async function threadOf(
  { appview }: SocialParts,
  { entry }: Pick<DatasetContext, 'entry'>,
  uri: string,
  cursor?: string,
): Promise<Thread> {
  const params = { uri, limit: 100, ...(cursor && { cursor }) }
  const thread = (await appview.query(frost.discussion.getThread, params)) as unknown as Thread
  if (thread.dataset === entry.uri) return thread
  throw new Refused('SubjectNotFound', 'That is about another dataset.')
}

interface Discussion {
  readonly page: (c: C, dataset: DatasetContext, failed?: Failed) => Promise<Response>
  /** What comments of this page are about. */
  readonly subjectOf: (dataset: DatasetContext) => Promise<Subject> | Subject
  /** What else a form of the page can do; undefined where it is none of these. */
  readonly act?: (writer: Writer, texts: Texts, dataset: DatasetContext) => Promise<unknown> | undefined
}

/** Writes what a form on a page of a discussion asks for, and leads back to it; what was typed is kept where it cannot be written. */
export async function discuss(c: C, parts: SocialParts, discussion: Discussion): Promise<Response> {
  const here = new URL(c.req.url).pathname
  if (!c.get('viewer')) return c.redirect(signInAddress(here), 303)
  const texts = await textsOf(c)
  const dataset = await datasetOf(c, parts)
  try {
    const writer = await writerOf(c, parts)
    const said = await (discussion.act?.(writer, texts, dataset) ??
      say(parts, writer, texts, dataset, discussion))
    await awaitRead(parts, writer)
    return c.redirect(typeof said === 'string' ? `${here}#c-${rkeyOf(said)}` : here, 303)
  } catch (error) {
    return discussion.page(c, dataset, { problem: problemOf(error), texts })
  }
}

/** @returns at-uri of the comment that was written */
async function say(
  parts: SocialParts,
  { repository, lookup: { settings } }: Writer,
  texts: Texts,
  dataset: DatasetContext,
  { subjectOf }: Discussion,
): Promise<string | undefined> {
  const { action, uri = '', text = '', parent } = texts
  switch (action) {
    case 'say': {
      if (text === '') throw new UsageError('Write something first.')
      const on = parent ? await answered(parts, dataset, parent) : await subjectOf(dataset)
      const { key, once } = keyFrom(on.uri, texts)
      return once(nsid('discussion.comment'), repository, () => comment(repository, on, text, settings, key))
    }
    case 'edit':
      if (text === '') throw new UsageError('Write something first, or delete it.')
      return (await rewrite(repository, uri, { text }, settings)).uri
    case 'delete':
      await takeBack(repository, uri)
      return undefined
    default:
      await changeGate(repository, dataset.entry.uri, gateChange(texts))
      return undefined
  }
}

/** A comment of this dataset's discussion that is answered. */
async function answered(parts: SocialParts, dataset: DatasetContext, uri: string): Promise<Subject> {
  const { comment: found } = await threadOf(parts, dataset, uri)
  if (found) return saidSubject(found)
  throw new UsageError('What you answer is not there any more.')
}

/** What the owner wants of the page. */
function gateChange({ action, uri = '', reason, mayComment = 'everyone' }: Texts): GateChange {
  switch (action) {
    case 'hide':
      return { hide: { uri, ...(reason && { reason }) } }
    case 'show':
      return { show: uri }
    case 'lock':
      return { locked: true }
    case 'unlock':
      return { locked: false }
    case 'limit':
      return { mayComment }
    default:
      throw new UsageError('Nothing was asked for: go back and try again.')
  }
}

/** The key of what a form says: the same however often it is sent, so that it is said once. */
export function keyFrom(subject: string, { once = '', at = '' }: Texts) {
  const time = Date.parse(at)
  const isTime = Number.isFinite(time) && time > 0 && time <= Date.now()
  const releasedAt = new Date(isTime ? time : Date.now()).toISOString()
  const key = versionRkey({ dataset: subject, pin: once || randomUUID(), releasedAt })
  return {
    key,
    async once(collection: string, repository: Repository, write: () => Promise<Written>): Promise<string> {
      try {
        return (await write()).uri
      } catch (error) {
        if (!(error instanceof FrostError) || error.code !== 'RecordChanged') throw error
        return `at://${repository.did}/${collection}/${key}`
      }
    },
  }
}
