import { bytesText } from '../cf/packing.ts'
import type { Column } from '../model.ts'
import { dateText, jsonValueOf } from '../table-values.ts'
import { numberText } from './number-text.ts'
import type { RowStream } from './types.ts'

const encoder = new TextEncoder()

/**
 * CSV as RFC 4180 has it: a header, CRLF, quotes where a cell holds a comma, a quote or a line break. Missing is an empty cell,
 * empty text is `""`. Numbers are the shortest text that reads back the same; nested values are JSON.
 */
export async function* csvBytes({ columns, batches }: RowStream): AsyncGenerator<Uint8Array> {
  yield encoder.encode(`${columns.map(({ name }) => quoted(name)).join(',')}\r\n`)
  for await (const batch of batches) {
    const cells = columns.map(column => ({ values: batch.columns.get(column.name)!, text: textOf(column) }))
    let lines = ''
    for (let row = 0; row < batch.rows; row++) {
      for (let at = 0; at < cells.length; at++) {
        const { values, text } = cells[at]!
        const value = values[row]
        if (at > 0) lines += ','
        if (value !== null && value !== undefined) lines += text(value)
      }
      lines += '\r\n'
    }
    yield encoder.encode(lines)
  }
}

function textOf({ type }: Column): (value: unknown) => string {
  if (/^u?int|^duration/.test(type)) return String
  if (/^(halffloat|float|double)$/.test(type)) return value => numberText(Number(value), type)
  return value => {
    if (typeof value === 'string') return quoted(value)
    if (value instanceof Date) return dateText(value, type)
    if (value instanceof Uint8Array) return quoted(bytesText(value))
    return quoted(typeof value === 'object' ? JSON.stringify(jsonValueOf(value)) : String(value))
  }
}

function quoted(text: string): string {
  if (text === '') return '""'
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
