import { json } from 'node:stream/consumers'
import type { Agent } from '@atproto/lex'
import { settingsFromEnv } from '@frost/client/settings'
import { WebServer } from '@frost/sync/testing/web-server'
import { Hono } from 'hono'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { AppView } from '../appview.ts'
import type { Writers } from '../publish/writer.ts'
import type { SiteEnv, Viewer } from '../session/viewer.ts'
import { Readings } from './readings.ts'
import { labelRoutes } from './routes.tsx'

const ADA: Viewer = { did: `did:plc:${'a'.repeat(24)}`, handle: 'ada.example.org' } as Viewer
const [HERS, USUAL, NEW] = ['hers', 'usual', 'new'].map(name => `did:web:${name}.example.org`)

/** An AppView and Ada's PDS in one. */
let server: WebServer
let isAway: boolean
let put: unknown[]
beforeEach(async () => {
  isAway = false
  put = []
  server = await WebServer.start(async ({ pathname, searchParams }, request) => {
    const headers = { 'content-type': 'application/json' }
    const answer = (body: unknown, status = 200) => ({ json: body, status, headers })
    switch (pathname.split('.').at(-1)) {
      case 'json':
        return answer({ id: 'did:web:index.example.org' })
      case 'getServiceAuth':
        return answer({ token: 'a.b.c' })
      case 'getSettings':
        return isAway
          ? answer({ error: 'InternalServerError' }, 503)
          : answer({ settings: { quietReasons: [], labelers: [{ did: HERS, labels: [] }] } })
      case 'listLabelers':
        return answer({ labelers: [{ did: searchParams.get('did') ?? USUAL, definitions: [] }] })
      default:
        put.push(await json(request))
        return answer({})
    }
  })
})
afterEach(() => server[Symbol.asyncDispose]())

function site() {
  const appview = new AppView(server.origin)
  const agent: Agent = { fetchHandler: (path, init) => fetch(server.origin + path, init) }
  const writers = { of: async () => ({ acting: { ...ADA, agent } }) } as unknown as Writers
  const parts = { appview, writers, unread: undefined, publicUrl: 'http://localhost:1' }
  const readings = new Readings(appview)
  const app = new Hono<SiteEnv>()
  app.use(async (c, next) => {
    c.set('viewer', ADA)
    c.set('labels', await readings.of(c, parts))
    await next()
  })
  labelRoutes(app, { ...parts, readings, settings: settingsFromEnv({}, {}) })
  app.onError((_, c) => c.text('away', 502))
  return {
    add: () =>
      app.request('/settings/labels', {
        method: 'POST',
        body: new URLSearchParams({ action: 'add', labeler: NEW! }),
      }),
  }
}

it('what somebody chooses is added to what is stored, not to what stood in for it', async () => {
  const { add } = site()
  isAway = true
  // The page that they see tells of the usual labelers meanwhile; nothing of theirs is overwritten by these.
  expect((await add()).status).toBe(502)
  expect(put).toEqual([])
  isAway = false
  expect((await add()).status).toBe(303)
  expect(put).toEqual([
    {
      labelers: [
        { did: HERS, labels: [] },
        { did: NEW, labels: [] },
      ],
    },
  ])
})
