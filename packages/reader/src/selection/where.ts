/**
 * Conditions on the rows of a table:
 *
 *     where      := comparison *("and" comparison)
 *     comparison := column ("=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">=") value
 *                 | column "is" ["not"] "null"
 *     column     := name | "quoted name" | `quoted name`
 *     value      := number | 'text' (a doubled quote is one) | true | false | null | ISO 8601 date or time
 *
 * Whole numbers are exact, however long.
 */
import type { Predicate } from '../dataset.ts'
import { ReaderError } from '../errors.ts'

const OPERATORS: Readonly<Record<string, Predicate['op']>> = {
  '=': '=',
  '==': '=',
  '!=': '!=',
  '<>': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}

interface Token {
  readonly kind: 'word' | 'name' | 'text' | 'operator'
  readonly text: string
  readonly at: number
}

const TOKEN =
  /\s*(?:"((?:[^"]|"")*)"|`((?:[^`]|``)*)`|'((?:[^']|'')*)'|(==|!=|<>|<=|>=|=|<|>|&&)|([^\s"'`=!<>&]+))/y

const LONGEST = 10_000
const MOST = 100

/** @throws {ReaderError} `InvalidSelection` with the place and what belongs there. */
export function parseWhere(text: string): readonly Predicate[] {
  const tokens = tokensOf(text)
  const predicates: Predicate[] = []
  let at = 0
  const next = (): Token | undefined => tokens[at++]
  while (at < tokens.length || predicates.length === 0) {
    if (predicates.length > 0) {
      const joint = next()!
      if (joint.kind === 'word' && joint.text.toLowerCase() === 'or')
        throw invalid(text, joint.at, "'or' is not read: all comparisons must hold; ask twice instead")
      if (!(joint.kind === 'word' && joint.text.toLowerCase() === 'and') && joint.text !== '&&')
        throw invalid(text, joint.at, `'and' belongs where '${joint.text}' is`)
    }
    predicates.push(comparison(text, next))
    if (predicates.length > MOST) throw invalid(text, 0, `at most ${MOST} comparisons are read`)
  }
  return predicates
}

function comparison(text: string, next: () => Token | undefined): Predicate {
  const column = next()
  if (column === undefined)
    throw invalid(text, text.length, "a comparison such as year>=2000 or name='x' belongs here")
  if (column.kind !== 'word' && column.kind !== 'name')
    throw invalid(text, column.at, 'the name of a column belongs here')
  const operator = next()
  if (operator?.kind === 'word' && operator.text.toLowerCase() === 'is') {
    const word = next()
    const negated = word?.kind === 'word' && word.text.toLowerCase() === 'not'
    const last = negated ? next() : word
    if (last?.kind !== 'word' || last.text.toLowerCase() !== 'null')
      throw invalid(text, last?.at ?? text.length, "'null' or 'not null' belongs after 'is'")
    return { column: column.text, op: negated ? '!=' : '=', value: null }
  }
  const op = operator?.kind === 'operator' ? OPERATORS[operator.text] : undefined
  if (op === undefined)
    throw invalid(
      text,
      operator?.at ?? text.length,
      `one of =, !=, <, <=, >, >= belongs after '${column.text}'`,
    )
  const value = next()
  if (value === undefined || value.kind === 'operator')
    throw invalid(text, value?.at ?? text.length, `a value belongs after '${column.text} ${op}'`)
  return { column: column.text, op, value: value.kind === 'word' ? bare(text, value) : value.text }
}

function bare(text: string, { text: word, at }: Token): Predicate['value'] {
  if (/^[+-]?\d+$/.test(word)) {
    const number = Number(word)
    return Number.isSafeInteger(number) ? number : BigInt(word)
  }
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word)) return Number(word)
  if (/^(true|false)$/i.test(word)) return word.toLowerCase() === 'true'
  if (/^null$/i.test(word)) return null
  if (/^[+-]?\d{4,6}-\d\d/.test(word)) return word
  throw invalid(text, at, `'${word}' is neither a number nor a date: text stands in quotes, as '${word}'`)
}

function tokensOf(text: string): Token[] {
  if (text.length > LONGEST) throw invalid(text.slice(0, 40), 0, `at most ${LONGEST} characters are read`)
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(text)
    if (match === null) throw invalid(text, at, 'a quote is not closed, or a sign stands alone')
    const [, quoted, ticked, literal, operator, word] = match
    if (quoted !== undefined) tokens.push({ kind: 'name', text: quoted.replaceAll('""', '"'), at })
    else if (ticked !== undefined) tokens.push({ kind: 'name', text: ticked.replaceAll('``', '`'), at })
    else if (literal !== undefined) tokens.push({ kind: 'text', text: literal.replaceAll("''", "'"), at })
    else if (operator !== undefined) tokens.push({ kind: 'operator', text: operator, at })
    else tokens.push({ kind: 'word', text: word!, at })
  }
  return tokens
}

function invalid(text: string, at: number, problem: string): ReaderError {
  return new ReaderError('InvalidSelection', `where '${text}', character ${at + 1}: ${problem}`, {
    where: text,
    at,
  })
}
