import type { Child, FC } from 'hono/jsx'
import type { EntryView } from '../appview.ts'
import { Onward, Problem } from '../design/parts.tsx'
import { currentPath, signInIsOffered, viewer } from '../session/viewer.ts'
import { plural } from '../text.ts'
import { Comment } from './comment.tsx'
import { CommentForm } from './comment-form.tsx'
import { signInAddress, type Texts } from './parts.ts'
import type { CommentView, Thread } from './views.ts'

/** What was typed and could not be written, and why. */
export interface Failed {
  readonly problem: string
  readonly texts: Texts
}

/** What could not be done, where no form of a comment tells it. */
export const PageProblem: FC<{ failed?: Failed }> = ({ failed }) => (
  <Problem problem={failed && !['say', 'edit'].includes(failed.texts.action ?? '') && failed.problem} />
)

export interface ThreadProps {
  readonly entry: EntryView
  readonly thread: Thread
  /** Accounts that whoever looks does not want to read. */
  readonly muted: ReadonlySet<string>
  readonly failed?: Failed
  /** Said where nobody has said anything. */
  readonly empty: Child
}

/** Comments, each with those that answer it. */
export const ThreadSection: FC<ThreadProps> = props => {
  const { thread, entry, failed, empty } = props
  const { comments } = thread
  const answers = answersIn(comments)
  const first = comments.filter(comment => !answers.isAnswer(comment))
  return (
    <section class="thread" aria-label="Comments">
      {comments.length === 0 && <p class="soft">{empty}</p>}
      {first.map(comment => (
        <Branch comment={comment} answers={answers} depth={0} {...props} />
      ))}
      {(thread.notShown ?? 0) > 0 && (
        <p class="soft small">
          {plural(thread.notShown ?? 0, 'comment')} not shown: the owner of this dataset limits who may
          comment.
        </p>
      )}
      <Onward href={thread.cursor && `?cursor=${encodeURIComponent(thread.cursor)}`}>Later comments →</Onward>
      <Invitation entry={entry} thread={thread} failed={failed} />
    </section>
  )
}

/** Deeper answers stand beside what they answer. */
const DEEPEST = 3

const Branch: FC<ThreadProps & { comment: CommentView; answers: Answers; depth: number }> = ({
  comment,
  answers,
  depth,
  ...props
}) => (
  <Comment comment={comment} {...props}>
    {answers.to(comment).length > 0 && (
      <div class={depth < DEEPEST ? 'answers' : 'answers flat'}>
        {answers.to(comment).map(answer => (
          <Branch comment={answer} answers={answers} depth={depth + 1} {...props} />
        ))}
      </div>
    )}
  </Comment>
)

interface Answers {
  isAnswer(comment: CommentView): boolean
  to(comment: CommentView): readonly CommentView[]
}

/** What answers what, of the comments of a page; what answers something that is not there stands by itself. */
function answersIn(comments: readonly CommentView[]): Answers {
  // Oldest first: an answer that claims to be older than what it answers could close a circle.
  const seen = new Set<string>()
  const parentOf = new Map<string, string>()
  const children = new Map<string, CommentView[]>()
  for (const comment of comments) {
    const parent = [comment.record.parent?.uri, comment.record.root?.uri].find(
      uri => uri !== undefined && seen.has(uri),
    )
    seen.add(comment.uri)
    if (parent === undefined) continue
    parentOf.set(comment.uri, parent)
    children.set(parent, [...(children.get(parent) ?? []), comment])
  }
  return {
    isAnswer: ({ uri }) => parentOf.has(uri),
    to: ({ uri }) => children.get(uri) ?? [],
  }
}

const MAY_COMMENT: ReadonlyMap<string, string> = new Map(
  Object.entries({
    followed: 'Only accounts that the owner follows may comment here.',
    contributors: 'Only accounts that the dataset names may comment here.',
    nobody: 'The owner takes no comments here.',
  }),
)

const Invitation: FC<Pick<ThreadProps, 'entry' | 'thread' | 'failed'>> = ({ entry, thread, failed }) => {
  const person = viewer()
  const isOwner = person?.did === entry.author.did
  const limit = thread.mayComment && MAY_COMMENT.get(thread.mayComment)
  if (thread.locked && !isOwner)
    return <p class="banner">The owner has locked this discussion: nothing new is shown here.</p>
  if (!person)
    return signInIsOffered() ? (
      <p>
        <a class="button" href={signInAddress(currentPath())} rel="nofollow">
          Sign in to comment
        </a>{' '}
        <span class="soft small">with any AT Protocol account</span>
      </p>
    ) : null
  const isThis = failed?.texts.parent === undefined && failed?.texts.action === 'say'
  return (
    <div class="stack">
      {limit && !isOwner && <p class="banner">{limit}</p>}
      <CommentForm
        label="Add a comment"
        submit="Comment"
        hidden={{ action: 'say' }}
        text={isThis ? failed?.texts.text : undefined}
        problem={isThis ? failed?.problem : undefined}
      />
    </div>
  )
}
