import { createHash } from 'node:crypto'
import {
  buildAtprotoLoopbackClientId,
  JoseKey,
  NodeOAuthClient,
  type OAuthClientMetadataInput,
  OAuthResponseError,
  type OAuthSession,
  requestLocalLock,
} from '@atproto/oauth-client-node'
import { isValidDid, isValidHandle } from '@atproto/syntax'
import { safeFetchWrap } from '@atproto-labs/fetch-node'
import { FrostError, UsageError } from '@frost/client/errors'
import { identityOfDid, resolveHandle } from '@frost/client/identity'
import { oauthNetwork } from '@frost/client/oauth-network'
import { scopesToAsk } from '@frost/client/scopes'
import { isUsableService } from '@frost/client/settings'
import { isDevelopment, type WebConfig } from '../config.ts'
import type { SessionStore } from './store.ts'
import { SessionEnded } from './viewer.ts'

const CALLBACK = '/oauth/callback'
const METADATA = '/oauth/client-metadata.json'
const KEYS = '/oauth/jwks.json'

/** Tokens and records are small; a list of a hundred records may have megabytes. */
const LARGEST_ANSWER = 8 * 1024 * 1024

/** What is kept of a sign-in until the authorization server leads back. */
interface AppState {
  readonly returnTo: string
  readonly scope: string
  /** Hash of what the browser's cookie holds. */
  readonly browser: string
}

export interface SignedIn {
  readonly did: string
  /** Checked both ways. */
  readonly handle?: string
  readonly returnTo: string
}

/** Why nobody can sign in at this site; undefined where they can. */
export function whyNoSignIn(config: WebConfig): string | undefined {
  if (isDevelopment(config)) return undefined
  if (!config.publicUrl.startsWith('https:'))
    return 'Signing in needs https, and this site is reached by plain http.'
  if (!config.oauthKey || !config.cookieSecret)
    return 'Whoever runs this site has not set it up for signing in: it needs FROST_OAUTH_KEY and FROST_COOKIE_SECRET.'
  return undefined
}

/**
 * The site as a client of people's own servers, by AT Protocol OAuth: a public loopback client in development, a confidential one that
 * proves itself by its key where it has an https address. https://atproto.com/specs/oauth
 */
export class OAuth {
  readonly #config: WebConfig
  readonly #store: SessionStore
  readonly #keys: JoseKey[]
  readonly #clients = new Map<string, NodeOAuthClient>()

  private constructor(config: WebConfig, store: SessionStore, keys: JoseKey[]) {
    this.#config = config
    this.#store = store
    this.#keys = keys
  }

  /** @throws Error where FROST_OAUTH_KEY is no key */
  static async create(config: WebConfig, store: SessionStore): Promise<OAuth> {
    return new OAuth(config, store, isDevelopment(config) ? [] : await keysFrom(config.oauthKey ?? ''))
  }

  /** Documents that authorization servers read of a confidential client, by path. */
  async documents(): Promise<ReadonlyMap<string, object>> {
    if (isDevelopment(this.#config)) return new Map()
    const client = await this.#confidentialClient()
    return new Map<string, object>([
      [METADATA, client.clientMetadata],
      [KEYS, client.jwks],
    ])
  }

  /**
   * Begins a sign-in.
   * @param account Handle, DID, or address of a PDS.
   * @param create Whether a new account is wanted there.
   * @param browser What the browser's cookie holds.
   * @returns the address of the authorization server to go to
   * @throws UsageError, FrostError with what to do
   */
  async begin(account: string, create: boolean, returnTo: string, browser: string): Promise<URL> {
    const name = accountName(account, isDevelopment(this.#config))
    const scopes = await scopesToAsk(this.#config.settings, { operator: await this.#isOperator(name) })
    for (const [index, scope] of scopes.entries()) {
      const client = await this.#client(scope)
      const state: AppState = { returnTo, scope, browser: hashOf(browser) }
      try {
        return await client.authorize(name, {
          scope,
          state: JSON.stringify(state),
          redirect_uri: this.#redirectUri,
          signal: AbortSignal.timeout(20_000),
          ...(create && { prompt: 'create' as const }),
        })
      } catch (error) {
        const isOther = !(error instanceof OAuthResponseError) || error.error !== 'invalid_scope'
        if (isOther || index === scopes.length - 1) throw explained(error, account)
      }
    }
    throw new FrostError('NoScope', 'no scope was given to ask for')
  }

  /**
   * Ends a sign-in that the authorization server has led back from.
   * @throws FrostError where it was refused, is over, or was begun in another browser
   */
  async finish(params: URLSearchParams, browser: string | undefined): Promise<SignedIn> {
    const key = params.get('state') ?? ''
    const saved = this.#store.states.get(key)?.appState
    if (!saved)
      throw new FrostError('SignInOver', 'This sign-in is over, or took longer than 15 minutes: begin again.')
    const state = JSON.parse(saved) as AppState
    if (!browser || hashOf(browser) !== state.browser)
      throw new FrostError(
        'OtherBrowser',
        'This sign-in was begun in another browser: begin again in this one.',
      )
    if (params.has('error')) {
      this.#store.states.del(key)
      throw new FrostError('Refused', 'You were not signed in: it was refused or cancelled at your server.')
    }
    const client = await this.#client(state.scope)
    const { session } = await client
      .callback(params, { redirect_uri: this.#redirectUri })
      .catch((cause: unknown) => {
        throw new FrostError('SignInFailed', 'Your server did not finish the sign-in: begin again.', {
          cause,
        })
      })
    const handle = await this.#handleOf(session.did)
    return { did: session.did, ...(handle && { handle }), returnTo: state.returnTo }
  }

  /** The account's session at its PDS; its tokens refresh themselves. @throws SessionEnded where it has none any more */
  async restore(did: string): Promise<OAuthSession> {
    const scope = this.#store.scopeOf(did)
    if (scope === undefined)
      throw new SessionEnded('Your session at your own server has ended: sign in again.')
    try {
      return await (await this.#client(scope)).restore(did)
    } catch (cause) {
      if (this.#store.tokens(did) !== undefined) throw cause
      throw new SessionEnded('Your session at your own server has ended: sign in again.', { cause })
    }
  }

  /** Revokes the account's tokens at its PDS and forgets them, also where the PDS is away. */
  async end(did: string): Promise<void> {
    try {
      await (await this.restore(did)).signOut()
    } catch {
      // They are forgotten here whatever the PDS says.
    }
    this.#store.removeTokens(did)
  }

  get #redirectUri(): `https://${string}` | `http://127.0.0.1:${number}${string}` {
    return `${this.#config.publicUrl}${CALLBACK}` as `https://${string}`
  }

  #client(scope: string): Promise<NodeOAuthClient> {
    return isDevelopment(this.#config) ? this.#loopbackClient(scope) : this.#confidentialClient()
  }

  /** Its id carries scope and redirect, so there is one for each scope. */
  async #loopbackClient(scope: string): Promise<NodeOAuthClient> {
    const known = this.#clients.get(scope)
    if (known) return known
    // Its port is free (RFC 8252, section 7.3), so that an id, and with it a session, outlives a change of port.
    const registered = `http://127.0.0.1${CALLBACK}` as const
    const client = this.#make(scope, {
      client_id: buildAtprotoLoopbackClientId({ scope, redirect_uris: [registered] }),
      redirect_uris: [registered, this.#redirectUri],
      scope,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
    })
    this.#clients.set(scope, client)
    return client
  }

  async #confidentialClient(): Promise<NodeOAuthClient> {
    const known = this.#clients.get('')
    if (known) return known
    const { publicUrl, settings, operators } = this.#config
    const scopes = await scopesToAsk(settings, { operator: operators.length > 0 })
    const scope = [...new Set(scopes.flatMap(one => one.split(' ')))].join(' ')
    const client = this.#make(scope, {
      client_id: `${publicUrl}${METADATA}`,
      client_name: 'FROST',
      client_uri: publicUrl as `https://${string}`,
      redirect_uris: [this.#redirectUri],
      scope,
      application_type: 'web',
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks_uri: `${publicUrl}${KEYS}` as `https://${string}`,
    })
    // Scopes name the AppView: while it cannot be asked who it is, they are not for good.
    if (scope.includes('aud=did')) this.#clients.set('', client)
    return client
  }

  #make(scope: string, metadata: Partial<OAuthClientMetadataInput>): NodeOAuthClient {
    const { settings } = this.#config
    const store = this.#store
    return new NodeOAuthClient({
      clientMetadata: {
        ...metadata,
        response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token'],
        dpop_bound_access_tokens: true,
      } as OAuthClientMetadataInput,
      ...(this.#keys.length > 0 && { keyset: this.#keys }),
      responseMode: 'query',
      ...oauthNetwork(settings, {
        isLocal: isDevelopment(this.#config),
        guarded: safeFetchWrap({ allowImplicitRedirect: true, responseMaxSize: LARGEST_ANSWER }),
      }),
      stateStore: {
        get: async key => store.states.get(key),
        set: async (key, state) => store.states.set(key, state),
        del: async key => store.states.del(key),
      },
      sessionStore: {
        get: async did => store.tokens(did),
        set: async (did, session) => store.setTokens(did, session, scope),
        del: async did => store.removeTokens(did),
      },
      requestLock: requestLocalLock,
    })
  }

  /** Operators are asked for the rights to operate, and nobody else. */
  async #isOperator(account: string): Promise<boolean> {
    const { operators, settings } = this.#config
    if (operators.length === 0 || /^https?:/.test(account)) return false
    const did = account.startsWith('did:')
      ? account
      : await resolveHandle(account, settings).catch(() => undefined)
    return did !== undefined && operators.includes(did)
  }

  /** The handle of an account, where it leads back to it. */
  async #handleOf(did: string): Promise<string | undefined> {
    const { settings } = this.#config
    try {
      const { handle } = await identityOfDid(did, settings)
      return handle && (await resolveHandle(handle, settings)) === did ? handle : undefined
    } catch {
      return undefined
    }
  }
}

/** What a person typed, as the OAuth client takes it. @throws UsageError that says what is wanted */
export function accountName(text: string, isLocal: boolean): string {
  const name = text
    .trim()
    .replace(/^@/, '')
    .replace(/^at:\/\//, '')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g, '')
  if (/^https?:\/\//i.test(name)) {
    if (isUsableService(name) && (isLocal || name.toLowerCase().startsWith('https:')))
      return new URL(name).origin
    throw new UsageError(
      `'${name.slice(0, 100)}' is no server to sign in at: its address begins with https://`,
    )
  }
  if (isValidDid(name) || isValidHandle(name)) return name
  throw new UsageError(
    `'${name.slice(0, 100)}' is no account: give a handle such as ada.example.org, a DID, or the address of your server`,
  )
}

function explained(error: unknown, account: string): unknown {
  if (error instanceof FrostError) return error
  const name = `'${account.trim().slice(0, 100)}'`
  return new FrostError(
    'SignInFailed',
    `${name} cannot sign in: the account or its server was not found, or the server does not offer sign-in by OAuth. Check the spelling.`,
    { cause: error },
  )
}

async function keysFrom(text: string): Promise<JoseKey[]> {
  try {
    const parsed = text.trim().startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : undefined
    const keys =
      parsed && Array.isArray(parsed.keys) ? (parsed.keys as Record<string, unknown>[]) : [parsed ?? text]
    return await Promise.all(
      keys.map((key, index) => {
        const kid = typeof key === 'object' && typeof key.kid === 'string' ? key.kid : `frost-${index + 1}`
        return JoseKey.fromImportable(
          typeof key === 'string' ? key : JSON.stringify({ alg: 'ES256', ...key }),
          kid,
        )
      }),
    )
  } catch (cause) {
    throw new Error(
      'FROST_OAUTH_KEY is no private key: give an ES256 key as JWK or PKCS #8, see docs/operators.md',
      { cause },
    )
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
