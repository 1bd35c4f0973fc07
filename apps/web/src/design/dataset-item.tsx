import type { FC } from 'hono/jsx'
import type { EntryView } from '../appview.ts'
import { entryPath, formatsOf, keywordsOf, licencesOf, timesOf, variablesOf } from '../dataset-facts.ts'
import { plainText } from '../markdown.ts'
import { formatDay, plural, truncate } from '../text.ts'
import { Highlight, snippet } from './highlight.tsx'
import { Badges, Person } from './parts.tsx'

/** A dataset in a grid. */
export const DatasetTile: FC<{ entry: EntryView }> = ({ entry }) => {
  const { record, author } = entry
  return (
    <article class="card tile">
      <h3>
        <a href={entryPath(author, entry.uri)}>{record.title}</a>
      </h3>
      <Person did={author.did} handle={author.handle} name={author.displayName} />
      {record.description && <p class="soft small clamp">{truncate(plainText(record.description), 240)}</p>}
      <Badges
        items={formatsOf(record)
          .slice(0, 3)
          .map(text => ({ text, kind: 'strong' as const }))}
      />
    </article>
  )
}

/** A dataset in the list of results, with the words that matched. */
export const DatasetResult: FC<{ entry: EntryView; words: readonly string[] }> = ({ entry, words }) => {
  const { record, author, counts } = entry
  const times = timesOf(record)
  const matched = matchedVariables(entry, words)
  return (
    <article class="result">
      <h2>
        <a href={entryPath(author, entry.uri)}>
          <Highlight text={record.title} words={words} />
        </a>
      </h2>
      <div class="meta">
        <Person did={author.did} handle={author.handle} name={author.displayName} />
        {times[0] && <span>{times[0]}</span>}
        <span>published {formatDay(record.createdAt)}</span>
        {entry.latestVersion && <span>version {entry.latestVersion.version}</span>}
        {(counts?.derived ?? 0) > 0 && <span>{plural(counts?.derived ?? 0, 'dataset')} built on it</span>}
      </div>
      {record.description && (
        <p>
          <Highlight text={snippet(plainText(record.description), words)} words={words} />
        </p>
      )}
      <Badges
        items={[
          ...formatsOf(record)
            .slice(0, 4)
            .map(text => ({ text, kind: 'strong' as const })),
          ...licencesOf(record)
            .slice(0, 2)
            .map(text => ({ text: truncate(text, 48) })),
          ...keywordsOf(record)
            .slice(0, 4)
            .map(text => ({ text })),
        ]}
      />
      {matched.length > 0 && (
        <p class="small soft">
          Variables: <Highlight text={matched.join(', ')} words={words} />
        </p>
      )}
    </article>
  )
}

/** The variables that hold a word of the query, each once, in its most readable name. */
function matchedVariables({ record }: EntryView, words: readonly string[]): string[] {
  const names = variablesOf(record)
    .filter(({ text }) => words.some(word => text.toLowerCase().includes(word)))
    .map(({ name, label }) => truncate(label ?? name, 60))
  return [...new Set(names)].slice(0, 4)
}
