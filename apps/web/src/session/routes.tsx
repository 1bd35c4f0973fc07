import { Home } from '@frost/client/account/home'
import { publicStanding } from '@frost/client/account/public-standing'
import { describeError } from '@frost/client/describe-error'
import { FrostError } from '@frost/client/errors'
import type { Context, Hono } from 'hono'
import { isDevelopment, type WebConfig } from '../config.ts'
import { AccountPage } from '../pages/account.tsx'
import { SignInPage } from '../pages/sign-in.tsx'
import { whyNoSignIn } from './oauth.ts'
import { returnPath } from './return-to.ts'
import type { Sessions } from './sessions.ts'
import type { SiteEnv } from './viewer.ts'

/** Signing in and out, and the sessions of an account. */
export function sessionRoutes(app: Hono<SiteEnv>, config: WebConfig, sessions: Sessions | undefined): void {
  const page = (c: Context<SiteEnv>, { problem, account }: { problem?: string; account?: string } = {}) => {
    c.header('Cache-Control', 'no-store')
    return c.html(
      <SignInPage
        providers={config.providers}
        returnTo={returnPath(c.req.query('return_to'))}
        account={account}
        problem={problem}
        why={whyNoSignIn(config)}
      />,
      problem ? 400 : 200,
    )
  }

  app.get('/sign-in', c => {
    // Authorization servers lead back to 127.0.0.1, and a cookie of localhost would not be there.
    const url = new URL(c.req.url)
    const { hostname } = new URL(config.publicUrl)
    if (isDevelopment(config) && url.hostname !== hostname)
      return c.redirect(`${config.publicUrl}${url.pathname}${url.search}`, 302)
    const isAnew = c.req.query('anew') !== undefined
    if (c.get('viewer') && !isAnew) return c.redirect(returnPath(c.req.query('return_to')), 302)
    return page(c, { account: c.req.query('account')?.slice(0, 300) })
  })
  if (!sessions) return

  app.post('/sign-in', async c => {
    const form = await c.req.parseBody()
    const { account = '', create, typed = '' } = form as Record<string, string>
    try {
      const wanted = String(create ?? (account || typed))
      const url = await sessions.begin(c, wanted, create !== undefined, returnPath(c.req.query('return_to')))
      return c.redirect(url.href, 303)
    } catch (error) {
      if (!(error instanceof FrostError)) throw error
      return page(c, { problem: error.message, account: String(typed) })
    }
  })
  app.get('/oauth/callback', async c => {
    c.header('Cache-Control', 'no-store')
    c.header('Referrer-Policy', 'no-referrer')
    try {
      return c.redirect(await sessions.finish(c), 302)
    } catch (error) {
      if (!(error instanceof FrostError)) throw error
      return page(c, { problem: describeError(error) })
    }
  })
  app.post('/sign-out', async c => {
    const viewer = c.get('viewer')
    if (viewer) await sessions.close(c, viewer)
    return c.redirect('/', 303)
  })

  app.get('/account', async c => {
    const viewer = c.get('viewer')
    if (!viewer) return c.redirect('/sign-in?return_to=/account', 302)
    c.header('Cache-Control', 'no-store')
    const { pds, agent } = await sessions.acting(c)
    const [{ scope }, standing] = await Promise.all([
      agent.getTokenInfo(false),
      publicStanding(viewer.did, config.settings, Home.signedIn(pds, agent)).catch(() => undefined),
    ])
    const props = { viewer, pds, scope, sessions: sessions.list(viewer), standing }
    return c.html(<AccountPage {...props} />)
  })
  app.post('/account/sessions', async c => {
    const viewer = c.get('viewer')
    if (!viewer) return c.redirect('/sign-in?return_to=/account', 303)
    const { id } = (await c.req.parseBody()) as { id?: string }
    if (id === 'all') await sessions.close(c, viewer, 'all')
    else if (id && /^\d{1,15}$/.test(id)) await sessions.close(c, viewer, Number(id))
    return c.redirect(id === 'all' || Number(id) === viewer.session.id ? '/' : '/account', 303)
  })

  for (const path of ['/oauth/client-metadata.json', '/oauth/jwks.json']) {
    app.get(path, async c => {
      const document = (await sessions.documents()).get(path)
      return document ? c.json(document, 200, { 'Cache-Control': 'public, max-age=300' }) : c.notFound()
    })
  }
}
