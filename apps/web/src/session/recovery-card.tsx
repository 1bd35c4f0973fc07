import type { PublicStanding } from '@frost/client/account/public-standing'
import type { FC } from 'hono/jsx'
import { formatMoment } from '../text.ts'

/** Who could get the account back if its server were gone, and what to do before that. */
export const RecoveryCard: FC<{ handle: string; standing: PublicStanding | undefined }> = ({
  handle,
  standing,
}) => (
  <section class="card stack" aria-label="If your server were gone">
    <h2>If your server were gone</h2>
    {standing ? (
      <Answer handle={handle} standing={standing} />
    ) : (
      <p class="soft">
        The directory of DIDs does not answer, so it cannot be said here. Ask it yourself:{' '}
        <code>frost account status {handle}</code>
      </p>
    )}
  </section>
)

const Answer: FC<{ handle: string; standing: PublicStanding }> = ({
  handle,
  standing: { recoverable, rotationKeys, hostKeys, contested },
}) => (
  <>
    {recoverable === 'host' && (
      <>
        <p class="banner bad">
          <b>The account would be lost.</b> Only your server holds a key that may change your DID. Were it
          gone, or against you, nobody could take the account elsewhere, and nobody could give it back to you.
        </p>
        <p>
          Make a key of your own, put before your server’s, and a copy of your repository. It takes a minute:
        </p>
        <Commands handle={handle} />
      </>
    )}
    {recoverable === 'shared' && (
      <>
        <p class="banner">
          {hostKeys ? (
            <>
              <b>One of the keys is not your server’s.</b> Whoever holds it can take the account to another
              server, whatever becomes of this one. If that is not you, the account would be lost to you with
              your server.
            </>
          ) : (
            <>
              <b>More than one key may change your DID.</b> Whether one of them is yours cannot be told from
              outside: many servers keep two of their own. If none is, the account would be lost with your
              server.
            </>
          )}
        </p>
        <p>If you have made one, it is one of these; keep a copy of your repository too.</p>
        <ol class="small">
          {rotationKeys.map(key => (
            <li>
              <code>{key}</code>
              {hostKeys?.includes(key) && ' your server’s'}
            </li>
          ))}
        </ol>
        <Commands handle={handle} />
      </>
    )}
    {recoverable === 'domain' && (
      <p class="banner">
        <b>Your DID is your domain.</b> Whoever has the domain has the account: you as long as you keep it,
        and its next owner after you. There is no other key.
      </p>
    )}
    {contested && (
      <p class="banner" role="note">
        Your DID was changed {formatMoment(contested.at)}. If that was not you, whoever holds an earlier key
        can undo it until {formatMoment(contested.until)}: <code>frost account recover {handle}</code>
      </p>
    )}
  </>
)

const Commands: FC<{ handle: string }> = ({ handle }) => (
  <pre class="code" tabindex={0}>
    {[
      `frost login ${handle} --app-password`,
      'frost account key',
      'frost account backup --every 24',
      `frost account status ${handle}`,
    ].join('\n')}
  </pre>
)
