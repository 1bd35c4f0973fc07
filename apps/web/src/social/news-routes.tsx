import { isValidDid } from '@atproto/syntax'
import { UsageError } from '@frost/client/errors'
import { frost, parseAtUri } from '@frost/lexicon'
import type { Hono } from 'hono'
import { Refused } from '../appview.ts'
import { MessagePage } from '../pages/message.tsx'
import { returnPath } from '../session/return-to.ts'
import type { SiteEnv } from '../session/viewer.ts'
import { FeedPage } from './feed-page.tsx'
import { oneButton } from './follow-routes.tsx'
import { NotificationsPage, REASONS } from './notifications-page.tsx'
import { type C, type SocialParts, signInAddress, textsOf, writerOf } from './parts.ts'
import { REPORT_REASONS } from './report-form.tsx'
import { SettingsPage, type SettingsProps } from './settings-page.tsx'
import type { FeedItem, Notification } from './views.ts'

const DONE: ReadonlyMap<string, string> = new Map(
  Object.entries({ saved: 'Saved.', mail: 'Saved. A new address gets a link first: open it.' }),
)

/** What somebody is told, and what they want to be told of. */
export function newsRoutes(app: Hono<SiteEnv>, parts: SocialParts): void {
  const { appview, unread } = parts

  app.get('/feed', async c => {
    const away = signedIn(c)
    if (away) return away
    const { acting } = await writerOf(c, parts)
    const cursor = c.req.query('cursor')
    const { body } = await appview.callAs(acting.agent, frost.feed.getTimeline, {
      params: { limit: 40, ...(cursor && { cursor }) },
    })
    return c.html(<FeedPage items={body.items as unknown as FeedItem[]} next={body.cursor} />)
  })

  app.get('/notifications', async c => {
    const away = signedIn(c)
    if (away) return away
    const { acting } = await writerOf(c, parts)
    const { cursor, reason } = c.req.query()
    const only = reason && REASONS.has(reason) ? reason : undefined
    const { body } = await appview.callAs(acting.agent, frost.feed.listNotifications, {
      params: { limit: 40, ...(cursor && { cursor }), ...(only && { reason: [only] }) },
    })
    unread?.set(acting.did, body.unread)
    c.set('unread', body.unread)
    return c.html(
      <NotificationsPage
        notifications={body.notifications as unknown as Notification[]}
        unread={body.unread}
        reason={only}
        next={body.cursor}
      />,
    )
  })
  app.post('/notifications/seen', async c => {
    const away = signedIn(c, '/notifications')
    if (away) return away
    const { acting } = await writerOf(c, parts)
    const { until = '' } = await textsOf(c)
    const time = Date.parse(until)
    const seenAt = new Date(Number.isFinite(time) ? time : Date.now()).toISOString()
    await appview.callAs(acting.agent, frost.feed.updateSeen, { body: { seenAt } })
    return c.redirect('/notifications', 303)
  })

  const settings = async (c: C, more: Omit<SettingsProps, 'settings' | 'mutes'> = {}) => {
    const { acting } = await writerOf(c, parts)
    const [{ body }, { body: muted }] = await Promise.all([
      appview.callAs(acting.agent, frost.feed.getSettings, {}),
      appview.callAs(acting.agent, frost.graph.listMutes, { params: { limit: 100 } }),
    ])
    c.header('Cache-Control', 'no-store')
    return c.html(
      <SettingsPage settings={body.settings} mutes={muted.mutes.map(({ actor }) => actor)} {...more} />,
      more.problem ? 400 : 200,
    )
  }
  app.get('/settings', async c => {
    const away = signedIn(c)
    if (away) return away
    const done = DONE.get(c.req.query('done') ?? '')
    return settings(c, done ? { done } : {})
  })
  app.post('/settings', async c => {
    const away = signedIn(c, '/settings')
    if (away) return away
    const { acting } = await writerOf(c, parts)
    const texts = await textsOf(c)
    const quietReasons = [...REASONS.keys()].filter(reason => texts[`tell-${reason}`] === undefined)
    await appview.callAs(acting.agent, frost.feed.putSettings, { body: { quietReasons } })
    return c.redirect('/settings?done=saved', 303)
  })
  app.post('/settings/mail', async c => {
    const away = signedIn(c, '/settings')
    if (away) return away
    const { acting } = await writerOf(c, parts)
    const { address = '', frequency = 'daily' } = await textsOf(c)
    try {
      await appview.callAs(acting.agent, frost.feed.putSettings, {
        body: { mailAddress: address, ...(address && { mailFrequency: frequency }) },
      })
      return c.redirect(`/settings?done=${address ? 'mail' : 'saved'}`, 303)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return settings(c, { problem: error.message, address })
    }
  })

  app.post('/report', async c => {
    const texts = await textsOf(c)
    const back = returnPath(texts.return_to)
    if (!c.get('viewer')) return c.redirect(signInAddress(back), 303)
    const { uri = '', cid = '', reason = '', text } = texts
    if (!REPORT_REASONS.has(reason) || !parseAtUri(uri) || !isCid(cid))
      throw new Refused('InvalidReport', 'Nothing was named that could be reported: go back and try again.')
    const { acting } = await writerOf(c, parts)
    await appview.report(acting.agent, { uri, cid }, { type: reason, ...(text && { text }) })
    return c.html(
      <MessagePage
        title="Reported"
        message="Whoever runs this index will look at it. Nobody else is told that it was you."
        back={back}
      />,
    )
  })
  app.post('/mute', c =>
    oneButton(c, parts, async ({ acting }, { mute, unmute }) => {
      const actor = mute ?? unmute ?? ''
      if (!isValidDid(actor)) throw new UsageError('Nobody was named: go back and try again.')
      if (mute) await appview.callAs(acting.agent, frost.graph.muteActor, { body: { actor } })
      else await appview.callAs(acting.agent, frost.graph.unmuteActor, { body: { actor } })
    }),
  )
}

const isCid = (text: string) => /^b[a-z2-7]{20,120}$/.test(text)

function signedIn(c: C, path = new URL(c.req.url).pathname + new URL(c.req.url).search) {
  return c.get('viewer') ? undefined : c.redirect(signInAddress(returnPath(path)), 303)
}
