import type { Child, FC } from 'hono/jsx'
import { Person } from '../design/parts.tsx'
import { plainText } from '../markdown.ts'
import { truncate } from '../text.ts'
import { Moment } from './moment.tsx'
import type { Author } from './views.ts'

export type Fields = Readonly<Record<string, unknown>>

/** One thing that happened: who, what, when, and the words of it. */
export const NewsItem: FC<{
  author: Author
  time: string
  words?: string
  isNew?: boolean
  note?: Child
  children?: Child
}> = ({ author, time, words, isNew, note, children }) => (
  <li class={isNew ? 'news fresh' : 'news'}>
    <div class="news-line">
      <Person did={author.did} handle={author.handle} name={author.displayName} />
      <span>{children}</span>
      {isNew && <span class="visually-hidden">new</span>}
    </div>
    {words && <p class="soft small clamp">{truncate(words, 240)}</p>}
    <p class="meta">
      <Moment time={time} />
      {note}
    </p>
  </li>
)

/** The words that a record says, without marks: of a comment its text, of a version what changed. */
export function wordsOf(record: Fields | undefined): string {
  const { summary } = (record?.changes ?? {}) as { summary?: unknown }
  const said = [
    record?.text,
    record?.rationale,
    summary,
    record?.reason,
    record?.note,
    record?.description,
  ].find(text => typeof text === 'string' && text !== '')
  return typeof said === 'string' ? plainText(said) : ''
}

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A link to where something is shown; text where the site has no page for it. */
export const To: FC<{ href: string | undefined; children?: Child }> = ({ href, children }) =>
  href === undefined ? <b>{children}</b> : <a href={href}>{children}</a>
