import type { ShownDimension, Variable } from '@frost/reader'
import { COLOUR_MAPS } from '@frost/reader/picture/colour-map'
import type { FC } from 'hono/jsx'
import type { Described, DrawnPreview } from '../../gateway.ts'
import { degreesInWords, degreesOf, finestName, shortTimes } from '../../preview/axis.ts'
import type { ReadableCopy } from '../../preview/readable-copy.ts'
import type { PreviewState } from '../../preview/state.ts'
import { formatCount, formatNumber, truncate } from '../../text.ts'

export interface ControlsProps {
  /** Where the form leads: the page of the dataset. */
  readonly path: string
  readonly state: PreviewState
  readonly copies: readonly ReadableCopy[]
  readonly described?: Described
  readonly preview?: DrawnPreview
}

/** Longest list of values that is written out; a longer dimension is chosen by its index. */
const LONGEST_LIST = 400
const MOST_VARIABLES = 500

/** What one can change: copy, variable, place on every other dimension, colours, part. A form that works without script. */
export const Controls: FC<ControlsProps> = ({ path, state, copies, described, preview }) => {
  const variables = (described?.array?.variables ?? []).filter(({ shape }) => shape.length > 0)
  const isArray = preview === undefined ? variables.length > 0 : preview.kind !== 'table'
  const sliders =
    preview === undefined || preview.kind === 'table'
      ? []
      : preview.shown.filter(({ role, size }) => role === 'fixed' && size > 1)
  return (
    <form class="controls" action={`${path}#preview`} method="get" target="_top">
      {copies.length > 1 && (
        <div class="field">
          <label for="preview-copy">Copy</label>
          <select id="preview-copy" name="copy">
            {copies.map(({ id, label }) => (
              <option value={id} selected={id === (state.copy ?? copies[0]!.id)}>
                {truncate(label, 80)}
              </option>
            ))}
          </select>
        </div>
      )}
      {variables.length > 1 && isArray && (
        <Variables variables={variables} shown={preview?.kind === 'table' ? undefined : preview?.variable} />
      )}
      {preview?.kind === 'grid' && !preview.picture.legend && (
        <div class="field">
          <label for="preview-map">Colours</label>
          <select id="preview-map" name="map">
            <option value="">what fits</option>
            {COLOUR_MAPS.map(name => (
              <option value={name} selected={name === state.map}>
                {name}
              </option>
            ))}
          </select>
        </div>
      )}
      {sliders.map((dimension, place) => (
        <Place dimension={dimension} id={`preview-at-${place}`} />
      ))}
      {isArray ? (
        <Words
          name="select"
          label="Only a part"
          value={state.select}
          example={preview === undefined || preview.kind === 'table' ? '' : exampleOf(preview.shown)}
        />
      ) : (
        <Words name="where" label="Rows where" value={state.where} example={rowExample(preview)} />
      )}
    </form>
  )
}

const Words: FC<{ name: string; label: string; value?: string; example: string }> = ({
  name,
  label,
  value,
  example,
}) => (
  <div class="field words">
    <label for={`preview-${name}`}>{label}</label>
    <div class="with-button">
      <input
        type="text"
        id={`preview-${name}`}
        name={name}
        value={value}
        placeholder={example}
        maxlength={1000}
        autocomplete="off"
        spellcheck={false}
      />
      <button type="submit">Show</button>
    </div>
  </div>
)

const Variables: FC<{ variables: readonly Variable[]; shown?: string }> = ({ variables, shown }) => {
  const option = (variable: Variable) => (
    <option value={variable.name} selected={variable.name === shown}>
      {nameOf(variable)}
    </option>
  )
  const coarser = new Set(variables.flatMap(({ coarser = [] }) => coarser))
  const data = variables.filter(({ name, coordinate }) => !coordinate && !coarser.has(name))
  const coordinates = variables.filter(({ coordinate, name }) => coordinate && !/overview/.test(name))
  return (
    <div class="field">
      <label for="preview-var">Variable</label>
      <select id="preview-var" name="var">
        {data.slice(0, MOST_VARIABLES).map(option)}
        {coordinates.length > 0 && (
          <optgroup label="Coordinates">{coordinates.slice(0, MOST_VARIABLES).map(option)}</optgroup>
        )}
      </select>
    </div>
  )
}

function nameOf({ name, longName, units }: Variable): string {
  const meaning = longName && longName !== name ? `: ${truncate(longName, 60)}` : ''
  return `${name}${meaning}${units ? ` (${truncate(units, 24)})` : ''}`
}

/** One dimension that is not drawn: where on it. With script it becomes a slider. */
const Place: FC<{ dimension: ShownDimension; id: string }> = ({ dimension, id }) => {
  const { dimension: name, size, ranges, values, value } = dimension
  const index = ranges[0]?.start ?? 0
  const label = dimension.longName ?? dimension.name ?? name
  const labels = values && valuesInWords(dimension, values)
  const current = labels?.[index] ?? (value === undefined ? undefined : valuesInWords(dimension, [value])[0])
  return (
    <div class="field place">
      <label for={id}>
        {truncate(label, 60)} {current && !labels && <span>{current}</span>}
      </label>
      {labels && labels.length === size && size <= LONGEST_LIST ? (
        <select id={id} name={`at.${name}`}>
          {labels.map((text, at) => (
            <option value={at} selected={at === index}>
              {text}
            </option>
          ))}
        </select>
      ) : (
        <input
          type="number"
          id={id}
          name={`at.${name}`}
          min={0}
          max={size - 1}
          value={index}
          aria-label={`${label}: index from 0 to ${formatCount(size - 1)}`}
        />
      )}
    </div>
  )
}

function valuesInWords(dimension: ShownDimension, values: readonly unknown[]): readonly string[] {
  const texts = values.map(String)
  if (dimension.axis === 'T' || texts.every(text => /^[+-]?\d{4,6}-\d\d-\d\d/.test(text)))
    return shortTimes(texts)
  const degrees = degreesOf(dimension)
  const units = dimension.units && dimension.units !== '1' ? ` ${dimension.units}` : ''
  return values.map(value => {
    if (typeof value !== 'number') return truncate(String(value), 60)
    return degrees ? degreesInWords(value, degrees) : `${formatNumber(value)}${units}`
  })
}

function exampleOf(shown: readonly ShownDimension[]): string {
  const [rows, columns] = ['rows', 'columns'].map(role => shown.find(dimension => dimension.role === role))
  const part = (dimension: ShownDimension | undefined) => {
    const values = dimension?.values
    if (!dimension || !values || values.length < 4) return undefined
    const [a, b] = [1, 2].map(quarters => values[Math.floor((values.length * quarters) / 4)] ?? '')
    const name = finestName(dimension.name ?? dimension.dimension)
    if (typeof a !== 'number' || typeof b !== 'number')
      return `${name}=${String(a).slice(0, 10)}:${String(b).slice(0, 10)}`
    const ends = [a, b].map(value => Number(value.toPrecision(3))).sort((one, other) => one - other)
    return `${name}=${ends.join(':')}`
  }
  return [part(rows), part(columns)].filter(Boolean).join(',') || `${columns?.dimension ?? 'x'}=#0:100`
}

function rowExample(preview: DrawnPreview | undefined): string {
  if (preview?.kind !== 'table') return ''
  const number = preview.columns.findIndex(({ type }) => /^(u?int|float|double)/.test(type))
  const value = preview.rows[Math.floor(preview.rows.length / 2)]?.[number] ?? preview.rows[0]?.[number]
  if (number >= 0 && value !== undefined && value !== null)
    return `${columnTerm(preview.columns[number]!.name)} >= ${value}`
  const [column] = preview.columns
  return column ? `${columnTerm(column.name)} = '…'` : ''
}

/** A name as the grammar of conditions takes it. */
function columnTerm(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
