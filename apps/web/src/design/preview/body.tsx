import type { FC } from 'hono/jsx'
import { type Described, type DrawnPreview, Unreadable } from '../../gateway.ts'
import type { ReadableCopy } from '../../preview/readable-copy.ts'
import { type PreviewState, previewQuery } from '../../preview/state.ts'
import { formatCount, formatNumber, formatSize, plural } from '../../text.ts'
import { Controls } from './controls.tsx'
import { Grid } from './grid.tsx'
import { Line } from './line.tsx'
import { Refusal } from './refusal.tsx'
import { TableRows } from './table.tsx'

export interface PreviewBodyProps {
  /** Of the page that the preview belongs to. */
  readonly path: string
  readonly state: PreviewState
  readonly copies: readonly ReadableCopy[]
  readonly described?: Described
  readonly preview: DrawnPreview | Unreadable
  /** Address of the selection in another format. */
  readonly exportAddress: (format: string) => string
}

/** The preview with all that belongs to it: what to show, the picture or the rows, what was left out, what it cost. */
export const PreviewBody: FC<PreviewBodyProps> = props => {
  const { path, state, copies, described, preview } = props
  const refused = preview instanceof Unreadable
  return (
    <div class="preview" data-shape={shapeOf(props)}>
      {(!refused || described || copies.length > 1) && (
        <Controls
          path={path}
          state={state}
          copies={copies}
          described={described}
          preview={refused ? undefined : preview}
        />
      )}
      <div class="shown">
        {refused ? (
          <Refusal refusal={preview} state={state} path={path} />
        ) : (
          <>
            <Shown preview={preview} />
            <Notes {...props} preview={preview} />
          </>
        )}
      </div>
    </div>
  )
}

/** What decides which controls there are: while it stays the same, they may stay as they are. */
function shapeOf({ state, preview }: PreviewBodyProps): string {
  if (preview instanceof Unreadable) return 'refused'
  if (preview.kind === 'table') return 'table'
  const dimensions = preview.shown.filter(({ role, size }) => role === 'fixed' && size > 1)
  return [
    preview.kind,
    state.copy,
    preview.variable,
    ...dimensions.map(({ dimension, size }) => `${dimension} ${size}`),
  ].join('|')
}

const Shown: FC<{ preview: DrawnPreview }> = ({ preview }) => {
  if (preview.kind === 'table') return <TableRows preview={preview} />
  const { variable, longName, units, shown } = preview
  const name = longName ?? variable
  const title = units && units !== '1' ? `${name} (${units})` : name
  const places = shown
    .filter(({ role, size, value }) => role === 'fixed' && size > 1 && value !== undefined)
    .map(({ name: of, dimension, value }) => `${of ?? dimension} ${value}`)
  const statistics = 'statistics' in preview ? preview.statistics : undefined
  const range = statistics ? `: from ${formatNumber(statistics.min)} to ${formatNumber(statistics.max)}` : ''
  const label = `${title}${places.length > 0 ? ` at ${places.join(', ')}` : ''}${range}`
  return preview.kind === 'line' ? (
    <Line preview={preview} title={title} label={`Curve of ${label}`} />
  ) : (
    <Grid
      preview={preview}
      title={title}
      label={`${preview.kind === 'image' ? 'Image' : 'Map'} of ${label}`}
    />
  )
}

const Notes: FC<PreviewBodyProps & { preview: DrawnPreview }> = ({
  path,
  state,
  described,
  preview,
  exportAddress,
}) => (
  <>
    {preview.kind === 'table' ? (
      <TableNotes path={path} state={state} preview={preview} />
    ) : (
      <ArrayNotes preview={preview} />
    )}
    <p class="small soft meta">
      <span>
        {formatSize(String(preview.cost.bytes))} in {plural(preview.cost.requests, 'request')} read from where
        it lies
      </span>
      {described?.exports && described.exports.length > 0 && (
        <span>
          Take it out as{' '}
          {described.exports.map((format, at) => (
            <>
              {at > 0 && ', '}
              <a href={exportAddress(format)} target="_top" rel="nofollow">
                {format}
              </a>
            </>
          ))}
        </span>
      )}
    </p>
  </>
)

const ArrayNotes: FC<{ preview: Exclude<DrawnPreview, { kind: 'table' }> }> = ({ preview }) => {
  const { missingChunks, reduced } = preview
  const statistics = 'statistics' in preview ? preview.statistics : undefined
  return (
    <>
      {missingChunks > 0 && (
        <p class="banner small">
          {missingChunks === 1 ? 'One chunk' : `${formatCount(missingChunks)} chunks`} of what is shown{' '}
          {missingChunks === 1 ? 'is' : 'are'} not in the store: there the fill value stands.
        </p>
      )}
      {statistics && (
        <dl class="statistics small">
          {(
            [
              ['least', statistics.min],
              ['median', statistics.percentiles['50']],
              ['mean', statistics.mean],
              ['greatest', statistics.max],
            ] as const
          ).map(
            ([name, value]) =>
              value !== undefined && (
                <div>
                  <dt>{name}</dt>
                  <dd>{formatNumber(value)}</dd>
                </div>
              ),
          )}
          {statistics.missing > 0 && (
            <div>
              <dt>missing, left blank</dt>
              <dd>
                {formatCount(statistics.missing)} of {formatCount(statistics.missing + statistics.valid)}
              </dd>
            </div>
          )}
        </dl>
      )}
      {reduced && <p class="small soft">Not all of it was read: {reduced}.</p>}
    </>
  )
}

const TableNotes: FC<{
  path: string
  state: PreviewState
  preview: Extract<DrawnPreview, { kind: 'table' }>
}> = ({ path, state, preview }) => {
  const { offset, rows, more, omitted } = preview
  const page = (to: number) => {
    const query = previewQuery({ ...state, offset: to > 0 ? to : undefined })
    return `${path}${query && `?${query}`}#preview`
  }
  return (
    <>
      {omitted.length > 0 && (
        <p class="banner small">
          Left out, since they would be too much to read for a preview: {omitted.slice(0, 12).join(', ')}
          {omitted.length > 12 && ` and ${omitted.length - 12} more`}.
        </p>
      )}
      {(offset > 0 || more) && (
        <p class="meta">
          {offset > 0 && (
            <a target="_top" href={page(offset - Math.max(1, rows.length))}>
              Rows before
            </a>
          )}
          {more && (
            <a target="_top" href={page(offset + rows.length)}>
              Next rows
            </a>
          )}
        </p>
      )}
    </>
  )
}
