import { frost } from '@frost/lexicon'
import type { Hono } from 'hono'
import { Refused } from '../appview.ts'
import type { SiteEnv } from '../session/viewer.ts'
import { type C, type SocialParts, signInAddress, type Texts, textsOf, writerOf } from '../social/parts.ts'
import { act, DEEDS, type Done } from './deeds.ts'
import type { Outcome } from './frame.tsx'
import { KeysPage, type KeysProps } from './keys-page.tsx'
import { Operator } from './operator.ts'
import { OverviewPage, openReportsIn } from './overview-page.tsx'
import { NotGranted, NotOperator } from './refusals.tsx'
import { REPORT_STATES, ReportsPage } from './reports-page.tsx'
import { subjectsOf } from './subjects.ts'
import { TakedownsPage } from './takedowns-page.tsx'

const A_PAGE = 25
/** Consumers of a month that are looked at, to show those who asked most. */
const MOST_CONSUMERS = 100

export interface AdminParts extends SocialParts {
  /** DIDs of operators, as the site is configured; the AppView holds each call against its own. */
  readonly operators: readonly string[]
}

type Page = (c: C, operator: Operator, outcome?: Outcome, texts?: Texts) => Promise<Response>

/** The pages of those who run the index: how it fares, what was reported, what is down, who may ask how much. */
export function adminRoutes(app: Hono<SiteEnv>, parts: AdminParts): void {
  const { appview } = parts

  const overview: Page = async (c, operator, outcome) => {
    const [status, { keys }] = await Promise.all([
      operator.ask(frost.admin.getStatus),
      operator.ask(frost.admin.listKeys, { limit: 100 }),
    ])
    const names = new Map(keys.map(({ id, name }) => [id, name]))
    return answer(c, <OverviewPage status={status} names={names} {...outcome} />, outcome)
  }

  const reports: Page = async (c, operator, outcome) => {
    const { cursor } = c.req.query()
    const state = REPORT_STATES.find(one => one === c.req.query('state')) ?? 'open'
    const [openReports, listed] = await Promise.all([
      openReportsOf(operator),
      operator.ask(frost.admin.listReports, { state, limit: A_PAGE, ...(cursor && { cursor }) }),
    ])
    const subjects = await subjectsOf(
      appview,
      listed.reports.map(({ subject }) => subject),
    )
    const props = { reports: listed.reports, next: listed.cursor, subjects, state, openReports }
    return answer(c, <ReportsPage {...props} {...outcome} />, outcome)
  }

  const takedowns: Page = async (c, operator, outcome, texts) => {
    const { cursor } = c.req.query()
    const [openReports, listed] = await Promise.all([
      openReportsOf(operator),
      operator.ask(frost.admin.listTakedowns, { limit: A_PAGE, ...(cursor && { cursor }) }),
    ])
    const props = { takedowns: listed.takedowns, next: listed.cursor, openReports, typed: texts?.subjects }
    return answer(c, <TakedownsPage {...props} {...outcome} />, outcome)
  }

  const keys = async (c: C, operator: Operator, outcome?: Outcome, made?: KeysProps['made']) => {
    const { cursor } = c.req.query()
    const month = new Date().toISOString().slice(0, 7)
    const [openReports, { plans }, listed, { usage }] = await Promise.all([
      openReportsOf(operator),
      operator.ask(frost.admin.listPlans),
      operator.ask(frost.admin.listKeys, { limit: A_PAGE, ...(cursor && { cursor }) }),
      operator.ask(frost.admin.listUsage, { by: 'consumer', from: `${month}-01`, limit: MOST_CONSUMERS }),
    ])
    const most = [...usage].sort((a, b) => b.requests - a.requests)
    const props = { plans, keys: listed.keys, next: listed.cursor, usage: most, month, openReports, made }
    return answer(c, <KeysPage {...props} {...outcome} />, outcome)
  }

  const pages: readonly (readonly [path: string, page: Page])[] = [
    ['/admin', overview],
    ['/admin/reports', reports],
    ['/admin/takedowns', takedowns],
    ['/admin/keys', (c, operator, outcome) => keys(c, operator, outcome)],
  ]
  for (const [path, page] of pages) {
    app.get(path, c => asOperator(c, parts, operator => page(c, operator, doneIn(c))))
    if (page === overview) continue
    app.post(path, c =>
      asOperator(c, parts, async operator => {
        const texts = await textsOf(c)
        try {
          const deed = await act(appview, operator, texts)
          if ('made' in deed) return keys(c, operator, {}, deed.made)
          return c.redirect(`${path}?done=${deed.done}`, 303)
        } catch (error) {
          if (!(error instanceof Refused) || REFUSED_AT_ALL.includes(error.error)) throw error
          return page(c, operator, { problem: error.message }, texts)
        }
      }),
    )
  }
  app.get('/admin/usage.csv', c =>
    asOperator(c, parts, async operator => {
      const month = new Date().toISOString().slice(0, 7)
      const body = await operator.usage(new URLSearchParams({ from: `${month}-01` }))
      return c.body(body, 200, {
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': `attachment; filename="usage-${month}.csv"`,
      })
    }),
  )
}

const REFUSED_AT_ALL = ['NotGranted', 'NotOperator']

/** Lets in operators alone; what the others see tells them why, and what they can do. */
async function asOperator(
  c: C,
  parts: AdminParts,
  page: (operator: Operator) => Promise<Response>,
): Promise<Response> {
  const viewer = c.get('viewer')
  const here = new URL(c.req.url).pathname
  if (!viewer) return c.redirect(signInAddress(here), 303)
  if (!parts.operators.includes(viewer.did)) return c.html(<NotOperator viewer={viewer} by="site" />, 403)
  try {
    const { acting } = await writerOf(c, parts)
    return await page(new Operator(parts.appview, acting.agent))
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    if (error.error === 'NotOperator') return c.html(<NotOperator viewer={viewer} by="appview" />, 403)
    if (error.error === 'NotGranted') return c.html(<NotGranted viewer={viewer} returnTo={here} />, 403)
    throw error
  }
}

const openReportsOf = async (operator: Operator) => openReportsIn(await operator.ask(frost.admin.getStatus))

const answer = (c: C, page: Parameters<C['html']>[0], { problem }: Outcome = {}) =>
  c.html(page as string, problem ? 400 : 200)

/** What was just done, by its name in the address. */
function doneIn(c: C): Outcome {
  const done = c.req.query('done') ?? ''
  return Object.hasOwn(DEEDS, done) ? { done: DEEDS[done as Done] } : {}
}
