import type { Child, FC } from 'hono/jsx'
import { Person } from '../design/parts.tsx'
import { LabelBadges, Labelled } from '../labels/labelled.tsx'
import type { Label } from '../labels/reading.ts'
import { excerpt } from '../markdown.ts'
import { truncate } from '../text.ts'
import { Moment } from './moment.tsx'
import type { Author } from './views.ts'

export type Fields = Readonly<Record<string, unknown>>

/** What a record is called, where that is not the name of its type. */
const WHAT: ReadonlyMap<string, string> = new Map(
  Object.entries({ entry: 'dataset', head: 'update', collectionItem: 'choice', follow: 'follower' }),
)
const kindOf = (uri: string) => uri.split('/')[3]?.split('.').pop() ?? ''

/** One thing that happened: who, what, when, and the words of it. */
export const NewsItem: FC<{
  author: Author
  /** The record that it is. */
  uri: string
  /** What is said of the record, of its author and of the dataset that it is about. */
  labels?: readonly Label[]
  /** Where the record is shown. */
  href?: string
  time: string
  words?: string
  isNew?: boolean
  note?: Child
  children?: Child
}> = ({ author, uri, labels, href, time, words, isNew, note, children }) => (
  <li class={isNew ? 'news fresh' : 'news'}>
    {isNew && <span class="visually-hidden">New:</span>}
    <Labelled labels={labels} what={WHAT.get(kindOf(uri)) ?? kindOf(uri)} author={author.did} href={href}>
      <div class="news-line">
        <Person did={author.did} handle={author.handle} name={author.displayName} />
        <span>{children}</span>
      </div>
      <LabelBadges labels={labels} />
      {words && <p class="soft small clamp">{truncate(words, 240)}</p>}
    </Labelled>
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
  return typeof said === 'string' ? excerpt(said) : ''
}

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A link to where something is shown; text where the site has no page for it. */
export const To: FC<{ href: string | undefined; children?: Child }> = ({ href, children }) =>
  href === undefined ? <b>{children}</b> : <a href={href}>{children}</a>
