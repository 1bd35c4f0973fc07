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
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  if (RAW in value) return (value as Raw)[RAW]
  if (Array.isArray(value)) return `[${value.map(toJsonText).join(',')}]`
  const fields: string[] = []
  for (const [name, item] of Object.entries(value as { [name: string]: JsonValue })) {
    if (item !== undefined) fields.push(`${JSON.stringify(name)}:${toJsonText(item)}`)
  }
  return `{${fields.join(',')}}`
}

export const answer = (value: JsonValue): JsonText => ({ json: toJsonText(value) })
