import { nsid, rkeyOf } from '@frost/lexicon'
import { raw } from 'hono/html'
import type { Child, FC } from 'hono/jsx'
import { shownNameOf } from '../account-name.ts'
import type { EntryView } from '../appview.ts'
import { Person } from '../design/parts.tsx'
import { LabelBadges, Labelled } from '../labels/labelled.tsx'
import { renderMarkdown } from '../markdown.ts'
import { viewer } from '../session/viewer.ts'
import { CommentForm } from './comment-form.tsx'
import { withMentions } from './mentions.ts'
import { Moment } from './moment.tsx'
import type { Texts } from './parts.ts'
import { ReportMenu } from './report-form.tsx'
import type { CommentView } from './views.ts'

export interface CommentProps {
  readonly comment: CommentView
  readonly entry: EntryView
  readonly muted: ReadonlySet<string>
  readonly failed?: { readonly problem: string; readonly texts: Texts }
  readonly children?: Child
}

/** One comment, with what whoever looks may do about it. */
export const Comment: FC<CommentProps> = props => {
  const { comment, entry, muted, children } = props
  const { author, record, uri } = comment
  const person = viewer()
  const isOwn = person?.did === author.did
  const mayRead = comment.hidden !== true || isOwn || person?.did === entry.author.did
  return (
    <article class="comment" id={`c-${rkeyOf(uri)}`}>
      <header class="meta">
        <Person did={author.did} handle={author.handle} name={author.displayName} />
        {author.did === entry.author.did && <span class="badge strong">owner</span>}
        <a href={`#c-${rkeyOf(uri)}`}>
          <Moment time={record.createdAt} />
        </a>
        {comment.edited && <span>edited</span>}
        {comment.subjectUri?.includes(`/${nsid('dataset.version')}/`) && <span>on a version</span>}
      </header>
      <LabelBadges labels={comment.labels} />
      <HiddenNote said={comment} class="banner small" />
      {mayRead &&
        (muted.has(author.did) ? (
          <details>
            <summary class="small soft">You have muted this account. Show the comment</summary>
            <Words comment={comment} />
          </details>
        ) : (
          <Labelled labels={comment.labels} what="comment" author={author.did}>
            <Words comment={comment} />
          </Labelled>
        ))}
      {person && mayRead && <Actions {...props} isOwn={isOwn} />}
      {children}
    </article>
  )
}

const Words: FC<{ comment: CommentView }> = ({ comment: { record } }) => (
  <div class="prose" dir="auto">
    {raw(renderMarkdown(withMentions(record.text, record.facets)))}
  </div>
)

const Actions: FC<CommentProps & { isOwn: boolean }> = ({ comment, entry, failed, isOwn }) => {
  const { uri, cid, record, author } = comment
  const isOwner = viewer()?.did === entry.author.did
  const failedHere = (action: string, field: string) =>
    failed?.texts.action === action && failed.texts[field] === uri ? failed : undefined
  const answering = failedHere('say', 'parent')
  const editing = failedHere('edit', 'uri')
  return (
    <div class="comment-actions small">
      <details open={answering !== undefined}>
        <summary>Reply</summary>
        <CommentForm
          label={`Your reply to ${shownNameOf(author)}`}
          submit="Reply"
          hidden={{ action: 'say', parent: uri }}
          text={answering?.texts.text}
          problem={answering?.problem}
        />
      </details>
      {isOwn && (
        <details open={editing !== undefined}>
          <summary>Edit</summary>
          <CommentForm
            label="Your comment"
            submit="Save"
            hidden={{ action: 'edit', uri }}
            text={editing?.texts.text ?? record.text}
            problem={editing?.problem}
          />
        </details>
      )}
      {isOwn && (
        <details>
          <summary>Delete</summary>
          <form method="post" class="actions">
            <input type="hidden" name="action" value="delete" />
            <span>It is gone from your repository; answers to it stay.</span>
            <button class="danger" type="submit" name="uri" value={uri}>
              Delete this comment
            </button>
          </form>
        </details>
      )}
      {isOwner && !isOwn && <HideForm uri={uri} isHidden={comment.hidden === true} />}
      {!isOwn && <ReportMenu uri={uri} cid={cid} author={author} />}
    </div>
  )
}

/** That the owner took something out of sight, and why. */
export const HiddenNote: FC<{
  said: { readonly hidden?: boolean; readonly hiddenReason?: string }
  class?: string
}> = ({ said, ...props }) =>
  said.hidden ? (
    <p class={props.class ?? 'banner'}>
      Hidden by the owner of this dataset{said.hiddenReason ? `: ${said.hiddenReason}` : '.'}
    </p>
  ) : null

/** The owner's word on what others say on their page. */
export const HideForm: FC<{ uri: string; isHidden: boolean }> = ({ uri, isHidden }) =>
  isHidden ? (
    <form method="post">
      <input type="hidden" name="action" value="show" />
      <button class="quiet" type="submit" name="uri" value={uri}>
        Show it again
      </button>
    </form>
  ) : (
    <details>
      <summary>Hide</summary>
      <form method="post" class="stack-tight">
        <input type="hidden" name="action" value="hide" />
        <input type="hidden" name="uri" value={uri} />
        <p class="field">
          <label for={`why-${rkeyOf(uri)}`}>Why (everyone may read it)</label>
          <input id={`why-${rkeyOf(uri)}`} name="reason" type="text" maxlength={1000} autocomplete="off" />
        </p>
        <div>
          <button type="submit">Hide it on this page</button>
        </div>
      </form>
    </details>
  )
