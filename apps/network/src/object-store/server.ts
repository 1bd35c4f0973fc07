import { createReadStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { startListener } from '../listener.ts'
import { evaluate, requestedRange } from './conditions.ts'
import { contentType } from './content-types.ts'
import { Files, type Found } from './files.ts'
import { list } from './listing.ts'

export interface ObjectStoreOptions {
  /** Folder to serve; made if absent. */
  readonly folder: string
  /** Further folders, served in place and not copied, by the first part of their path. */
  readonly mounts?: Readonly<Record<string, string>>
  /** 0 or absent: `portBefore` if it is free, else any. */
  readonly port?: number
  readonly portBefore?: number
  readonly host?: string
}

/** A running object store. */
export interface ObjectStore {
  /** `http://localhost:PORT`. */
  readonly url: string
  readonly port: number
  /** Folder behind it. */
  readonly folder: string
  /** URL of a file by its path in the store. */
  urlOf(path: string): string
  /** Number of requests and bytes of bodies answered so far, so that tests can bound what a reader costs. */
  readonly served: { readonly requests: number; readonly bytes: number }
  stop(): Promise<void>
}

const EXPOSED = 'accept-ranges, content-length, content-range, content-type, etag, last-modified'

/** Serves the files of a folder as a public bucket does: ranges, conditions, CORS, S3 listings. Read only. */
export async function startObjectStore(options: ObjectStoreOptions): Promise<ObjectStore> {
  const { folder, mounts, port, portBefore, host } = options
  await mkdir(folder, { recursive: true })
  const files = await Files.open(folder, mounts)
  const served = { requests: 0, bytes: 0 }
  const server = createServer((request, response) => {
    served.requests += 1
    answer(files, request, response, bytes => {
      served.bytes += bytes
    }).catch(error => {
      if (response.headersSent) response.destroy()
      else fail(response, 500, 'InternalError', error instanceof Error ? error.message : String(error))
    })
  })
  const listener = await startListener(server, port, { before: portBefore, host })
  const url = `http://localhost:${listener.port}`
  return {
    url,
    port: listener.port,
    folder,
    urlOf: path => `${url}/${path.split('/').map(encodeURIComponent).join('/')}`,
    served,
    stop: () => listener.close(),
  }
}

async function answer(
  files: Files,
  request: IncomingMessage,
  response: ServerResponse,
  count: (bytes: number) => void,
): Promise<void> {
  response.setHeader('access-control-allow-origin', '*')
  response.setHeader('access-control-expose-headers', EXPOSED)
  if (request.method === 'OPTIONS') {
    const headers = 'range, if-match, if-none-match, if-modified-since, if-unmodified-since, if-range'
    response.writeHead(204, {
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-headers': headers,
      'access-control-max-age': '86400',
    })
    response.end()
    return
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD, OPTIONS')
    fail(response, 405, 'MethodNotAllowed', 'this store is read only')
    return
  }
  const url = new URL(`http://store${request.url?.startsWith('/') ? request.url : '/'}`)
  const segments = pathSegments(rawPath(request.url ?? '/'))
  const found = segments && (await files.find(segments))
  if (!found) return fail(response, 404, 'NoSuchKey', `there is no object ${url.pathname}`)
  if (found.isFolder) {
    if (segments.length > 1 && !url.searchParams.has('list-type')) {
      return fail(
        response,
        404,
        'NoSuchKey',
        `${url.pathname} is a folder: ask with ?list-type=2 for what is in it`,
      )
    }
    return sendListing(files, segments, url.searchParams, response)
  }
  if (url.pathname.endsWith('/'))
    return fail(response, 404, 'NoSuchKey', `there is no object ${url.pathname}`)
  await sendFile(files, found, request, response, count)
}

async function sendFile(
  files: Files,
  file: Found,
  request: IncomingMessage,
  response: ServerResponse,
  count: (bytes: number) => void,
): Promise<void> {
  const validators = { etag: await files.etag(file), modified: file.modified }
  response.setHeader('etag', validators.etag)
  response.setHeader('last-modified', new Date(file.modified).toUTCString())
  response.setHeader('accept-ranges', 'bytes')
  response.setHeader('cache-control', 'no-cache')
  const status = evaluate(request.headers, validators)
  if (status === 304) {
    response.writeHead(304).end()
    return
  }
  if (status === 412)
    return fail(response, 412, 'PreconditionFailed', 'the object is not the one the request names')
  const range = requestedRange(request.headers, file.size, validators)
  if (range === 'unsatisfiable') {
    response.setHeader('content-range', `bytes */${file.size}`)
    return fail(response, 416, 'InvalidRange', `the object has ${file.size} bytes`)
  }
  const { start, end } = range ?? { start: 0, end: file.size - 1 }
  const length = end - start + 1
  response.writeHead(range ? 206 : 200, {
    'content-type': contentType(file.path),
    'content-length': length,
    ...(range ? { 'content-range': `bytes ${start}-${end}/${file.size}` } : {}),
  })
  if (request.method === 'HEAD' || length === 0) {
    response.end()
    return
  }
  count(length)
  // A reader that has enough hangs up; that is no failure of the store.
  await pipeline(createReadStream(file.path, { start, end }), response).catch(error => {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  })
}

async function sendListing(
  files: Files,
  bucket: readonly string[],
  params: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const delimiter = params.get('delimiter') ?? ''
  if (delimiter !== '' && delimiter !== '/') {
    return fail(response, 400, 'InvalidArgument', `delimiter must be /, not '${delimiter}'`)
  }
  const asked = params.get('max-keys') ?? '1000'
  if (!/^\d{1,6}$/.test(asked))
    return fail(response, 400, 'InvalidArgument', `max-keys '${asked}' is not a number`)
  const token = params.get('continuation-token')
  const prefix = params.get('prefix') ?? ''
  const query = {
    prefix,
    delimiter,
    after: token === null ? (params.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString(),
    maxKeys: Math.min(Number(asked), 1_000),
  } as const
  const { objects, commonPrefixes, next } = await list(files, bucket, query)
  const contents = await Promise.all(
    objects.map(async ({ key, file }) =>
      element('Contents', [
        element('Key', escapeXml(key)),
        element('LastModified', new Date(file.modified).toISOString()),
        element('ETag', escapeXml(await files.etag(file))),
        element('Size', String(file.size)),
        element('StorageClass', 'STANDARD'),
      ]),
    ),
  )
  const body = element('ListBucketResult', [
    element('Name', escapeXml(bucket.join('/'))),
    element('Prefix', escapeXml(prefix)),
    delimiter ? element('Delimiter', delimiter) : '',
    element('KeyCount', String(objects.length + commonPrefixes.length)),
    element('MaxKeys', String(query.maxKeys)),
    element('IsTruncated', String(next !== undefined)),
    next === undefined ? '' : element('NextContinuationToken', Buffer.from(next).toString('base64url')),
    ...contents,
    ...commonPrefixes.map(folder => element('CommonPrefixes', element('Prefix', escapeXml(folder)))),
  ])
  const namespaced = body.replace(
    '<ListBucketResult>',
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
  )
  sendXml(response, 200, namespaced)
}

/** The path as it was sent: a URL parser would resolve `..` before it could be refused. */
function rawPath(target: string): string {
  return target.split(/[?#]/, 1)[0]!
}

function pathSegments(path: string): string[] | undefined {
  try {
    return path
      .replace(/^\/|\/$/g, '')
      .split('/')
      .map(decodeURIComponent)
      .filter((name, _, all) => all.length > 1 || name)
  } catch {
    return undefined
  }
}

function fail(response: ServerResponse, status: number, code: string, message: string): void {
  sendXml(response, status, element('Error', [element('Code', code), element('Message', escapeXml(message))]))
}

function sendXml(response: ServerResponse, status: number, xml: string): void {
  const bytes = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`)
  response.writeHead(status, { 'content-type': 'application/xml', 'content-length': bytes.length }).end(bytes)
}

function element(name: string, content: string | readonly string[]): string {
  return `<${name}>${typeof content === 'string' ? content : content.join('')}</${name}>`
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
