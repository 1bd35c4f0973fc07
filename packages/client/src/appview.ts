import {
  Client,
  type Infer,
  type Main,
  type Query,
  XrpcFetchError,
  type XrpcRequestParams,
  type XrpcResponseBody,
  XrpcResponseError,
} from '@atproto/lex'
import { frost } from '@frost/lexicon'
import { FrostError, systemReason, UsageError } from './errors.ts'

type Params<M extends Query> = XrpcRequestParams<M>

/** An AppView's queries, typed by the lexicons. Every read works signed out. */
export class AppView {
  readonly url: string
  readonly #client: Client

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
    try {
      const response = await this.#client.xrpc(method, { params } as never)
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
