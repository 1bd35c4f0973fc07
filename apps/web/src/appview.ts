import {
  type Agent,
  getMain,
  type InferMethodOutputBody,
  IssueInvalidFormat,
  LexValidationError,
  type Main,
  type Procedure,
  type Query,
  XrpcError,
  xrpc,
} from '@atproto/lex'
import { appviewDid } from '@frost/client/scopes'
import { isLoopback } from '@frost/client/settings'
import {
  type Collection,
  type Entry,
  frost,
  type Head,
  type Mirror,
  type Offer,
  type Profile,
  type Version,
} from '@frost/lexicon'
import { acceptedLabelers } from './session/viewer.ts'
import { currentVisitorAddress } from './visitor-address.ts'

type WithRecord<View, Item> = Omit<View, 'record'> & { readonly record: Item }

/** Views carry records verbatim; here they get the types of their lexicons, every field of which may be missing. */
export type EntryView = WithRecord<frost.dataset.defs.EntryView, Entry>
export type VersionView = WithRecord<frost.dataset.defs.VersionView, Version>
export type HeadView = WithRecord<frost.dataset.defs.HeadView, Head>
export type HeadState = WithRecord<frost.dataset.defs.HeadState, Head>
export type MirrorView = WithRecord<frost.dataset.defs.MirrorView, Mirror>
export type OfferView = WithRecord<frost.dataset.defs.OfferView, Offer>
export type CollectionView = WithRecord<frost.dataset.defs.CollectionView, Collection>
export type ProfileView = Omit<frost.actor.defs.ProfileView, 'record'> & { readonly record?: Profile }
export type Facet = frost.dataset.defs.Facet
export type SearchAnswer = {
  entries: EntryView[]
  total: number
  totalIsExact?: boolean
  /** The query text as it may be meant. */
  didYouMean?: string
  cursor?: string
}
/** How many datasets cover each stretch of time; years, the end excluded. */
export type Timeline = {
  buckets: readonly { from: number; until: number; count: number }[]
  undated: number
  total: number
  exact: boolean
}

/** An answer that the AppView refused: its name and message are for the person who asked. */
export class Refused extends Error {
  readonly error: string
  /** Seconds, or a date, as its header has it. */
  readonly retryAfter: string | undefined
  constructor(error: string, message: string, retryAfter?: string) {
    super(message)
    this.error = error
    this.retryAfter = retryAfter
  }
}

const TIMEOUT_MILLISECONDS = 15_000
const CREATE_REPORT = 'com.atproto.moderation.createReport'

/** The site knows an AppView only by its XRPC. */
export class AppView {
  readonly url: string
  #did: string | undefined

  constructor(url: string) {
    this.url = url
  }

  /** Its DID, by which others know it; undefined while it cannot be asked. */
  async did(): Promise<string | undefined> {
    this.#did ??= await appviewDid(this.url)
    return this.#did
  }

  /**
   * Calls one query.
   * @throws Refused if the AppView says that the request is at fault; other errors if it is down or answers nonsense
   */
  async query<Method extends Query>(
    method: Main<Method>,
    params: object,
  ): Promise<InferMethodOutputBody<Method>> {
    return (await this.#call(method, { params })).body
  }

  /**
   * Calls a query or procedure as a person.
   * @param agent requests by which go to their PDS with their rights
   * @returns the answer, and how far the AppView has read their repository
   */
  async callAs<Method extends Query | Procedure>(
    agent: Agent,
    method: Main<Method>,
    call: { readonly params?: object; readonly body?: object },
  ): Promise<{ body: InferMethodOutputBody<Method>; rev?: string }> {
    const token = await this.#tokenOf(agent, getMain(method).nsid)
    const { body, headers } = await this.#call(method, {
      ...call,
      headers: { authorization: `Bearer ${token}` },
    })
    const rev = headers.get('atproto-repo-rev')
    return { body, ...(rev && { rev }) }
  }

  /**
   * Usage day by day and method by method as CSV, for an operator.
   * @throws Refused where they are none
   */
  async usage(agent: Agent, query: URLSearchParams): Promise<ReadableStream> {
    const token = await this.#tokenOf(agent, getMain(frost.admin.listUsage).nsid)
    const answer = await fetch(`${this.url}/usage.csv?${query}`, {
      headers: { ...this.#forVisitor(), authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    })
    if (answer.ok && answer.body) return answer.body
    const { error = '', message = '' } = (await answer.json().catch(() => ({}))) as Record<string, string>
    if (answer.status < 500) throw new Refused(error, message)
    throw new Error(`the AppView told no usage: ${answer.status} ${message}`)
  }

  /** Asks the AppView to read a repository from now on, and the PDS it is on where that is named. */
  async follow(did: string, pds?: string): Promise<void> {
    await this.#call(frost.service.requestIndex, { body: { did } })
    if (pds === undefined) return
    await fetch(`${this.url}/xrpc/com.atproto.sync.requestCrawl`, {
      method: 'POST',
      headers: { ...this.#forVisitor(), 'content-type': 'application/json' },
      body: JSON.stringify({ hostname: new URL(pds).host }),
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    }).then(answer => answer.body?.cancel())
  }

  /**
   * Tells whoever runs the AppView that something should not be there.
   * @param reason a reason of com.atproto.moderation.defs
   * @throws Refused where they take no reports, or not this one
   */
  async report(
    agent: Agent,
    subject: { readonly uri: string; readonly cid: string },
    reason: { readonly type: string; readonly text?: string },
  ): Promise<void> {
    const token = await this.#tokenOf(agent, CREATE_REPORT)
    const answer = await fetch(`${this.url}/xrpc/${CREATE_REPORT}`, {
      method: 'POST',
      headers: {
        ...this.#forVisitor(),
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        reasonType: reason.type,
        ...(reason.text && { reason: reason.text }),
        subject: { $type: 'com.atproto.repo.strongRef', ...subject },
      }),
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    })
    const { error = '', message } = (await answer.json().catch(() => ({}))) as Record<string, string>
    if (answer.ok) return
    if (answer.status === 404 || answer.status === 501)
      throw new Refused('NotOffered', 'This index takes no reports: write to whoever runs it.')
    if (answer.status < 500) throw new Refused(error, message ?? 'The report was refused.')
    throw new Error(`the AppView took no report: ${answer.status} ${message ?? ''}`)
  }

  /** A service-auth token of the person's PDS. The AppView takes each once, so there is one for each call. */
  async #tokenOf(agent: Agent, method: string): Promise<string> {
    const did = await this.did()
    if (!did) throw new Error(`the AppView at ${this.url} does not say who it is`)
    const query = new URLSearchParams({ aud: `${did}#frost_appview`, lxm: method })
    const answer = await agent.fetchHandler(`/xrpc/com.atproto.server.getServiceAuth?${query}`, {
      method: 'GET',
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    })
    const { token, message } = (await answer.json()) as { token?: string; message?: string }
    if (answer.status === 403)
      throw new Refused(
        'NotGranted',
        'Your server has not granted this site to ask for what is yours alone. Sign out, then sign in again and grant it.',
      )
    if (!answer.ok || !token)
      throw new Error(`the PDS gave no token for ${method}: ${answer.status} ${message ?? ''}`)
    return token
  }

  /** An AppView on this machine counts visitors apart by what the site says of them; any other would not believe it. */
  #forVisitor(): Record<string, string> {
    const address = isLoopback(this.url) ? currentVisitorAddress() : undefined
    return address === undefined ? {} : { 'x-forwarded-for': address }
  }

  async #call<Method extends Query | Procedure>(
    method: Main<Method>,
    options: { readonly params?: object; readonly body?: object; readonly headers?: Record<string, string> },
  ): Promise<{ body: InferMethodOutputBody<Method>; headers: Headers }> {
    try {
      const accepted = acceptedLabelers()
      const { body, headers } = await xrpc(this.url, method, {
        ...options,
        headers: {
          ...this.#forVisitor(),
          ...(accepted && { 'atproto-accept-labelers': accepted.join(', ') }),
          ...options.headers,
        },
        signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
        validateResponse: false,
      } as never)
      return { body: body as unknown as InferMethodOutputBody<Method>, headers }
    } catch (error) {
      if (error instanceof XrpcError && isRefusal(error)) throw refusedBy(error)
      const { cause } = error as Error
      if (cause instanceof LexValidationError) throw refusalOf(cause)
      throw error
    }
  }
}

function refusedBy(error: XrpcError): Refused {
  const { headers } = error as { headers?: Headers }
  return new Refused(error.error, error.message, headers?.get('retry-after') ?? undefined)
}

/** What no AppView needs to be asked: an address that names no account and no record leads nowhere. */
function refusalOf({ issues, message }: LexValidationError): Refused {
  const isName = issues.some(issue => issue instanceof IssueInvalidFormat)
  return new Refused(isName ? 'NameNotFound' : 'InvalidRequest', message)
}

function isRefusal(error: XrpcError): boolean {
  const { status } = error as { status?: number }
  return status !== undefined && status >= 400 && status < 500
}
