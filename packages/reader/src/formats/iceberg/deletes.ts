import { ReaderError } from '../../errors.ts'
import type { ReadOptions } from '../../objects.ts'
import { openParquetFile, type ParquetFile } from '../parquet/file.ts'
import { scanParquet } from '../parquet/scan.ts'
import type { DataFile } from './manifests.ts'
import type { Field, PartitionSpec } from './metadata.ts'
import type { Places } from './places.ts'
import { type NameMapping, nodeOf, projection } from './projection.ts'

/** Reserved field ids of position delete files (Iceberg Table Spec, "Reserved Field IDs"). */
const [FILE_PATH, POSITION] = [2147483546, 2147483545]
/** Deleted rows that are held in memory, at most. */
const MAX_DELETES = 20_000_000

interface EqualityDeletes {
  readonly file: DataFile
  readonly fields: readonly Field[]
  readonly keys: ReadonlySet<string>
}

/** The rows of a snapshot that later commits deleted (Iceberg Table Spec, "Row-level Deletes", "Scan Planning"). */
export class Deletes {
  readonly #positions = new Map<string, { readonly sequence: number; readonly rows: Set<number> }[]>()
  readonly #equality: EqualityDeletes[] = []
  readonly #specs: ReadonlyMap<number, PartitionSpec>

  private constructor(specs: ReadonlyMap<number, PartitionSpec>) {
    this.#specs = specs
  }

  /** @throws {ReaderError} `Unsupported` for deletion vectors, or more deletes than are held. */
  static async load(
    places: Places,
    files: readonly DataFile[],
    fields: ReadonlyMap<number, Field>,
    specs: ReadonlyMap<number, PartitionSpec>,
    mapping: NameMapping,
    options: ReadOptions,
  ): Promise<Deletes> {
    const deletes = new Deletes(specs)
    let total = 0
    for (const file of files) {
      total += file.rows
      if (total > MAX_DELETES)
        throw new ReaderError('Unsupported', `the table has more than ${MAX_DELETES} deleted rows`)
      const opened = await openData(places, file, options)
      if (file.content === 'position deletes') await deletes.#readPositions(opened, file, options)
      else await deletes.#readEquality(opened, file, fields, mapping, options)
    }
    return deletes
  }

  async #readPositions(opened: ParquetFile, file: DataFile, options: ReadOptions): Promise<void> {
    const { columns } = opened.footer
    const path =
      columns.find(node => node.fieldId === FILE_PATH) ?? columns.find(({ name }) => name === 'file_path')
    const position =
      columns.find(node => node.fieldId === POSITION) ?? columns.find(({ name }) => name === 'pos')
    if (path === undefined || position === undefined)
      throw new ReaderError('Corrupt', `'${file.path}' lacks the columns of a position delete file`)
    const found = new Map<string, Set<number>>()
    const range = { from: 0, to: opened.footer.rows }
    for await (const batch of scanParquet(opened, { columns: [path, position], tests: [], range }, options)) {
      const [paths, positions] = [batch.columns.get(path)!, batch.columns.get(position)!]
      for (let i = 0; i < batch.rows; i++) {
        const name = String(paths[i])
        let rows = found.get(name)
        if (rows === undefined) {
          rows = new Set()
          found.set(name, rows)
        }
        rows.add(Number(positions[i]))
      }
    }
    for (const [name, rows] of found)
      this.#positions.set(name, [...(this.#positions.get(name) ?? []), { sequence: file.sequence, rows }])
  }

  async #readEquality(
    opened: ParquetFile,
    file: DataFile,
    known: ReadonlyMap<number, Field>,
    mapping: NameMapping,
    options: ReadOptions,
  ): Promise<void> {
    const fields = file.equalityIds.map(id => {
      const field = known.get(id)
      if (field === undefined)
        throw new ReaderError(
          'Unsupported',
          `'${file.path}' deletes by field ${id}, which the schema no longer has`,
        )
      return field
    })
    const nodes = fields.map(field => {
      const node = nodeOf(field, opened.footer.columns, mapping)
      if (node === undefined)
        throw new ReaderError('Corrupt', `'${file.path}' deletes by '${field.name}', but lacks it`)
      return { node, convert: projection(field, node, mapping) }
    })
    const keys = new Set<string>()
    const request = {
      columns: nodes.map(({ node }) => node),
      tests: [],
      range: { from: 0, to: opened.footer.rows },
    }
    for await (const batch of scanParquet(opened, request, options))
      for (let i = 0; i < batch.rows; i++)
        keys.add(
          keyOf(
            nodes.map(({ node, convert }) => {
              const value = batch.columns.get(node)![i]
              return convert === undefined ? value : convert(value)
            }),
          ),
        )
    this.#equality.push({ file, fields, keys })
  }

  /** What applies to a data file. */
  of(data: DataFile): FileDeletes {
    const positions = (this.#positions.get(data.path) ?? []).filter(
      ({ sequence }) => sequence >= data.sequence,
    )
    const equality = this.#equality.filter(
      ({ file }) => file.sequence > data.sequence && this.#covers(file, data),
    )
    return { positions: positions.map(({ rows }) => rows), equality }
  }

  /** Equality deletes of an unpartitioned spec are global; others hold for their own partition. */
  #covers(deletes: DataFile, data: DataFile): boolean {
    const spec = this.#specs.get(deletes.spec)
    if (spec === undefined || spec.fields.length === 0) return true
    return deletes.spec === data.spec && keyOf(deletes.partition) === keyOf(data.partition)
  }
}

export interface FileDeletes {
  readonly positions: readonly ReadonlySet<number>[]
  readonly equality: readonly { readonly fields: readonly Field[]; readonly keys: ReadonlySet<string> }[]
}

/** A Parquet file that metadata names. @throws {ReaderError} `Unsupported` for other formats. */
export async function openData(places: Places, file: DataFile, options: ReadOptions): Promise<ParquetFile> {
  if (file.format !== 'parquet')
    throw new ReaderError(
      'Unsupported',
      `'${file.path}' is ${file.format}: of Iceberg tables only Parquet files are read`,
    )
  const { objects, path } = await places.of(file.path)
  return openParquetFile(objects, path, options)
}

/** Text that is the same exactly when the values are; null equals null. */
export function keyOf(values: readonly unknown[]): string {
  return values
    .map(value => {
      if (value === null || value === undefined) return 'null'
      if (value instanceof Date) return `date ${value.getTime()}`
      if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`
      return typeof value === 'string' ? JSON.stringify(value) : `${typeof value} ${String(value)}`
    })
    .join(',')
}
