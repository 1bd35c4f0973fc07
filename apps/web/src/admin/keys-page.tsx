import type { frost } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { Onward } from '../design/parts.tsx'
import { Moment } from '../social/moment.tsx'
import { formatCount, formatSize } from '../text.ts'
import { AdminFrame, type Outcome, Rows } from './frame.tsx'

export interface KeysProps extends Outcome {
  readonly plans: readonly frost.admin.listPlans.Plan[]
  readonly keys: readonly frost.admin.listKeys.ApiKey[]
  /** Of this month, who asked most first. */
  readonly usage: readonly frost.admin.listUsage.Usage[]
  /** `YYYY-MM`. */
  readonly month: string
  readonly openReports: number
  readonly next?: string
  /** A key that was just made: it is told this once. */
  readonly made?: { readonly id: string; readonly key: string; readonly name: string }
}

/** Who may ask how much, and who asked how much. */
export const KeysPage: FC<KeysProps> = ({ plans, keys, usage, month, next, made, ...frame }) => (
  <AdminFrame current="keys" title="Keys and usage" {...frame}>
    {made && (
      <section class="banner good" role="status">
        <p>
          The key of <b>{made.name}</b>, for the header <code>X-API-Key</code>. It is shown this once: copy it
          now.
        </p>
        <code class="key">{made.key}</code>
      </section>
    )}
    <section class="card stack">
      <h2>API keys</h2>
      <Rows
        label="API keys"
        head={['Whose', 'Plan', 'Id', 'Since', 'Change']}
        rows={keys.map(({ id, name, plan, createdAt, revokedAt }) => [
          name,
          plan,
          <code>{id}</code>,
          <Moment time={createdAt} />,
          revokedAt ? (
            <span class="soft">
              revoked <Moment time={revokedAt} />
            </span>
          ) : (
            <form method="post">
              <input type="hidden" name="action" value="revoke" />
              <button class="quiet" type="submit" name="id" value={id}>
                Revoke<span class="visually-hidden"> the key of {name}</span>
              </button>
            </form>
          ),
        ])}
        empty="No key was made yet."
      />
      <Onward href={next && `/admin/keys?cursor=${encodeURIComponent(next)}`}>Older keys →</Onward>
      {plans.length > 0 && (
        <form method="post" class="stack">
          <input type="hidden" name="action" value="key" />
          <div class="row half">
            <p class="field">
              <label for="key-name">Whose the key is</label>
              <input id="key-name" name="name" type="text" required maxlength={100} autocomplete="off" />
            </p>
            <p class="field">
              <label for="key-plan">Plan of the key</label>
              <select id="key-plan" name="plan">
                {plans.map(({ name }) => (
                  <option value={name}>{name}</option>
                ))}
              </select>
            </p>
          </div>
          <div>
            <button type="submit">Make a key</button>
          </div>
        </form>
      )}
    </section>
    <section class="card stack">
      <h2>Plans</h2>
      <Rows
        label="Plans"
        head={['Plan', 'Requests in five minutes', 'Requests a month', 'Bytes a month']}
        numbers={[1, 2, 3]}
        rows={plans.map(({ name, requestsPerWindow, requestsPerMonth, bytesPerMonth }) => [
          name,
          orNoLimit(requestsPerWindow),
          orNoLimit(requestsPerMonth),
          bytesPerMonth === undefined ? 'no limit' : formatSize(String(bytesPerMonth)),
        ])}
        empty="No plan yet: a key needs one."
      />
      <form method="post" class="stack">
        <input type="hidden" name="action" value="plan" />
        <div class="row quarters">
          <p class="field">
            <label for="plan-name">Name of the plan</label>
            <input id="plan-name" name="name" type="text" required maxlength={64} autocomplete="off" />
          </p>
          <Limit name="requestsPerWindow" label="Requests in five minutes" />
          <Limit name="requestsPerMonth" label="Requests a month" />
          <Limit name="bytesPerMonth" label="Bytes a month" />
        </div>
        <p class="hint">
          What is left empty has no limit. A plan of the same name is changed for all who have it.
        </p>
        <div>
          <button type="submit">Save the plan</button>
        </div>
      </form>
    </section>
    <section class="card stack">
      <h2>Who asked in {month}</h2>
      <Rows
        label="Usage"
        head={['Consumer', 'Plan', 'Requests', 'Sent']}
        numbers={[2, 3]}
        rows={usage.map(({ consumer, name, plan, requests, bytes }) => [
          name ?? consumer,
          plan ?? '',
          formatCount(requests),
          formatSize(String(bytes)),
        ])}
        empty="Nobody has asked for anything."
      />
      <p class="small soft">
        For invoices, day by day and method by method: <a href="/admin/usage.csv">this month as CSV</a>.
      </p>
    </section>
  </AdminFrame>
)

const orNoLimit = (count: number | undefined) => (count === undefined ? 'no limit' : formatCount(count))

const Limit: FC<{ name: string; label: string }> = ({ name, label }) => (
  <p class="field">
    <label for={`plan-${name}`}>{label}</label>
    <input id={`plan-${name}`} name={name} type="number" min={0} step={1} inputmode="numeric" />
  </p>
)
