import { CompiledQuery } from 'kysely'
import { isPostgres } from './dialect.ts'
import type { Database } from './schema.ts'

type Value = string | number

const MOST_SIZES = 128
/** Texts by statement and by how many values it has: those of a page come again with every page. */
const texts = new WeakMap<TemplateStringsArray, Map<string, string>>()

/**
 * Asks by SQL that is written out, which is for what every page asks: a builder takes as long to put such a statement together as
 * SQLite to answer it. Values are always bound; a list stands for as many of them: `in (${uris})`.
 * @example await rowsOf<{ uri: string }>(db)`select uri from link where subject in (${subjects})`
 */
export function rowsOf<Row>(db: Database) {
  return async (parts: TemplateStringsArray, ...values: (Value | readonly Value[])[]): Promise<Row[]> => {
    const isNumbered = isPostgres(db)
    const sizes = values.map(value => (Array.isArray(value) ? value.length : 1))
    const known = texts.get(parts) ?? new Map<string, string>()
    texts.set(parts, known)
    const key = `${isNumbered} ${sizes}`
    const text = known.get(key) ?? textOf(parts, sizes, isNumbered)
    if (known.size < MOST_SIZES) known.set(key, text)
    const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(text, values.flat()))
    return rows
  }
}

function textOf(parts: TemplateStringsArray, sizes: readonly number[], isNumbered: boolean): string {
  let bound = 0
  const one = () => (isNumbered ? `$${++bound}` : '?')
  const lists = sizes.map(size => Array.from({ length: size }, one).join(', '))
  return parts.map((part, place) => part + (lists[place] ?? '')).join('')
}
