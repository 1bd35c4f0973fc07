import type { FC } from 'hono/jsx'
import type { Feed } from '../feed-address.ts'

/** Where programs that read feeds find one, in the head of a page. */
export const FeedInHead: FC<{ feed?: Feed }> = ({ feed }) =>
  feed ? <link rel="alternate" type="application/atom+xml" title={feed.title} href={feed.href} /> : null

/** The same for people. */
export const FeedLink: FC<{ feed?: Feed }> = ({ feed }) =>
  feed ? (
    <a href={feed.href} type="application/atom+xml" rel="nofollow">
      Atom feed
    </a>
  ) : null
