import type { FC } from 'hono/jsx'
import {
  currentPath,
  isOperator,
  nameOf,
  signInIsOffered,
  unreadNotifications,
  viewer,
} from '../session/viewer.ts'

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
  const unread = unreadNotifications()
  return (
    <div class="mine">
      <a href="/feed">Feed</a>
      <a class="inbox" href="/notifications">
        <Bell />
        <span class="visually-hidden">Notifications</span>
        {unread > 0 && (
          <b class="unread">
            {unread > 99 ? '99+' : unread}
            <span class="visually-hidden"> new</span>
          </b>
        )}
      </a>
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
              <a href="/settings">Settings</a>
            </li>
            <li>
              <a href="/account">Account and sessions</a>
            </li>
            {isOperator() && (
              <li>
                <a href="/admin">Operate this index</a>
              </li>
            )}
          </ul>
          <form method="post" action="/sign-out">
            <button class="quiet" type="submit">
              Sign out
            </button>
          </form>
        </div>
      </details>
    </div>
  )
}

const Bell: FC = () => (
  <svg
    width="20"
    height="20"
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="1.8"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    <path d="M6 9.5a6 6 0 0 1 12 0c0 5 2 6.5 2 6.5H4s2-1.5 2-6.5ZM9.8 19.5a2.3 2.3 0 0 0 4.4 0" />
  </svg>
)
