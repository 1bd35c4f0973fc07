import type { frost } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { Layout } from '../design/layout.tsx'
import { Done, Problem } from '../design/parts.tsx'
import type { Texts } from '../social/parts.ts'
import { formatDay, plural, truncate } from '../text.ts'

type Webhook = frost.updates.listWebhooks.Webhook

export interface WebhooksProps {
  readonly webhooks: readonly Webhook[]
  /** A secret that was just made, shown this once. */
  readonly secret?: { readonly of: string; readonly value: string }
  readonly done?: string
  readonly problem?: string
  /** What was typed, where it could not be taken. */
  readonly typed?: Texts
}

/** What is sent to addresses of one's own, and how it fares. */
export const WebhooksPage: FC<WebhooksProps> = ({ webhooks, secret, done, problem, typed = {} }) => (
  <Layout title="Webhooks – FROST" styles={['form.css', 'social.css']} scripts={['copy.js']}>
    <div class="narrow stack">
      <header class="stack-tight">
        <p class="small">
          <a href="/settings">Settings</a>
        </p>
        <h1>Webhooks</h1>
        <p class="soft">
          This index sends updates to an address of yours, signed as Standard Webhooks says, in order within a
          dataset and at least once.
        </p>
      </header>
      <Done done={done} />
      {secret && (
        <section class="banner good stack-tight" role="status" aria-label="Secret">
          <p>The secret of {secret.of}. Keep it now: it is not shown again.</p>
          <pre class="code" tabindex={0} id="webhook-secret">
            {secret.value}
          </pre>
        </section>
      )}
      <Problem problem={problem} />
      {webhooks.length === 0 && <p class="soft">You have no webhook here.</p>}
      {webhooks.map(webhook => (
        <WebhookCard webhook={webhook} />
      ))}
      <NewWebhook typed={typed} />
    </div>
  </Layout>
)

const STATES: ReadonlyMap<string, string> = new Map([
  ['active', 'delivers'],
  ['failing', 'fails, and is tried again'],
  ['disabled', 'was given up: send again what is left, and it begins anew'],
])

const WebhookCard: FC<{ webhook: Webhook }> = ({ webhook }) => {
  const { id, url, state, waiting = 0, dead = 0, lastError, createdAt, filterJson } = webhook
  return (
    <section class="card stack" aria-label={`Webhook to ${truncate(url, 100)}`}>
      <h2>{truncate(url, 300)}</h2>
      <dl class="facts small">
        <dt>State</dt>
        <dd>{STATES.get(state) ?? state}</dd>
        <dt>About</dt>
        <dd>{aboutOf(filterJson)}</dd>
        <dt>Since</dt>
        <dd>{formatDay(createdAt)}</dd>
        {waiting + dead > 0 && (
          <>
            <dt>Undelivered</dt>
            <dd>
              {waiting > 0 && `${plural(waiting, 'update')} tried again`}
              {waiting > 0 && dead > 0 && ', '}
              {dead > 0 && `${plural(dead, 'update')} given up`}
            </dd>
          </>
        )}
        {lastError && (
          <>
            <dt>Last failure</dt>
            <dd>{truncate(lastError, 300)}</dd>
          </>
        )}
      </dl>
      <form class="actions" method="post" action="/settings/webhooks">
        <input type="hidden" name="id" value={id} />
        {(dead > 0 || state === 'disabled') && (
          <button type="submit" name="action" value="replay">
            Send again
          </button>
        )}
        <button class="quiet" type="submit" name="action" value="rotate">
          New secret
        </button>
        <button class="quiet danger" type="submit" name="action" value="remove">
          Remove
        </button>
      </form>
    </section>
  )
}

/** The filters of a webhook in words. */
export function aboutOf(filterJson: string | undefined): string {
  const filter = parsed(filterJson)
  const list = (name: string) =>
    (Array.isArray(filter[name]) ? (filter[name] as unknown[]) : []).map(one => truncate(String(one), 120))
  const words = [
    ...(list('dataset').length > 0 ? [`the datasets ${list('dataset').join(', ')}`] : []),
    ...(list('downstreamOf').length > 0 ? ['and what was made from them'] : []),
    ...(list('actor').length > 0 ? [`what ${list('actor').join(', ')} publish`] : []),
    ...(list('collection').length > 0 ? [`records of ${list('collection').join(', ')}`] : []),
    ...(typeof filter.query === 'string' ? [`what the search ${truncate(filter.query, 200)} finds`] : []),
  ]
  return words.length > 0 ? words.join('; ') : 'everything'
}

function parsed(text: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

const NewWebhook: FC<{ typed: Texts }> = ({ typed }) => (
  <form class="card stack" method="post" action="/settings/webhooks">
    <h2>A new webhook</h2>
    <p class="field">
      <label for="url">Address</label>
      <input
        id="url"
        name="url"
        type="url"
        required
        maxlength={2000}
        placeholder="https://"
        value={typed.url}
        aria-describedby="url-hint"
      />
      <span class="hint" id="url-hint">
        An https address that answers a POST of JSON with a status below 300.
      </span>
    </p>
    <p class="field">
      <label for="datasets">Only about these datasets</label>
      <textarea id="datasets" name="datasets" rows={3} aria-describedby="datasets-hint">
        {typed.datasets}
      </textarea>
      <span class="hint" id="datasets-hint">
        One on a line: handle/slug, the address of its page, a DOI. Leave it empty for all.
      </span>
    </p>
    <label class="tick">
      <input type="checkbox" name="downstream" value="yes" checked={typed.downstream !== undefined} />
      <span>and about all that was made from them</span>
    </label>
    <p class="field">
      <label for="actors">Only of these accounts</label>
      <input
        id="actors"
        name="actors"
        type="text"
        maxlength={2000}
        value={typed.actors}
        aria-describedby="actors-hint"
      />
      <span class="hint" id="actors-hint">
        Handles or DIDs, with commas between them.
      </span>
    </p>
    <p class="field">
      <label for="query">Only about what a search finds</label>
      <input
        id="query"
        name="query"
        type="text"
        maxlength={2000}
        value={typed.query}
        aria-describedby="query-hint"
      />
      <span class="hint" id="query-hint">
        As the address of its results has it: q=sea+ice&amp;format=zarr
      </span>
    </p>
    <div>
      <button type="submit" name="action" value="create">
        Add the webhook
      </button>
    </div>
  </form>
)
