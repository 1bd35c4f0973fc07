import type { FC } from 'hono/jsx'
import { nameOf } from '../account-name.ts'
import { currentPath, isOperator, signInIsOffered, unreadNotifications, viewer } from '../session/viewer.ts'
import { Icon } from './icon.tsx'
import { PlaceLinks } from './places.tsx'

/** At the end of the header: who is signed in and what they can do, or the way in. On a phone its menu leads everywhere else too. */
export const AccountMenu: FC = () => {
  const person = viewer()
  return person ? <Mine name={nameOf(person)} /> : <Stranger />
}

const Stranger: FC = () => {
  const path = currentPath()
  const from =
    path === '/' || path.startsWith('/sign-in') || path.startsWith('/oauth')
      ? ''
      : `?return_to=${encodeURIComponent(path)}`
  const wayIn = signInIsOffered() && (
    <a class="sign-in" href={`/sign-in${from}`} rel="nofollow">
      Sign in
    </a>
  )
  return (
    <div class="mine">
      {wayIn}
      <details class="account of-stranger">
        <summary>
          <Bars />
          <span class="visually-hidden">Menu</span>
        </summary>
        <div class="menu">
          <PlaceLinks inMenu />
          {wayIn}
        </div>
      </details>
    </div>
  )
}

const Mine: FC<{ name: string }> = ({ name }) => {
  const unread = unreadNotifications()
  return (
    <div class="mine">
      <a class="to-feed" href="/feed">
        Feed
      </a>
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
            <li class="to-feed">
              <a href="/feed">Feed</a>
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
          <PlaceLinks inMenu />
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

const Bars: FC = () => <Icon path="M4 7h16M4 12h16M4 17h16" />

const Bell: FC = () => (
  <Icon
    path="M6 9.5a6 6 0 0 1 12 0c0 5 2 6.5 2 6.5H4s2-1.5 2-6.5ZM9.8 19.5a2.3 2.3 0 0 0 4.4 0"
    width={1.8}
  />
)
