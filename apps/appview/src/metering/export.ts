import { Readable } from 'node:stream'
import type { NamedUsage, UsagePosition } from '@frost/index/consumers'
import { nsid } from '@frost/lexicon'
import { type Context, Hono } from 'hono'
import { XrpcError } from '../xrpc/errors.ts'
import type { Services } from '../xrpc/method.ts'
import { isBasic, requireOperator } from '../xrpc/operators.ts'
import type { ServiceAuth } from '../xrpc/service-auth.ts'

const ROWS_A_PAGE = 1000
/** A signed call is one for the method that answers the same. */
const LIST_USAGE = nsid('admin.listUsage')
const COLUMNS = ['consumer', 'name', 'plan', 'day', 'method', 'requests', 'bytes'] as const

/** `/usage.csv` and `/usage.json` for invoicing: every consumer's requests and bytes a day and method, by password or by a signed call. */
export function usageExport(services: Services, auth: ServiceAuth): Hono {
  const app = new Hono()
  const answer = async (c: Context, isCsv: boolean) => {
    const authorization = c.req.header('authorization')
    const viewer = isBasic(authorization) ? undefined : await auth.viewer(authorization, LIST_USAGE)
    requireOperator(services.config, { viewer, authorization, service: services.did })
    const filter = { from: dayIn('from', c.req.query('from')), until: dayIn('until', c.req.query('until')) }
    await services.meter?.flush()
    const rows = pages(services, filter)
    const body = Readable.toWeb(Readable.from(isCsv ? csv(rows) : json(rows), { objectMode: false }))
    return c.body(body as ReadableStream, 200, {
      'Content-Type': isCsv ? 'text/csv; charset=utf-8' : 'application/json; charset=utf-8',
      'Content-Disposition': `attachment; filename="usage.${isCsv ? 'csv' : 'json'}"`,
      'Cache-Control': 'no-store',
    })
  }
  app.get('/usage.csv', c => answer(c, true))
  app.get('/usage.json', c => answer(c, false))
  return app
}

async function* pages(
  { index }: Services,
  { from, until }: { from?: string; until?: string },
): AsyncGenerator<NamedUsage> {
  const filter = { ...(from && { from }), ...(until && { until }) }
  for (let after: UsagePosition | undefined; ; ) {
    const rows = await index.consumers.usage(filter, ROWS_A_PAGE, after)
    yield* rows
    const last = rows.at(-1)
    if (rows.length < ROWS_A_PAGE || !last) return
    after = [last.consumer, last.day, last.method]
  }
}

async function* csv(rows: AsyncIterable<NamedUsage>): AsyncGenerator<string> {
  yield `${COLUMNS.join(',')}\r\n`
  for await (const row of rows) yield `${COLUMNS.map(column => cell(row[column])).join(',')}\r\n`
}

async function* json(rows: AsyncIterable<NamedUsage>): AsyncGenerator<string> {
  let before = '[\n'
  for await (const row of rows) {
    yield before + JSON.stringify(row)
    before = ',\n'
  }
  yield before === '[\n' ? '[]\n' : '\n]\n'
}

/** RFC 4180; what a spreadsheet would take for a formula is made text. */
function cell(value: string | number | null): string {
  const text = String(value ?? '')
  const plain = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}

function dayIn(name: string, text: string | undefined): string | undefined {
  if (text === undefined || /^\d{4}-\d{2}-\d{2}$/.test(text)) return text
  throw new XrpcError(400, 'InvalidRequest', `${name} is '${text.slice(0, 40)}': write a day as 2026-01-31`)
}
