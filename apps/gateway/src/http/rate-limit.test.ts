import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { rateLimit } from './rate-limit.ts'
import type { Refusal } from './refusal.ts'

test('each client may ask so often in a window, and is told what is left', async () => {
  let now = 1_000_000_000
  const app = new Hono()
  app.onError((error, c) => c.json({}, (error as Refusal).status as 429, (error as Refusal).headers))
  app.use(rateLimit(2, () => now))
  app.get('/', c => c.text('yes'))
  const ask = (client: string) => app.request('/', { headers: { 'X-Forwarded-For': client } })
  const remaining = async (client: string) => (await ask(client)).headers.get('RateLimit-Remaining')
  expect([await remaining('a'), await remaining('a'), await remaining('b')]).toEqual(['1', '0', '1'])
  const refused = await ask('a')
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0)
  now += 300_000
  expect((await ask('a')).status).toBe(200)
})
