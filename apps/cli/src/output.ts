import { clean, styled } from './text.ts'

/** Results on standard output (for people, or as JSON), everything else on standard error. */
export class Output {
  readonly json: boolean
  #progress = false

  constructor(json: boolean) {
    this.json = json
  }

  /** The command's one result: a JSON document, or the text that `forPeople` makes of it. */
  result<T>(value: T, forPeople: (value: T) => string): void {
    this.clearProgress()
    const text = this.json ? JSON.stringify(value) : forPeople(value)
    if (text !== '') process.stdout.write(`${text}\n`)
  }

  /** One of many results: a line of NDJSON, or of text. */
  item<T>(value: T, forPeople: (value: T) => string): void {
    this.result(value, forPeople)
  }

  /** Something worth knowing that is no result; on standard error. */
  note(text: string): void {
    this.clearProgress()
    process.stderr.write(`${clean(text)}\n`)
  }

  warning(text: string): void {
    this.clearProgress()
    process.stderr.write(`${styled('yellow', 'warning:', process.stderr)} ${clean(text)}\n`)
  }

  /** A line that the next one replaces; shown where standard error is a terminal. */
  progress(text: string): void {
    if (!process.stderr.isTTY) return
    this.#progress = true
    process.stderr.write(`\r\u001b[2K${clean(text).slice(0, (process.stderr.columns || 80) - 1)}`)
  }

  clearProgress(): void {
    if (!this.#progress) return
    this.#progress = false
    process.stderr.write('\r\u001b[2K')
  }
}
