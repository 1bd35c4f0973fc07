import { decode } from '@atproto/lex-cbor'
import { lexToJson } from '@atproto/lex-json'
import { validateRecord } from '@frost/lexicon'
import { decodeRecord } from '@frost/sync/cbor'
import type { Fields } from './projection.ts'
import type { RecordRow } from './schema.ts'

/** Records nest no deeper than this, or they are counted invalid. */
const DEEPEST = 64

export interface ReadRecord {
  /** The record as JSON text in the notation of the data model (`$link`, `$bytes`). */
  readonly json: string
  /** What the text says. */
  readonly fields: Fields
  /** Why it does not hold against its lexicon; absent for a valid record. */
  readonly issues?: readonly string[]
}

/** Reads a record's DAG-CBOR and holds it against its lexicon. Whatever the bytes are, it answers. */
export function readRecord(collection: string, bytes: Uint8Array): ReadRecord {
  return readPlain(collection, bytes) ?? readAny(collection, bytes)
}

/** The usual record, canonical and without links and bytes, is the same in both notations: read once. */
function readPlain(collection: string, bytes: Uint8Array): ReadRecord | undefined {
  let fields: ReturnType<typeof decodeRecord>
  try {
    fields = decodeRecord(bytes, DEEPEST)
  } catch {
    return undefined
  }
  const json = JSON.stringify(fields)
  if (json.includes('"$link"') || json.includes('"$bytes"')) return undefined
  const validity = validateRecord(collection, fields)
  return validity.ok ? { json, fields } : { json, fields, issues: validity.issues }
}

function readAny(collection: string, bytes: Uint8Array): ReadRecord {
  const unreadable = (issue: string) => ({ json: 'null', fields: {}, issues: [issue] })
  let value: unknown
  try {
    value = decode(bytes)
  } catch (error) {
    return unreadable(`the record is no DAG-CBOR: ${(error as Error).message}`)
  }
  if (depthExceeds(value, DEEPEST)) return unreadable(`the record nests deeper than ${DEEPEST} levels`)
  const json = JSON.stringify(lexToJson(value as never))
  const fields = parseRecord(json)
  const validity = validateRecord(collection, value)
  return validity.ok ? { json, fields } : { json, fields, issues: validity.issues }
}

export function parseRecord(json: string): Fields {
  const value: unknown = JSON.parse(json)
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

const parsed = new WeakMap<RecordRow, Fields>()

/** A stored record's fields; its text is parsed once. */
export function fieldsOf(row: RecordRow): Fields {
  let fields = parsed.get(row)
  if (!fields) {
    fields = parseRecord(row.json)
    parsed.set(row, fields)
  }
  return fields
}

/** Keeps what the row's text says, so that it need not be parsed. */
export function rememberFields(row: RecordRow, fields: Fields): void {
  parsed.set(row, fields)
}

function depthExceeds(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false
  if (levels === 0) return true
  if (Array.isArray(value)) {
    for (const item of value) if (depthExceeds(item, levels - 1)) return true
    return false
  }
  const fields = value as Readonly<Record<string, unknown>>
  for (const name in fields) if (depthExceeds(fields[name], levels - 1)) return true
  return false
}
