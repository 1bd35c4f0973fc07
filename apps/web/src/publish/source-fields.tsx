import type { Child, FC } from 'hono/jsx'
import type { Problems } from './change.ts'
import { ROLES, ROW_FIELDS, type SourceRow } from './form.ts'
import { Choice, Field } from './parts.tsx'

/** Datasets that a search for sources has found. */
export interface Found {
  readonly query: string
  readonly datasets: readonly FoundDataset[]
}

export interface FoundDataset {
  readonly uri: string
  readonly title: string
  readonly owner: string
}

/** What it was made from: found by a search, or named by DOI, address or handle/slug. */
export const SourceFields: FC<{
  rows: readonly SourceRow[]
  problems: Problems
  titles: ReadonlyMap<string, string>
  found?: Found
}> = ({ rows, problems, titles, found }) => (
  <section class="card stack" id="sources">
    <h2>What it was made from</h2>
    <div class="stack" data-rows="sources">
      {rows.map((row, index) => (
        <SourceRowFields row={row} index={index} problems={problems} title={titles.get(row.ref)} />
      ))}
    </div>
    {/* For the script, which takes sources without a turn to the server. */}
    <template data-row="sources">
      <SourceRowFields row={{ of: '', ref: '', role: 'source' }} index={0} problems={new Map()} />
    </template>
    <SeekField
      label="Search for a dataset, or give a DOI, an address or handle/slug"
      value={found?.query}
      found={found}
    >
      It is pinned in the state that it has now, so that what you made stays explained. An emptied source is
      taken away.
    </SeekField>
  </section>
)

/**
 * Where a dataset is searched for, and what was found; a script does it without a turn to the server.
 * @param isTaken the hint says what was taken, which the script writes anew
 */
export const SeekField: FC<{
  label: string
  value?: string
  found?: Found
  isTaken?: true
  children?: Child
}> = ({ label, value, found, isTaken, children }) => (
  <>
    <div class="field">
      <label for="seek">{label}</label>
      <div class="with-button">
        <input
          id="seek"
          name="seek"
          type="text"
          value={value}
          maxlength={500}
          autocomplete="off"
          aria-describedby="seek-hint"
        />
        <button class="quiet" type="submit" name="action" value="seek">
          Find
        </button>
      </div>
      <span class="hint" id="seek-hint" data-taken={isTaken}>
        {children}
      </span>
    </div>
    <div data-found role="status">
      {found && <FoundSources found={found} />}
    </div>
  </>
)

const SourceRowFields: FC<{ row: SourceRow; index: number; problems: Problems; title?: string }> = ({
  row: { of, ref, role },
  index,
  problems,
  title,
}) => (
  <fieldset class="row wide-narrow">
    <legend class="visually-hidden">Source {index + 1}</legend>
    <input type="hidden" name={`sources-${index}-of`} value={of} />
    <Field
      name={`sources-${index}-ref`}
      label={title ?? `Source ${index + 1}`}
      value={ref}
      problems={problems}
      most={ROW_FIELDS.sources.ref}
    />
    <Choice
      name={`sources-${index}-role`}
      label="Used as"
      value={role || 'source'}
      options={ROLES.map(one => [one, one] as const)}
    />
  </fieldset>
)

/** What the search has found, each with a button that takes it. */
export const FoundSources: FC<{ found: Found }> = ({ found: { query, datasets } }) => (
  <ul class="plain rows">
    {datasets.map(({ uri, title, owner }) => (
      <li>
        <span>
          <b>{title}</b> <span class="soft small">{owner}</span>
        </span>
        <button class="quiet" type="submit" name="take" value={uri} data-title={title}>
          Take it<span class="visually-hidden"> {title}</span>
        </button>
      </li>
    ))}
    {isReference(query) && (
      <li>
        <span class="address">{query}</span>
        <button class="quiet" type="submit" name="take" value={query}>
          Take it as it is
        </button>
      </li>
    )}
    {datasets.length === 0 && !isReference(query) && (
      <li class="soft">No dataset is known for these words. A DOI or an address can be taken too.</li>
    )}
  </ul>
)

/** Whether a text names something by itself: a DOI, an address, handle/slug. */
export function isReference(text: string): boolean {
  return /^(doi:|https?:\/\/|at:\/\/|10\.\d{4,9}\/)\S+$/i.test(text) || /^[\w.-]+\.[a-z]+\/\S+$/i.test(text)
}
