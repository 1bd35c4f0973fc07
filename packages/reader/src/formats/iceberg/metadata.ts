import { ReaderError } from '../../errors.ts'
import type { StoreVersion } from '../../model.ts'
import { parseJson } from '../../table/json.ts'
import { withoutEnd } from '../../text-end.ts'

/** Iceberg's table metadata (Iceberg Table Spec, "Table Metadata Fields"), ids as text. */
export interface TableMetadata {
  readonly version: number
  readonly location: string
  readonly schemas: ReadonlyMap<number, Schema>
  readonly currentSchema: number
  readonly specs: ReadonlyMap<number, PartitionSpec>
  readonly snapshots: ReadonlyMap<string, Snapshot>
  readonly current: string | undefined
  readonly refs: ReadonlyMap<string, { readonly snapshot: string; readonly type: 'branch' | 'tag' }>
  readonly properties: Readonly<Record<string, string>>
}

export interface Schema {
  readonly fields: readonly Field[]
}

export interface Field {
  readonly id: number
  readonly name: string
  readonly required: boolean
  readonly type: FieldType
  readonly initialDefault: unknown
}

export type FieldType =
  | string
  | { readonly kind: 'struct'; readonly fields: readonly Field[] }
  | { readonly kind: 'list'; readonly element: Field }
  | { readonly kind: 'map'; readonly key: Field; readonly value: Field }

export interface PartitionSpec {
  readonly fields: readonly {
    readonly id: number
    readonly source: number
    readonly name: string
    readonly transform: string
  }[]
}

export interface Snapshot {
  readonly id: string
  readonly parent: string | undefined
  readonly sequence: number
  readonly committed: number
  readonly manifestList: string | undefined
  /** Of tables of version 1 without a manifest list. */
  readonly manifests: readonly string[]
  readonly summary: Readonly<Record<string, string>>
  readonly schema: number | undefined
}

type Json = Readonly<Record<string, unknown>>

/** @throws {ReaderError} `Corrupt`, `Unsupported`. */
export function tableMetadataOf(text: string): TableMetadata {
  let json: Json
  try {
    json = objectOf(parseJson(text))
  } catch (error) {
    throw new ReaderError('Corrupt', `the Iceberg metadata is no JSON: ${(error as Error).message}`)
  }
  const version = Number(json['format-version'])
  if (![1, 2, 3].includes(version))
    throw new ReaderError(
      'Unsupported',
      `Iceberg tables of format version ${json['format-version']} are not read`,
    )
  const schemas = listOf(json.schemas ?? (json.schema ? [json.schema] : []))
  const specs = json['partition-specs']
    ? listOf(json['partition-specs'])
    : [{ 'spec-id': 0, fields: json['partition-spec'] ?? [] }]
  const snapshots = listOf(json.snapshots).map(snapshotOf)
  const current = idOf(json['current-snapshot-id'])
  return {
    version,
    location: withoutEnd(String(json.location ?? ''), '/'),
    schemas: new Map(
      schemas.map(schema => [
        Number(schema['schema-id'] ?? 0),
        { fields: listOf(schema.fields).map(fieldOf) },
      ]),
    ),
    currentSchema: Number(json['current-schema-id'] ?? 0),
    specs: new Map(specs.map(spec => [Number(spec['spec-id']), specOf(spec)])),
    snapshots: new Map(snapshots.map(snapshot => [snapshot.id, snapshot])),
    current: current === '-1' ? undefined : current,
    refs: new Map(
      Object.entries(objectOf(json.refs ?? {})).map(([name, ref]) => {
        const { type } = objectOf(ref)
        return [
          name,
          { snapshot: idOf(objectOf(ref)['snapshot-id']) ?? '', type: type === 'tag' ? 'tag' : 'branch' },
        ]
      }),
    ),
    properties: objectOf(json.properties ?? {}) as Record<string, string>,
  }
}

function objectOf(value: unknown): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw new ReaderError('Corrupt', 'the Iceberg metadata has something else where an object belongs')
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(objectOf) : []
}

/** Snapshot ids are random 63-bit numbers: never a JavaScript number. */
function idOf(value: unknown): string | undefined {
  return typeof value === 'bigint' || typeof value === 'number' || typeof value === 'string'
    ? String(value)
    : undefined
}

function snapshotOf(json: Json): Snapshot {
  return {
    id: idOf(json['snapshot-id']) ?? '',
    parent: idOf(json['parent-snapshot-id']),
    sequence: Number(json['sequence-number'] ?? 0),
    committed: Number(json['timestamp-ms'] ?? 0),
    manifestList: typeof json['manifest-list'] === 'string' ? json['manifest-list'] : undefined,
    manifests: Array.isArray(json.manifests) ? json.manifests.map(String) : [],
    summary: objectOf(json.summary ?? {}) as Record<string, string>,
    schema: json['schema-id'] === undefined ? undefined : Number(json['schema-id']),
  }
}

function specOf(json: Json): PartitionSpec {
  return {
    fields: listOf(json.fields).map((field, at) => ({
      id: Number(field['field-id'] ?? 1000 + at),
      source: Number(field['source-id']),
      name: String(field.name),
      transform: String(field.transform),
    })),
  }
}

function fieldOf(json: Json): Field {
  return {
    id: Number(json.id),
    name: String(json.name),
    required: json.required === true,
    type: typeOf(json.type),
    initialDefault: json['initial-default'],
  }
}

function typeOf(type: unknown): FieldType {
  if (typeof type === 'string') return type
  const json = objectOf(type)
  const part = (name: string): Field => ({
    id: Number(json[`${name}-id`]),
    name,
    required: json[`${name}-required`] === true,
    type: typeOf(json[name]),
    initialDefault: undefined,
  })
  if (json.type === 'struct') return { kind: 'struct', fields: listOf(json.fields).map(fieldOf) }
  if (json.type === 'list') return { kind: 'list', element: part('element') }
  if (json.type === 'map') return { kind: 'map', key: part('key'), value: part('value') }
  throw new ReaderError('Unsupported', `Iceberg type '${String(json.type)}' is not read`)
}

/** Which snapshot a pin means, and by which schema it is read: tags and snapshots by their own, branches by the table's. */
export function pinned(
  metadata: TableMetadata,
  pin: string | undefined,
): { readonly snapshot: Snapshot | undefined; readonly schema: Schema } {
  const [, kind = 'branch', name = 'main'] = /^(branch|tag|snapshot):(.+)$/s.exec(pin ?? 'branch:main') ?? []
  if (pin !== undefined && !/^(branch|tag|snapshot):./s.test(pin))
    throw new ReaderError('InvalidSelection', `'${pin}' is no pin: give branch:NAME, tag:NAME or snapshot:ID`)
  const ref = metadata.refs.get(name)
  let id: string | undefined
  if (kind === 'snapshot') id = name
  else if (ref?.type === kind) id = ref.snapshot
  else if (kind === 'branch' && name === 'main') id = metadata.current
  else {
    const known = [...metadata.refs].filter(([, { type }]) => type === kind).map(([known]) => known)
    throw new ReaderError(
      'NotFound',
      `the table has no ${kind} '${name}'; there are: ${['main', ...known].join(', ')}`,
    )
  }
  const snapshot = id === undefined ? undefined : metadata.snapshots.get(id)
  if (id !== undefined && snapshot === undefined)
    throw new ReaderError(
      'NotFound',
      `the table has no snapshot ${id}; there are: ${[...metadata.snapshots.keys()].slice(-20).join(', ')}`,
    )
  const schemaId = kind === 'branch' ? metadata.currentSchema : (snapshot?.schema ?? metadata.currentSchema)
  const schema = metadata.schemas.get(schemaId)
  if (schema === undefined) throw new ReaderError('Corrupt', `the Iceberg metadata has no schema ${schemaId}`)
  return { snapshot, schema }
}

/** History, newest first. */
export function versionsOf({ snapshots, refs, current }: TableMetadata): readonly StoreVersion[] {
  return [...snapshots.values()]
    .sort((a, b) => b.committed - a.committed || b.sequence - a.sequence)
    .map(({ id, parent, committed, summary }) => {
      const names = [...refs]
        .filter(([, ref]) => ref.snapshot === id)
        .map(([name, { type }]) => `${type}:${name}`)
      if (id === current && !names.includes('branch:main')) names.unshift('branch:main')
      return {
        id,
        ...(parent !== undefined && { parent }),
        ...(committed > 0 && { committedAt: new Date(committed).toISOString() }),
        ...(summary.operation !== undefined && { message: messageOf(summary) }),
        ...(names.length > 0 && { refs: names }),
      }
    })
}

function messageOf(summary: Readonly<Record<string, string>>): string {
  const parts = [summary.operation!]
  if (summary['added-records']) parts.push(`${summary['added-records']} rows added`)
  if (summary['deleted-records']) parts.push(`${summary['deleted-records']} rows deleted`)
  if (summary['added-position-deletes']) parts.push(`${summary['added-position-deletes']} positions deleted`)
  if (summary['added-equality-deletes']) parts.push(`${summary['added-equality-deletes']} deleted by value`)
  return parts.join(', ')
}
