import type { Agent, DidString } from '@atproto/lex'
import type { AccountStore } from './accounts.ts'
import { FrostError } from './errors.ts'
import { callService, ServiceError, unreachable } from './http.ts'

/** Tokens of `com.atproto.server.createSession`. */
export interface PasswordTokens {
  readonly accessJwt: string
  readonly refreshJwt: string
}

interface SessionAnswer extends PasswordTokens {
  readonly did: string
  readonly handle: string
}

/**
 * Signs in with a password.
 * @param code Code from the e-mail, for accounts with a second factor.
 * @throws ServiceError `AuthenticationRequired` or `AuthFactorTokenRequired`, `RateLimitExceeded`, …
 */
export function createSession(
  pds: string,
  identifier: string,
  password: string,
  code?: string,
): Promise<SessionAnswer> {
  const input = { identifier, password, ...(code ? { authFactorToken: code } : {}) }
  return callService<SessionAnswer>(pds, 'com.atproto.server.createSession', { input })
}

/** Requests signed with the tokens of a password sign-in, refreshed when they run out, also by another process. */
export class PasswordSession implements Agent {
  readonly did: DidString
  readonly pds: string
  readonly #store: AccountStore
  #tokens: PasswordTokens

  constructor(store: AccountStore, did: string, pds: string, tokens: PasswordTokens) {
    this.#store = store
    this.did = did as DidString
    this.pds = pds
    this.#tokens = tokens
  }

  /** @throws FrostError `NotSignedIn` where the stored tokens are gone. */
  static async restore(store: AccountStore, did: string, pds: string): Promise<PasswordSession> {
    const tokens = await store.readSession<PasswordTokens>(did)
    if (!tokens) throw signInAgain(did)
    return new PasswordSession(store, did, pds, tokens)
  }

  async fetchHandler(path: `/${string}`, init: RequestInit): Promise<Response> {
    if (expiresAt(this.#tokens.accessJwt) < Date.now() + 10_000) await this.#refresh()
    const used = this.#tokens.accessJwt
    const response = await this.#send(path, init, used)
    if (!(await isExpired(response)) || init.body instanceof ReadableStream) return response
    await this.#refresh(used)
    return this.#send(path, init, this.#tokens.accessJwt)
  }

  /** Revokes the refresh token at the PDS. */
  async revoke(): Promise<void> {
    await callService(this.pds, 'com.atproto.server.deleteSession', { token: this.#tokens.refreshJwt })
  }

  async #send(path: string, init: RequestInit, token: string): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${token}`)
    const url = new URL(path, this.pds)
    try {
      return await fetch(url, { ...init, headers })
    } catch (cause) {
      throw init.signal?.aborted ? cause : unreachable(url, cause)
    }
  }

  /** @param refused The access token that was refused, unless it merely ran out. */
  async #refresh(refused = this.#tokens.accessJwt): Promise<void> {
    await this.#store.locked(this.did, async () => {
      const stored = await this.#store.readSession<PasswordTokens>(this.did)
      if (!stored) throw signInAgain(this.did)
      if (stored.accessJwt !== refused) {
        this.#tokens = stored
        return
      }
      try {
        const token = stored.refreshJwt
        const { accessJwt, refreshJwt } = await callService<SessionAnswer>(
          this.pds,
          'com.atproto.server.refreshSession',
          { token },
        )
        this.#tokens = { accessJwt, refreshJwt }
        await this.#store.writeSession(this.did, this.#tokens)
      } catch (error) {
        if (error instanceof ServiceError && (error.status === 400 || error.status === 401)) {
          throw signInAgain(this.did, error)
        }
        throw error
      }
    })
  }
}

function signInAgain(did: string, cause?: unknown): FrostError {
  return new FrostError('NotSignedIn', `the session of ${did} has ended: run 'frost login ${did}'`, { cause })
}

async function isExpired(response: Response): Promise<boolean> {
  if (response.status !== 400 && response.status !== 401) return false
  const body = (await response
    .clone()
    .json()
    .catch(() => undefined)) as { error?: string } | undefined
  return body?.error === 'ExpiredToken'
}

function expiresAt(jwt: string): number {
  try {
    const claims = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as {
      exp?: number
    }
    return typeof claims.exp === 'number' ? claims.exp * 1000 : Number.POSITIVE_INFINITY
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
