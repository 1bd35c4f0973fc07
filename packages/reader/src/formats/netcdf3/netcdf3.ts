import type { ArrayBlock, ArrayDataset, IndexRange } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import type { Format, OpenOptions, Probe } from '../../format.ts'
import type { ArrayModel, Description, Variable } from '../../model.ts'
import type { Cost, Objects, ReadOptions } from '../../objects.ts'
import { conventionalFields, namedCoordinates } from '../arrays/attributes.ts'
import { type Block, blocksOf, checkRanges, elementsOf } from '../arrays/blocks.ts'
import { counting } from '../arrays/counting.ts'
import { pack, spanStarts, spansOf } from '../arrays/spans.ts'
import { textOf } from '../arrays/text.ts'
import { type Header, HeaderGoesOn, type HeaderVariable, parseHeader } from './header.ts'
import { fromBigEndian } from './types.ts'

const BLOCK_BYTES = 4 * 1024 * 1024
/** Spans that are fetched at the same time. */
const CONCURRENCY = 8
/** Text longer than this is read character by character rather than as strings. */
const MAX_STRING = 64 * 1024

/** NetCDF classic, 64-bit offset and 64-bit data (CDF-1, CDF-2, CDF-5). */
export const netcdf3: Format = {
  id: 'netcdf3',
  recognises({ head }: Probe) {
    return head !== undefined && textOf(head.subarray(0, 3)) === 'CDF' && [1, 2, 5].includes(head[3]!)
  },
  async open(objects, probe, options) {
    const counted = counting(objects)
    const header = await readHeader(counted.objects, probe, options)
    return new NetCDF3(counted.objects, counted.cost, header, probe.size)
  },
}

/** Grows the bytes that are read until the header is whole. */
async function readHeader(objects: Objects, { head, size }: Probe, options: OpenOptions): Promise<Header> {
  let bytes = head ?? new Uint8Array()
  for (;;) {
    try {
      return parseHeader(bytes, size ?? Number.MAX_SAFE_INTEGER)
    } catch (error) {
      if (!(error instanceof HeaderGoesOn)) throw error
      const end = Math.max(error.needed, 4 * bytes.length)
      const more = await fetchBytes(objects, bytes.length, Math.min(size ?? end, end), 1, options)
      bytes = Buffer.concat([bytes, more])
    }
  }
}

class NetCDF3 implements ArrayDataset {
  readonly model = 'array'
  readonly #objects: Objects
  readonly #cost: () => Cost
  readonly #header: Header
  readonly #size: number | undefined
  readonly #variables: ReadonlyMap<string, HeaderVariable>

  constructor(objects: Objects, cost: () => Cost, header: Header, size: number | undefined) {
    this.#objects = objects
    this.#cost = cost
    this.#header = header
    this.#size = size
    this.#variables = new Map(header.variables.map(variable => [variable.name, variable]))
  }

  async describe(): Promise<Description> {
    const { version, attributes, warnings } = this.#header
    return {
      format: 'netcdf3',
      formatVersion: `CDF-${version}`,
      model: 'array',
      ...(this.#size === undefined ? {} : { size: this.#size }),
      codecs: [],
      attributes,
      array: arrayModel(this.#header),
      coverage: {},
      warnings,
      cost: this.#cost(),
    }
  }

  async estimate(name: string, ranges: readonly IndexRange[]): Promise<Cost> {
    const { layout, stored } = this.#selection(name, ranges)
    const { cost } = spansOf(layout, stored)
    return { requests: Math.max(cost.requests, Math.ceil(cost.bytes / BLOCK_BYTES)), bytes: cost.bytes }
  }

  async *read(
    name: string,
    ranges: readonly IndexRange[],
    options: ReadOptions = {},
  ): AsyncGenerator<ArrayBlock> {
    const { variable, layout, stored, units } = this.#selection(name, ranges)
    const weight = Math.max(1, spansOf(layout, stored).cost.bytes / Math.max(1, elementsOf(stored)))
    for (const block of blocksOf(stored, units, Math.max(1, Math.floor(BLOCK_BYTES / weight)))) {
      options.signal?.throwIfAborted()
      const bytes = await this.#packed(layout, block, options)
      yield variable.char ? textBlock(block, bytes, ranges.length) : numberBlock(variable, block, bytes)
    }
  }

  async close(): Promise<void> {}

  #selection(name: string, ranges: readonly IndexRange[]) {
    const variable = this.#variables.get(name)
    if (variable === undefined)
      throw new ReaderError('InvalidSelection', `there is no variable '${name}'`, { variable: name })
    checkRanges(name, shapeOf(variable), ranges)
    const { begin, strides, type } = variable
    const length = stringLength(variable)
    return {
      variable,
      layout: { begin, strides, itemBytes: type.bytes },
      stored: length === undefined ? ranges : [...ranges, { start: 0, end: length, step: 1 }],
      units: variable.dimensions.map((_, axis) =>
        length !== undefined && axis === ranges.length ? length : 1,
      ),
    }
  }

  async #packed(layout: HeaderLayout, block: Block, options: ReadOptions): Promise<Uint8Array<ArrayBuffer>> {
    const packed = new Uint8Array(elementsOf(block.ranges) * layout.itemBytes)
    const { inner, spanBytes } = spansOf(layout, block.ranges)
    const starts = spanStarts(layout, block.ranges, inner)
    const worker = async () => {
      for (const { from, to } of starts) {
        const span = await fetchBytes(this.#objects, from, from + spanBytes, spanBytes, options)
        pack(layout, block.ranges, inner, span, packed, to)
      }
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, worker))
    return packed
  }
}

type HeaderLayout = Parameters<typeof spansOf>[0]

/** At least `least` bytes from `start`. */
async function fetchBytes(
  objects: Objects,
  start: number,
  end: number,
  least: number,
  options: ReadOptions,
): Promise<Uint8Array> {
  const ranged = await objects.getRange('', start, end, options)
  if (ranged === undefined) throw new ReaderError('NotFound', `nothing lies at '${objects.name}' any more`)
  if (ranged.bytes.length < least)
    throw new ReaderError(
      'Corrupt',
      `'${objects.name}' ends at byte ${start + ranged.bytes.length}, its header promises more: it is cut`,
    )
  return ranged.bytes
}

/** Characters are joined to strings along their last dimension, as xarray does; without one each is a string. */
function stringLength({ char, dimensions }: HeaderVariable): number | undefined {
  const last = dimensions.at(-1)
  return char && last !== undefined && !last.unlimited && last.size <= MAX_STRING ? last.size : undefined
}

function dimensionsOf(variable: HeaderVariable) {
  return stringLength(variable) === undefined ? variable.dimensions : variable.dimensions.slice(0, -1)
}

function shapeOf(variable: HeaderVariable): number[] {
  return dimensionsOf(variable).map(({ size }) => size)
}

function numberBlock(
  { type }: HeaderVariable,
  { start, shape }: Block,
  bytes: Uint8Array<ArrayBuffer>,
): ArrayBlock {
  return { start, shape, values: fromBigEndian(type, bytes), missingChunks: 0 }
}

function textBlock({ start, shape }: Block, bytes: Uint8Array, rank: number): ArrayBlock {
  const length = shape[rank] ?? 1
  const count = shape.slice(0, rank).reduce((product, steps) => product * steps, 1)
  const values = Array.from({ length: count }, (_, at) =>
    textOf(bytes.subarray(at * length, (at + 1) * length)),
  )
  return { start: start.slice(0, rank), shape: shape.slice(0, rank), values, missingChunks: 0 }
}

function arrayModel({ dimensions, variables }: Header): ArrayModel {
  const used = new Set(variables.flatMap(dimensionsOf))
  const hidden = new Set(
    variables.flatMap(({ dimensions }) => dimensions).filter(dimension => !used.has(dimension)),
  )
  const coordinates = namedCoordinates(variables.map(({ attributes }) => attributes))
  return {
    dimensions: dimensions
      .filter(dimension => !hidden.has(dimension))
      .map(({ name, size }) => ({ name, size })),
    variables: variables.map((variable): Variable => {
      const names = dimensionsOf(variable).map(({ name }) => name)
      const coordinate = (names.length === 1 && names[0] === variable.name) || coordinates.has(variable.name)
      return {
        name: variable.name,
        dtype: variable.type.dtype,
        shape: shapeOf(variable),
        dimensions: names,
        ...conventionalFields(variable.type.dtype, variable.attributes),
        ...(coordinate && { coordinate }),
        attributes: variable.attributes,
      }
    }),
  }
}
