import { raw } from 'hono/html'
import type { FC } from 'hono/jsx'
import type { EntryView } from '../appview.ts'
import { doiAddress, entryPath, versionPath } from '../dataset-facts.ts'
import { renderMarkdown } from '../markdown.ts'
import { formatDay, truncate } from '../text.ts'
import { Address } from './parts.tsx'

export type Notice = NonNullable<EntryView['notices']>[number]

/** After one of these the data must not be used. */
const GRAVE: ReadonlySet<string> = new Set(['retracted', 'withdrawn'])

const MEANINGS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    deprecated: 'is still there, but not advised',
    superseded: 'has a better successor',
    retracted: 'is wrong: do not use it',
    withdrawn: 'was taken away',
    moved: 'is elsewhere now',
    outage: 'is away for a while',
    erratum: 'has a mistake',
    orphaned: 'is looked after by nobody',
  }),
)

/** What an owner says that users must know, whole: what happened, since when, why, and what to use instead. */
export const Notices: FC<{ notices?: readonly Notice[]; what?: 'dataset' | 'version' }> = ({
  notices = [],
  what = 'dataset',
}) => (
  <>
    {notices.map(notice => (
      <div class={`banner notice ${isGrave(notice) ? 'bad' : ''}`} role="note">
        <p>
          <b>{nameOf(notice)}.</b>{' '}
          {MEANINGS.has(notice.kind) && `This ${what} ${MEANINGS.get(notice.kind)}. `}
          <span class="soft small">{sinceWhen(notice)}, its owner says.</span>
        </p>
        {notice.text && raw(renderMarkdown(notice.text))}
        <Instead notice={notice} />
      </div>
    ))}
  </>
)

/**
 * The same in a word each, for lists.
 * @param leadOn whether the first replacement is named beside
 * @param publicUrl of the site, where links stand in a page of somebody else
 */
export const NoticeBadges: FC<{ notices?: readonly Notice[]; leadOn?: boolean; publicUrl?: string }> = ({
  notices = [],
  leadOn,
  publicUrl,
}) => {
  if (notices.length === 0) return null
  const leading = leadOn && notices.find(({ replacedBy }) => replacedBy)
  return (
    <div class="notice-line">
      <ul class="badges" aria-label="Notices of its owner">
        {notices.slice(0, 4).map(notice => (
          <li>
            <span class={`badge ${isGrave(notice) ? 'bad' : 'warm'}`} title={sinceWhen(notice)}>
              {nameOf(notice)}
              {notice.active === false && ` from ${truncate(formatDay(notice.effectiveAt ?? ''), 20)}`}
            </span>
          </li>
        ))}
      </ul>
      {leading && <Instead notice={leading} publicUrl={publicUrl} />}
    </div>
  )
}

const isGrave = ({ kind, active }: Notice) => active !== false && GRAVE.has(kind)
const nameOf = ({ kind }: Notice) => truncate(kind, 40)

function sinceWhen({ createdAt, effectiveAt, active }: Notice): string {
  if (!effectiveAt) return `Since ${formatDay(createdAt)}`
  return `${active === false ? 'From' : 'Since'} ${truncate(formatDay(effectiveAt), 60)} (said ${formatDay(createdAt)})`
}

/** The way to what is to be used now. */
const Instead: FC<{ notice: Notice; publicUrl?: string }> = ({
  notice: { replacedBy, replacement },
  publicUrl,
}) => {
  if (!replacedBy) return null
  return (
    <p class="small">
      Use <Replacement replacedBy={replacedBy} replacement={replacement} publicUrl={publicUrl} /> instead.
    </p>
  )
}

const Replacement: FC<Pick<Notice, 'replacement'> & { replacedBy: object; publicUrl?: string }> = ({
  replacedBy,
  replacement,
  publicUrl = '',
}) => {
  if (replacement) {
    const { uri, dataset, title, version } = replacement
    const author = { did: dataset.split('/')[2]! }
    const path = version === undefined ? entryPath(author, dataset) : versionPath(author, dataset, uri)
    return (
      <a href={publicUrl + path} rel={publicUrl ? 'noopener' : undefined}>
        {truncate(title, 120)}
        {version !== undefined && `, version ${truncate(version, 40)}`}
      </a>
    )
  }
  const { uri, scheme, value } = replacedBy as { uri?: string; scheme?: string; value?: string }
  if (scheme?.toLowerCase() === 'doi' && value)
    return <Address href={doiAddress(value)} text={`doi:${truncate(value, 80)}`} />
  if (uri) return <Address href={uri} />
  return <span>{truncate(`${scheme ?? ''}:${value ?? ''}`, 120)}</span>
}
