import { type frost, rkeyOf } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import type { EntryView, VersionView } from '../appview.ts'
import { Layout } from '../design/layout.tsx'
import { formatDay, plural, truncate } from '../text.ts'

export type Difference = frost.dataset.diffVersions.$OutputBody

/** Stands for the dataset as it is described now. */
export const NOW = 'now'

export interface DiffProps {
  readonly entry: EntryView
  readonly path: string
  readonly versions: readonly VersionView[]
  /** Keys of versions, or {@link NOW}. */
  readonly from: string
  readonly to: string
  readonly difference?: Difference
  readonly problem?: string
}

/** What differs between two versions of a dataset, field by field. */
export const DiffPage: FC<DiffProps> = ({ entry, path, versions, from, to, difference, problem }) => (
  <Layout title={`Changes of ${entry.record.title} – FROST`} styles={['diff.css']}>
    <div class="stack">
      <header class="stack-tight">
        <h1>What changed</h1>
        <p>
          in <a href={path}>{entry.record.title}</a>
        </p>
      </header>
      <form method="get" class="card diff-choice">
        <Choice name="from" label="From" versions={versions} chosen={from} />
        <Choice name="to" label="to" versions={versions} chosen={to} />
        <button type="submit" class="quiet">
          Compare
        </button>
      </form>
      {problem && (
        <p class="banner" role="alert">
          {problem}
        </p>
      )}
      {difference && <Changes difference={difference} />}
    </div>
  </Layout>
)

const Choice: FC<{ name: string; label: string; versions: readonly VersionView[]; chosen: string }> = ({
  name,
  label,
  versions,
  chosen,
}) => (
  <p class="field">
    <label for={name}>{label}</label>
    <select id={name} name={name}>
      <option value={NOW} selected={chosen === NOW}>
        as it is described now
      </option>
      {versions.map(({ uri, record }) => (
        <option value={rkeyOf(uri)} selected={chosen === rkeyOf(uri)}>
          {`${truncate(record.version, 60)}, ${formatDay(record.releasedAt)}`}
        </option>
      ))}
    </select>
  </p>
)

const KINDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    added: 'added',
    removed: 'removed',
    changed: 'changed',
    reordered: 'in another order',
  }),
)

const Changes: FC<{ difference: Difference }> = ({ difference }) => {
  const { changes, pins = [], truncated } = difference
  const inexact = [difference.from, difference.to].some(state => state?.exact === false)
  return (
    <>
      {inexact && (
        <p class="banner">
          The state of the description that one of the versions names is not held here: the description as it
          is now stands in for it.
        </p>
      )}
      {pins.length > 0 && (
        <section class="card stack-tight">
          <h2>The data</h2>
          {pins.map(({ distribution, scheme, from, to, uri }) => (
            <p>
              {distribution ?? uri ?? 'The data'}: {scheme} <code>{truncate(from, 80)}</code> →{' '}
              <code>{truncate(to, 80)}</code>
            </p>
          ))}
          <p class="small soft">
            <code>frost diff</code> compares the data itself: arrays, chunks, rows or files.
          </p>
        </section>
      )}
      <section class="card stack-tight">
        <h2>The description</h2>
        <p class="soft">
          {changes.length === 0
            ? 'Nothing differs.'
            : `${truncated ? 'More than ' : ''}${plural(changes.length, 'field differs', 'fields differ')}`}
        </p>
        <dl class="changes">
          {changes.map(({ path, kind, beforeJson, afterJson }) => (
            <div>
              <dt>
                {pathInWords(path)}{' '}
                <span class={`badge ${kind === 'removed' ? 'warm' : 'strong'}`}>
                  {KINDS.get(kind) ?? kind}
                </span>
              </dt>
              {beforeJson !== undefined && (
                <dd>
                  <del>{valueInWords(beforeJson)}</del>
                </dd>
              )}
              {afterJson !== undefined && (
                <dd>
                  <ins>{valueInWords(afterJson)}</ins>
                </dd>
              )}
            </div>
          ))}
        </dl>
      </section>
    </>
  )
}

const LONGEST_SHOWN = 3_000

/** `/models/0/variables/sst/units` → `models › variables › sst › units`. Steps of a JSON Pointer are unescaped (RFC 6901). */
function pathInWords(pointer: string): string {
  const steps = pointer
    .split('/')
    .slice(1)
    .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  return truncate(steps.join(' › ') || 'everything', 300)
}

function valueInWords(json: string): string {
  try {
    const value: unknown = JSON.parse(json)
    return truncate(typeof value === 'string' ? value : JSON.stringify(value, null, 1), LONGEST_SHOWN)
  } catch {
    return truncate(json, LONGEST_SHOWN)
  }
}
