import type { FC } from 'hono/jsx'
import { currentPath, nameOf, signInIsOffered, viewer } from '../session/viewer.ts'

/** In the header: who is signed in and what they can do, or the way in. */
export const AccountMenu: FC = () => {
  const person = viewer()
  if (!person) {
    if (!signInIsOffered()) return null
    const path = currentPath()
    const from =
      path === '/' || path.startsWith('/sign-in') || path.startsWith('/oauth')
        ? ''
        : `?return_to=${encodeURIComponent(path)}`
    return (
      <a class="sign-in" href={`/sign-in${from}`} rel="nofollow">
        Sign in
      </a>
    )
  }
  const name = nameOf(person)
  return (
    <details class="account">
      <summary>
        <b class="initial" aria-hidden="true">
          {[...name][0]?.toUpperCase()}
        </b>
        <span class="visually-hidden">Account of </span>
        <span class="account-name">{name}</span>
      </summary>
      <div class="menu">
        <p class="small soft">{name}</p>
        <ul class="plain">
          <li>
            <a href={`/p/${name}`}>Your profile</a>
          </li>
          <li>
            <a href="/publish">Publish a dataset</a>
          </li>
          <li>
            <a href="/searches">Searches you follow</a>
          </li>
          <li>
            <a href="/account">Account and sessions</a>
          </li>
        </ul>
        <form method="post" action="/sign-out">
          <button class="quiet" type="submit">
            Sign out
          </button>
        </form>
      </div>
    </details>
  )
}
