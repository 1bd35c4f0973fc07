import type { frost } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { Onward } from '../design/parts.tsx'
import { Moment } from '../social/moment.tsx'
import { truncate } from '../text.ts'
import { AdminFrame, type Outcome, Rows } from './frame.tsx'

export interface TakedownsProps extends Outcome {
  readonly takedowns: readonly frost.admin.listTakedowns.Takedown[]
  readonly openReports: number
  readonly next?: string
  /** What was typed, where it could not be taken. */
  readonly typed?: string
}

/** The block list: accounts and records that are out of every answer. */
export const TakedownsPage: FC<TakedownsProps> = ({ takedowns, next, typed, ...frame }) => (
  <AdminFrame current="takedowns" title="Taken down" {...frame}>
    <form class="card stack" method="post">
      <h2>Take down</h2>
      <input type="hidden" name="action" value="takedown" />
      <p class="field">
        <label for="subjects">Accounts and records, one a line</label>
        <textarea id="subjects" name="subjects" rows={4} required aria-describedby="subjects-hint">
          {typed}
        </textarea>
        <span class="hint" id="subjects-hint">
          Handles, DIDs or at-uris, up to 1,000: a list that others share can be pasted. What is taken down is
          out of every answer of this index, also what comes later; nothing is deleted from anybody’s
          repository.
        </span>
      </p>
      <p class="field">
        <label for="reason">Why (for operators)</label>
        <input id="reason" name="reason" type="text" maxlength={1000} autocomplete="off" />
      </p>
      <div>
        <button class="danger" type="submit">
          Take them down
        </button>
      </div>
    </form>
    <form class="card stack" method="post">
      <h2>Label</h2>
      <input type="hidden" name="action" value="label" />
      <div class="row half">
        <p class="field">
          <label for="label-subject">Account or record</label>
          <input id="label-subject" name="subject" type="text" required maxlength={3000} autocomplete="off" />
        </p>
        <p class="field">
          <label for="label-val">Label</label>
          <input
            id="label-val"
            name="val"
            type="text"
            required
            maxlength={100}
            pattern="!?[a-z][a-z\-]*"
            autocomplete="off"
            autocapitalize="none"
          />
        </p>
        <p class="field">
          <label for="label-until">Until (may be empty)</label>
          <input id="label-until" name="until" type="date" />
        </p>
      </div>
      <p class="hint">
        It stands in the answers of this index, in its own name, and goes signed to whoever hears this index
        as a labeler, by its DID. They see what becomes of it, such as that !hide covers it; to take something
        away from everybody here, take it down.
      </p>
      <div class="actions">
        <button type="submit">Label it</button>
        <button class="quiet" type="submit" name="neg" value="yes">
          Take the label back
        </button>
      </div>
    </form>
    <section class="card stack">
      <h2>What is down</h2>
      <Rows
        label="What is down"
        head={['What', 'Why', 'By', 'Since', 'Change']}
        rows={takedowns.map(({ subject, reason, by, createdAt }) => [
          <code>{truncate(subject, 300)}</code>,
          reason ?? '',
          <code>{by}</code>,
          <Moment time={createdAt} />,
          <form method="post">
            <input type="hidden" name="action" value="restore" />
            <button class="quiet" type="submit" name="subjects" value={subject}>
              Show it again<span class="visually-hidden"> {subject}</span>
            </button>
          </form>,
        ])}
        empty="Nothing is taken down."
      />
      <Onward href={next && `/admin/takedowns?cursor=${encodeURIComponent(next)}`}>Older →</Onward>
    </section>
  </AdminFrame>
)
