import type { PublicStanding } from '@frost/client/account/public-standing'
import type { FC } from 'hono/jsx'
import { nameOf } from '../account-name.ts'
import { Layout } from '../design/layout.tsx'
import { Address } from '../design/parts.tsx'
import { RecoveryCard } from '../session/recovery-card.tsx'
import type { SiteSession } from '../session/store.ts'
import type { Viewer } from '../session/viewer.ts'

export interface AccountProps {
  readonly viewer: Viewer
  readonly pds: string
  /** What the PDS lets this site do. */
  readonly scope: string
  readonly sessions: readonly SiteSession[]
  /** Who could get the account back; undefined where the directory does not say. */
  readonly standing: PublicStanding | undefined
}

/** Who one is here, what this site may do for one, and in which browsers. */
export const AccountPage: FC<AccountProps> = ({ viewer, pds, scope, sessions, standing }) => (
  <Layout title="Your account – FROST" styles={['form.css']}>
    <div class="narrow stack">
      <header class="stack-tight">
        <h1>Your account</h1>
        <p class="soft">
          It lives on your own server, not here. This site keeps nothing of you but that you are signed in.
        </p>
      </header>
      <section class="card">
        <h2>{nameOf(viewer)}</h2>
        <dl class="facts">
          <dt>Profile</dt>
          <dd>
            <a href={`/p/${nameOf(viewer)}`}>as others see it</a>
          </dd>
          <dt>DID</dt>
          <dd>
            <code>{viewer.did}</code>
          </dd>
          <dt>Server</dt>
          <dd>
            <Address href={pds} />{' '}
            <span class="soft small">(password, e-mail and moving house are there)</span>
          </dd>
        </dl>
      </section>
      <RecoveryCard handle={nameOf(viewer)} standing={standing} />
      <section class="card stack">
        <h2>Where you are signed in</h2>
        <ul class="plain rows">
          {sessions.map(session => (
            <li>
              <span>
                <b>{browserName(session.browser)}</b>{' '}
                {session.id === viewer.session.id && <span class="badge strong">this browser</span>}
                <br />
                <span class="soft small">
                  signed in {moment(session.createdAt)}, last seen {moment(session.seenAt)}
                </span>
              </span>
              <form method="post" action="/account/sessions">
                <button class="quiet" type="submit" name="id" value={String(session.id)}>
                  Sign out<span class="visually-hidden"> {browserName(session.browser)}</span>
                </button>
              </form>
            </li>
          ))}
        </ul>
        <form method="post" action="/account/sessions">
          <button class="quiet" type="submit" name="id" value="all">
            Sign out everywhere
          </button>
        </form>
      </section>
      <section class="card stack">
        <h2>What this site may do</h2>
        <ul>
          <li>write, change and delete records of FROST in your repository, and upload files for them</li>
          <li>ask its AppView for what is yours: your feed, your notifications</li>
          <li>send reports to moderators</li>
        </ul>
        <p class="small soft">
          It cannot read your messages, post elsewhere in your name, or change your account. When the last
          browser is signed out, what your server had granted is handed back.
        </p>
        <details>
          <summary class="small">As your server says it</summary>
          <p class="address">{scope}</p>
        </details>
      </section>
    </div>
  </Layout>
)

const moment = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrome\/|\bCriOS\/|\bHeadlessChrome\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\bAndroid\b/, 'Android'],
  [/\biPhone\b|\biPad\b/, 'iOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
]

/** `Firefox on Linux`, of what a browser says of itself. */
export function browserName(agent: string): string {
  const named = (list: typeof BROWSERS) => list.find(([pattern]) => pattern.test(agent))?.[1]
  const browser = named(BROWSERS) ?? 'A browser'
  const system = named(SYSTEMS)
  return system ? `${browser} on ${system}` : browser
}
