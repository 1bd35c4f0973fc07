import type { Test } from '../../table/predicate.ts'
import type { DataFile, Manifest } from './manifests.ts'
import type { Field, PartitionSpec, TableMetadata } from './metadata.ts'
import { boundOf, integerValue } from './types.ts'

/** A test with the field that it is of. */
export type FieldTest = readonly [Field, Test]

/** Whether the partition summaries of a manifest prove that no row in its files is wanted. */
export function manifestRuledOut(
  manifest: Manifest,
  tests: readonly FieldTest[],
  metadata: TableMetadata,
): boolean {
  const spec = metadata.specs.get(manifest.spec)
  if (spec === undefined || manifest.partitions === undefined) return false
  return tests.some(([field, test]) =>
    spec.fields.some(({ source, transform }, at) => {
      const summary = manifest.partitions?.[at]
      if (source !== field.id || summary === undefined) return false
      const type = resultType(transform, field)
      if (type === undefined) return false
      const [min, max] = [boundOf(type, summary.min), boundOf(type, summary.max)]
      return min !== undefined && max !== undefined && rulesOut(test, transform, field, min, max)
    }),
  )
}

/** Whether a file's partition, or the bounds of its columns, prove that no row in it is wanted. */
export function fileRuledOut(file: DataFile, tests: readonly FieldTest[], metadata: TableMetadata): boolean {
  const spec = metadata.specs.get(file.spec)
  return tests.some(([field, test]) => {
    const min = boundOf(field.type, file.lower.get(field.id))
    const max = boundOf(field.type, file.upper.get(field.id))
    const nulls = file.nulls.get(field.id)
    const known = min !== undefined && max !== undefined
    if (test.rulesOut({ ...(known && { min, max }), ...(nulls !== undefined && { nulls }), rows: file.rows }))
      return true
    return (spec?.fields ?? []).some(({ source, transform }, at) => {
      const raw = file.partition[at]
      if (source !== field.id || raw === null || raw === undefined) return false
      const type = resultType(transform, field)
      const value = type === undefined ? undefined : partitionValue(type, raw)
      return value !== undefined && rulesOut(test, transform, field, value, value)
    })
  })
}

/** What the identity transform says of a column that a file does not hold; undefined where none does. */
export function identityValue(field: Field, file: DataFile, spec: PartitionSpec | undefined): unknown {
  const at =
    spec?.fields.findIndex(({ source, transform }) => source === field.id && transform === 'identity') ?? -1
  if (at < 0) return undefined
  const raw = file.partition[at]
  return raw === null || raw === undefined ? null : partitionValue(field.type as string, raw)
}

/** Iceberg type of a transform's results; undefined for those that say nothing of order (bucket, void). */
function resultType(transform: string, field: Field): string | undefined {
  if (typeof field.type !== 'string') return undefined
  if (transform === 'identity') return field.type
  if (/^(year|month|day|hour)$/.test(transform)) return 'int'
  if (/^truncate\[\d+\]$/.test(transform) && /^(int|long)$/.test(field.type)) return field.type
  return undefined
}

/** A partition value as Avro gives it, in the form of the column's values. */
function partitionValue(type: string, raw: unknown): unknown {
  if (raw instanceof Uint8Array) return boundOf(type, raw)
  if (typeof raw === 'number' || typeof raw === 'bigint') {
    if (type === 'float' || type === 'double') return Number(raw)
    return integerValue(type, BigInt(raw))
  }
  return raw
}

/** Holds a test against source values whose transforms lie between two results. */
function rulesOut(test: Test, transform: string, field: Field, min: unknown, max: unknown): boolean {
  if (transform === 'identity') return test.rulesOut({ min, max })
  const type = field.type as string
  const width = /^truncate\[(\d+)\]$/.exec(transform)
  if (width !== null) {
    const last = BigInt(max as number | bigint) + BigInt(width[1]!) - 1n
    return test.rulesOut({ min, max: integerValue(type, last) })
  }
  const from = startOf(transform, Number(min))
  const to = startOf(transform, Number(max) + 1)
  const per = type === 'date' ? 86_400_000n : undefined
  if (per !== undefined)
    return test.rulesOut({ min: integerValue(type, from / per), max: integerValue(type, to / per - 1n) })
  const scale = type.endsWith('_ns') ? 1_000_000n : 1_000n
  return test.rulesOut({ min: integerValue(type, from * scale), max: integerValue(type, to * scale - 1n) })
}

/** Milliseconds at which a year, month, day or hour begins, counted from 1970. */
function startOf(transform: string, count: number): bigint {
  if (transform === 'year') return BigInt(Date.UTC(1970 + count, 0))
  if (transform === 'month') return BigInt(Date.UTC(1970, count))
  return BigInt(count) * (transform === 'day' ? 86_400_000n : 3_600_000n)
}
