import {
  getMain,
  type InferMethodOutputBody,
  type Main,
  type Procedure,
  type Query,
  XrpcFetchError,
  XrpcResponseError,
  xrpc,
} from '@atproto/lex'
import { FrostError, systemReason, UsageError } from './errors.ts'
import { appviewDid } from './scopes.ts'
import type { Session } from './session.ts'

const TIMEOUT_MILLISECONDS = 30_000

/** What an AppView does for somebody signed in: each call carries a token that the account's PDS has signed for it. */
export class SignedAppView {
  readonly #url: string
  readonly #session: Session
  #did: string | undefined

  constructor(url: string, session: Session) {
    this.#url = url
    this.#session = session
  }

  /**
   * Calls a query or procedure as the account.
   * @throws FrostError Unreachable, NoToken, and what the AppView refuses by its name; UsageError for input that is no good
   */
  async call<Method extends Query | Procedure>(
    method: Main<Method>,
    call: { readonly params?: object; readonly body?: object },
  ): Promise<InferMethodOutputBody<Method>> {
    const token = await this.#token(getMain(method).nsid)
    try {
      const { body } = await xrpc(this.#url, method, {
        ...call,
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
        validateResponse: false,
      } as never)
      return body as unknown as InferMethodOutputBody<Method>
    } catch (error) {
      if (error instanceof XrpcResponseError) {
        const message = `AppView ${this.#url}: ${error.message || error.error}`
        if (error.error.startsWith('Invalid')) throw new UsageError(message, { cause: error })
        throw new FrostError(error.error, `${message} (${error.error})`, { cause: error })
      }
      if (error instanceof XrpcFetchError)
        throw this.#unreachable(systemReason(error) ?? error.message, error)
      throw error
    }
  }

  /** The AppView takes each token once, so there is one for each call. */
  async #token(method: string): Promise<string> {
    this.#did ??= await appviewDid(this.#url)
    if (!this.#did) throw this.#unreachable('it does not say who it is')
    const query = new URLSearchParams({ aud: `${this.#did}#frost_appview`, lxm: method })
    const answer = await this.#session.agent.fetchHandler(
      `/xrpc/com.atproto.server.getServiceAuth?${query}`,
      { method: 'GET', signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) },
    )
    const { token, message } = (await answer.json()) as { token?: string; message?: string }
    if (answer.ok && token) return token
    throw new FrostError(
      'NoToken',
      `${this.#session.account.pds} gives no token for ${method} (${answer.status} ${message ?? ''}): sign in again with 'frost login'`,
    )
  }

  #unreachable(reason: string, cause?: unknown): FrostError {
    return new FrostError(
      'Unreachable',
      `AppView ${this.#url} cannot be reached: ${reason}; start one with 'frost network up', or give --appview`,
      { cause },
    )
  }
}
