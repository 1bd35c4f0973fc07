import { jsonText } from '../../table/json.ts'
import { listType, structType } from '../../table/types.ts'
import { setField } from '../parquet/assemble.ts'

/** What values of JSON are, by a sample of them. */
export interface JsonType {
  /** By Arrow's name; `json` where values are of several kinds: they are then given as JSON text. */
  readonly type: string
  /** The value in the form that the type has; undefined where it is not of the type. */
  convert(value: unknown): unknown
}

const [INT64_MIN, INT64_MAX, UINT64_MAX] = [-(2n ** 63n), 2n ** 63n - 1n, 2n ** 64n - 1n]
const MAX_DEPTH = 32

/** The narrowest type that all values have; nulls are of every type. */
export function jsonTypeOf(values: readonly unknown[], depth = 0): JsonType {
  const told = values.filter(value => value !== null && value !== undefined)
  if (told.length === 0 || depth > MAX_DEPTH) return JSON_TEXT
  if (told.every(value => typeof value === 'string'))
    return nullable('utf8', value => (typeof value === 'string' ? value : undefined))
  if (told.every(value => typeof value === 'boolean'))
    return nullable('bool', value => (typeof value === 'boolean' ? value : undefined))
  const numeric = NUMBERS.find(({ convert }) => told.every(value => convert(value) !== undefined))
  if (numeric !== undefined) return numeric
  if (told.every(Array.isArray)) return listOf(jsonTypeOf((told as unknown[][]).flat(), depth + 1))
  if (told.every(isObject)) return structOf(told, depth)
  return JSON_TEXT
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Names of fields in the order in which they first occur. */
export function fieldsOf(objects: readonly Record<string, unknown>[]): readonly string[] {
  return [...new Set(objects.flatMap(object => Object.keys(object)))]
}

function nullable(type: string, convert: (value: unknown) => unknown): JsonType {
  return { type, convert: value => (value === null || value === undefined ? null : convert(value)) }
}

const JSON_TEXT = nullable('json', jsonText)

const NUMBERS: readonly JsonType[] = [
  nullable('int64', value => wholeNumber(value, INT64_MIN, INT64_MAX)),
  nullable('uint64', value => wholeNumber(value, 0n, UINT64_MAX)),
  nullable('double', value => (typeof value === 'number' ? value : undefined)),
]

function wholeNumber(value: unknown, least: bigint, greatest: bigint): bigint | undefined {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return undefined
    return BigInt(value) >= least ? BigInt(value) : undefined
  }
  return typeof value === 'bigint' && value >= least && value <= greatest ? value : undefined
}

function listOf(element: JsonType): JsonType {
  return nullable(listType(element.type), value => {
    if (!Array.isArray(value)) return undefined
    const items = value.map(element.convert)
    return items.includes(undefined) ? undefined : items
  })
}

function structOf(objects: readonly Record<string, unknown>[], depth: number): JsonType {
  const fields = fieldsOf(objects).map(
    name =>
      [
        name,
        jsonTypeOf(
          objects.map(object => object[name]),
          depth + 1,
        ),
      ] as const,
  )
  if (fields.length === 0) return JSON_TEXT
  const known = new Set(fields.map(([name]) => name))
  return nullable(structType(fields.map(([name, { type }]) => [name, type])), value => {
    if (!isObject(value) || Object.keys(value).some(name => !known.has(name))) return undefined
    const struct: Record<string, unknown> = {}
    for (const [name, { convert }] of fields) {
      const field = convert(value[name])
      if (field === undefined) return undefined
      setField(struct, name, field)
    }
    return struct
  })
}
