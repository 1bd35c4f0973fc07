import {
  type Agent,
  Client,
  getMain,
  type Infer,
  type Main,
  type Procedure,
  type Query,
  XrpcFetchError,
  type XrpcRequestParams,
  type XrpcResponseBody,
  XrpcResponseError,
} from '@atproto/lex'
import { frost } from '@frost/lexicon'
import { FrostError, systemReason, UsageError } from './errors.ts'
import { appviewDid } from './scopes.ts'

type Params<M extends Query> = XrpcRequestParams<M>

/** An AppView's queries, typed by the lexicons. Every read works signed out. */
export class AppView {
  readonly url: string
  readonly #client: Client
  #did: string | undefined

  constructor(url: string) {
    this.url = url
    this.#client = new Client(url, { validateResponse: false })
  }

  searchEntries(params: Params<typeof frost.dataset.searchEntries.main>) {
    return this.call(frost.dataset.searchEntries.main, params)
  }

  getEntry(params: Params<typeof frost.dataset.getEntry.main>) {
    return this.call(frost.dataset.getEntry.main, params)
  }

  listVersions(params: Params<typeof frost.dataset.listVersions.main>) {
    return this.call(frost.dataset.listVersions.main, params)
  }

  describeService() {
    return this.call(frost.service.describeService.main, {})
  }

  /** The at-uri that an identifier, address or reference stands for; undefined where the AppView knows none. */
  async resolveEntry(id: string): Promise<string | undefined> {
    try {
      const { uri } = await this.call(frost.dataset.resolveEntry.main, { id })
      return uri
    } catch (error) {
      if (error instanceof FrostError && error.code.endsWith('NotFound')) return undefined
      throw error
    }
  }

  /**
   * Any query of the AppView.
   * @throws FrostError `Unreachable` with how to start one; UsageError where it refuses a parameter.
   */
  async call<const M extends Query>(method: Main<M>, params: Params<M>): Promise<XrpcResponseBody<M>> {
    return this.#answer(method, { params })
  }

  /**
   * Any query or procedure, as the person who is signed in: with a token of their PDS for this one call.
   * @throws as `call` does; FrostError `NoToken` where the PDS gives none
   */
  async callAs<const M extends Query | Procedure>(
    agent: Agent,
    method: Main<M>,
    call: { readonly params?: object; readonly body?: object } = {},
  ): Promise<XrpcResponseBody<M>> {
    const token = await this.#tokenOf(agent, getMain(method).nsid)
    return this.#answer(method, { ...call, headers: { authorization: `Bearer ${token}` } })
  }

  async #tokenOf(agent: Agent, method: string): Promise<string> {
    this.#did ??= await appviewDid(this.url)
    if (!this.#did)
      throw new FrostError(
        'Unreachable',
        `AppView ${this.url} does not say who it is: start one with 'frost network up', or give --appview`,
      )
    const query = new URLSearchParams({ aud: `${this.#did}#frost_appview`, lxm: method })
    const answer = await agent.fetchHandler(`/xrpc/com.atproto.server.getServiceAuth?${query}`, {
      method: 'GET',
    })
    const { token, message } = (await answer.json().catch(() => ({}))) as {
      token?: string
      message?: string
    }
    if (answer.ok && token) return token
    throw new FrostError('NoToken', `the PDS gives no token for ${method}: ${message ?? answer.status}`)
  }

  async #answer<const M extends Query | Procedure>(
    method: Main<M>,
    options: object,
  ): Promise<XrpcResponseBody<M>> {
    try {
      const response = await this.#client.xrpc(method, options as never)
      return (response as { body: XrpcResponseBody<M> }).body
    } catch (error) {
      if (error instanceof XrpcResponseError) {
        const message = `AppView ${this.url}: ${error.message || error.error}`
        if (error.error.startsWith('Invalid')) throw new UsageError(message, { cause: error })
        throw new FrostError(error.error, `${message} (${error.error})`, { cause: error })
      }
      if (error instanceof XrpcFetchError) {
        const reason = systemReason(error) ?? error.message
        throw new FrostError(
          'Unreachable',
          `AppView ${this.url} cannot be reached: ${reason}; start one with 'frost network up', or give --appview`,
          { cause: error },
        )
      }
      throw error
    }
  }
}

export type SearchAnswer = Infer<NonNullable<(typeof frost.dataset.searchEntries.main)['output']['schema']>>
