import { LexValidationError, type Procedure, type Query } from '@atproto/lex'
import { labelledBy } from '@frost/index/moderation/labels'
import type { Context, Next } from 'hono'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cors } from 'hono/cors'
import { contentLabelers } from '../labels/service.ts'
import type { Logger } from '../log.ts'
import { ANONYMOUS } from '../metering/meter.ts'
import '../metering/identify-key.ts'
import { invalidRequest, notAuthenticated, XrpcError } from './errors.ts'
import type { Answer, Route, Services } from './method.ts'
import { isBasic, requireOperator } from './operators.ts'
import type { ServiceAuth } from './service-auth.ts'

/** Headers that a browser's script may read (XRPC manners). */
const EXPOSED = [
  'Atproto-Repo-Rev',
  'Atproto-Content-Labelers',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'RateLimit-Policy',
  'Retry-After',
].join(', ')
const LARGEST_INPUT = 1024 * 1024
const LONGEST_QUERY = 64 * 1024

export interface RouterOptions {
  readonly auth: ServiceAuth
  readonly log: Logger
  /** Hold outputs against the lexicon too: in development and tests (it costs four times the answer). */
  readonly validateOutputs?: boolean
}

/** Serves the routes under `/xrpc/NSID` in the manner of https://atproto.com/specs/xrpc. */
export function xrpcRouter(routes: readonly Route[], services: Services, options: RouterOptions): Hono {
  const app = new Hono()
  app.options('*', cors({ origin: '*', maxAge: 86_400 }))
  app.use(readableByAnyone)
  const limitInput = bodyLimit({ maxSize: LARGEST_INPUT, onError: refuseInput })
  for (const route of routes) {
    const path = `/${route.method.nsid}`
    const answer = (c: Context) => answerCall(c, route, services, options)
    if (route.method.type === 'query') {
      app.get(path, answer)
      app.all(path, () => wrongVerb('GET', route.method.nsid))
    } else {
      app.post(path, limitInput, answer)
      app.all(path, () => wrongVerb('POST', route.method.nsid))
    }
  }
  app.all('/:nsid', c => {
    throw new XrpcError(501, 'MethodNotImplemented', `no method '${c.req.param('nsid')?.slice(0, 317)}' here`)
  })
  app.onError((error, c) => errorAnswer(c, error, options.log))
  return app
}

/**
 * CORS of what is answered. Headers are said before the answer is made: to add one to an answer that is there costs as much as a
 * third of a page, since its body becomes a stream.
 */
function readableByAnyone(c: Context, next: Next): Promise<void> {
  c.header('Access-Control-Allow-Origin', '*')
  c.header('Access-Control-Expose-Headers', EXPOSED)
  return next()
}

async function answerCall(c: Context, route: Route, services: Services, options: RouterOptions) {
  const { method } = route
  const params = readParams(method, c.req.url)
  const viewer = await callerOf(c, route, params, services, options)
  if (route.signedIn && !viewer) {
    throw notAuthenticated(
      'AuthMissing',
      `${method.nsid} needs a service-auth token of the account it acts for`,
    )
  }
  const input = method.type === 'procedure' ? await readInput(method, c) : undefined
  let answer: Answer
  try {
    const handle = () => route.handle({ params, input, viewer } as never, services)
    answer = await labelled(c, services, handle)
  } catch (error) {
    throw declaredError(method, error)
  }
  if (viewer) {
    const rev = await services.index.repoRev(viewer)
    if (rev) c.header('Atproto-Repo-Rev', rev)
  }
  const send = (bytes: Uint8Array, type: string) => {
    metered(c, services, method.nsid, viewer, bytes.length)
    return c.body(bytes as Uint8Array<ArrayBuffer>, 200, { 'Content-Type': type })
  }
  if ('bytes' in answer && answer.bytes instanceof Uint8Array)
    return send(answer.bytes, method.output.encoding!)
  const json = 'json' in answer && typeof answer.json === 'string' ? answer.json : JSON.stringify(answer)
  if (options.validateOutputs) checkOutput(method, json)
  // Made here: a text that is handed to the socket costs twice as much.
  return send(Buffer.from(json), 'application/json; charset=utf-8')
}

/** Who calls: whoever signs; for operators also by password. */
async function callerOf(
  c: Context,
  { method, operator }: Route,
  params: unknown,
  { config, did }: Services,
  { auth }: RouterOptions,
): Promise<string | undefined> {
  const authorization = c.req.header('authorization')
  if (!operator(params as never)) return auth.viewer(authorization, method.nsid)
  const viewer = isBasic(authorization) ? undefined : await auth.viewer(authorization, method.nsid)
  return requireOperator(config, { viewer, authorization, service: did })
}

/** Counts an answer for whoever asked. */
function metered(
  c: Context,
  { meter, quotas }: Services,
  nsid: string,
  viewer: string | undefined,
  bytes: number,
): void {
  if (!meter) return
  const key = c.get('apiKey')
  meter.count(key?.id ?? viewer ?? ANONYMOUS, nsid, bytes)
  if (key) quotas?.spend(key, bytes)
}

/** Makes an answer with the labels that the reader asks for, and says whose they are. */
function labelled(c: Context, { labels }: Services, handle: () => Promise<Answer>): Promise<Answer> {
  const choices = labels?.accepted(c.req.header('atproto-accept-labelers')) ?? []
  if (choices.length === 0) return handle()
  c.header('Atproto-Content-Labelers', contentLabelers(choices))
  return labelledBy(
    choices.map(({ did }) => did),
    handle,
  )
}

function readParams(method: Query | Procedure, url: string): unknown {
  const start = url.indexOf('?')
  const text = start < 0 ? '' : url.slice(start + 1)
  if (text.length > LONGEST_QUERY)
    throw invalidRequest(`the query string is over ${LONGEST_QUERY} bytes: ask for less`)
  try {
    return withoutStacks(() => method.parameters.fromURLSearchParams(text))
  } catch (error) {
    throw error instanceof LexValidationError ? invalidRequest(error.message) : error
  }
}

/** Validation makes an error of every field that is left out, and lets it go: its stack would cost a twentieth of a page. */
function withoutStacks<T>(validate: () => T): T {
  const depth = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return validate()
  } finally {
    Error.stackTraceLimit = depth
  }
}

async function readInput(method: Procedure, c: Context): Promise<unknown> {
  const { input } = method
  if (!input.encoding) return undefined
  if (!input.matchesEncoding(c.req.header('content-type'))) {
    throw invalidRequest(`Content-Type is '${c.req.header('content-type') ?? ''}': send ${input.encoding}`)
  }
  const body = await c.req.json().catch(() => {
    throw invalidRequest('the body is not JSON')
  })
  const result = withoutStacks(() => input.schema?.safeParse(body))
  if (result && !result.success) throw invalidRequest(result.reason.message)
  return result ? result.value : body
}

/** Errors that the lexicon declares are the caller's to mend; anything else is ours, and is logged, not told. */
function declaredError(method: Query | Procedure, error: unknown): unknown {
  if (error instanceof XrpcError || !(error instanceof Error)) return error
  return method.errors?.includes(error.name) ? new XrpcError(400, error.name, error.message) : error
}

function checkOutput(method: Query | Procedure, json: string): void {
  const result = withoutStacks(() => method.output.schema?.safeParse(JSON.parse(json), { strict: false }))
  if (result && !result.success) {
    throw new Error(`${method.nsid} answered against its lexicon: ${result.reason.message}`)
  }
}

function refuseInput(): never {
  throw new XrpcError(413, 'PayloadTooLarge', `the body is over ${LARGEST_INPUT} bytes: send less at once`)
}

function wrongVerb(verb: string, nsid: string): never {
  throw new XrpcError(405, 'InvalidRequest', `${nsid} is called by ${verb}`, { Allow: verb })
}

/** Writes any error in the XRPC manner. */
export function errorAnswer(c: Context, error: unknown, log: Logger): Response {
  if (error instanceof XrpcError) {
    for (const [name, value] of Object.entries(error.headers)) c.header(name, value)
    return c.json({ error: error.error, message: error.message }, error.status)
  }
  log.error({ err: error, path: c.req.path }, 'a call failed')
  return c.json({ error: 'InternalServerError', message: 'something failed here; it was logged' }, 500)
}
