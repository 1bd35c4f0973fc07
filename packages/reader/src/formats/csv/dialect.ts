import { cellTypeOf } from '../text/cells.ts'
import { type CsvRecord, type Dialect, recordsIn } from './parser.ts'

const DELIMITERS = [',', '\t', ';', '|'] as const
const QUOTES = ['"', "'", undefined] as const
const MAX_SNIFFED = 200
/** Of records that agree, and of quotes that are closed: then quotes are quotes, and not inches. */
const SOUND = 0.9

export interface Sniffed {
  readonly dialect: Dialect
  readonly columns: number
  /** Share of the records that have as many cells as most. */
  readonly agreement: number
}

/**
 * How the text separates its cells: the delimiter by which most records have the same number of cells, and more than one; among
 * these the one that gives most. Undefined where no delimiter occurs.
 * @param complete whether the text is the whole file, so that its last line counts
 */
export function sniffDialect(text: string, complete: boolean): Sniffed | undefined {
  let best: (Sniffed & { readonly score: number }) | undefined
  for (const delimiter of DELIMITERS) {
    if (!text.includes(delimiter)) continue
    const share = closedQuotes(text, delimiter)
    let isQuoted = false
    for (const quote of QUOTES) {
      if (quote === "'" && !quotesCells(text, delimiter)) continue
      // Delimiters within quotes always look like more cells.
      if (quote === undefined && isQuoted) continue
      const dialect = { delimiter, quote }
      const records = recordsIn(text, dialect, complete).slice(0, MAX_SNIFFED)
      if (records.length === 0) continue
      const { columns, agreement } = usual(records)
      if (columns < 2) continue
      isQuoted ||= quote === '"' && agreement >= SOUND && share !== undefined && share >= SOUND
      const preferred = quote !== '"' ? 0 : share === undefined || share >= SOUND ? 0.1 : -0.1
      const score = agreement * (1 + Math.log2(columns)) + preferred
      if (best === undefined || score > best.score) best = { dialect, columns, agreement, score }
    }
  }
  return best
}

/** Whether single quotes stand where quotes would: an apostrophe within text does not. */
function quotesCells(text: string, delimiter: string): boolean {
  const [before, after] = [`${delimiter}'`, `'${delimiter}`]
  return text.includes(before) && text.includes(after) && !text.includes('"')
}

/** How many cells end with a double quote to one that begins with it; undefined where none does. */
function closedQuotes(text: string, delimiter: string): number | undefined {
  const count = (pattern: string) => text.match(new RegExp(pattern, 'gm'))?.length ?? 0
  const separator = delimiter === '|' ? '\\|' : delimiter
  const opened = count(`(?:^|${separator})"`)
  return opened === 0 ? undefined : count(`"[ \\r]*(?:${separator}|$)`) / opened
}

function usual(records: readonly CsvRecord[]): { columns: number; agreement: number } {
  const counts = new Map<number, number>()
  for (const { length } of records) counts.set(length, (counts.get(length) ?? 0) + 1)
  const [columns, times] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]!
  return { columns, agreement: times / records.length }
}

/** Whether the first record names the columns: no cell of it is a number, a date or a truth value, as others below are or not. */
export function hasHeader(first: CsvRecord): boolean {
  const cells = first.filter(cell => cell !== null && cell !== '') as string[]
  return (
    cells.length > 0 &&
    cells.length >= first.length / 2 &&
    cells.every(cell => cellTypeOf([cell]).type === 'utf8')
  )
}

/** Names that are there and unlike: empty ones are counted, repeated ones numbered. */
export function namesOf(header: CsvRecord | undefined, columns: number): readonly string[] {
  const taken = new Set<string>()
  return Array.from({ length: columns }, (_, at) => {
    const base = header?.[at]?.trim() || `column${at}`
    let name = base
    for (let again = 1; taken.has(name); again++) name = `${base}_${again}`
    taken.add(name)
    return name
  })
}
