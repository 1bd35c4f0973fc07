import { verifyJwt } from '@atproto/xrpc-server'
import { notAuthenticated, XrpcError } from './errors.ts'

/** The service id that a proxying PDS names after the DID. */
export const SERVICE_FRAGMENT = '#frost_appview'
/** The one by which the AppView is found as a labeler: reports may be addressed to it. */
export const LABELER_FRAGMENT = '#atproto_labeler'

/** Longest life of a token that is accepted, in seconds; a PDS gives one minute. */
const LONGEST_LIFE_SECONDS = 60 * 60

const SWEEP_MILLISECONDS = 10_000

/** Finds the current signing key of a DID as a did:key; `refresh` asks its directory anew. */
export type SigningKeys = (did: string, refresh: boolean) => Promise<string>

/**
 * Checks service-auth tokens: signature by the issuer's current key, audience (`did`, alone or with one of its services), method,
 * expiry, and that none is used twice.
 * Source: https://atproto.com/specs/xrpc#inter-service-authentication-jwt
 */
export class ServiceAuth {
  readonly #audiences: readonly string[]
  readonly #keys: SigningKeys
  readonly #now: () => number
  /** Tokens seen, by issuer and `jti`, until they expire (milliseconds). */
  readonly #seen = new Map<string, number>()
  #nextSweep = 0

  constructor(did: string, keys: SigningKeys, now: () => number = Date.now) {
    this.#audiences = [did, did + SERVICE_FRAGMENT, did + LABELER_FRAGMENT]
    this.#keys = keys
    this.#now = now
  }

  /**
   * @param authorization the header's value, if there was one
   * @param method NSID that is called
   * @returns the DID that calls, or undefined for an anonymous call
   * @throws XrpcError 401 with the reason
   */
  async viewer(authorization: string | undefined, method: string): Promise<string | undefined> {
    if (!authorization) return undefined
    const token = /^Bearer\s+([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1]
    if (!token) throw notAuthenticated('BadJwt', "Authorization must be 'Bearer' and a service-auth token")
    const claims = await this.#verified(token, method)
    if (!this.#audiences.includes(claims.aud)) {
      throw notAuthenticated(
        'BadJwtAudience',
        `the token is for '${claims.aud}', not for '${this.#audiences[0]}'`,
      )
    }
    this.#refuseReplay(token, claims)
    return claims.iss.split('#')[0]
  }

  async #verified(token: string, method: string) {
    try {
      return await verifyJwt(token, null, method, (issuer, refresh) =>
        this.#keys(issuer.split('#')[0] as string, refresh),
      )
    } catch (cause) {
      const error = cause as { customErrorName?: string; message?: string }
      throw notAuthenticated(
        error.customErrorName ?? 'BadJwt',
        error.message ?? 'the token could not be verified',
      )
    }
  }

  #refuseReplay(token: string, claims: { iss: string; jti?: string; exp: number }): void {
    const now = this.#now()
    const expires = claims.exp * 1000
    if (expires > now + LONGEST_LIFE_SECONDS * 1000) {
      throw notAuthenticated('BadJwt', 'the token lives longer than an hour: ask for a shorter one')
    }
    if (now >= this.#nextSweep) {
      for (const [id, end] of this.#seen) if (end <= now) this.#seen.delete(id)
      this.#nextSweep = now + SWEEP_MILLISECONDS
    }
    // Without a `jti` the token itself is its only name.
    const id = `${claims.iss} ${claims.jti ?? token}`
    if (this.#seen.has(id)) throw notAuthenticated('JwtReplayed', 'this token was used before: get a new one')
    if (this.#seen.size >= 200_000) {
      throw new XrpcError(
        429,
        'RateLimitExceeded',
        'too many signed calls at this moment: try again in a minute',
      )
    }
    this.#seen.set(id, expires)
  }
}
