/**
 * What stands between `{{` and `}}` in a reference set (kerchunk, "References specification"): names, whole numbers,
 * arithmetic, and calls of other templates. Jinja's statements and filters are refused.
 */
import { ReaderError } from '../../errors.ts'

export type Value = number | string
export type Scope = (name: string, given: ReadonlyMap<string, Value>) => Value | undefined

const TOKEN = /\s*(?:(\d+)|([A-Za-z_]\w*)|'([^'\\]*)'|"([^"\\]*)"|(\*\*|\/\/|[-+*/%(),=]))/y
const MAX_LENGTH = 4096
const MAX_DEPTH = 32

/** The text with each expression replaced by its value. @throws {ReaderError} `Unsupported`, `Corrupt`. */
export function expand(text: string, scope: Scope): string {
  if (!text.includes('{{')) return text
  return text.replace(/\{\{(.*?)\}\}/gs, (_, expression: string) => String(evaluate(expression, scope)))
}

export function evaluate(text: string, scope: Scope): Value {
  if (text.length > MAX_LENGTH) throw refused(text)
  const tokens = tokensOf(text)
  const parser = new Parser(tokens, scope, text)
  return parser.whole()
}

interface Token {
  readonly kind: 'number' | 'name' | 'string' | 'sign'
  readonly text: string
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  const end = text.trimEnd().length
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text)
    if (match === null) throw refused(text)
    const [, number, name, single, double, sign] = match
    if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (name !== undefined) tokens.push({ kind: 'name', text: name })
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign })
    else tokens.push({ kind: 'string', text: single ?? double ?? '' })
  }
  return tokens
}

function refused(text: string): ReaderError {
  return new ReaderError(
    'Unsupported',
    `the template expression '${text.slice(0, 100).trim()}' is more than names, whole numbers and arithmetic`,
  )
}

class Parser {
  readonly #tokens: readonly Token[]
  readonly #scope: Scope
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[], scope: Scope, text: string) {
    this.#tokens = tokens
    this.#scope = scope
    this.#text = text
  }

  whole(): Value {
    const value = this.#sum()
    if (this.#at < this.#tokens.length) throw refused(this.#text)
    return value
  }

  #takes(...signs: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'sign' || !signs.includes(token.text)) return undefined
    this.#at++
    return token.text
  }

  #sum(): Value {
    if (++this.#depth > MAX_DEPTH) throw refused(this.#text)
    let value = this.#product()
    for (let sign = this.#takes('+', '-'); sign !== undefined; sign = this.#takes('+', '-')) {
      const right = this.#product()
      if (sign === '+' && (typeof value === 'string' || typeof right === 'string')) value = `${value}${right}`
      else
        value =
          sign === '+' ? this.#number(value) + this.#number(right) : this.#number(value) - this.#number(right)
    }
    this.#depth--
    return value
  }

  #product(): Value {
    let value = this.#atom()
    for (
      let sign = this.#takes('*', '//', '%', '/');
      sign !== undefined;
      sign = this.#takes('*', '//', '%', '/')
    ) {
      const [left, right] = [this.#number(value), this.#number(this.#atom())]
      if (sign === '*') value = left * right
      else if (right === 0) throw refused(this.#text)
      else if (sign === '//') value = Math.floor(left / right)
      else value = sign === '%' ? left - right * Math.floor(left / right) : left / right
    }
    return value
  }

  #atom(): Value {
    if (this.#takes('-') !== undefined) return -this.#number(this.#atom())
    if (this.#takes('(') !== undefined) {
      const value = this.#sum()
      if (this.#takes(')') === undefined) throw refused(this.#text)
      return value
    }
    const token = this.#tokens[this.#at++]
    if (token?.kind === 'number') return Number(token.text)
    if (token?.kind === 'string') return token.text
    if (token?.kind !== 'name') throw refused(this.#text)
    const value = this.#scope(token.text, this.#takes('(') === undefined ? new Map() : this.#given())
    if (value === undefined)
      throw new ReaderError(
        'Corrupt',
        `the template expression '${this.#text.trim()}' names '${token.text}', which is not defined`,
      )
    return value
  }

  /** `name=value` pairs up to the closing parenthesis. */
  #given(): Map<string, Value> {
    const given = new Map<string, Value>()
    while (this.#takes(')') === undefined) {
      const name = this.#tokens[this.#at++]
      if (name?.kind !== 'name' || this.#takes('=') === undefined) throw refused(this.#text)
      given.set(name.text, this.#sum())
      this.#takes(',')
    }
    return given
  }

  #number(value: Value): number {
    const number = typeof value === 'number' ? value : Number(value)
    if (!Number.isFinite(number)) throw refused(this.#text)
    return number
  }
}
