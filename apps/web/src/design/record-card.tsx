import { formatFacts, hasForm, METADATA_FORMATS } from '@frost/catalogs/export/index'
import type { FC } from 'hono/jsx'
import type { EntryView } from '../appview.ts'
import type { Feed } from '../feed-address.ts'
import { FeedLink } from './feed-link.tsx'

/** The record behind the page: its name and state, its forms for programs, and what proves it. */
export const RecordCard: FC<{ entry: EntryView; path: string; feed?: Feed }> = ({ entry, path, feed }) => (
  <section class="card" id="record">
    <h2>Record</h2>
    <dl class="facts small">
      <dt>URI</dt>
      <dd>
        <code>{entry.uri}</code>
      </dd>
      <dt>CID</dt>
      <dd>
        <code>{entry.cid}</code>
      </dd>
      <dt>As JSON</dt>
      <dd>
        <a href={`${path}?format=json`}>the record as its owner wrote it</a>
      </dd>
      <dt>Export</dt>
      <dd class="inline-list">
        {METADATA_FORMATS.filter(format => format !== 'json' && hasForm(entry.record, format)).map(format => (
          <a href={`${path}?format=${format}`} rel="nofollow">
            {formatFacts(format).label}
          </a>
        ))}
      </dd>
      {feed && (
        <>
          <dt>News</dt>
          <dd>
            <FeedLink feed={feed} />
          </dd>
        </>
      )}
      <dt>Proof</dt>
      <dd>
        <a href={`${path}/proof`} rel="nofollow">
          the record with the signature of its repository
        </a>{' '}
        (CAR file, from {entry.author.archived ? 'this index' : 'its owner’s server'})
        {!entry.author.archived && (
          <>
            ,{' '}
            <a href={`${path}/proof?from=index`} rel="nofollow">
              or as this index keeps it
            </a>
          </>
        )}
      </dd>
    </dl>
  </section>
)
