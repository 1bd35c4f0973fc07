import { nsid } from '@frost/lexicon'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { createLogger } from '../log.ts'
import { rateLimit } from '../rate-limit.ts'
import type { Services } from './method.ts'
import { errorAnswer, xrpcRouter } from './router.ts'
import { routes } from './routes.ts'
import { ServiceAuth } from './service-auth.ts'

const log = createLogger('silent')
const auth = new ServiceAuth('did:web:appview.example', async did => {
  throw new Error(`no key of ${did} is asked for here`)
})
const POINTS = 2
const LIST = `/xrpc/${nsid('dataset.listEntries')}`
const REGISTER = `/xrpc/${nsid('updates.registerWebhook')}`

/** The router behind its limit, for calls that are answered before any service is asked. */
function face(points: number): Hono {
  const app = new Hono()
  app.onError((error, c) => errorAnswer(c, error, log))
  app.use(
    '/xrpc/*',
    rateLimit(points, () => 'one client'),
  )
  app.route('/xrpc', xrpcRouter(routes, {} as Services, { auth, log }))
  return app
}

describe('what is refused', () => {
  it.each([
    ['parameters against the lexicon', `${LIST}?actor=a.example&limit=many`, {}, 400],
    ['another verb', LIST, { method: 'POST', body: 'x' }, 405],
    ['an unknown method', '/xrpc/org.example.nothing', {}, 501],
    ['a call that must be signed', REGISTER, { method: 'POST', body: '{}' }, 401],
  ])('%s is readable by scripts of any site', async (_, path, init, status) => {
    const answer = await face(0).request(path, init)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('access-control-expose-headers')).toContain('RateLimit-Remaining')
    expect(await answer.json()).toHaveProperty('error')
  })

  it('is counted like what is answered, and says what is left', async () => {
    const app = face(POINTS)
    const left: (string | null)[] = []
    for (let call = 0; call <= POINTS; call++) {
      const answer = await app.request(LIST)
      left.push(answer.headers.get('ratelimit-remaining'))
      expect(answer.status).toBe(call < POINTS ? 400 : 429)
    }
    expect(left).toEqual(['1', '0', '0'])
  })
})

it('a preflight is answered for any header, without a call', async () => {
  const answer = await face(0).request(REGISTER, {
    method: 'OPTIONS',
    headers: { Origin: 'https://example.org', 'Access-Control-Request-Headers': 'authorization' },
  })
  expect(answer.status).toBe(204)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-allow-headers': 'authorization',
    'access-control-max-age': '86400',
  })
})

it('an input over a megabyte is refused before it is read', async () => {
  const body = 'x'.repeat(1024 * 1024 + 1)
  const answer = await face(0).request(REGISTER, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', 'Content-Length': String(body.length) },
  })
  expect([answer.status, await answer.json()]).toMatchObject([413, { error: 'PayloadTooLarge' }])
})
