import type { Index } from '@frost/index'
import { Hono } from 'hono'
import { escaped } from './letter.ts'

const DEEDS = {
  confirm: {
    ask: 'Confirm this address',
    why: 'Notifications will be sent to the address that got this link.',
    done: 'The address is confirmed: notifications will come to it.',
    act: (index: Index, token: string) => index.mail.confirm(token),
  },
  unsubscribe: {
    ask: 'Send me no more e-mails',
    why: 'Notifications stay where they are; only the e-mails end.',
    done: 'No more e-mails will come.',
    act: (index: Index, token: string) => index.mail.unsubscribe(token),
  },
} as const

const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
}

/**
 * Where the links in e-mails lead: `/mail/confirm` and `/mail/unsubscribe`. To open one only asks, since mail servers open links
 * too; to answer is a POST, which mail programs may send themselves (RFC 8058).
 */
export function mailRoutes(index: Index): Hono {
  const app = new Hono()
  for (const [name, { ask, why, done, act }] of Object.entries(DEEDS)) {
    app.get(`/${name}`, c => {
      const token = escaped(c.req.query('token') ?? '')
      return c.body(
        page(
          `<p>${why}</p><form method="post" action="/mail/${name}?token=${token}"><button>${ask}</button></form>`,
        ),
        200,
        HEADERS,
      )
    })
    app.post(`/${name}`, async c => {
      const held = await act(index, c.req.query('token') ?? '')
      return held
        ? c.body(page(`<p>${done}</p>`), 200, HEADERS)
        : c.body(page('<p>This link no longer holds: ask for a new one in the settings.</p>'), 404, HEADERS)
    })
  }
  return app
}

const page = (body: string) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>FROST</title></head><body><main><h1>FROST</h1>${body}</main></body></html>`
