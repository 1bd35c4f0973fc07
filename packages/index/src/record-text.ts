import { decode } from '@atproto/lex-cbor'
import { lexToJson } from '@atproto/lex-json'
import { validateRecord } from '@frost/lexicon'
import type { Fields } from './projection.ts'

/** Records nest no deeper than this, or they are counted invalid. */
const DEEPEST = 64

export interface ReadRecord {
  /** The record as JSON text in the notation of the data model (`$link`, `$bytes`). */
  readonly json: string
  /** Why it does not hold against its lexicon; absent for a valid record. */
  readonly issues?: readonly string[]
}

/** Reads a record's DAG-CBOR and holds it against its lexicon. Whatever the bytes are, it answers. */
export function readRecord(collection: string, bytes: Uint8Array): ReadRecord {
  let value: unknown
  try {
    value = decode(bytes)
  } catch (error) {
    return { json: 'null', issues: [`the record is no DAG-CBOR: ${(error as Error).message}`] }
  }
  if (depthExceeds(value, DEEPEST))
    return { json: 'null', issues: [`the record nests deeper than ${DEEPEST} levels`] }
  const json = JSON.stringify(lexToJson(value as never))
  const validity = validateRecord(collection, value)
  return validity.ok ? { json } : { json, issues: validity.issues }
}

export function parseRecord(json: string): Fields {
  const value: unknown = JSON.parse(json)
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function depthExceeds(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false
  if (levels === 0) return true
  return Object.values(value).some(item => depthExceeds(item, levels - 1))
}
