import type { RowBatch, RowSelection, TableDataset } from '../../dataset.ts'
import type { Column, Description, StoreDiff } from '../../model.ts'
import type { Cost, ReadOptions } from '../../objects.ts'
import { rangeOf, timeCoverage } from '../../table/ranges.ts'
import { resolved } from '../../table/rows.ts'
import { kindOf } from '../../table/types.ts'
import { RowWindow } from '../../table/window.ts'
import { scanCost } from '../parquet/scan.ts'
import { Deletes, openData } from './deletes.ts'
import { diffOf } from './diff.ts'
import { FileReader } from './file-reader.ts'
import { type DataFile, filesOf, manifestsOf } from './manifests.ts'
import { type Field, pinned, type Schema, type Snapshot, type TableMetadata, versionsOf } from './metadata.ts'
import type { Places } from './places.ts'
import { type NameMapping, nameMappingOf } from './projection.ts'
import { type FieldTest, fileRuledOut, manifestRuledOut } from './pruning.ts'
import { arrowTypeOf, boundOf } from './types.ts'

const MANIFESTS_AT_A_TIME = 8
/** Manifests that are read to describe; more would cost more than a description may. */
const DESCRIBED_MANIFESTS = 4
const ESTIMATED_FILES = 16

/** An Iceberg table at one of its snapshots. */
export class IcebergDataset implements TableDataset {
  readonly model = 'table'
  readonly #places: Places
  readonly #cost: () => Cost
  readonly #metadata: TableMetadata
  readonly #snapshot: Snapshot | undefined
  readonly #schema: Schema
  readonly #types: ReadonlyMap<string, string>
  readonly #mapping: NameMapping

  constructor(places: Places, cost: () => Cost, metadata: TableMetadata, pin: string | undefined) {
    const { snapshot, schema } = pinned(metadata, pin)
    this.#places = places
    this.#cost = cost
    this.#metadata = metadata
    this.#snapshot = snapshot
    this.#schema = schema
    this.#types = new Map(schema.fields.map(({ name, type }) => [name, arrowTypeOf(type)]))
    this.#mapping = nameMappingOf(metadata)
  }

  async describe(options: ReadOptions = {}): Promise<Description> {
    const { summary = {} } = this.#snapshot ?? {}
    const count = (name: string) => (summary[name] === undefined ? undefined : Number(summary[name]))
    const deletes = this.#snapshot !== undefined && count('total-delete-files') !== 0
    const rows = this.#snapshot === undefined ? 0 : deletes ? undefined : count('total-records')
    const size = count('total-files-size')
    const columns = await this.#columns(deletes, options)
    const time = timeCoverage(columns)
    const partitions = this.#partitionNames()
    return {
      format: 'iceberg',
      formatVersion: String(this.#metadata.version),
      model: 'table',
      ...(size !== undefined && { size }),
      codecs: [],
      attributes: { location: this.#metadata.location, ...this.#metadata.properties },
      table: {
        columns,
        ...(rows !== undefined && { rows }),
        ...(partitions.length > 0 && { partitions }),
      },
      coverage: time ? { time } : {},
      versions: versionsOf(this.#metadata),
      warnings: deletes
        ? ['rows are deleted by delete files: how many are left is only known by reading']
        : [],
      cost: this.#cost(),
    }
  }

  async estimate(selection: RowSelection): Promise<Cost> {
    const plan = await this.#plan(selection, {})
    const window = new RowWindow(selection.offset, selection.limit)
    let [requests, bytes, opened] = [0, 0, 0]
    for (const data of plan.data) {
      if (window.done) break
      if (opened >= ESTIMATED_FILES) {
        const share = plan.data.length / opened
        return { requests: Math.ceil(requests * share), bytes: Math.ceil(bytes * share) }
      }
      opened++
      const file = await openData(this.#places, data, {})
      const reader = new FileReader(file, data, plan, { positions: [], equality: [] })
      if (reader.ruledOut) continue
      const whole = plan.tests.length > 0 || plan.deletes.length > 0
      const from = whole ? 0 : window.passOver(file.footer.rows)
      const to = whole ? file.footer.rows : Math.min(file.footer.rows, from + window.left)
      const cost = await scanCost(file, reader.request({ from, to }))
      requests += cost.requests
      bytes += cost.bytes
      if (!whole) window.cut(to - from, new Map())
    }
    for (const { size } of plan.deletes) {
      requests += 2
      bytes += size
    }
    return { requests, bytes }
  }

  async *read(selection: RowSelection, options: ReadOptions = {}): AsyncGenerator<RowBatch> {
    const plan = await this.#plan(selection, options)
    const window = new RowWindow(selection.offset, selection.limit)
    if (window.done) return
    const fields = new Map(
      [...this.#metadata.schemas.values(), this.#schema].flatMap(schema =>
        schema.fields.map(field => [field.id, field]),
      ),
    )
    const deletes = await Deletes.load(
      this.#places,
      plan.deletes,
      fields,
      this.#metadata.specs,
      this.#mapping,
      options,
    )
    for (const data of plan.data) {
      const file = await openData(this.#places, data, options)
      const reader = new FileReader(file, data, plan, deletes.of(data))
      if (reader.ruledOut) continue
      const rows = file.footer.rows
      const from = reader.whole ? window.passOver(rows) : 0
      const to = reader.whole ? Math.min(rows, from + window.left) : rows
      for await (const { rows: count, columns } of reader.read({ from, to }, options)) {
        const batch = window.cut(count, columns)
        if (batch !== undefined) yield batch
        if (window.done) return
      }
    }
  }

  async diff(from: string, to: string, options: ReadOptions = {}): Promise<StoreDiff> {
    const filesAt = async (pin: string) => {
      const { snapshot } = pinned(this.#metadata, pin)
      return {
        id: snapshot?.id ?? pin,
        files: snapshot === undefined ? [] : await this.#files(snapshot, [], options),
      }
    }
    return diffOf(await filesAt(from), await filesAt(to), path => this.#places.relative(path) ?? path)
  }

  async close(): Promise<void> {}

  async #plan(selection: RowSelection, options: ReadOptions) {
    const { names, tests } = resolved(selection, this.#types)
    const byName = new Map(this.#schema.fields.map(field => [field.name, field]))
    const fieldTests: FieldTest[] = tests.map(test => [byName.get(test.column)!, test])
    const files = this.#snapshot === undefined ? [] : await this.#files(this.#snapshot, fieldTests, options)
    return {
      data: files.filter(file => file.content === 'data' && !fileRuledOut(file, fieldTests, this.#metadata)),
      deletes: files.filter(file => file.content !== 'data'),
      fields: names.map(name => byName.get(name)!),
      tests: fieldTests,
      mapping: this.#mapping,
      specs: this.#metadata.specs,
    }
  }

  /** Files that are alive in a snapshot; of data, those in manifests that the tests do not rule out. */
  async #files(
    snapshot: Snapshot,
    tests: readonly FieldTest[],
    options: ReadOptions,
  ): Promise<readonly DataFile[]> {
    const all = await manifestsOf(this.#places, snapshot, options)
    const manifests = all.filter(
      manifest => manifest.deletes || !manifestRuledOut(manifest, tests, this.#metadata),
    )
    const files: DataFile[] = []
    for (let at = 0; at < manifests.length; at += MANIFESTS_AT_A_TIME) {
      const some = manifests.slice(at, at + MANIFESTS_AT_A_TIME)
      for (const found of await Promise.all(some.map(manifest => filesOf(this.#places, manifest, options))))
        files.push(...found)
    }
    return files
  }

  /** Columns, with the ranges that the manifests of a small table say. */
  async #columns(deletes: boolean, options: ReadOptions): Promise<readonly Column[]> {
    const columns = this.#schema.fields.map(
      (field): Column => ({
        name: field.name,
        type: this.#types.get(field.name)!,
        nullable: !field.required,
      }),
    )
    if (this.#snapshot === undefined || deletes) return columns
    const manifests = await manifestsOf(this.#places, this.#snapshot, options)
    if (manifests.length > DESCRIBED_MANIFESTS) return columns
    const files = (
      await Promise.all(manifests.map(manifest => filesOf(this.#places, manifest, options)))
    ).flat()
    return columns.map((column, at) => ({
      ...column,
      ...statisticsOf(this.#schema.fields[at]!, column.type, files),
    }))
  }

  #partitionNames(): readonly string[] {
    const sources = new Set(
      [...this.#metadata.specs.values()].flatMap(spec => spec.fields.map(({ source }) => source)),
    )
    return this.#schema.fields.filter(({ id }) => sources.has(id)).map(({ name }) => name)
  }
}

/** Nulls and range of a column over all files; text bounds may be cut off, and are no range. */
function statisticsOf(
  field: Field,
  type: string,
  files: readonly DataFile[],
): Pick<Column, 'nulls' | 'range'> {
  const counts = files.map(file => file.nulls.get(field.id))
  const nulls =
    files.length > 0 && counts.every(count => count !== undefined)
      ? counts.reduce((a, b) => a + b, 0)
      : undefined
  const filled = files.filter(file => file.nulls.get(field.id) !== file.rows)
  const ends = filled.map(
    file =>
      [boundOf(field.type, file.lower.get(field.id)), boundOf(field.type, file.upper.get(field.id))] as const,
  )
  const kind = kindOf(type)
  const ordered = ['integer', 'float', 'date', 'timestamp', 'time'].includes(kind)
  const known =
    ordered && ends.length > 0 && ends.every(([min, max]) => min !== undefined && max !== undefined)
  const least = (a: unknown, b: unknown) => ((b as number) < (a as number) ? b : a)
  const greatest = (a: unknown, b: unknown) => ((b as number) > (a as number) ? b : a)
  const range = known
    ? rangeOf(type, ends.map(([min]) => min).reduce(least), ends.map(([, max]) => max).reduce(greatest))
    : undefined
  return { ...(nulls !== undefined && { nulls }), ...(range && { range }) }
}
