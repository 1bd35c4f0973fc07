import { randomUUID } from 'node:crypto'
import type { FC } from 'hono/jsx'
import { MarkdownNote } from '../design/markdown-note.tsx'
import { Problem } from '../design/parts.tsx'

export interface CommentFormProps {
  readonly label: string
  readonly submit: string
  /** What the form says besides the text. */
  readonly hidden: Readonly<Record<string, string>>
  readonly text?: string
  readonly problem?: string
  readonly rows?: number
}

/** A form for a few words; sent twice, they are said once. */
export const CommentForm: FC<CommentFormProps> = ({ label, submit, hidden, text, problem, rows = 4 }) => {
  const id = `text-${randomUUID().slice(0, 8)}`
  return (
    <form method="post" class="stack-tight">
      {Object.entries({ ...hidden, once: randomUUID(), at: new Date().toISOString() }).map(
        ([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ),
      )}
      <Problem problem={problem} />
      <p class="field">
        <label for={id}>{label}</label>
        <textarea id={id} name="text" rows={rows} maxlength={10_000} required aria-describedby={`${id}-hint`}>
          {text ?? ''}
        </textarea>
        <span class="hint" id={`${id}-hint`}>
          <MarkdownNote of={id} mentions /> It is written into your own repository and is public.
        </span>
      </p>
      <div class="actions">
        <button type="submit">{submit}</button>
      </div>
    </form>
  )
}
