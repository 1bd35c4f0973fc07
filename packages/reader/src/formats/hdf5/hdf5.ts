import type { ArrayBlock, ArrayDataset, IndexRange } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import type { Format, Probe } from '../../format.ts'
import type { Description } from '../../model.ts'
import type { Cost, ReadOptions } from '../../objects.ts'
import { type Block, blocksOf, checkRanges, stepsOf, touchedUnits } from '../arrays/blocks.ts'
import { counting } from '../arrays/counting.ts'
import { spansOf } from '../arrays/spans.ts'
import { ANSWER_BYTES } from './channel.ts'
import { extend } from './extend.ts'
import { LibraryThread } from './library-thread.ts'
import {
  type StoredModel,
  type StoredVariable,
  shapeOf,
  storedModel,
  unreadableBecause,
} from './variables.ts'

const BLOCK_BYTES = 4 * 1024 * 1024
/** A chunk is unpacked whole in memory. */
const MAX_CHUNK_BYTES = 256 * 1024 * 1024
/** Where the signature may stand (HDF5 file format specification, "Superblock"), within the probed bytes. */
const SIGNATURE_AT = [0, 512, 1024, 2048]
const SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')

/** HDF5, and NetCDF-4 which is stored in it. Describes itself as `netcdf4` where it follows that convention. */
export const hdf5: Format = {
  id: 'hdf5',
  recognises({ head }: Probe) {
    return (
      head !== undefined &&
      SIGNATURE_AT.some(at => SIGNATURE.equals(head.subarray(at, at + SIGNATURE.length)))
    )
  },
  async open(objects, probe, options) {
    const size = probe.size ?? (await objects.getRange('', 0, 1, options))?.size
    if (size === undefined)
      throw new ReaderError(
        'Unsupported',
        `the store of '${objects.name}' does not tell its size, which HDF5 needs`,
      )
    const counted = counting(objects)
    const thread = new LibraryThread(counted.objects, size)
    try {
      const model = storedModel(await thread.inspect(options))
      return new HDF5(thread, model, size, counted.cost)
    } catch (error) {
      await thread.close()
      throw error
    }
  },
}

class HDF5 implements ArrayDataset {
  readonly model = 'array'
  readonly #thread: LibraryThread
  readonly #stored: StoredModel
  readonly #size: number
  readonly #cost: () => Cost

  constructor(thread: LibraryThread, stored: StoredModel, size: number, cost: () => Cost) {
    this.#thread = thread
    this.#stored = stored
    this.#size = size
    this.#cost = cost
  }

  async describe(): Promise<Description> {
    return {
      format: this.#stored.format,
      model: 'array',
      size: this.#size,
      ...this.#stored.description,
      coverage: {},
      cost: this.#cost(),
    }
  }

  /** Chunks are counted; how well they are compressed is only known of the file as a whole. */
  async estimate(name: string, ranges: readonly IndexRange[]): Promise<Cost> {
    const variable = this.#variable(name, ranges)
    const { dataset } = variable
    const stored = storedRanges(variable, ranges)
    if (dataset.chunks === undefined) {
      const { cost } = spansOf(
        { begin: 0, itemBytes: dataset.type.bytes, strides: stridesOf(variable) },
        stored,
      )
      return { requests: Math.max(cost.requests, Math.ceil(cost.bytes / ANSWER_BYTES)), bytes: cost.bytes }
    }
    const chunks = touchedUnits(stored, dataset.chunks)
    const raw = chunks * product(dataset.chunks) * dataset.type.bytes
    const bytes = Math.min(this.#size, Math.ceil(raw * this.#compression()))
    return { requests: Math.min(chunks, Math.ceil(bytes / 1024)), bytes }
  }

  async *read(
    name: string,
    ranges: readonly IndexRange[],
    options: ReadOptions = {},
  ): AsyncGenerator<ArrayBlock> {
    const variable = this.#variable(name, ranges)
    const { type, chunks } = variable.dataset
    const [reason] = unreadableBecause(variable)
    if (reason !== undefined) throw new ReaderError('Unsupported', reason, { variable: name })
    if (chunks !== undefined && product(chunks) * type.bytes > MAX_CHUNK_BYTES)
      throw new ReaderError(
        'Unsupported',
        `'${name}' has chunks of ${product(chunks) * type.bytes} bytes; at most ${MAX_CHUNK_BYTES} are unpacked at once`,
        { variable: name },
      )
    const { stringLength } = variable
    const full = [
      ...ranges,
      ...(stringLength === undefined ? [] : [{ start: 0, end: stringLength, step: 1 }]),
    ]
    const units = full.map((_, axis) =>
      axis < ranges.length ? (boundedUnits(chunks, type.bytes)?.[axis] ?? 1) : stringLength!,
    )
    for (const block of blocksOf(full, units, Math.max(1, Math.floor(BLOCK_BYTES / type.bytes)))) {
      options.signal?.throwIfAborted()
      yield await this.#block(variable, block, options)
    }
  }

  async close(): Promise<void> {
    await this.#thread.close()
  }

  #variable(name: string, ranges: readonly IndexRange[]): StoredVariable {
    const variable = this.#stored.variables.get(name)
    if (variable === undefined)
      throw new ReaderError('InvalidSelection', `there is no variable '${name}'`, { variable: name })
    checkRanges(name, shapeOf(variable), ranges)
    return variable
  }

  async #block(variable: StoredVariable, block: Block, options: ReadOptions): Promise<ArrayBlock> {
    const { path, type, chunks, attributes, shape } = variable.dataset
    const joined = variable.stringLength !== undefined
    // What a record dimension has grown by since this variable was written is not stored.
    const ranges = block.ranges.map((range, axis) => ({ ...range, end: Math.min(range.end, shape[axis]!) }))
    const slab = { path: `/${path}`, type, shape, ranges, joined, ...(chunks && { chunks }) }
    const read = await this.#thread.read(slab, options)
    const rank = joined ? ranges.length - 1 : ranges.length
    const counts = ranges.map(stepsOf).slice(0, rank)
    const [start, wanted] = [block.start.slice(0, rank), block.shape.slice(0, rank)]
    const unwritten =
      chunks === undefined ? 0 : touchedUnits(block.ranges, chunks) - touchedUnits(ranges, chunks)
    return {
      start,
      shape: wanted,
      values: counts.every((count, axis) => count === wanted[axis])
        ? read.values
        : extend(read.values, counts, wanted, type.dtype, attributes),
      missingChunks: read.missingChunks + unwritten,
    }
  }

  /** Bytes of the file to bytes of all its values. */
  #compression(): number {
    let raw = 0
    for (const { dataset } of this.#stored.variables.values())
      raw += product(dataset.shape) * dataset.type.bytes
    return raw === 0 ? 1 : Math.min(1, this.#size / raw)
  }
}

function product(lengths: readonly number[]): number {
  return lengths.reduce((sofar, length) => sofar * length, 1)
}

function stridesOf({ dataset: { shape, type } }: StoredVariable): number[] {
  return shape.map((_, axis) => product(shape.slice(axis + 1)) * type.bytes)
}

function storedRanges(
  { stringLength }: StoredVariable,
  ranges: readonly IndexRange[],
): readonly IndexRange[] {
  return stringLength === undefined ? ranges : [...ranges, { start: 0, end: stringLength, step: 1 }]
}

/** The chunk shape, halved from its first dimensions on while a block of it would be much larger than others. */
function boundedUnits(chunks: readonly number[] | undefined, bytes: number): number[] | undefined {
  const units = chunks?.slice()
  while (units !== undefined && product(units) * bytes > 4 * BLOCK_BYTES) {
    const axis = units.findIndex(length => length > 1)
    if (axis < 0) break
    units[axis] = Math.ceil(units[axis]! / 2)
  }
  return units
}
