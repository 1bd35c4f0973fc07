import type { Child, FC } from 'hono/jsx'
import { nameOf } from '../account-name.ts'
import { linkable } from '../markdown.ts'

/** Who published something: initial and name, linked to the profile. */
export const Person: FC<{ did: string; handle?: string; name?: string }> = ({ did, handle, name }) => {
  const account = nameOf({ did, handle })
  const shown = name || account
  return (
    <a class="person" href={`/p/${account}`}>
      <b class="initial" aria-hidden="true">
        {[...shown][0]?.toUpperCase()}
      </b>
      <span>{shown}</span>
    </a>
  )
}

/** An address from a record: a link where it is safe to follow, plain text otherwise. */
export const Address: FC<{ href: string; text?: string }> = ({ href, text }) => {
  const safe = linkable(href)
  return safe ? (
    <a href={safe} rel="nofollow ugc noopener">
      {text ?? href}
    </a>
  ) : (
    <span>{text ? `${text} (${href})` : href}</span>
  )
}

export const Badges: FC<{ items: readonly { text: string; kind?: 'strong' | 'warm'; href?: string }[] }> = ({
  items,
}) => (
  <ul class="badges">
    {items.map(({ text, kind, href }) => (
      <li>
        {href ? (
          <a class={`badge ${kind ?? ''}`} href={href}>
            {text}
          </a>
        ) : (
          <span class={`badge ${kind ?? ''}`}>{text}</span>
        )}
      </li>
    ))}
  </ul>
)

/** Why what was asked for could not be done. */
export const Problem: FC<{ problem?: string | false }> = ({ problem }) =>
  problem ? (
    <p class="banner bad" role="alert">
      {problem}
    </p>
  ) : null

/** What was done, told after it. */
export const Done: FC<{ done?: string | false }> = ({ done }) =>
  done ? (
    <p class="banner good" role="status">
      {done}
    </p>
  ) : null

/** The way to the next page of a list, where there is one. */
export const Onward: FC<{ href: string | false | undefined; children?: Child }> = ({ href, children }) =>
  href ? (
    <nav class="pager" aria-label="Pages">
      <span />
      <a href={href}>{children}</a>
    </nav>
  ) : null
