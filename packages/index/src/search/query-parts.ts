/**
 * The syntax of the query language: a text cut into words, phrases and fields, each with its place. Nothing here knows what is
 * indexed, so that a page can show the parts of a query as what they are.
 */

/** Filters whose values are compared as they stand. `creator` is compared by the words of a name. */
export const VALUE_FIELDS = [
  'format',
  'license',
  'model',
  'keyword',
  'variable',
  'publisher',
  'creator',
  'offer',
  'access',
] as const
export type ValueField = (typeof VALUE_FIELDS)[number]

/** `year`: the time that the data covers. `published`: when the dataset was published. */
export const RANGE_FIELDS = ['year', 'published'] as const
export type RangeField = (typeof RANGE_FIELDS)[number]

export type QueryField = ValueField | RangeField | 'title'

const FIELDS: Readonly<Record<string, QueryField>> = {
  format: 'format',
  license: 'license',
  licence: 'license',
  model: 'model',
  keyword: 'keyword',
  subject: 'keyword',
  variable: 'variable',
  column: 'variable',
  publisher: 'publisher',
  offer: 'offer',
  access: 'access',
  price: 'offer',
  author: 'creator',
  creator: 'creator',
  year: 'year',
  years: 'year',
  time: 'year',
  published: 'published',
  title: 'title',
}

/** Every name that is a field, synonyms included. */
export const FIELD_NAMES: readonly string[] = Object.keys(FIELDS)

export interface QueryPart {
  /** Absent: words that may stand anywhere. */
  readonly field?: QueryField
  /** What is looked for, without quotation marks; trimmed where it belongs to a field. */
  readonly value: string
  /** Between quotation marks: a phrase, or a value that is taken letter for letter. */
  readonly quoted: boolean
  /** With `-` before it: must not be so. */
  readonly excluded: boolean
  /** UTF-16 units from the beginning of the text; `end` is behind the last. */
  readonly start: number
  readonly end: number
}

const PART = /(-?)(?:([A-Za-z]+):)?(?:"([^"]*)"?|(\S+))/gu

/** The parts of a query text, in order. Every text has some: what is neither phrase nor field is a word. */
export function queryParts(text: string): QueryPart[] {
  const parts: QueryPart[] = []
  for (const match of text.matchAll(PART)) {
    const [whole, minus, name, inQuotes, bare] = match
    const field = name && Object.hasOwn(FIELDS, name.toLowerCase()) ? FIELDS[name.toLowerCase()] : undefined
    const value = inQuotes ?? bare ?? ''
    const place = { start: match.index, end: match.index + whole.length }
    const excluded = minus === '-'
    if (name?.toLowerCase() === 'has' && /^offers?$/i.test(inQuotes ?? bare ?? '')) {
      parts.push({ field: 'offer', value: 'any', quoted: false, excluded, ...place })
      continue
    }
    const quoted = inQuotes !== undefined
    if (field && value.trim()) parts.push({ field, value: value.trim(), quoted, excluded, ...place })
    else parts.push({ value: name ? `${name} ${value}` : value, quoted, excluded, ...place })
  }
  return parts
}

/** The text without one of its parts. */
export function withoutPart(text: string, { start, end }: Pick<QueryPart, 'start' | 'end'>): string {
  return `${text.slice(0, start).trimEnd()} ${text.slice(end).trimStart()}`.trim()
}

/** A value as it is written behind `field:`, in quotation marks where it needs them. Quotation marks inside it are lost. */
export function written(field: QueryField, value: string): string {
  const plain = value.replaceAll('"', ' ').replace(/\s+/g, ' ').trim()
  return /[\s*]/.test(plain) ? `${field}:"${plain}"` : `${field}:${plain}`
}
