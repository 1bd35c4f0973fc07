import type { FC } from 'hono/jsx'
import { asset } from '../assets.ts'

/**
 * Says in the hint of a text area that it takes Markdown. Where scripts run, what is typed can be seen as its page will show it.
 * @param of id of the text area
 */
export const MarkdownNote: FC<{ of: string }> = ({ of }) => (
  <>
    <span data-markdown={of}>Markdown.</span>
    <script type="module" src={asset('markdown.js')} />
  </>
)
