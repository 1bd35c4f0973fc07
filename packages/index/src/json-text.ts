/**
 * An answer that is JSON text already. Stored records are spliced in word for word: parsing and writing them again would cost
 * more than all the rest of a page.
 */
export interface JsonText {
  readonly json: string
}

/** A field whose value is JSON text already. */
const RAW = Symbol('raw JSON')
interface Raw {
  readonly [RAW]: string
}

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | Raw
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue }

export function raw(json: string): Raw {
  return { [RAW]: json }
}

/** Writes JSON as `JSON.stringify` does, with raw parts left as they are; undefined fields are left out. */
export function toJsonText(value: JsonValue): string {
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : 'null'
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  if (RAW in value) return (value as Raw)[RAW]
  let text = ''
  if (Array.isArray(value)) {
    for (const item of value) text += text === '' ? toJsonText(item) : `,${toJsonText(item)}`
    return `[${text}]`
  }
  const fields = value as { readonly [name: string]: JsonValue }
  for (const name of Object.keys(fields)) {
    const item = fields[name]
    if (item !== undefined) text += `${text === '' ? '' : ','}${nameText(name)}${toJsonText(item)}`
  }
  return `{${text}}`
}

/** Names of fields are few and come again in every view. */
const nameTexts = new Map<string, string>()
const MOST_NAMES = 1000

function nameText(name: string): string {
  let text = nameTexts.get(name)
  if (text === undefined) {
    text = `${JSON.stringify(name)}:`
    if (nameTexts.size < MOST_NAMES) nameTexts.set(name, text)
  }
  return text
}

export const answer = (value: JsonValue): JsonText => ({ json: toJsonText(value) })
