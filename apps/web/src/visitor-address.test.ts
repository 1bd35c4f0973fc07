import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebServer } from '@frost/sync/testing/web-server'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { configFromEnv } from './config.ts'
import { createSite } from './server.tsx'

/** An AppView. */
let server: WebServer
let folder: string
/** Who asked for what, as the AppView was told. */
let told: { method: string; address: string | string[] | undefined }[]
let isTooMuch: boolean
beforeEach(async () => {
  told = []
  isTooMuch = false
  folder = await mkdtemp(join(tmpdir(), 'frost-visitors-'))
  server = await WebServer.start(({ pathname }, request) => {
    told.push({ method: pathname.split('.').at(-1)!, address: request.headers['x-forwarded-for'] })
    const headers = { 'content-type': 'application/json', 'retry-after': '77' }
    if (isTooMuch)
      return { json: { error: 'RateLimitExceeded', message: 'over 3000 requests' }, status: 429, headers }
    return { json: { actors: [], entries: [], labelers: [] }, headers }
  })
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const site = () => {
  const app = createSite(configFromEnv({ FROST_DATA: folder, FROST_APPVIEW_URL: server.origin }), {
    error: () => {},
  })
  return (path: string, address: string) =>
    app.request(path, { headers: { 'x-forwarded-for': `10.9.9.9, ${address}` } })
}
const addressesOf = (method: string) =>
  told.filter(one => one.method === method).map(({ address }) => address)

it('an AppView on this machine is told whom it answers, so that it counts visitors apart', async () => {
  const visit = site()
  expect((await visit('/people', '192.0.2.1')).status).toBe(200)
  expect((await visit('/people', '192.0.2.2')).status).toBe(200)
  expect(addressesOf('searchActors')).toEqual(['192.0.2.1', '192.0.2.2'])
})

it('the walk that makes sitemaps is nobody’s, and robots spend nothing', async () => {
  const visit = site()
  const index = await visit('/sitemap.xml', '192.0.2.1')
  expect(index.status).toBe(200)
  expect(index.headers.get('content-type')).toBe('application/xml')
  expect(addressesOf('searchEntries')).toEqual([undefined])
  expect(addressesOf('searchActors')).toEqual([undefined, undefined])
  for (let count = 0; count < 60; count++) {
    await visit('/sitemap.xml', '192.0.2.1')
    expect((await visit('/sitemaps/datasets-1.xml', '192.0.2.1')).status).toBe(404)
  }
  expect(addressesOf('searchEntries')).toHaveLength(1)
})

it('whoever asked for too much is told when to come again, and so is a robot that came too early', async () => {
  const visit = site()
  isTooMuch = true
  const page = await visit('/people', '192.0.2.1')
  expect([page.status, page.headers.get('retry-after')]).toEqual([429, '77'])
  for (const path of ['/sitemap.xml', '/sitemaps/datasets-7.xml']) {
    const map = await visit(path, '192.0.2.1')
    expect([map.status, map.headers.get('retry-after')]).toEqual([503, '60'])
  }
})
