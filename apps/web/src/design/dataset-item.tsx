import type { FC } from 'hono/jsx'
import { accessBadges } from '../access.ts'
import type { EntryView } from '../appview.ts'
import { entryPath, formatsOf, keywordsOf, licencesOf, timesOf } from '../dataset-facts.ts'
import { LabelBadges, Labelled } from '../labels/labelled.tsx'
import { excerpt, plainText } from '../markdown.ts'
import { reasonsOf } from '../search/reasons.ts'
import { formatDay, plural, truncate } from '../text.ts'
import { Thumbnail } from '../thumbnail/thumbnail.tsx'
import { ArchivedMark } from './archived.tsx'
import { Highlight, type QueryTerms, snippet, termsIn } from './highlight.tsx'
import { NoticeBadges } from './notices.tsx'
import { Badges, Person } from './parts.tsx'

/** A dataset in a grid. */
export const DatasetTile: FC<{ entry: EntryView }> = ({ entry }) => {
  const { record, author } = entry
  return (
    <article class="card tile">
      <Labelled labels={entry.labels} what="dataset" author={author.did} href={entryPath(author, entry.uri)}>
        <Thumbnail entry={entry} kind="tile" />
        <h3>
          <a href={entryPath(author, entry.uri)}>{record.title}</a>
        </h3>
        <NoticeBadges notices={entry.notices} />
        <LabelBadges labels={entry.labels} />
        <Person did={author.did} handle={author.handle} name={author.displayName} />
        <ArchivedMark author={author} />
        {record.description && <p class="soft small clamp">{truncate(excerpt(record.description), 240)}</p>}
        <Badges
          items={formatsOf(record)
            .slice(0, 3)
            .map(text => ({ text, kind: 'strong' as const }))}
        />
      </Labelled>
    </article>
  )
}

/** A dataset in the list of results, with the words that matched and where they stand. */
export const DatasetResult: FC<{ entry: EntryView; terms: QueryTerms }> = ({ entry, terms }) => {
  const { record, author, counts } = entry
  const times = timesOf(record)
  return (
    <article class="result">
      <Labelled labels={entry.labels} what="dataset" author={author.did} href={entryPath(author, entry.uri)}>
        <Thumbnail entry={entry} kind="result" />
        <h2>
          <a href={entryPath(author, entry.uri)}>
            <Highlight text={record.title} terms={terms} />
          </a>
        </h2>
        <div class="meta">
          <Person did={author.did} handle={author.handle} name={author.displayName} />
          <ArchivedMark author={author} />
          {times[0] && <span>{times[0]}</span>}
          <span>published {formatDay(record.createdAt)}</span>
          {entry.latestVersion && <span>version {entry.latestVersion.version}</span>}
          {(counts?.offers ?? 0) > 0 && (
            <a href={`${entryPath(author, entry.uri)}#offers`}>{plural(counts?.offers ?? 0, 'offer')}</a>
          )}
          {(counts?.derived ?? 0) > 0 && <span>{plural(counts?.derived ?? 0, 'dataset')} built on it</span>}
        </div>
        <NoticeBadges notices={entry.notices} leadOn />
        <LabelBadges labels={entry.labels} />
        {record.description && (
          <p>
            <Highlight text={snippet(wordsOf(record.description, terms), terms)} terms={terms} />
          </p>
        )}
        <Badges
          items={[
            ...formatsOf(record)
              .slice(0, 4)
              .map(text => ({ text, kind: 'strong' as const })),
            ...accessBadges(record.access),
            ...licencesOf(record)
              .slice(0, 2)
              .map(text => ({ text: truncate(text, 48) })),
            ...keywordsOf(record)
              .slice(0, 4)
              .map(text => ({ text })),
          ]}
        />
        <Reasons entry={entry} terms={terms} />
      </Labelled>
    </article>
  )
}

/** The sentences of a description, or all of it where what was asked for stands elsewhere in it. */
function wordsOf(description: string, terms: QueryTerms): string {
  const sentences = excerpt(description)
  return terms.size === 0 || termsIn(sentences, terms).size > 0 ? sentences : plainText(description)
}

/** Why a dataset is among the results: where its words stand beside title and description, and which it has nowhere. */
const Reasons: FC<{ entry: EntryView; terms: QueryTerms }> = ({ entry, terms }) => {
  if (terms.size === 0) return null
  const { places, missing } = reasonsOf(entry, terms)
  if (places.length + missing.length === 0) return null
  return (
    <p class="small soft reasons">
      {places.map(({ name, values }) => (
        <span>
          {name}: <Highlight text={values.join(', ')} terms={terms} />
        </span>
      ))}
      {missing.length > 0 && (
        <span>
          not in it: <s>{missing.join(', ')}</s>
        </span>
      )}
    </p>
  )
}
