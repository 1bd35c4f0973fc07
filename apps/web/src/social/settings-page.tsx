import type { FC } from 'hono/jsx'
import { shownNameOf } from '../account-name.ts'
import { Layout } from '../design/layout.tsx'
import { Done, Person, Problem } from '../design/parts.tsx'
import { ExportCard, WebhooksCard } from '../own/settings-cards.tsx'
import { REASONS } from './notifications-page.tsx'
import type { Author, Settings } from './views.ts'

const TOLD: ReadonlyMap<string, string> = new Map(
  Object.entries({
    comment: 'somebody comments on what is yours, or answers you',
    mention: 'somebody mentions you',
    issue: 'somebody opens an issue about your datasets',
    'issue-state': 'an issue that you opened, answered or own is closed or reopened',
    correction: 'somebody proposes a correction of your datasets',
    'correction-state': 'a correction that you proposed or commented on is accepted, declined or adopted',
    citation: 'somebody cites your datasets',
    acknowledgement: 'somebody whom you name confirms or disputes it',
    derived: 'somebody makes something from your datasets',
    follow: 'somebody follows you or your datasets',
    endorsement: 'somebody vouches for your datasets',
    version: 'what you follow or build on has a new version',
    notice: 'a notice is announced of what you follow or build on',
  }),
)

const FREQUENCIES: readonly (readonly [value: string, text: string])[] = [
  ['soon', 'within minutes'],
  ['daily', 'once a day'],
  ['weekly', 'once a week'],
  ['never', 'not for now'],
]

export interface SettingsProps {
  readonly settings: Settings
  readonly mutes: readonly Author[]
  /** What was just done. */
  readonly done?: string
  readonly problem?: string
  /** The address that was typed, where it could not be taken. */
  readonly address?: string
}

/** What somebody wants to be told of, and how. */
export const SettingsPage: FC<SettingsProps> = ({ settings, mutes, done, problem, address }) => (
  <Layout title="Settings – FROST" styles={['form.css', 'social.css']}>
    <div class="narrow stack">
      <header class="stack-tight">
        <h1>Settings</h1>
        <p class="soft">They are kept by this index, and nobody else is told.</p>
      </header>
      <Done done={done} />
      <Problem problem={problem} />
      <form class="card stack" method="post" action="/settings">
        <h2>Tell me when</h2>
        <fieldset class="ticks">
          <legend class="visually-hidden">Tell me when</legend>
          {[...REASONS.keys()].map(reason => (
            <label class="tick">
              <input
                type="checkbox"
                name={`tell-${reason}`}
                value="yes"
                checked={!settings.quietReasons.includes(reason)}
              />
              <span>{TOLD.get(reason) ?? reason}</span>
            </label>
          ))}
        </fieldset>
        <div>
          <button type="submit">Save</button>
        </div>
      </form>
      <section class="card stack">
        <h2>Profile</h2>
        <p class="soft">
          Name, picture, ORCID iD or ROR id, home page: <a href="/settings/profile">edit your profile</a>.
        </p>
      </section>
      <Mail settings={settings} address={address} />
      <section class="card stack">
        <h2>Labels</h2>
        <p class="soft">
          Labelers say what they find of datasets, people and comments.{' '}
          <a href="/settings/labels">Choose whom you hear</a>, and what becomes of what they label.
        </p>
      </section>
      <WebhooksCard />
      <section class="card stack" aria-label="Muted accounts">
        <h2>Muted accounts</h2>
        <p class="small soft">What they write is folded, and they bring you no news. They are not told.</p>
        {mutes.length === 0 ? (
          <p class="soft">You have muted nobody.</p>
        ) : (
          <ul class="plain rows">
            {mutes.map(({ did, handle, displayName }) => (
              <li>
                <Person did={did} handle={handle} name={displayName} />
                <form method="post" action="/mute">
                  <input type="hidden" name="return_to" value="/settings" />
                  <button class="quiet" type="submit" name="unmute" value={did}>
                    Unmute<span class="visually-hidden"> {shownNameOf({ displayName, handle, did })}</span>
                  </button>
                </form>
              </li>
            ))}
          </ul>
        )}
      </section>
      <ExportCard />
    </div>
  </Layout>
)

const Mail: FC<{ settings: Settings; address?: string }> = ({ settings: { mail, mailOffered }, address }) => {
  if (!mailOffered)
    return (
      <section class="card stack">
        <h2>E-mail</h2>
        <p class="soft">
          This index sends none. There are feeds (“Atom feed” on the pages of datasets, people, collections
          and searches) and <a href="/settings/webhooks">webhooks</a> instead.
        </p>
      </section>
    )
  return (
    <form class="card stack" method="post" action="/settings/mail">
      <h2>E-mail</h2>
      {mail?.state === 'unconfirmed' && (
        <p class="banner">
          A link was sent to {mail.address}: open it, and e-mails begin. Save once more to get another.
        </p>
      )}
      {mail?.state === 'failing' && (
        <p class="banner bad">Mail to {mail.address} is refused there: give another address.</p>
      )}
      <p class="field">
        <label for="address">Address</label>
        <input
          id="address"
          name="address"
          type="email"
          maxlength={320}
          value={address ?? mail?.address}
          autocomplete="email"
          aria-describedby="address-hint"
        />
        <span class="hint" id="address-hint">
          A link is sent to it first. Empty it, and it is forgotten.
        </span>
      </p>
      <p class="field">
        <label for="frequency">How often</label>
        <select id="frequency" name="frequency">
          {FREQUENCIES.map(([value, text]) => (
            <option value={value} selected={value === (mail?.frequency ?? 'daily')}>
              {text}
            </option>
          ))}
        </select>
      </p>
      <div>
        <button type="submit">Save</button>
      </div>
    </form>
  )
}
