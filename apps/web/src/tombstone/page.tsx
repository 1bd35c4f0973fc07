import { nsid } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { entryPath, versionPath } from '../dataset-facts.ts'
import { Layout } from '../design/layout.tsx'
import { Ref, type Reference } from '../design/lineage.tsx'
import { Notices } from '../design/notices.tsx'
import { Person } from '../design/parts.tsx'
import { Labelled } from '../labels/labelled.tsx'
import { formatDay, truncate } from '../text.ts'
import type { Referrer, TombstoneProps } from './load.ts'

/** Where a dataset or version was: when and by whom it was taken away, what its owner still says, who refers to it. */
export const TombstonePage: FC<TombstoneProps> = ({ tombstone, referrers, hasMore }) => {
  const { uri, state, deletedAt, author, notices } = tombstone
  const what = uri.includes('.dataset.version/') ? 'version' : 'dataset'
  const { title, words } = said(state, what, deletedAt !== undefined)
  return (
    <Layout title={`${title} – FROST`} styles={['social.css']}>
      <div class="column stack">
        <header class="dataset-head">
          <h1>{title}</h1>
          <div class="meta">
            {author && <Person did={author.did} handle={author.handle} name={author.displayName} />}
            {deletedAt && <span>deleted {formatDay(deletedAt)}</span>}
          </div>
          <p>{words}</p>
          <Notices notices={notices} what={what} />
        </header>
        {referrers.length > 0 && (
          <section class="card">
            <h2>What refers to it</h2>
            <ul>
              {referrers.map(referrer => (
                <li>
                  <Labelled labels={referrer.labels} what={kindOf(referrer)} author={referrer.author.did}>
                    <Referring referrer={referrer} subject={uri} />{' '}
                    <span class="soft small">
                      by{' '}
                      {truncate(
                        referrer.author.displayName || referrer.author.handle || referrer.author.did,
                        80,
                      )}
                    </span>
                  </Labelled>
                </li>
              ))}
            </ul>
            {hasMore && <p class="small soft">These are the newest {referrers.length}; there are more.</p>}
          </section>
        )}
        <section class="card">
          <h2>Its name on the network</h2>
          <code class="address">{uri}</code>
          {author && (
            <p class="small">
              <a href={`/p/${author.did}`}>What else this account has published</a>
            </p>
          )}
        </section>
      </div>
    </Layout>
  )
}

function said(state: string, what: string, isSeen: boolean): { title: string; words: string } {
  if (state === 'taken-down')
    return {
      title: `This ${what} is not shown here`,
      words:
        'Whoever runs this index has taken it down. Its record is in its owner’s repository, and other indexes may show it.',
    }
  if (state === 'unavailable')
    return {
      title: `This ${what} is not held here`,
      words:
        'Others refer to it, but this index has not seen it: it may be new, withdrawn long ago, or misspelt.',
    }
  return {
    title: `This ${what} was deleted`,
    words: isSeen
      ? 'Its owner deleted the record, and what it said went with it. The data itself may still lie where it lay.'
      : 'Its owner no longer publishes the record. The data itself may still lie where it lay.',
  }
}

const KINDS = { citation: nsid('graph.citation'), version: nsid('dataset.version') } as const

/** What a referrer is: by where it stands, whatever else it says of itself. */
function kindOf({ uri }: Referrer): 'citation' | 'version' | 'dataset' {
  const collection = uri.split('/')[3]
  if (collection === KINDS.citation) return 'citation'
  return collection === KINDS.version ? 'version' : 'dataset'
}

/** Something that was made from it, or that cites it. */
const Referring: FC<{ referrer: Referrer; subject: string }> = ({ referrer, subject }) => {
  const { uri, author, record } = referrer
  const kind = kindOf(referrer)
  if (kind === 'citation')
    return (
      <>
        <Ref reference={(record.citing ?? {}) as Reference} known={new Map()} />{' '}
        <span class="soft small">
          {truncate(textOf(record.relation, 'cites').replaceAll('-', ' '), 60)} it
        </span>
      </>
    )
  const sources: unknown[] = Array.isArray(record.derivedFrom) ? record.derivedFrom : []
  const isSource = (one: unknown) => (one as { ref?: { uri?: unknown } } | null)?.ref?.uri === subject
  const how = sources.some(isSource) ? 'made from it' : 'related to it'
  const isVersion = kind === 'version'
  const path = isVersion ? versionPath(author, textOf(record.dataset, ''), uri) : entryPath(author, uri)
  const name = isVersion ? `version ${textOf(record.version, '')}` : textOf(record.title, uri)
  return (
    <>
      <a href={path}>{truncate(name, 200)}</a> <span class="soft small">{how}</span>
    </>
  )
}

const textOf = (value: unknown, otherwise: string) => (typeof value === 'string' ? value : otherwise)
