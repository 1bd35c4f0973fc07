import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { NodeSavedSession, NodeSavedState, OAuthSession } from '@atproto/oauth-client-node'
import { buildAtprotoLoopbackClientId, NodeOAuthClient, OAuthResponseError } from '@atproto/oauth-client-node'
import type { Account, AccountStore } from './accounts.ts'
import { FrostError } from './errors.ts'
import { oauthNetwork } from './oauth-network.ts'
import { isLoopback, type Settings } from './settings.ts'

const CALLBACK_PATH = '/callback'
const SIGN_IN_PATIENCE_MS = 10 * 60_000

type States = Map<string, NodeSavedState>

/** A sign-in under way: the address to open in a browser, and what it leads to. */
export interface PendingSignIn {
  readonly url: URL
  readonly scope: string
  /** Resolves when the browser came back with a grant; rejects when it was refused or ten minutes have passed. */
  readonly finished: Promise<OAuthSession>
  cancel(): void
}

/**
 * Begins a sign-in by AT Protocol OAuth as a loopback client (RFC 8252): a listener on 127.0.0.1 takes the answer.
 * @param account Handle, DID or origin of a PDS.
 * @param scopes Scopes to ask for, best first: one that the server cannot grant gives way to the next.
 */
export async function beginSignIn(
  account: string,
  scopes: readonly string[],
  pds: string,
  settings: Settings,
  store: AccountStore,
): Promise<PendingSignIn> {
  const answer = Promise.withResolvers<URLSearchParams>()
  const states: States = new Map()
  const listener = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    // Any page in the person's browser can call this address; only the server that was asked knows the state.
    if (url.pathname !== CALLBACK_PATH || !states.has(url.searchParams.get('state') ?? '')) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Nothing here.\n')
      return
    }
    const refused = url.searchParams.has('error')
    response
      .writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
        connection: 'close',
      })
      .end(callbackPage(refused ? 'Sign-in was not granted.' : 'You are signed in to FROST.'))
    answer.resolve(url.searchParams)
  })
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(0, '127.0.0.1', resolve)
  })
  const redirectUri = `http://127.0.0.1:${(listener.address() as AddressInfo).port}${CALLBACK_PATH}` as const
  const close = () => {
    listener.close()
    listener.closeAllConnections()
  }
  const timer = setTimeout(
    () =>
      answer.reject(
        new FrostError('SignInTimeout', 'nobody finished the sign-in within ten minutes: try again'),
      ),
    SIGN_IN_PATIENCE_MS,
  )
  try {
    for (const [index, scope] of scopes.entries()) {
      const client = oauthClient({ scope, pds }, settings, store, { redirectUri, states })
      try {
        const url = await client.authorize(account, { scope, redirect_uri: redirectUri })
        const finished = answer.promise
          .then(params => client.callback(params, { redirect_uri: redirectUri }))
          .then(({ session }) => session)
          .finally(() => {
            clearTimeout(timer)
            close()
          })
        finished.catch(() => undefined)
        const cancel = () => answer.reject(new FrostError('Cancelled', 'sign-in was cancelled'))
        return { url, scope, finished, cancel }
      } catch (error) {
        const isLast = index === scopes.length - 1
        if (isLast || !(error instanceof OAuthResponseError) || error.error !== 'invalid_scope') throw error
      }
    }
    throw new FrostError('NoScope', 'no scope was given to ask for')
  } catch (error) {
    clearTimeout(timer)
    close()
    throw error
  }
}

/** Restores an OAuth session; its tokens refresh themselves, under a lock that other processes honour. */
export async function restoreOAuth(
  account: Account,
  settings: Settings,
  store: AccountStore,
): Promise<OAuthSession> {
  try {
    return await oauthClient(
      { scope: account.scope ?? 'atproto', pds: account.pds },
      settings,
      store,
    ).restore(account.did)
  } catch (cause) {
    if ((await store.readSession(account.did)) !== undefined) throw cause
    const name = account.handle ?? account.did
    throw new FrostError('NotSignedIn', `the session of ${name} has ended: run 'frost login ${name}'`, {
      cause,
    })
  }
}

/** The loopback client: its id carries scope and redirect, the port being free (RFC 8252, section 7.3). */
function oauthClient(
  { scope, pds }: { scope: string; pds: string },
  settings: Settings,
  store: AccountStore,
  {
    redirectUri,
    states = new Map(),
  }: { redirectUri?: `http://127.0.0.1:${number}${string}`; states?: States } = {},
): NodeOAuthClient {
  const registered = `http://127.0.0.1${CALLBACK_PATH}` as const
  return new NodeOAuthClient({
    clientMetadata: {
      client_id: buildAtprotoLoopbackClientId({ scope, redirect_uris: [registered] }),
      redirect_uris: redirectUri ? [registered, redirectUri] : [registered],
      scope,
      response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      dpop_bound_access_tokens: true,
    },
    responseMode: 'query',
    ...oauthNetwork(settings, { isLocal: isLoopback(pds), pds }),
    stateStore: {
      get: async key => states.get(key),
      set: async (key, state) => void states.set(key, state),
      del: async key => void states.delete(key),
    },
    sessionStore: {
      get: did => store.readSession<NodeSavedSession>(did),
      set: (did, session) => store.writeSession(did, session),
      del: did => store.removeSession(did),
    },
    requestLock: async (name, work) => store.locked(`oauth-${name}`, async () => work()),
  })
}

function callbackPage(text: string): string {
  return `<!doctype html><meta charset="utf-8"><title>FROST</title>
<style>body{font:1.1rem/1.5 system-ui;display:grid;place-content:center;min-height:90vh;text-align:center}</style>
<h1>${text}</h1><p>You can close this window and return to the terminal.</p>`
}
