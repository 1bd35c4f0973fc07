import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'

const SESSION_SECONDS = 60 * 24 * 3600
const SIGN_IN_SECONDS = 15 * 60

/** The site's two cookies. Browsers hand cookies to all ports of a host, so without https the port is in their names. */
export class Cookies {
  readonly #isSecure: boolean
  readonly #session: string
  readonly #signIn: string

  constructor(publicUrl: string) {
    const { protocol, port } = new URL(publicUrl)
    this.#isSecure = protocol === 'https:'
    const name = this.#isSecure ? '__Host-frost' : `frost-${port || 80}`
    this.#session = name
    this.#signIn = `${name}-sign-in`
  }

  session(c: Context): string | undefined {
    return getCookie(c, this.#session)
  }

  setSession(c: Context, token: string): void {
    this.#set(c, this.#session, token, SESSION_SECONDS)
  }

  clearSession(c: Context): void {
    deleteCookie(c, this.#session, { path: '/', secure: this.#isSecure })
  }

  /** Ties a sign-in to the browser that began it, so that nobody can be signed in to somebody else's account by a link. */
  signIn(c: Context): string | undefined {
    return getCookie(c, this.#signIn)
  }

  setSignIn(c: Context, token: string): void {
    this.#set(c, this.#signIn, token, SIGN_IN_SECONDS)
  }

  clearSignIn(c: Context): void {
    deleteCookie(c, this.#signIn, { path: '/', secure: this.#isSecure })
  }

  #set(c: Context, name: string, value: string, maxAge: number): void {
    // Lax: the authorization server leads back here by a link.
    setCookie(c, name, value, { path: '/', httpOnly: true, sameSite: 'Lax', secure: this.#isSecure, maxAge })
  }
}
