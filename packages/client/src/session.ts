import type { Agent } from '@atproto/lex'
import { type Account, AccountStore } from './accounts.ts'
import { FrostError } from './errors.ts'
import { ServiceError } from './http.ts'
import { type Identity, resolveIdentity } from './identity.ts'
import { createSession, PasswordSession } from './password-session.ts'
import type { Settings } from './settings.ts'

/** Somebody signed in: requests through `agent` go to the account's PDS with its rights. */
export interface Session {
  readonly account: Account
  readonly agent: Agent & { readonly did: string }
}

/**
 * Signs in with a password or app password and remembers the account.
 * @param askForCode Called where the PDS wants the code it has sent by e-mail.
 * @throws FrostError with what to do, e.g. where the password is wrong.
 */
export async function loginWithPassword(
  identifier: string,
  password: string,
  settings: Settings,
  askForCode?: () => Promise<string>,
): Promise<Session> {
  const identity = await findAccount(identifier, settings)
  const answer = await createSession(identity.pds, identity.did, password).catch(async (error: unknown) => {
    if (!(error instanceof ServiceError)) throw error
    if (error.code === 'AuthFactorTokenRequired' && askForCode) {
      return createSession(identity.pds, identity.did, password, await askForCode())
    }
    throw explained(error, identifier)
  })
  if (answer.did !== identity.did) {
    throw new FrostError(
      'WrongAccount',
      `${identity.pds} signed in ${answer.did}, not ${identity.did}: check --service`,
    )
  }
  const tokens = { accessJwt: answer.accessJwt, refreshJwt: answer.refreshJwt }
  const account: Account = {
    did: identity.did,
    handle: identity.handle ?? answer.handle,
    pds: identity.pds,
    method: 'password',
    signedInAt: new Date().toISOString(),
  }
  const store = new AccountStore(settings.configDir)
  await store.writeSession(account.did, tokens)
  await store.add(account)
  return { account, agent: new PasswordSession(store, account.did, account.pds, tokens) }
}

/**
 * Signs in through the browser, by AT Protocol OAuth.
 * @param scopes Scopes to ask for, best first.
 * @param show Called with the address that is to be opened in a browser.
 */
export async function loginWithOAuth(
  identifier: string,
  scopes: readonly string[],
  settings: Settings,
  show: (url: URL) => void | Promise<void>,
  signal?: AbortSignal,
): Promise<Session> {
  const identity = await findAccount(identifier, settings)
  const store = new AccountStore(settings.configDir)
  const { beginSignIn } = await import('./oauth-session.ts')
  const pending = await beginSignIn(identity.handle ?? identity.did, scopes, identity.pds, settings, store)
  signal?.addEventListener('abort', () => pending.cancel(), { once: true })
  await show(pending.url)
  const session = await pending.finished
  if (session.did !== identity.did) {
    await session.signOut().catch(() => undefined)
    throw new FrostError(
      'WrongAccount',
      `the browser signed in ${session.did}, not ${identity.did}: try again`,
    )
  }
  const account: Account = {
    did: identity.did,
    handle: identity.handle,
    pds: identity.pds,
    method: 'oauth',
    scope: pending.scope,
    signedInAt: new Date().toISOString(),
  }
  await store.add(account)
  return { account, agent: session }
}

/** The session of the account named, else of the current one. @throws FrostError `NotSignedIn`. */
export async function restoreSession(settings: Settings, name?: string): Promise<Session> {
  const store = new AccountStore(settings.configDir)
  const account = await store.get(name)
  if (account.method === 'password') {
    return { account, agent: await PasswordSession.restore(store, account.did, account.pds) }
  }
  const { restoreOAuth } = await import('./oauth-session.ts')
  return { account, agent: await restoreOAuth(account, settings, store) }
}

/** Revokes the account's tokens at its PDS and forgets them; they are forgotten also where the PDS is away. */
export async function logout(
  settings: Settings,
  name?: string,
): Promise<{ account: Account; revoked: boolean }> {
  const store = new AccountStore(settings.configDir)
  const account = await store.get(name)
  let revoked = false
  try {
    if (account.method === 'password') {
      await (await PasswordSession.restore(store, account.did, account.pds)).revoke()
    } else {
      const { restoreOAuth } = await import('./oauth-session.ts')
      await (await restoreOAuth(account, settings, store)).signOut()
    }
    revoked = true
  } catch {
    // The tokens are forgotten here whatever the PDS says; the caller is told that they were not revoked there.
  }
  await store.remove(account.did)
  return { account, revoked }
}

async function findAccount(identifier: string, settings: Settings): Promise<Identity> {
  const stored = (await new AccountStore(settings.configDir).list()).accounts.find(
    ({ did, handle }) => did === identifier || handle === identifier,
  )
  const resolver = stored && !settings.service ? { ...settings, service: stored.pds } : settings
  return resolveIdentity(identifier, resolver)
}

function explained(error: ServiceError, identifier: string): FrostError {
  if (error.code === 'AuthFactorTokenRequired') {
    return new FrostError(
      error.code,
      `${identifier} needs the code its PDS has sent by e-mail: give it with --code`,
    )
  }
  if (error.status === 401) {
    return new FrostError(
      error.code,
      `the password for '${identifier}' was refused: check it, or make an app password in the settings of your PDS`,
      { cause: error },
    )
  }
  return error
}
