import type { FC } from 'hono/jsx'
import { asset } from '../assets.ts'

/**
 * Says in the hint of a text area that it takes Markdown. Where scripts run, what is typed can be seen as its page will show it.
 * @param of id of the text area
 * @param mentions whether its page links the accounts that it names
 */
export const MarkdownNote: FC<{ of: string; mentions?: boolean }> = ({ of, mentions }) => (
  <>
    <span data-markdown={of} data-mentions={mentions}>
      Markdown.
    </span>
    <script type="module" src={asset('markdown.js')} />
  </>
)
