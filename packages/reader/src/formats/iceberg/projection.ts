import { ReaderError } from '../../errors.ts'
import { parseJson } from '../../table/json.ts'
import { momentText, nanosOf, type TimeUnit, unitsOf } from '../../table/moments.ts'
import { promotion } from '../../table/promotion.ts'
import { kindOf } from '../../table/types.ts'
import { setField } from '../parquet/assemble.ts'
import { elementOf, type SchemaNode, typeOf } from '../parquet/schema.ts'
import type { Field, TableMetadata } from './metadata.ts'
import { arrowTypeOf } from './types.ts'

type Convert = (value: unknown) => unknown

/** Names that stand for ids in files that were written without them (Iceberg Table Spec, "Column Projection"). */
export type NameMapping = ReadonlyMap<number, readonly string[]>

export function nameMappingOf({ properties }: TableMetadata): NameMapping {
  const names = new Map<number, readonly string[]>()
  const text = properties['schema.name-mapping.default']
  if (text === undefined) return names
  const visit = (mappings: unknown): void => {
    if (!Array.isArray(mappings)) return
    for (const mapping of mappings as { 'field-id'?: unknown; names?: unknown; fields?: unknown }[]) {
      if (typeof mapping !== 'object' || mapping === null) continue
      if (mapping['field-id'] !== undefined && Array.isArray(mapping.names))
        names.set(Number(mapping['field-id']), mapping.names.map(String))
      visit(mapping.fields)
    }
  }
  try {
    visit(parseJson(text))
  } catch {
    return names
  }
  return names
}

/** The column of a file that holds a field: by its id, whatever its name; undefined where the file has none. */
export function nodeOf(
  field: Field,
  nodes: readonly SchemaNode[],
  mapping: NameMapping,
): SchemaNode | undefined {
  const byId = nodes.find(node => node.fieldId === field.id)
  if (byId !== undefined || nodes.some(node => node.fieldId !== undefined)) return byId
  const names = mapping.get(field.id) ?? (mapping.size === 0 ? [field.name] : [])
  return nodes.find(node => names.includes(node.name))
}

/** How a file's values become the field's, as the schema is now; undefined where they are. @throws {ReaderError} `Unsupported`. */
export function projection(field: Field, node: SchemaNode, mapping: NameMapping): Convert | undefined {
  const { type } = field
  if (typeof type === 'string') return primitive(field, node)
  if (type.kind === 'struct') return structOf(type.fields, node, mapping)
  const repeated = node.children[0]
  if (type.kind === 'list') {
    const element = repeated && projection(type.element, elementOf(repeated, node.name), mapping)
    return element && (value => (value === null ? null : Array.from(value as ArrayLike<unknown>, element)))
  }
  const [key, value] = repeated?.children ?? []
  const ofKey = key && projection(type.key, key, mapping)
  const ofValue = value && projection(type.value, value, mapping)
  if (ofKey === undefined && ofValue === undefined) return undefined
  return pairs =>
    pairs === null
      ? null
      : (pairs as [unknown, unknown][]).map(([k, v]) => [ofKey ? ofKey(k) : k, ofValue ? ofValue(v) : v])
}

function structOf(fields: readonly Field[], node: SchemaNode, mapping: NameMapping): Convert | undefined {
  const parts = fields.map(field => {
    const child = nodeOf(field, node.children, mapping)
    return {
      name: field.name,
      from: child?.name,
      convert: child && projection(field, child, mapping),
      otherwise: field.initialDefault ?? null,
    }
  })
  const same =
    parts.length === node.children.length &&
    parts.every(
      ({ name, from, convert }, at) =>
        name === from && convert === undefined && node.children[at]!.name === name,
    )
  if (same) return undefined
  return value => {
    if (value === null) return null
    const struct: Record<string, unknown> = {}
    for (const { name, from, convert, otherwise } of parts) {
      const raw = from === undefined ? otherwise : (value as Record<string, unknown>)[from]
      setField(struct, name, convert === undefined || raw === null ? raw : convert(raw))
    }
    return struct
  }
}

function primitive(field: Field, node: SchemaNode): Convert | undefined {
  const [from, to] = [typeOf(node), arrowTypeOf(field.type)]
  if (from === to) return undefined
  if (kindOf(from) === 'timestamp' && kindOf(to) === 'timestamp') return moments(to)
  if (to === 'uuid' && from === 'fixed_size_binary[16]')
    return value => (value instanceof Uint8Array ? uuidText(value) : value)
  const promote = promotion(from, to)
  if (promote !== undefined) return promote
  throw new ReaderError('Unsupported', `column '${field.name}' is ${to}, but a data file holds it as ${from}`)
}

/** Moments of another unit, or with and without a zone: Iceberg's type says which is meant. */
function moments(to: string): Convert {
  const unit = (/\[(\w+)/.exec(to)?.[1] ?? 'us') as TimeUnit
  return value => {
    if (value === null) return null
    const nanos = value instanceof Date ? BigInt(value.getTime()) * 1_000_000n : nanosOf(String(value))
    return nanos === undefined ? null : momentText(unitsOf(nanos, unit).units, unit, to.includes(','))
  }
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
