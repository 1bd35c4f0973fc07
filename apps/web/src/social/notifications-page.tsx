import type { FC } from 'hono/jsx'
import { Layout } from '../design/layout.tsx'
import { Onward } from '../design/parts.tsx'
import { plural, truncate } from '../text.ts'
import { Deed } from './deed.tsx'
import { NewsItem, To, textOf, wordsOf } from './news-item.tsx'
import { datasetPath, placeOf } from './places.ts'
import type { Notification } from './views.ts'

/** What can be told apart in the inbox, and how it reads. */
export const REASONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    comment: 'Comments',
    mention: 'Mentions',
    issue: 'Issues',
    'issue-state': 'Issues settled',
    correction: 'Corrections',
    'correction-state': 'Corrections settled',
    citation: 'Citations',
    acknowledgement: 'Confirmed or disputed',
    derived: 'Made from yours',
    follow: 'Followers',
    endorsement: 'Endorsements',
    version: 'Versions',
    notice: 'Notices',
  }),
)

export interface NotificationsProps {
  readonly notifications: readonly Notification[]
  readonly unread: number
  readonly reason?: string
  readonly next?: string
}

/** What concerns somebody. */
export const NotificationsPage: FC<NotificationsProps> = ({ notifications, unread, reason, next }) => {
  const newest = notifications[0]?.sortAt ?? notifications[0]?.indexedAt
  return (
    <Layout title="Notifications – FROST" styles={['form.css', 'social.css']}>
      <div class="column stack">
        <header class="list-head">
          <h1>Notifications</h1>
          <div class="actions">
            {unread > 0 && newest && (
              <form method="post" action="/notifications/seen">
                <button class="quiet" type="submit" name="until" value={newest}>
                  Mark all as read
                </button>
              </form>
            )}
            <a href="/settings">Settings</a>
          </div>
        </header>
        <nav class="badges" aria-label="Only">
          <a class="badge" href="/notifications" aria-current={reason ? undefined : 'true'}>
            Everything
          </a>
          {[...REASONS].map(([value, text]) => (
            <a
              class="badge"
              href={`/notifications?reason=${value}`}
              aria-current={reason === value ? 'true' : undefined}
            >
              {text}
            </a>
          ))}
        </nav>
        <p class="soft small" role="status">
          {unread === 0 ? 'All of it is read.' : `${plural(unread, 'is', 'are')} new.`}
        </p>
        {notifications.length === 0 && <p class="soft">Nothing has concerned you yet.</p>}
        <ol class="plain news-list">
          {notifications.map(one => (
            <NewsItem
              author={one.author}
              uri={one.uri}
              labels={[...(one.labels ?? []), ...(one.dataset?.labels ?? [])]}
              href={placeOf(one.uri, one.record, one.dataset?.uri)}
              time={one.sortAt ?? one.indexedAt}
              isNew={!one.isRead}
              words={wordsOf(one.record)}
            >
              <News told={one} />
            </NewsItem>
          ))}
        </ol>
        <Onward href={next && `/notifications?${query({ reason, cursor: next })}`}>Older →</Onward>
      </div>
    </Layout>
  )
}

function query(params: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(params).filter(([, value]) => value !== undefined) as [string, string][]
  return new URLSearchParams(given).toString()
}

const ISSUE_ENDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    fixed: ', as fixed',
    'wont-fix': ', which will not be fixed',
    duplicate: ', as a duplicate',
  }),
)

const CORRECTION_ENDS: ReadonlyMap<string, string> = new Map(
  Object.entries({ accepted: 'accepted', disputed: 'declined', withdrawn: 'withdrew' }),
)

/** What somebody named in a claim says of it. */
const WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({ accepted: 'confirmed', disputed: 'disputes', withdrawn: 'says nothing more about' }),
)

const News: FC<{ told: Notification }> = ({ told: { reason, uri, record, dataset } }) => {
  const here = placeOf(uri, record, dataset?.uri)
  const title = dataset?.title ?? 'a dataset'
  const Dataset = () => <To href={dataset && datasetPath(dataset.uri)}>{title}</To>
  switch (reason) {
    case 'mention':
      return (
        <>
          <To href={here}>mentioned you</To> {dataset && 'at '}
          {dataset && <Dataset />}
        </>
      )
    case 'citation':
      return (
        <>
          <To href={here}>cited</To> <Dataset />
        </>
      )
    case 'derived':
      return (
        <>
          made <To href={here}>{truncate(textOf(record?.title), 120) || title}</To> from yours
        </>
      )
    case 'issue-state':
      return (
        <>
          {record?.state === 'open' ? 'reopened' : 'closed'} <To href={here}>an issue</To> about <Dataset />
          {ISSUE_ENDS.get(textOf(record?.state))}
        </>
      )
    case 'correction-state':
      return (
        <>
          {CORRECTION_ENDS.get(textOf(record?.status)) ?? 'adopted'} <To href={here}>a correction</To> of{' '}
          <Dataset />
          {typeof record?.version === 'string' && ` in version ${truncate(record.version, 60)}`}
        </>
      )
    case 'acknowledgement':
      return (
        <>
          {WORDS.get(textOf(record?.status)) ?? 'spoke about'} <To href={here}>what you say</To> of{' '}
          <Dataset />
        </>
      )
    case 'follow':
      return dataset ? (
        <>
          follows <Dataset />
        </>
      ) : (
        <>follows you</>
      )
    default:
      return (
        <Deed kind={reason} record={record} here={here} Dataset={Dataset}>
          did <To href={here}>something</To> that concerns you
        </Deed>
      )
  }
}
