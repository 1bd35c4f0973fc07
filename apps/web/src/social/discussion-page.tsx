import type { FC } from 'hono/jsx'
import { viewer } from '../session/viewer.ts'
import { type DatasetContext, DatasetFrame } from './dataset-page.tsx'
import { type Failed, PageProblem, ThreadSection } from './thread.tsx'
import type { Thread } from './views.ts'

export interface DiscussionProps {
  readonly dataset: DatasetContext
  readonly thread: Thread
  readonly muted: ReadonlySet<string>
  readonly failed?: Failed
}

/** What is said about a dataset. */
export const DiscussionPage: FC<DiscussionProps> = ({ dataset, thread, muted, failed }) => {
  const isOwner = viewer()?.did === dataset.entry.author.did
  return (
    <DatasetFrame dataset={dataset} current="discussion" title="Discussion">
      <PageProblem failed={failed} />
      {isOwner && <GateForms thread={thread} />}
      <ThreadSection
        entry={dataset.entry}
        thread={thread}
        muted={muted}
        failed={failed}
        empty="Nobody has said anything yet."
      />
    </DatasetFrame>
  )
}

const MAY_COMMENT: readonly (readonly [value: string, text: string])[] = [
  ['everyone', 'everyone'],
  ['followed', 'accounts that you follow'],
  ['contributors', 'accounts that the dataset names'],
  ['nobody', 'nobody but you'],
]

/** How the owner moderates their page. */
const GateForms: FC<{ thread: Thread }> = ({ thread: { locked, mayComment = 'everyone' } }) => (
  <section class="card gate" aria-label="Moderation">
    <form method="post" class="actions">
      <input type="hidden" name="action" value="limit" />
      <label for="may-comment">Shown are comments of</label>
      <select id="may-comment" name="mayComment">
        {MAY_COMMENT.map(([value, text]) => (
          <option value={value} selected={value === mayComment}>
            {text}
          </option>
        ))}
      </select>
      <button class="quiet" type="submit">
        Set
      </button>
    </form>
    <form method="post" class="actions">
      <button class="quiet" type="submit" name="action" value={locked ? 'unlock' : 'lock'}>
        {locked ? 'Unlock the discussion' : 'Lock the discussion'}
      </button>
      <span class="soft small">
        {locked ? 'Nothing written since it was locked is shown.' : 'Nothing written later is shown then.'}
      </span>
    </form>
  </section>
)
