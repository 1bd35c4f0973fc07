import type { RowSelection } from '../../dataset.ts'
import type { Cost, ReadOptions } from '../../objects.ts'
import { type TextSource, textSamples } from './source.ts'

/** What is looked at of a text file to know its columns: its beginning, and some lines of its middle and end. */
export interface Sample {
  readonly beginning: string
  /** Whether the beginning is all of the file. */
  readonly complete: boolean
  readonly elsewhere: readonly string[]
}

const BEGINNING = 48 * 1024
const ELSEWHERE = 16 * 1024

export async function sampleOf(source: TextSource, options: ReadOptions = {}): Promise<Sample> {
  let beginning = ''
  let complete = true
  for await (const text of source.text(options)) {
    beginning += text
    if (beginning.length >= BEGINNING) {
      complete = source.size !== undefined && !source.gzip && Buffer.byteLength(beginning) >= source.size
      break
    }
  }
  return { beginning, complete, elsewhere: complete ? [] : await textSamples(source, ELSEWHERE, options) }
}

/** What reading costs, from how much of the file a row takes; everything where rows are sought. */
export function textCost(source: TextSource, selection: RowSelection, bytesPerRow: number): Cost {
  const size = source.size ?? Number.MAX_SAFE_INTEGER
  const { limit, offset = 0, where = [] } = selection
  const rows = limit === undefined || where.length > 0 ? Number.POSITIVE_INFINITY : offset + limit
  const needed = Math.min(size, rows * bytesPerRow * 2)
  let [requests, bytes] = [0, 0]
  for (let step = 64 * 1024; requests === 0 || bytes < needed; step = Math.min(step * 4, 4 * 1024 * 1024)) {
    requests++
    bytes += step
    if (bytes >= size) break
  }
  return { requests, bytes: Math.min(bytes, size) }
}
