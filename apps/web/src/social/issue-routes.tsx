import { ISSUE_STATES, openIssue, type Subject, setIssueState } from '@frost/client/discussion'
import { UsageError } from '@frost/client/errors'
import type { Repository } from '@frost/client/repository'
import { rewrite } from '@frost/client/rewrite'
import type { Settings } from '@frost/client/settings'
import { frost, nsid } from '@frost/lexicon'
import type { Hono } from 'hono'
import { problemOf } from '../publish/writer.ts'
import type { SiteEnv } from '../session/viewer.ts'
import { type DatasetContext, datasetOf } from './dataset-page.tsx'
import { discuss, keyFrom, saidUri, threadOf, threadPage } from './discussion-routes.tsx'
import { IssuePage, IssuesPage, NewIssuePage } from './issue-pages.tsx'
import {
  awaitRead,
  type C,
  entrySubject,
  issuePath,
  type SocialParts,
  saidSubject,
  signInAddress,
  type Texts,
  textsOf,
  writerOf,
} from './parts.ts'
import type { Failed } from './thread.tsx'
import type { IssueView } from './views.ts'

/** Problems and questions about a dataset, open until somebody settles them. */
export function issueRoutes(app: Hono<SiteEnv>, parts: SocialParts): void {
  app.get('/d/:actor/:rkey/issues', async c => {
    const dataset = await datasetOf(c, parts)
    const state = c.req.query('state') === 'closed' ? 'closed' : 'open'
    const cursor = c.req.query('cursor')
    const answer = await parts.appview.query(frost.discussion.listIssues, {
      subject: dataset.entry.uri,
      state,
      limit: 50,
      ...(cursor && { cursor }),
    })
    return c.html(
      <IssuesPage
        dataset={dataset}
        state={state}
        issues={answer.issues as unknown as IssueView[]}
        next={answer.cursor}
      />,
    )
  })

  app.get('/d/:actor/:rkey/issues/new', async c => {
    if (!c.get('viewer')) return c.redirect(signInAddress(c.req.path), 302)
    return c.html(<NewIssuePage dataset={await datasetOf(c, parts)} texts={{}} />)
  })
  app.post('/d/:actor/:rkey/issues/new', async c => {
    if (!c.get('viewer')) return c.redirect(signInAddress(c.req.path), 303)
    const texts = await textsOf(c)
    const dataset = await datasetOf(c, parts)
    try {
      const writer = await writerOf(c, parts)
      const { repository, lookup } = writer
      const on = entrySubject(dataset.entry)
      const { key, once } = keyFrom(on.uri, texts)
      const uri = await once(nsid('discussion.issue'), repository, () =>
        openIssue(repository, on, issueFields(texts), lookup.settings, key),
      )
      await awaitRead(parts, writer)
      return c.redirect(issuePath(dataset, uri), 303)
    } catch (error) {
      return c.html(<NewIssuePage dataset={dataset} texts={texts} problem={problemOf(error)} />, 400)
    }
  })

  const one = '/d/:actor/:rkey/issues/:did/:key'
  const page = async (c: C, dataset: DatasetContext, failed?: Failed) => {
    const { thread, muted } = await threadPage(c, parts, dataset, issueUri(c))
    const { issue } = thread
    if (!issue) return c.notFound()
    return c.html(
      <IssuePage dataset={dataset} issue={issue} thread={thread} muted={muted} failed={failed} />,
      failed ? 400 : 200,
    )
  }
  app.get(one, async c => page(c, await datasetOf(c, parts)))
  app.post(one, c =>
    discuss(c, parts, {
      page,
      subjectOf: dataset => issueOf(parts, dataset, issueUri(c)),
      act({ repository, lookup: { settings } }, texts, dataset) {
        if (texts.action === 'settle') return settle(parts, repository, dataset, issueUri(c), texts, settings)
        if (texts.action === 'rewrite') return rewrite(repository, issueUri(c), issueFields(texts), settings)
        return undefined
      },
    }),
  )
}

async function issueOf(parts: SocialParts, dataset: DatasetContext, uri: string): Promise<Subject> {
  const { issue } = await threadOf(parts, dataset, uri)
  if (!issue) throw new UsageError('The issue is not there any more.')
  return saidSubject(issue.issue)
}

async function settle(
  parts: SocialParts,
  repository: Repository,
  dataset: DatasetContext,
  uri: string,
  { state = '', reason }: Texts,
  settings: Settings,
): Promise<void> {
  if (!(ISSUE_STATES as readonly string[]).includes(state))
    throw new UsageError(`The state is '${state.slice(0, 40)}': there are ${ISSUE_STATES.join(', ')}.`)
  const issue = await issueOf(parts, dataset, uri)
  await setIssueState(repository, issue, { state, ...(reason && { reason }) }, settings)
}

const issueUri = (c: C) => saidUri(c, nsid('discussion.issue'))

function issueFields({ title = '', text, labels }: Texts) {
  if (title === '') throw new UsageError('Say in one line what is the matter.')
  return {
    title,
    ...(text && { text }),
    labels: [...new Set((labels ?? '').split(',').map(label => label.trim()))].filter(Boolean).slice(0, 16),
  }
}
