import type { TypedLexMap } from '@atproto/lex'
import {
  acceptCorrection,
  changeOf,
  proposeCorrection,
  proposeFork,
  settleCorrection,
} from '@frost/client/correction'
import { UsageError } from '@frost/client/errors'
import { formatOfLocation } from '@frost/client/formats'
import { type FoundRecord, findRecord } from '@frost/client/lookup'
import { pinFrom } from '@frost/client/pins'
import type { Written } from '@frost/client/repository'
import { frost, nsid } from '@frost/lexicon'
import type { Hono } from 'hono'
import { problemOf, type Writer } from '../publish/writer.ts'
import type { SiteEnv } from '../session/viewer.ts'
import { correctionTexts, withCorrections } from './correction-fields.ts'
import { CorrectionPage, CorrectionsPage } from './correction-pages.tsx'
import { type DatasetContext, datasetOf } from './dataset-page.tsx'
import { discuss, saidUri, threadOf, threadPage } from './discussion-routes.tsx'
import { NewCorrectionPage } from './new-correction-page.tsx'
import {
  awaitRead,
  type C,
  correctionPath,
  type SocialParts,
  saidSubject,
  signInAddress,
  type Texts,
  textsOf,
  writerOf,
} from './parts.ts'
import type { Failed } from './thread.tsx'
import type { CorrectionView } from './views.ts'

/** Changes that others propose for a dataset; its owner accepts one by one press of a button. */
export function correctionRoutes(app: Hono<SiteEnv>, parts: SocialParts): void {
  app.get('/d/:actor/:rkey/corrections', async c => {
    const dataset = await datasetOf(c, parts)
    const cursor = c.req.query('cursor')
    const { corrections, cursor: next } = await parts.appview.query(frost.discussion.listCorrections, {
      subject: dataset.entry.uri,
      limit: 50,
      ...(cursor && { cursor }),
    })
    return c.html(
      <CorrectionsPage
        dataset={dataset}
        corrections={corrections as unknown as CorrectionView[]}
        next={next}
      />,
    )
  })

  app.get('/d/:actor/:rkey/corrections/new', async c => {
    if (!c.get('viewer')) return c.redirect(signInAddress(c.req.path), 302)
    const dataset = await datasetOf(c, parts)
    const before = correctionTexts(dataset.entry.record as unknown as TypedLexMap)
    return c.html(<NewCorrectionPage dataset={dataset} before={before} texts={before} />)
  })
  app.post('/d/:actor/:rkey/corrections/new', async c => {
    if (!c.get('viewer')) return c.redirect(signInAddress(c.req.path), 303)
    const texts = await textsOf(c)
    const dataset = await datasetOf(c, parts)
    try {
      const writer = await writerOf(c, parts)
      if (!texts.rationale) throw new UsageError('Say what is wrong, and how you know.')
      // As its owner's repository holds it now: what others propose is about that state.
      const target = await findRecord(dataset.entry.uri, writer.lookup)
      const { uri } = await propose(writer, target, texts.rationale, texts)
      await awaitRead(parts, writer)
      return c.redirect(correctionPath(dataset, uri), 303)
    } catch (error) {
      const before = correctionTexts(dataset.entry.record as unknown as TypedLexMap)
      return c.html(
        <NewCorrectionPage dataset={dataset} before={before} texts={texts} problem={problemOf(error)} />,
        400,
      )
    }
  })

  const one = '/d/:actor/:rkey/corrections/:did/:key'
  const page = async (c: C, dataset: DatasetContext, failed?: Failed) => {
    const { thread, muted } = await threadPage(c, parts, dataset, correctionUri(c))
    const { correction } = thread
    if (!correction) return c.notFound()
    return c.html(
      <CorrectionPage
        dataset={dataset}
        correction={correction}
        thread={thread}
        muted={muted}
        failed={failed}
      />,
      failed ? 400 : 200,
    )
  }
  app.get(one, async c => page(c, await datasetOf(c, parts)))
  app.post(one, c =>
    discuss(c, parts, {
      page,
      subjectOf: async dataset =>
        saidSubject((await correctionOf(parts, dataset, correctionUri(c))).correction),
      act(writer, texts, dataset) {
        switch (texts.action) {
          case 'accept':
          case 'decline':
          case 'withdraw':
            return decide(parts, writer, dataset, correctionUri(c), texts)
          default:
            return undefined
        }
      },
    }),
  )
}

async function correctionOf(parts: SocialParts, dataset: DatasetContext, uri: string) {
  const { correction } = await threadOf(parts, dataset, uri)
  if (!correction) throw new UsageError('The correction is not there any more.')
  return correction
}

/** What the owner or the proposer has decided, of what they have read. */
async function decide(
  parts: SocialParts,
  { repository }: Writer,
  dataset: DatasetContext,
  uri: string,
  { action, cid, seen, note }: Texts,
): Promise<unknown> {
  const { uri: _, cid: now, value } = saidSubject((await correctionOf(parts, dataset, uri)).correction)
  if (now !== cid) throw new UsageError('The correction was changed since you read it: look at it again.')
  const correction = { uri, cid, value }
  if (action !== 'accept')
    return settleCorrection(
      repository,
      correction,
      action === 'withdraw' ? 'withdrawn' : 'disputed',
      note || undefined,
    )
  if ((value.target as { uri?: unknown }).uri !== dataset.entry.uri)
    throw new UsageError('It is about a version, and versions stay what they are: release one that mends it.')
  // The page has told the changes beside the record as it was then.
  return acceptCorrection(repository, correction, { anyway: seen === dataset.entry.cid })
}

const correctionUri = (c: C) => saidUri(c, nsid('discussion.correction'))

/** Proposes corrected data where a place is named, else other words of the record. */
async function propose(
  { repository, lookup }: Writer,
  target: FoundRecord,
  rationale: string,
  texts: Texts,
): Promise<Written> {
  const { url = '', pin = '' } = texts
  if (url === '' && pin === '') {
    const patch = await changeOf(target, withCorrections(target.value, texts), lookup.settings)
    return proposeCorrection(repository, target, patch, rationale)
  }
  if (!/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(url) || /^(javascript|data|file|blob):/i.test(url))
    throw new UsageError(`'${url.slice(0, 200)}' is no address of data: write it with its scheme.`)
  if (pin === '')
    throw new UsageError('Name the state of the corrected data, such as digest:sha256:… or git-commit:…')
  const fork = { id: 'data', uri: url, ...formatOfLocation(url), pin: { ...pinFrom(pin) } }
  return proposeFork(repository, target, fork, rationale)
}
