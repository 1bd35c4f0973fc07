import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import type { AppView } from '../appview.ts'
import { isDevelopment, type WebConfig } from '../config.ts'
import { Cookies } from './cookies.ts'
import { OAuth, whyNoSignIn } from './oauth.ts'
import { SessionStore } from './store.ts'
import { developmentSecret, Vault } from './vault.ts'
import { type Acting, SessionEnded, type SiteEnv, type Viewer } from './viewer.ts'

/** Who is signed in at this site, browser by browser. */
export class Sessions {
  readonly #cookies: Cookies
  readonly #store: SessionStore
  readonly #oauth: OAuth
  readonly #appview: AppView

  private constructor(config: WebConfig, store: SessionStore, oauth: OAuth, appview: AppView) {
    this.#cookies = new Cookies(config.publicUrl)
    this.#store = store
    this.#oauth = oauth
    this.#appview = appview
  }

  /** Undefined where nobody can sign in. */
  static async open(config: WebConfig, appview: AppView): Promise<Sessions | undefined> {
    if (whyNoSignIn(config)) return undefined
    const secret = config.cookieSecret ?? (isDevelopment(config) ? developmentSecret(config.dataDir) : '')
    const store = new SessionStore(config.dataDir, new Vault(secret))
    return new Sessions(config, store, await OAuth.create(config, store), appview)
  }

  documents(): Promise<ReadonlyMap<string, object>> {
    return this.#oauth.documents()
  }

  /** Who asks, by the browser's cookie. */
  viewer(c: Context<SiteEnv>): Viewer | undefined {
    const token = this.#cookies.session(c)
    const session = token ? this.#store.find(token) : undefined
    return session && { did: session.did, ...(session.handle && { handle: session.handle }), session }
  }

  /** @returns the address of the authorization server */
  async begin(c: Context, account: string, create: boolean, returnTo: string): Promise<URL> {
    const browser = randomBytes(24).toString('base64url')
    const url = await this.#oauth.begin(account, create, returnTo, browser)
    this.#cookies.setSignIn(c, browser)
    return url
  }

  /** @returns the path to go on at */
  async finish(c: Context): Promise<string> {
    const { did, handle, returnTo } = await this.#oauth.finish(
      new URL(c.req.url).searchParams,
      this.#cookies.signIn(c),
    )
    this.#cookies.clearSignIn(c)
    const before = this.#cookies.session(c)
    const left = before ? this.#store.find(before) : undefined
    if (left) this.#store.close(left.did, left.id)
    if (left && left.did !== did && this.#store.list(left.did).length === 0) await this.#oauth.end(left.did)
    this.#cookies.setSession(c, this.#store.open(did, handle, c.req.header('user-agent') ?? ''))
    // What they write is to be seen: the AppView reads their repository from now on, whichever PDS it is on.
    await this.#appview.follow(did).catch(() => undefined)
    return returnTo
  }

  /** Whoever asks, with the rights to act. @throws SessionEnded where they are not signed in any more */
  async acting(c: Context<SiteEnv>): Promise<Acting> {
    const viewer = c.get('viewer')
    if (!viewer) throw new SessionEnded('Sign in first.')
    try {
      const agent = await this.#oauth.restore(viewer.did)
      const { aud } = await agent.getTokenInfo()
      return { ...viewer, agent, pds: new URL(aud).origin }
    } catch (error) {
      if (!this.#store.tokens(viewer.did)) {
        this.#store.close(viewer.did)
        this.#cookies.clearSession(c)
        if (!(error instanceof SessionEnded))
          throw new SessionEnded('Your session at your own server has ended: sign in again.', {
            cause: error,
          })
      }
      throw error
    }
  }

  list({ did }: Viewer) {
    return this.#store.list(did)
  }

  /** Ends this browser's session, or another of the same account; with the last one the tokens are revoked. */
  async close(c: Context, { did, session }: Viewer, id: number | 'all' = session.id): Promise<void> {
    const left = this.#store.close(did, id === 'all' ? undefined : id)
    if (id === 'all' || id === session.id) this.#cookies.clearSession(c)
    if (left === 0) await this.#oauth.end(did)
  }

  end(): void {
    this.#store.end()
  }
}
