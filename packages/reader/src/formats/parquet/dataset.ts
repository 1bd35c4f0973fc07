import type { RowBatch, RowSelection, TableDataset } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import type { Column, Description } from '../../model.ts'
import type { Cost, Objects, ReadOptions } from '../../objects.ts'
import { type Test, testsOf, unknownColumn } from '../../table/predicate.ts'
import { promotion } from '../../table/promotion.ts'
import { timeCoverage } from '../../table/ranges.ts'
import { RowWindow } from '../../table/window.ts'
import { describedColumn } from './columns.ts'
import type { ParquetFile } from './file.ts'
import { spaceOf } from './geo.ts'
import { type PartitionColumn, partitionColumns } from './partitions.ts'
import { listedParts, type Part, type PartList } from './parts.ts'
import { scanCost, scanParquet } from './scan.ts'
import { type SchemaNode, typeOf } from './schema.ts'

/** Footers that are read to describe a folder, and folders that are listed; more cost more than a description may. */
const DESCRIBED_FILES = 3
const DESCRIBED_FOLDERS = 6
/** Footers that are read to estimate; the cost of further files is taken to be like theirs. */
const ESTIMATED_FILES = 16

/** A table in one Parquet file, or in all those of a folder. */
export class ParquetDataset implements TableDataset {
  readonly model = 'table'
  readonly #objects: Objects
  readonly #cost: () => Cost
  readonly #found: PartList
  #all: Promise<PartList> | undefined

  constructor(objects: Objects, cost: () => Cost, found: PartList) {
    this.#objects = objects
    this.#cost = cost
    this.#found = found
  }

  /** Of a folder, as far as a few listings go. */
  static async ofFolder(objects: Objects, cost: () => Cost, options: ReadOptions): Promise<ParquetDataset> {
    return new ParquetDataset(objects, cost, await listedParts(objects, DESCRIBED_FOLDERS, options))
  }

  async describe(options: ReadOptions = {}): Promise<Description> {
    const { parts, complete } = this.#found
    const first = await this.#first(parts).open(options)
    const known = parts.length <= DESCRIBED_FILES || first.size === undefined
    const files = known ? await Promise.all(parts.map(part => part.open(options))) : [first]
    const whole = complete && known
    const footers = files.map(({ footer }) => footer)
    const partitions = partitionColumns(parts)
    const columns: Column[] = first.footer.columns.map(node =>
      whole
        ? describedColumn(node, footers)
        : { name: node.name, type: typeOf(node), nullable: node.repetition === 'optional' },
    )
    for (const { name, type } of partitions) columns.push({ name, type, nullable: true })
    const [space, time] = [whole ? spaceOf(first.footer) : undefined, timeCoverage(columns)]
    const sizes = files.map(({ size }) => size)
    return {
      format: 'parquet',
      formatVersion: String(first.footer.version),
      model: 'table',
      ...(whole &&
        sizes.every(size => size !== undefined) && { size: sizes.reduce((sum, size) => sum + size, 0) }),
      codecs: codecsOf(files),
      attributes: attributesOf(first),
      table: {
        columns,
        ...(whole && {
          rows: footers.reduce((sum, { rows }) => sum + rows, 0),
          rowGroups: footers.reduce((sum, { rowGroups }) => sum + rowGroups.length, 0),
        }),
        ...(partitions.length > 0 && { partitions: partitions.map(({ name }) => name) }),
      },
      coverage: { ...(space && { space }), ...(time && { time }) },
      warnings: whole
        ? []
        : [
            `described from one of ${complete ? '' : 'at least '}${parts.length} files: rows and ranges are not known`,
          ],
      cost: this.#cost(),
    }
  }

  async estimate(selection: RowSelection): Promise<Cost> {
    const { parts, wanted } = await this.#resolve(selection, {})
    const window = new RowWindow(selection.offset, selection.limit)
    let [requests, bytes, opened] = [0, 0, 0]
    for (const part of parts) {
      if (window.done) break
      if (opened >= ESTIMATED_FILES) {
        const share = parts.length / opened
        return { requests: Math.ceil(requests * share), bytes: Math.ceil(bytes * share) }
      }
      opened++
      const file = await part.open()
      const request = wanted.of(file, part, window)
      if (request === undefined) continue
      const cost = await scanCost(file, request)
      requests += cost.requests
      bytes += cost.bytes
      if (request.tests.length === 0) window.cut(request.range.to - request.range.from, new Map())
    }
    return { requests, bytes }
  }

  async *read(selection: RowSelection, options: ReadOptions = {}): AsyncGenerator<RowBatch> {
    const { parts, wanted } = await this.#resolve(selection, options)
    const window = new RowWindow(selection.offset, selection.limit)
    for (const part of parts) {
      if (window.done) return
      const file = await part.open(options)
      const request = wanted.of(file, part, window)
      if (request === undefined) continue
      for await (const { rows, columns } of scanParquet(file, request, options)) {
        const batch = window.cut(rows, wanted.columns(file, part, columns, rows))
        if (batch !== undefined) yield batch
        if (window.done) return
      }
    }
  }

  async close(): Promise<void> {}

  #first(parts: readonly Part[]): Part {
    const [first] = parts
    if (first === undefined)
      throw new ReaderError('NotFound', `no Parquet file lies below '${this.#objects.name}'`)
    return first
  }

  async #resolve(selection: RowSelection, options: ReadOptions) {
    const { parts } = await this.#parts(options)
    const schema = (await this.#first(parts).open(options)).footer.columns
    const partitions = partitionColumns(parts)
    const types = new Map(schema.map(node => [node.name, typeOf(node)]))
    for (const { name, type } of partitions) types.set(name, type)
    const names = selection.columns ?? [...types.keys()]
    for (const name of names) if (!types.has(name)) throw unknownColumn(name, [...types.keys()])
    const tests = testsOf(selection.where ?? [], types)
    const wanted = new Wanted(names, tests, types, partitions)
    return { parts: parts.filter(part => wanted.admits(part)), wanted }
  }

  async #parts(options: ReadOptions): Promise<PartList> {
    if (this.#found.complete) return this.#found
    this.#all ??= listedParts(this.#objects, Number.MAX_SAFE_INTEGER, options)
    return this.#all
  }
}

/** What a selection asks of each file. */
class Wanted {
  readonly #names: readonly string[]
  readonly #tests: readonly Test[]
  readonly #types: ReadonlyMap<string, string>
  readonly #partitions: ReadonlyMap<string, PartitionColumn>

  constructor(
    names: readonly string[],
    tests: readonly Test[],
    types: ReadonlyMap<string, string>,
    partitions: readonly PartitionColumn[],
  ) {
    this.#names = names
    this.#tests = tests
    this.#types = types
    this.#partitions = new Map(partitions.map(column => [column.name, column]))
  }

  /** Whether the names of its folders leave a part in question. */
  admits(part: Part): boolean {
    return this.#tests.every(test => {
      const column = this.#partitions.get(test.column)
      return column === undefined || test.accepts(column.valueOf(part.partition.get(test.column) ?? null))
    })
  }

  /** What to scan of a file; undefined when none of its rows can be wanted. */
  of(file: ParquetFile, part: Part, window: RowWindow) {
    const nodes = new Map(file.footer.columns.map(node => [node.name, node]))
    const tests: (readonly [SchemaNode, Test])[] = []
    for (const test of this.#tests) {
      if (this.#partitions.has(test.column)) continue
      const node = nodes.get(test.column)
      if (node === undefined) {
        if (!test.accepts(null)) return undefined
        continue
      }
      tests.push([node, promoted(test, node, this.#typeOf(test.column), part)])
    }
    const columns = this.#names
      .filter(name => !this.#partitions.has(name))
      .flatMap(name => nodes.get(name) ?? [])
    if (tests.length > 0) return { columns, tests, range: { from: 0, to: file.footer.rows } }
    const from = window.passOver(file.footer.rows)
    const to = Math.min(file.footer.rows, from + window.left)
    return from < to ? { columns, tests, range: { from, to } } : undefined
  }

  /** Columns of the table, from those of the file and of its folders' names. */
  columns(
    file: ParquetFile,
    part: Part,
    found: ReadonlyMap<SchemaNode, ArrayLike<unknown>>,
    rows: number,
  ): ReadonlyMap<string, ArrayLike<unknown>> {
    const nodes = new Map(file.footer.columns.map(node => [node.name, node]))
    return new Map(
      this.#names.map(name => {
        const partition = this.#partitions.get(name)
        if (partition !== undefined)
          return [name, new Array(rows).fill(partition.valueOf(part.partition.get(name) ?? null))]
        const node = nodes.get(name)
        if (node === undefined) return [name, new Array(rows).fill(null)]
        const promote = promotionOf(node, this.#typeOf(name), part)
        const values = found.get(node)!
        return [name, promote === undefined ? values : Array.from(values, promote)]
      }),
    )
  }

  #typeOf(name: string): string {
    return this.#types.get(name)!
  }
}

/** Values of one file in the type of the table. @throws {ReaderError} `Unsupported` when they cannot be. */
function promotionOf(node: SchemaNode, type: string, part: Part) {
  const own = typeOf(node)
  if (own === type) return undefined
  const promote = promotion(own, type)
  if (promote === undefined)
    throw new ReaderError(
      'Unsupported',
      `column '${node.name}' is ${own} in '${part.path}' and ${type} in the first file`,
    )
  return promote
}

function promoted(test: Test, node: SchemaNode, type: string, part: Part): Test {
  const promote = promotionOf(node, type, part)
  if (promote === undefined) return test
  return {
    column: test.column,
    accepts: value => test.accepts(promote(value)),
    rulesOut: bounds => test.rulesOut({ ...bounds, min: promote(bounds.min), max: promote(bounds.max) }),
  }
}

function codecsOf(files: readonly ParquetFile[]): readonly string[] {
  const met = new Set<string>()
  for (const { footer } of files)
    for (const { chunks } of footer.rowGroups) for (const { codec } of chunks) met.add(codec.toLowerCase())
  met.delete('uncompressed')
  return [...met]
}

const MAX_ATTRIBUTE = 64 * 1024

/** The file's own metadata, JSON where it is JSON; the Arrow schema is left out, since it says again what the columns say. */
function attributesOf({ footer }: ParquetFile): Readonly<Record<string, unknown>> {
  const attributes: Record<string, unknown> = {}
  if (footer.createdBy !== undefined) attributes.created_by = footer.createdBy
  for (const [key, text] of footer.metadata)
    if (key !== 'ARROW:schema' && key !== '__proto__' && text.length <= MAX_ATTRIBUTE)
      attributes[key] = jsonOr(text)
  return attributes
}

function jsonOr(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
