import type { TablePreview } from '@frost/reader'
import type { FC } from 'hono/jsx'
import { formatCount, truncate } from '../../text.ts'

const LONGEST_CELL = 160
const NUMERIC = /^(u?int\d|float|double|half|decimal)/

/** Rows as they are: types under the names, what is missing said so, no digit lost. */
export const TableRows: FC<{ preview: TablePreview }> = ({ preview }) => {
  const { columns, rows, offset, total } = preview
  const last = offset + rows.length
  const ends =
    rows.length === 0
      ? 'No row is there.'
      : `Rows ${formatCount(offset + 1)} to ${formatCount(last)}${total === undefined ? '' : ` of ${formatCount(total)}`}`
  const isNumeric = columns.map(({ type }) => NUMERIC.test(type))
  return (
    <>
      <section class="table-scroll rows" aria-label={ends} tabindex={0}>
        <table>
          <thead>
            <tr>
              {columns.map(({ name, type }, place) => (
                <th scope="col" class={isNumeric[place] ? 'number' : undefined}>
                  {name}
                  <span class="type">{truncate(type, 60)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(row => (
              <tr>
                {row.map((cell, place) => (
                  <td class={isNumeric[place] ? 'number' : undefined}>
                    <Cell cell={cell} type={columns[place]?.type ?? ''} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="small soft">{ends}</p>
    </>
  )
}

const Cell: FC<{ cell: unknown; type: string }> = ({ cell, type }) => {
  if (cell === null || cell === undefined) return <i class="null">null</i>
  if (cell === '') return <i class="null">empty</i>
  if (type.startsWith('timestamp'))
    // Fractions of a second that are none say nothing.
    return (
      <>
        {String(cell)
          .replace(/\.0+(?=Z?$)/, '')
          .replace('T', ' ')}
      </>
    )
  const text = typeof cell === 'object' ? JSON.stringify(cell) : String(cell)
  return <>{truncate(text, LONGEST_CELL)}</>
}
