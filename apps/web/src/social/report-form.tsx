import { rkeyOf } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { shownNameOf } from '../account-name.ts'
import { currentPath } from '../session/viewer.ts'
import type { Author } from './views.ts'

/** Reasons of com.atproto.moderation.defs, and how they read. */
export const REPORT_REASONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'com.atproto.moderation.defs#reasonSpam': 'Spam or advertising',
    'com.atproto.moderation.defs#reasonMisleading': 'Misleading, or not who they say they are',
    'com.atproto.moderation.defs#reasonRude': 'Rude or harassing',
    'com.atproto.moderation.defs#reasonViolation': 'Against the law, or others’ rights',
    'com.atproto.moderation.defs#reasonOther': 'Something else',
  }),
)

/** Behind a summary: tells the operator of something, and stops reading somebody. */
export const ReportMenu: FC<{ uri: string; cid: string; author: Author }> = ({ uri, cid, author }) => {
  const id = rkeyOf(uri)
  return (
    <details>
      <summary>Report or mute</summary>
      <div class="stack">
        <form method="post" action="/mute" class="actions">
          <input type="hidden" name="return_to" value={currentPath()} />
          <button class="quiet" type="submit" name="mute" value={author.did}>
            Mute {shownNameOf(author)}
          </button>
          <span class="soft">Only you know it; undo it in your settings.</span>
        </form>
        <form method="post" action="/report" class="stack-tight">
          <input type="hidden" name="uri" value={uri} />
          <input type="hidden" name="cid" value={cid} />
          <input type="hidden" name="return_to" value={currentPath()} />
          <p class="field">
            <label for={`reason-${id}`}>Report it to whoever runs this index, because it is</label>
            <select id={`reason-${id}`} name="reason">
              {[...REPORT_REASONS].map(([reason, text]) => (
                <option value={reason}>{text}</option>
              ))}
            </select>
          </p>
          <p class="field">
            <label for={`more-${id}`}>What they should know</label>
            <textarea id={`more-${id}`} name="text" rows={2} maxlength={2000} />
          </p>
          <div>
            <button type="submit">Report</button>
          </div>
        </form>
      </div>
    </details>
  )
}
