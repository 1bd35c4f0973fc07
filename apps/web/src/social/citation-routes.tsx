import { acknowledge, type Status } from '@frost/client/acknowledgement'
import { type CitationView, claimCitation, retractCitation } from '@frost/client/citations'
import { UsageError } from '@frost/client/errors'
import { findRecord } from '@frost/client/lookup'
import { frost } from '@frost/lexicon'
import type { Hono } from 'hono'
import { isReference } from '../publish/source-fields.tsx'
import { findSources, titleOf } from '../publish/sources.ts'
import { problemOf } from '../publish/writer.ts'
import type { SiteEnv } from '../session/viewer.ts'
import { type CitationDraft, CitationsPage } from './citations-page.tsx'
import { type DatasetContext, datasetOf } from './dataset-page.tsx'
import { oneButton } from './follow-routes.tsx'
import { awaitRead, type C, type SocialParts, signInAddress, type Texts, textsOf, writerOf } from './parts.ts'

/** Who cites a dataset; anybody who is signed in says what does, and takes back what they said. */
export function citationRoutes(app: Hono<SiteEnv>, parts: SocialParts): void {
  const route = '/d/:actor/:rkey/citations'
  const page = async (c: C, dataset: DatasetContext, draft?: CitationDraft) => {
    const cursor = c.req.query('cursor')
    const { citations, cursor: next } = await parts.appview.query(frost.graph.listCitations, {
      subject: dataset.entry.uri,
      limit: 50,
      ...(cursor && { cursor }),
    })
    return c.html(
      <CitationsPage dataset={dataset} citations={citations as CitationView[]} next={next} draft={draft} />,
      draft?.problem ? 400 : 200,
    )
  }
  app.post('/acknowledge', c =>
    oneButton(c, parts, async ({ repository, lookup }, { claim = '', part, status = '' }) => {
      if (!isStatus(status)) throw new UsageError('Say whether it is so: go back and try again.')
      const found = await findRecord(claim, lookup)
      await acknowledge(repository, found, { status, ...(part && { part }) })
    }),
  )
  app.get(route, async c => page(c, await datasetOf(c, parts)))
  app.post(route, async c => {
    if (!c.get('viewer')) return c.redirect(signInAddress(c.req.path), 303)
    const [texts, dataset] = await Promise.all([textsOf(c), datasetOf(c, parts)])
    const { seek = '', take } = texts
    if (take)
      return page(c, dataset, { texts: { ...texts, seek: take }, title: await titleOf(parts.appview, take) })
    if (texts.action === 'seek')
      return page(c, dataset, { texts, found: await findSources(parts.appview, seek) })
    try {
      const writer = await writerOf(c, parts)
      if (texts.action === 'retract') await retractCitation(writer.repository, texts.uri ?? '')
      else await say(dataset, texts, writer)
      await awaitRead(parts, writer)
      return c.redirect(`${dataset.path}/citations`, 303)
    } catch (error) {
      const problem = problemOf(error)
      const found = isReference(seek) || seek === '' ? undefined : await findSources(parts.appview, seek)
      return page(c, dataset, { texts, problem, ...(found && { found }) })
    }
  })
}

const isStatus = (text: string): text is Status => ['accepted', 'disputed', 'withdrawn'].includes(text)

async function say(
  dataset: DatasetContext,
  { seek = '', relation, evidence }: Texts,
  { repository, lookup }: Awaited<ReturnType<typeof writerOf>>,
): Promise<void> {
  if (seek === '') throw new UsageError('Name what cites this dataset: a DOI, an address or a dataset.')
  if (!isReference(seek))
    throw new UsageError(
      'These words name nothing by themselves: take one of the datasets below, or give a DOI.',
    )
  // Pinned as its owner's repository holds it now.
  const cited = await findRecord(dataset.entry.uri, lookup)
  await claimCitation(
    repository,
    cited,
    { citing: seek, ...(relation && { relation }), ...(evidence && { evidence }) },
    lookup,
  )
}
