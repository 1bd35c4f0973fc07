/** Reference sets whose chunks stand in Parquet, beside consolidated metadata (fsspec's LazyReferenceMapper, VirtualiZarr). */
import type { TableDataset } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import { joinPath } from '../../objects/paths.ts'
import type { Objects, ReadOptions } from '../../objects.ts'
import { parquet } from '../parquet/parquet.ts'
import type { ArrayGrid, Reference } from './references.ts'

const CACHED_FILES = 16
const MAX_RECORD_SIZE = 10_000_000

/** Columns of one file: a row for each chunk, counted in C order over the grid. */
interface Rows {
  readonly paths: ArrayLike<unknown>
  readonly offsets: ArrayLike<unknown>
  readonly sizes: ArrayLike<unknown>
  readonly raw: ArrayLike<unknown>
}

export class ParquetReferences {
  readonly #objects: Objects
  readonly #recordSize: number
  readonly #files = new Map<string, Promise<Rows | undefined>>()

  constructor(objects: Objects, recordSize: number) {
    if (!Number.isInteger(recordSize) || recordSize < 1 || recordSize > MAX_RECORD_SIZE)
      throw new ReaderError(
        'Corrupt',
        `'.zmetadata': 'record_size' is ${recordSize}, no number from 1 to ${MAX_RECORD_SIZE}`,
      )
    this.#objects = objects
    this.#recordSize = recordSize
  }

  /** Of the chunk at that place in the grid of the array at that path. */
  async get(
    array: string,
    grid: ArrayGrid,
    place: readonly number[],
    options: ReadOptions,
  ): Promise<Reference | undefined> {
    const number = place.reduce((sum, at, axis) => sum * grid[axis]! + at, 0)
    const row = number % this.#recordSize
    const file = joinPath(array, `refs.${Math.floor(number / this.#recordSize)}.parq`)
    const rows = await this.#rows(file, options)
    if (rows === undefined || row >= rows.paths.length) return undefined
    const raw = rows.raw[row]
    if (raw instanceof Uint8Array) return { bytes: raw }
    if (typeof raw === 'string') return { bytes: new TextEncoder().encode(raw) }
    const url = rows.paths[row]
    if (typeof url !== 'string' || url === '') return undefined
    const [offset, length] = [Number(rows.offsets[row] ?? 0), Number(rows.sizes[row] ?? 0)]
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0)
      throw new ReaderError('Corrupt', `'${file}': row ${row} refers to bytes ${offset} and ${length} more`, {
        path: file,
      })
    return { url, offset, length: offset === 0 && length === 0 ? undefined : length }
  }

  #rows(file: string, options: ReadOptions): Promise<Rows | undefined> {
    const known = this.#files.get(file)
    if (known !== undefined) return known
    const reading = this.#read(file, options)
    this.#files.set(file, reading)
    reading.catch(() => this.#files.delete(file))
    if (this.#files.size > CACHED_FILES) this.#files.delete(this.#files.keys().next().value!)
    return reading
  }

  async #read(file: string, options: ReadOptions): Promise<Rows | undefined> {
    const objects = within(this.#objects, file)
    const head = await objects.getRange('', 0, 4, options)
    if (head === undefined) return undefined
    const probe = { head: head.bytes, size: head.size, name: file, has: async () => false }
    const table = (await parquet.open(objects, probe, options)) as TableDataset
    const described = await table.describe(options)
    const present = new Set(described.table?.columns.map(({ name }) => name))
    const names = ['path', 'offset', 'size', 'raw'].filter(name => present.has(name))
    const columns = new Map<string, unknown[]>(names.map(name => [name, []]))
    for await (const batch of table.read({ columns: names, limit: this.#recordSize }, options))
      for (const [name, values] of columns) values.push(...Array.from(batch.columns.get(name) ?? []))
    const [first = ''] = names
    const none: unknown[] = new Array(columns.get(first)?.length ?? 0)
    const column = (name: string) => columns.get(name) ?? none
    return { paths: column('path'), offsets: column('offset'), sizes: column('size'), raw: column('raw') }
  }
}

/** One object of a store as a location of its own. */
function within(objects: Objects, path: string): Objects {
  return {
    name: joinPath(objects.name, path),
    get: (own, options) => objects.get(joinPath(path, own), options),
    getRange: (own, start, end, options) => objects.getRange(joinPath(path, own), start, end, options),
  }
}
