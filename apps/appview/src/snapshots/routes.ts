import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { XrpcError } from '../xrpc/errors.ts'
import type { Snapshots } from './snapshots.ts'

/**
 * Files of snapshots by an address that cannot be guessed, whole or a range of bytes, so that an interrupted download goes on and
 * readers of Parquet fetch only what they need.
 */
export function snapshotRoutes(snapshots: Snapshots): Hono {
  const app = new Hono()
  app.use(cors({ origin: '*', exposeHeaders: ['ETag', 'Content-Range', 'Accept-Ranges'] }))
  app.get('/:id/:name', c => {
    const file = snapshots.file(c.req.param('id'), c.req.param('name'))
    if (!file)
      throw new XrpcError(404, 'NotFound', 'no such file, or its day is over: ask for a new snapshot')
    const { size, path } = file
    const etag = `"${file.sha256}"`
    const headers = {
      'Content-Type': path.endsWith('.car') ? 'application/vnd.ipld.car' : 'application/vnd.apache.parquet',
      'Accept-Ranges': 'bytes',
      ETag: etag,
      Expires: new Date(file.until).toUTCString(),
      'Cache-Control': 'private, immutable',
    }
    if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers)
    const ifRange = c.req.header('if-range')
    const range = ifRange === undefined || ifRange === etag ? rangeOf(c.req.header('range'), size) : undefined
    if (range === 'none') return c.body(null, 416, { ...headers, 'Content-Range': `bytes */${size}` })
    const { from, to } = range ?? { from: 0, to: size - 1 }
    const length = { 'Content-Length': String(to - from + 1) }
    const body =
      c.req.method === 'HEAD' || size === 0
        ? null
        : (Readable.toWeb(createReadStream(path, { start: from, end: to })) as ReadableStream)
    const partial = range && { 'Content-Range': `bytes ${from}-${to}/${size}` }
    return new Response(body, { status: range ? 206 : 200, headers: { ...headers, ...length, ...partial } })
  })
  return app
}

/** One range of RFC 9110; what is none, or several, is answered with the whole. */
function rangeOf(text: string | undefined, size: number): { from: number; to: number } | 'none' | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(text ?? '') ?? []
  if (first === undefined || last === undefined || first + last === '') return undefined
  if (first === '')
    return Number(last) === 0 ? 'none' : { from: Math.max(0, size - Number(last)), to: size - 1 }
  const from = Number(first)
  const to = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && Number(last) < from) return undefined
  return from >= size ? 'none' : { from, to }
}
