import type { ReadOptions } from '../../objects.ts'
import type { Test } from '../../table/predicate.ts'
import type { ParquetFile } from '../parquet/file.ts'
import type { RowRange } from '../parquet/page-index.ts'
import { type ScanBatch, type ScanRequest, scanParquet } from '../parquet/scan.ts'
import type { SchemaNode } from '../parquet/schema.ts'
import { type FileDeletes, keyOf } from './deletes.ts'
import type { DataFile } from './manifests.ts'
import type { Field, PartitionSpec } from './metadata.ts'
import { type NameMapping, nodeOf, projection } from './projection.ts'
import { type FieldTest, identityValue } from './pruning.ts'

export interface FilePlan {
  readonly fields: readonly Field[]
  readonly tests: readonly FieldTest[]
  readonly mapping: NameMapping
  readonly specs: ReadonlyMap<number, PartitionSpec>
}

/** A field in one file: a column with what makes it the field's values, or one value for all rows. */
type Source =
  | { readonly node: SchemaNode; readonly convert: ((value: unknown) => unknown) | undefined }
  | { readonly node: undefined; readonly value: unknown }

/** Rows of one data file as the table's schema has them, without those that were deleted. */
export class FileReader {
  readonly #file: ParquetFile
  readonly #fields: readonly Field[]
  readonly #sources = new Map<number, Source>()
  readonly #tests: readonly (readonly [SchemaNode, Test])[]
  readonly #deletes: FileDeletes
  /** Whether columns that the file does not hold prove that no row is wanted. */
  readonly ruledOut: boolean
  /** Whether every row of the file is one of the selection. */
  readonly whole: boolean

  constructor(file: ParquetFile, data: DataFile, plan: FilePlan, deletes: FileDeletes) {
    this.#file = file
    this.#fields = plan.fields
    this.#deletes = deletes
    const needed = [
      ...plan.fields,
      ...plan.tests.map(([field]) => field),
      ...deletes.equality.flatMap(({ fields }) => fields),
    ]
    for (const field of needed) {
      const node = nodeOf(field, file.footer.columns, plan.mapping)
      if (node !== undefined)
        this.#sources.set(field.id, { node, convert: projection(field, node, plan.mapping) })
      else {
        const identity = identityValue(field, data, plan.specs.get(data.spec))
        this.#sources.set(field.id, {
          node: undefined,
          value: identity === undefined ? (field.initialDefault ?? null) : identity,
        })
      }
    }
    const tests: (readonly [SchemaNode, Test])[] = []
    let ruledOut = false
    for (const [field, test] of plan.tests) {
      const source = this.#sources.get(field.id)!
      if (source.node === undefined) ruledOut ||= !test.accepts(source.value)
      else tests.push([source.node, through(test, source.convert)])
    }
    this.#tests = tests
    this.ruledOut = ruledOut
    this.whole = tests.length === 0 && deletes.positions.length === 0 && deletes.equality.length === 0
  }

  request(range: RowRange): ScanRequest {
    const nodes = new Set<SchemaNode>()
    for (const source of this.#sources.values()) if (source.node !== undefined) nodes.add(source.node)
    return { columns: [...nodes], tests: this.#tests, range }
  }

  async *read(
    range: RowRange,
    options: ReadOptions,
  ): AsyncGenerator<{ rows: number; columns: ReadonlyMap<string, ArrayLike<unknown>> }> {
    for await (const batch of scanParquet(this.#file, this.request(range), options)) {
      const kept = this.#kept(batch)
      const columns = new Map(
        this.#fields.map(field => {
          const values = this.#values(field, batch)
          return [field.name, kept === undefined ? values : kept.map(row => values[row])]
        }),
      )
      yield { rows: kept?.length ?? batch.rows, columns }
    }
  }

  #values(field: Field, batch: ScanBatch): ArrayLike<unknown> {
    const source = this.#sources.get(field.id)!
    if (source.node === undefined) return new Array(batch.rows).fill(source.value)
    const values = batch.columns.get(source.node)!
    return source.convert === undefined ? values : Array.from(values, source.convert)
  }

  /** Rows of the batch that are not deleted; undefined when none is. */
  #kept(batch: ScanBatch): readonly number[] | undefined {
    const { positions, equality } = this.#deletes
    if (positions.length === 0 && equality.length === 0) return undefined
    const keyed = equality.map(({ fields, keys }) => ({
      keys,
      columns: fields.map(field => this.#values(field, batch)),
    }))
    const kept: number[] = []
    for (let row = 0; row < batch.rows; row++) {
      const position = batch.position(row)
      if (positions.some(rows => rows.has(position))) continue
      if (keyed.some(({ keys, columns }) => keys.has(keyOf(columns.map(values => values[row]))))) continue
      kept.push(row)
    }
    return kept.length === batch.rows ? undefined : kept
  }
}

/** A test of the field, held against the values that the file has. */
function through(test: Test, convert: ((value: unknown) => unknown) | undefined): Test {
  if (convert === undefined) return test
  return {
    column: test.column,
    accepts: value => test.accepts(value === null ? null : convert(value)),
    rulesOut: ({ min, max, ...counts }) =>
      test.rulesOut(
        min === undefined || max === undefined ? counts : { ...counts, min: convert(min), max: convert(max) },
      ),
  }
}
