import type { Entry } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { formatCount } from '../text.ts'
import { Address } from './parts.tsx'

/** A data model of an entry, or the reference to one that is too large for it. */
export type Model = NonNullable<Entry['models']>[number]
type ArrayModel = Extract<Model, { variables?: unknown }>
type TableModel = Extract<Model, { columns?: unknown }>

/** Longest table that is written out at once; the rest is behind a disclosure. */
const SHOWN = 40

/** Variables and columns with their units: what is in the data. */
export const Models: FC<{ models: readonly Model[] }> = ({ models }) => (
  <>
    {models.map((model, place) => {
      if ('variables' in model && model.variables)
        return <Variables model={model as ArrayModel} title={titleIn(models, place, 'Variables')} />
      if ('columns' in model && model.columns)
        return <Columns model={model as TableModel} title={titleIn(models, place, 'Columns')} />
      return 'ref' in model ? <Apart count={model.variableCount} /> : null
    })}
  </>
)

/** What a model is headed with: its name, or else its number where it is not the first of its kind. */
function titleIn(models: readonly Model[], place: number, kind: string): string {
  const model = models[place] as { $type?: string; name?: string }
  const before = models.slice(0, place).filter(({ $type }) => $type === model.$type).length
  return model.name ? `${kind} of ${model.name}` : before === 0 ? kind : `${kind} ${before + 1}`
}

/** A model whose record is not held here, or not any more. */
const Apart: FC<{ count?: number }> = ({ count }) => (
  <section class="card">
    <h2>Variables</h2>
    <p class="soft">
      {count === undefined ? 'They stand' : `${formatCount(count)} of them stand`} in a record of their own,
      which this index does not hold.
    </p>
  </section>
)

const Variables: FC<{ model: ArrayModel; title: string }> = ({ model, title }) => {
  const variables = model.variables ?? []
  const dims = model.dims ?? []
  return (
    <section class="card">
      <h2>{title}</h2>
      {dims.length > 0 && (
        <p class="small soft">
          Dimensions:{' '}
          {dims
            .map(
              ({ name, size, unlimited }) =>
                `${name}${size ? ` ${formatCount(size)}` : ''}${unlimited ? ' (growing)' : ''}`,
            )
            .join(' × ')}
        </p>
      )}
      <Rows
        title={title}
        head={['Name', 'Meaning', 'Units', 'Dimensions', 'Type']}
        rows={variables.map(variable => [
          <code>{variable.name}</code>,
          variable.longName ?? variable.standardName ?? variable.description ?? '',
          variable.units ?? '',
          (variable.dims ?? []).map(({ name }) => name).join(', '),
          variable.dtype ?? '',
        ])}
        all={model.variableCount}
        full={model.full?.uri}
      />
    </section>
  )
}

const Columns: FC<{ model: TableModel; title: string }> = ({ model, title }) => {
  const columns = model.columns ?? []
  return (
    <section class="card">
      <h2>{title}</h2>
      <Rows
        title={title}
        head={['Name', 'Type', 'Units', 'Meaning']}
        rows={columns.map(column => [
          <code>{column.name}</code>,
          column.type,
          column.units ?? '',
          column.description ?? '',
        ])}
        all={model.columnCount}
        full={model.full?.uri}
      />
    </section>
  )
}

type Cell = string | ReturnType<FC>

interface RowsProps {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  /** How many there are, where the record lists a part. */
  readonly all?: number
  /** Where all of them are. */
  readonly full?: string
}

const Rows: FC<RowsProps> = ({ title, head, rows, all, full }) => (
  <>
    <Table title={`${title}, a table`} head={head} rows={rows.slice(0, SHOWN)} />
    {rows.length > SHOWN && (
      <details>
        <summary>{formatCount(rows.length - SHOWN)} more</summary>
        <Table title={`${title}, the rest`} head={head} rows={rows.slice(SHOWN)} />
      </details>
    )}
    {all !== undefined && all > rows.length && (
      <p class="small soft">
        {formatCount(all)} in all; the record lists the first {formatCount(rows.length)}.
      </p>
    )}
    {full && (
      <p class="small">
        <Address href={full} text="The whole model" />
      </p>
    )}
  </>
)

const Table: FC<Omit<RowsProps, 'all' | 'full'>> = ({ title, head, rows }) => {
  // A column that no row fills says nothing.
  const used = head.map((_, place) => rows.some(row => row[place] !== ''))
  return (
    <section class="table-scroll" aria-label={title} tabindex={0}>
      <table>
        <thead>
          <tr>{head.map((title, place) => used[place] && <th scope="col">{title}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr>{row.map((cell, place) => used[place] && <td>{cell}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
