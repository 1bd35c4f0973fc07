import { ReaderError } from '../../errors.ts'

/** How a file separates and quotes (RFC 4180, and what else is met). */
export interface Dialect {
  readonly delimiter: string
  /** Also stands for itself where it is doubled; none where the file does not quote. */
  readonly quote: string | undefined
}

/** Cells of one record: null where nothing stands between two delimiters, '' where quotes do. */
export type CsvRecord = (string | null)[]

const MAX_RECORD = 16 * 1024 * 1024

/** Splits text that comes in pieces into records. Lines end by LF, CRLF or CR; empty lines are no records. */
export class CsvParser {
  readonly #delimiter: string
  readonly #quote: string | undefined
  #rest = ''
  /** Records given so far: errors say which one they are about. */
  #records = 0
  /** Where in the rest of an unfinished quoted record to look on; 0 where nothing is known of it. */
  #searched = 0

  constructor({ delimiter, quote }: Dialect) {
    this.#delimiter = delimiter
    this.#quote = quote
  }

  /** Records that are complete. @throws {ReaderError} `Corrupt` for a record that does not end. */
  push(text: string, last = false): CsvRecord[] {
    const whole = this.#rest + text
    const records: CsvRecord[] = []
    let at = 0
    while (at < whole.length) {
      const end = this.#record(whole, at, last, records)
      if (end === undefined) break
      at = end
    }
    this.#rest = whole.slice(at)
    if (at > 0) this.#searched = 0
    if (this.#rest.length > MAX_RECORD)
      throw new ReaderError(
        'Corrupt',
        `record ${this.#records + 1} has more than ${MAX_RECORD} characters: a quote is perhaps not closed`,
        { record: this.#records + 1 },
      )
    return records
  }

  /** Where the record that begins at `start` ends; undefined when more text is needed. */
  #record(text: string, start: number, last: boolean, records: CsvRecord[]): number | undefined {
    const cells: CsvRecord = []
    let at = start
    for (;;) {
      if (text[at] === this.#quote && this.#quote !== undefined) {
        const close = this.#closing(text, at + 1, start)
        if (close === undefined) {
          if (!last) return undefined
          throw new ReaderError('Corrupt', `record ${this.#records + 1} ends within quotes`, {
            record: this.#records + 1,
          })
        }
        const doubled = this.#quote + this.#quote
        let cell = text.slice(at + 1, close).replaceAll(doubled, this.#quote)
        at = close + 1
        if (at >= text.length && !last) return undefined
        const end = this.#cellEnd(text, at)
        // What follows the closing quote belongs to the cell: nothing is thrown away.
        if (end > at) cell += text.slice(at, end)
        if (end >= text.length && !last) return undefined
        at = end
        cells.push(cell)
      } else {
        const end = this.#cellEnd(text, at)
        if (end >= text.length && !last) return undefined
        cells.push(end === at ? null : text.slice(at, end))
        at = end
      }
      if (text[at] === this.#delimiter) {
        at++
        continue
      }
      if (text[at] === '\r') {
        if (at + 1 >= text.length && !last) return undefined
        at += text[at + 1] === '\n' ? 2 : 1
      } else if (text[at] === '\n') at++
      if (cells.length > 1 || cells[0] !== null) {
        records.push(cells)
        this.#records++
      }
      return at
    }
  }

  #closing(text: string, from: number, start: number): number | undefined {
    const quote = this.#quote!
    let at = Math.max(from, start === 0 ? this.#searched : 0)
    for (;;) {
      at = text.indexOf(quote, at)
      if (at < 0) {
        if (start === 0) this.#searched = Math.max(this.#searched, from)
        return undefined
      }
      if (text[at + 1] !== quote) return at
      at += 2
    }
  }

  #cellEnd(text: string, from: number): number {
    const delimiter = this.#delimiter
    for (let at = from; at < text.length; at++) {
      const char = text[at]
      if (char === delimiter || char === '\n' || char === '\r') return at
    }
    return text.length
  }
}

/** All records of text that is not necessarily complete: the last one may be cut off, and is then left out. */
export function recordsIn(text: string, dialect: Dialect, complete: boolean): CsvRecord[] {
  try {
    return new CsvParser(dialect).push(text, complete)
  } catch {
    return []
  }
}
