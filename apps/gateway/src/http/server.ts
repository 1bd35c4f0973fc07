import { exportFormats, FORMATS } from '@frost/reader'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Answer, Answers, Asker } from '../answers.ts'
import type { GatewayConfig } from '../config.ts'
import type { Job } from '../job.ts'
import { exactJson } from '../json.ts'
import type { Logger } from '../log.ts'
import { clientAddress } from './client-address.ts'
import type { Metrics } from './metrics.ts'
import { jobOf } from './params.ts'
import { rateLimit } from './rate-limit.ts'
import { Refusal, refusalOf } from './refusal.ts'
import { sendExport } from './send-export.ts'

type Env = { Bindings: HttpBindings }

export interface ServerOptions {
  readonly answers: Answers
  readonly config: GatewayConfig
  readonly metrics: Metrics
  readonly log: Logger
  readonly version: string
}

/** The whole HTTP face of the gateway. */
export function createServer({ answers, config, metrics, log, version }: ServerOptions): Hono<Env> {
  const app = new Hono<Env>()
  app.onError((error, c) => refused(c, error, log))
  app.notFound(c =>
    refused(c, new Refusal(404, 'NotFound', `there is no ${c.req.path} here; / says what is`), log),
  )
  app.use(metrics.middleware())
  app.use(openToAll)

  app.get('/', c => c.text(greeting(version)))
  app.get('/_health', c => c.json({ version }))
  app.get('/metrics', async c => c.body(await metrics.text(), 200, { 'Content-Type': metrics.contentType }))
  app.get('/formats', c =>
    c.json({
      reads: FORMATS.map(({ id }) => id),
      exports: { array: exportFormats('array'), table: exportFormats('table') },
    }),
  )

  app.use(rateLimit(config.requestsPerWindow))
  const answering = (kind: Exclude<Job['kind'], 'export'>) => async (c: Context<Env>) =>
    answered(c, await answers.answer(jobOf(kind, queryOf(c)), askerOf(c)))
  app.get('/describe', answering('describe'))
  app.get('/preview.json', answering('preview'))
  app.get('/preview.png', answering('picture'))
  app.get('/diff.json', answering('diff'))
  app.get('/list', answering('list'))
  app.get('/export', async c => {
    if (c.req.method === 'HEAD')
      throw new Refusal(
        405,
        'MethodNotAllowed',
        'an export is made as it is sent: use GET',
        {},
        { Allow: 'GET' },
      )
    // Not `c.res`: once that was looked at, hono writes an answer of its own after this one.
    const headers = Object.fromEntries(c.body(null).headers)
    const answer = await answers.stream(jobOf('export', queryOf(c)), askerOf(c))
    const { outgoing } = c.env
    try {
      const { bytes, isWhole } = await sendExport(answer, outgoing, headers, config.exportBytes)
      metrics.exported(isWhole ? 'whole' : 'left', bytes)
    } catch (error) {
      if (!outgoing.headersSent) throw error
      metrics.exported('cut')
      log.warn({ err: error }, 'export cut')
    }
    return RESPONSE_ALREADY_SENT
  })
  return app
}

/** Reads are for every page: there are no cookies, so there is nothing to protect from one. */
async function openToAll(c: Context, next: () => Promise<void>): Promise<Response | undefined> {
  c.header('Access-Control-Allow-Origin', '*')
  c.header(
    'Access-Control-Expose-Headers',
    'ETag, Cache-Status, Content-Disposition, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, RateLimit-Policy',
  )
  c.header('Cross-Origin-Resource-Policy', 'cross-origin')
  c.header('X-Content-Type-Options', 'nosniff')
  if (c.req.method === 'OPTIONS')
    return c.body(null, 204, {
      'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
      'Access-Control-Allow-Headers': 'If-None-Match',
      'Access-Control-Max-Age': '86400',
    })
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD')
    throw new Refusal(
      405,
      'MethodNotAllowed',
      `${c.req.method} is not known here: use GET`,
      {},
      { Allow: 'GET, HEAD, OPTIONS' },
    )
  await next()
  return undefined
}

function queryOf(c: Context): URLSearchParams {
  return new URL(c.req.url).searchParams
}

function askerOf(c: Context<Env>): Asker {
  return { client: clientAddress(c.req.raw, c.env), signal: c.req.raw.signal }
}

const CACHE_STATUS: Readonly<Record<Answer['from'], string>> = {
  hit: 'frost; hit',
  revalidated: 'frost; fwd=stale; fwd-status=304',
  miss: 'frost; fwd=miss; stored',
}

/** ETag: RFC 9110, section 8.8.3; Cache-Status: RFC 9211. */
function answered(c: Context, { entry, from }: Answer): Response {
  const etag = `"${entry.digest}"`
  c.header('ETag', etag)
  c.header('Cache-Control', entry.immutable ? 'public, max-age=31536000, immutable' : 'public, no-cache')
  c.header('Cache-Status', CACHE_STATUS[from])
  const asked = c.req
    .header('If-None-Match')
    ?.split(',')
    .map(tag => tag.trim().replace(/^W\//, ''))
  if (asked?.some(tag => tag === etag || tag === '*')) return c.body(null, 304)
  return c.body(new Uint8Array(entry.body), 200, { 'Content-Type': entry.mediaType })
}

function refused(c: Context, error: unknown, log: Logger): Response {
  const refusal =
    refusalOf(error) ??
    new Refusal(500, 'InternalError', 'something went wrong here; it has been written down')
  if (refusal.status === 500) log.error({ err: error }, 'unforeseen')
  const { status, error: name, message, details, headers } = refusal
  return c.body(exactJson({ error: name, message, details }), status as ContentfulStatusCode, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
    ...headers,
  })
}

function greeting(version: string): string {
  return `FROST gateway ${version}: any dataset where it lies, over HTTP

  /describe?url=…&pin=…&endpoint=…&region=…
  /preview.json?url=…&select=time=0,lat=10:20&var=…&columns=…&where=…&limit=…&side=…&picture=…
  /preview.png?url=…&select=…&var=…&side=…&map=…
  /list?url=…&path=FOLDER/&cursor=…
  /diff.json?url=…&from=snapshot:…&to=snapshot:…
  /export?url=…&to=FORMAT&select=…&var=…&columns=…&where=…
  /formats   /_health   /metrics
`
}
