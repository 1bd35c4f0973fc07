import { jsonValueOf } from '../table-values.ts'
import { numberText } from './number-text.ts'
import type { RowStream } from './types.ts'

const encoder = new TextEncoder()

/**
 * One JSON object a line. Whole numbers stand as such, however long (JSON sets no limit; readers that hold them in doubles must
 * take care); NaN and infinities, which JSON lacks, are text.
 */
export async function* ndjsonBytes({ columns, batches }: RowStream): AsyncGenerator<Uint8Array> {
  const keys = columns.map(({ name }) => JSON.stringify(name))
  for await (const batch of batches) {
    const cells = columns.map(({ name, type }) => ({ values: batch.columns.get(name)!, type }))
    let lines = ''
    for (let row = 0; row < batch.rows; row++) {
      lines += '{'
      for (let at = 0; at < cells.length; at++)
        lines += `${at > 0 ? ',' : ''}${keys[at]}:${jsonText(cells[at]!.values[row], cells[at]!.type)}`
      lines += '}\n'
    }
    yield encoder.encode(lines)
  }
}

function jsonText(value: unknown, type: string): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number' && Number.isFinite(value)) return numberText(value, type)
  return JSON.stringify(jsonValueOf(value, type))
}
