import { ReaderError } from '../../errors.ts'

/** Cuts text that comes in pieces into the texts of records. */
export interface Splitter {
  /** Records that are complete. @throws {ReaderError} `Corrupt` for one that is too long, or does not end. */
  push(text: string, last?: boolean): readonly string[]
}

const MAX_RECORD = 16 * 1024 * 1024

/** One record a line (ndjson.org); empty lines are none. */
export class LineSplitter implements Splitter {
  #rest = ''

  push(text: string, last = false): readonly string[] {
    const lines = (this.#rest + text).split('\n')
    this.#rest = last ? '' : lines.pop()!
    if (this.#rest.length > MAX_RECORD)
      throw new ReaderError('Corrupt', `a line has more than ${MAX_RECORD} characters`)
    return lines.filter(line => line.trim() !== '')
  }
}

const [QUOTE, BACKSLASH, COMMA, OPEN, CLOSE, OPEN_BRACE, CLOSE_BRACE] = [...'"\\,[]{}'].map(char =>
  char.charCodeAt(0),
)

/** The elements of one array. What follows the array, other than white space, is an error. */
export class ElementSplitter implements Splitter {
  #rest = ''
  /** Next character of the rest to look at. */
  #at = 0
  #start = 0
  #depth = 0
  #inText = false
  #ended = false

  push(text: string, last = false): readonly string[] {
    this.#rest += text
    const elements: string[] = []
    const take = (end: number) => {
      const element = this.#rest.slice(this.#start, end).trim()
      if (element !== '') elements.push(element)
      this.#start = end + 1
    }
    for (; this.#at < this.#rest.length; this.#at++) {
      const code = this.#rest.charCodeAt(this.#at)
      if (this.#inText) {
        if (code === BACKSLASH) this.#at++
        else if (code === QUOTE) this.#inText = false
        continue
      }
      if (this.#ended) {
        if (code > 32) throw new ReaderError('Corrupt', 'more follows after the JSON array')
        continue
      }
      if (code === QUOTE) this.#inText = true
      else if (code === OPEN || code === OPEN_BRACE) {
        if (this.#depth++ === 0) this.#start = this.#at + 1
      } else if (code === COMMA && this.#depth === 1) take(this.#at)
      else if ((code === CLOSE || code === CLOSE_BRACE) && --this.#depth === 0) {
        take(this.#at)
        this.#ended = true
      }
    }
    this.#rest = this.#rest.slice(this.#start)
    this.#at -= this.#start
    this.#start = 0
    if (this.#rest.length > MAX_RECORD)
      throw new ReaderError('Corrupt', `an element of the JSON array has more than ${MAX_RECORD} characters`)
    if (last && !this.#ended)
      throw new ReaderError('Corrupt', 'the JSON array does not end: is the download complete?')
    return elements
  }
}
