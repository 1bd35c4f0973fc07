import type { FC } from 'hono/jsx'

/** Ways from the settings to webhooks and to what one may take along. */
export const WebhooksCard: FC = () => (
  <section class="card stack">
    <h2>Webhooks</h2>
    <p class="soft">
      <a href="/settings/webhooks">Have updates sent to an address of yours</a>, signed, and see how they
      fare.
    </p>
  </section>
)

export const ExportCard: FC = () => (
  <section class="card stack" id="export">
    <h2>Take it along</h2>
    <p class="soft">
      What you wrote lies in your own repository, and what only this index keeps is yours too.
    </p>
    <ul class="plain stack-tight">
      <li>
        <a href="/settings/export/repository.car" download>
          Your repository
        </a>{' '}
        <span class="soft small">all your records, signed (CAR file, from your own server)</span>
      </li>
      <li>
        <a href="/settings/export/settings.json" download>
          Your settings
        </a>{' '}
        <span class="soft small">what you are told of, whom you hear and mute, your webhooks (JSON)</span>
      </li>
    </ul>
    <p class="small soft">
      Pictures and other files, and moving to another server: <code>frost account backup</code>.
    </p>
  </section>
)
