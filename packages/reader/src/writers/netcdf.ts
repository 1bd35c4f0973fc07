import type { Group, Dataset as HdfDataset, File as HdfFile } from 'h5wasm'
import { bytesText } from '../cf/packing.ts'
import { lastPart } from '../cf/roles.ts'
import type { ArrayContext } from '../context.ts'
import type { Values } from '../dataset.ts'
import { ReaderError } from '../errors.ts'
import { elementsOf, gatherPlan, shapeOf, type VariablePlan } from '../plan.ts'
import { bytesOf, writeHdf5 } from './hdf5-file.ts'
import { outputPassed } from './output-limit.ts'
import { ownScratch, type Scratch } from './scratch.ts'
import { holds, type Stored, storedOf } from './stored.ts'
import { ahead, partOf, type Tile, tileShape, tilesOf, unitOf } from './tiles.ts'
import type { ExportOptions } from './types.ts'

const CHUNK_ELEMENTS = 524_288
const TILES_AT_ONCE = 3
/** Arrays of fewer elements are written whole, without chunks. */
const SMALL = 4096

/**
 * A NetCDF-4 file: HDF5 with dimension scales (NetCDF-4 file format specification), written chunk by chunk to a scratch place,
 * which is then streamed and given back. Values stay as stored; booleans are int8 marked as xarray marks them, half floats become
 * float32, bytes text.
 */
export async function* netcdfBytes(
  context: ArrayContext,
  plans: readonly VariablePlan[],
  names: (plan: VariablePlan) => readonly string[],
  options: ExportOptions,
): AsyncGenerator<Uint8Array> {
  const scratch = options.scratch?.() ?? ownScratch()
  try {
    await write(scratch, context, plans, names, options)
    yield* bytesOf(scratch, options.signal)
  } finally {
    scratch.close()
  }
}

async function write(
  scratch: Scratch,
  context: ArrayContext,
  plans: readonly VariablePlan[],
  names: (plan: VariablePlan) => readonly string[],
  { signal, onProgress, maxBytes = Number.POSITIVE_INFINITY }: ExportOptions,
): Promise<void> {
  await writeHdf5(scratch, async (file, check) => {
    for (const [name, value] of Object.entries(context.description.attributes)) attribute(file, name, value)
    const variables = plans.map(plan => ({
      plan,
      names: names(plan),
      stored: storedOf(plan.variable, context.description.format),
    }))
    const total = plans.reduce((sum, plan) => sum + elementsOf(plan), 0)
    let done = 0
    for (const { plan, stored } of variables) {
      const writable = writableType(plan, stored)
      const dataset = await fill(file, context, plan, writable, signal, count => {
        check()
        if (scratch.size > maxBytes) throw outputPassed(maxBytes)
        done += count
        onProgress?.({ done, total, unit: 'values' })
      })
      variableAttributes(dataset, stored, writable)
    }
    scales(file, variables)
  })
}

/** HDF5's letter for the type, and how values become it. */
interface Writable {
  readonly letter: string
  readonly convert?: (values: Values) => unknown
}

const LETTERS: Readonly<Record<string, string>> = {
  int8: '<b',
  uint8: '<B',
  int16: '<h',
  uint16: '<H',
  int32: '<i',
  uint32: '<I',
  int64: '<q',
  uint64: '<Q',
  float32: '<f',
  float64: '<d',
}

function writableType({ variable }: VariablePlan, { dtype }: Stored): Writable {
  if (Object.hasOwn(LETTERS, dtype)) return { letter: LETTERS[dtype]! }
  if (dtype === 'float16')
    return { letter: '<f', convert: values => Float32Array.from(values as Float32Array) }
  if (dtype === 'bool')
    return {
      letter: '<b',
      convert: values => Int8Array.from(values as ArrayLike<unknown>, value => (value ? 1 : 0)),
    }
  if (dtype === 'string' || dtype === 'bytes')
    return {
      letter: 'S',
      convert: values =>
        Array.from(values as ArrayLike<unknown>, value =>
          value instanceof Uint8Array ? bytesText(value) : String(value ?? ''),
        ),
    }
  throw new ReaderError(
    'Unsupported',
    `'${variable.name}' holds ${dtype}, which NetCDF does not: export it as Zarr, or leave it out with var=`,
    {
      variable: variable.name,
    },
  )
}

async function fill(
  file: HdfFile,
  { dataset }: ArrayContext,
  plan: VariablePlan,
  { letter, convert }: Writable,
  signal: AbortSignal | undefined,
  progressed: (count: number) => void,
): Promise<HdfDataset> {
  const shape = shapeOf(plan)
  const elements = elementsOf(plan)
  const group = groupFor(file, plan.variable.name)
  const name = lastPart(plan.variable.name)
  const read = async (tile: Tile) => {
    const { values } = await gatherPlan(dataset, partOf(plan, tile), { signal })
    return { tile, values: convert === undefined ? values : convert(values) }
  }
  if (elements <= SMALL || letter === 'S') {
    const { values } = await read({ start: shape.map(() => 0), shape })
    progressed(elements)
    const data = elements === 0 ? emptyData(letter) : (values as Float64Array)
    return group.create_dataset({ name, data, shape: [...shape], dtype: letter })
  }
  const chunks = tileShape(shape, unitOf(plan), CHUNK_ELEMENTS)
  const created = group.create_dataset({
    name,
    data: emptyData(letter, 1),
    shape: shape.map(() => 1),
    dtype: letter,
    maxshape: [...shape],
    chunks: [...chunks],
    compression: 'gzip',
    compression_opts: [1],
  })
  created.resize([...shape])
  for await (const { tile, values } of ahead(tilesOf(shape, chunks), read, TILES_AT_ONCE)) {
    signal?.throwIfAborted()
    created.write_slice(
      tile.start.map((from, axis) => [from, from + tile.shape[axis]!]),
      values,
    )
    progressed(tile.shape.reduce((product, length) => product * length, 1))
  }
  return created
}

function emptyData(letter: string, length = 0): Float64Array | string[] {
  if (letter === 'S') return new Array<string>(length).fill('')
  const Kind = {
    '<b': Int8Array,
    '<B': Uint8Array,
    '<h': Int16Array,
    '<H': Uint16Array,
    '<i': Int32Array,
    '<I': Uint32Array,
    '<q': BigInt64Array,
    '<Q': BigUint64Array,
    '<f': Float32Array,
    '<d': Float64Array,
  }[letter]!
  return new Kind(length) as unknown as Float64Array
}

function groupFor(file: HdfFile, name: string): Group {
  let group: Group = file
  const parts = name.split('/').slice(0, -1)
  parts.forEach((part, at) => {
    group = ((group.keys().includes(part)
      ? file.get(parts.slice(0, at + 1).join('/'))
      : group.create_group(part)) ?? group) as Group
  })
  return group
}

/** Attributes that are of the variable's own type (CF conventions, section 2.5.1; NetCDF User's Guide). */
const OF_THE_TYPE = new Set([
  '_FillValue',
  'missing_value',
  'valid_min',
  'valid_max',
  'valid_range',
  'flag_values',
  'flag_masks',
])

function variableAttributes(
  dataset: HdfDataset,
  { attributes, fill: missing, dtype }: Stored,
  { letter }: Writable,
): void {
  if (missing !== undefined && letter !== 'S') typedAttribute(dataset, '_FillValue', [missing], letter)
  for (const [name, value] of Object.entries(attributes)) {
    const list = (Array.isArray(value) ? value : [value]) as readonly unknown[]
    const numeric =
      list.length > 0 && list.every(item => typeof item === 'number' || /^-?\d+$|^NaN$/.test(String(item)))
    const fits = numeric && list.every(item => holds(dtype, numberOf(item as number | string)))
    if (OF_THE_TYPE.has(name) && fits && letter !== 'S')
      typedAttribute(dataset, name, list as (number | string)[], letter)
    else if (!HDF5_ONLY.has(name)) attribute(dataset, name, value)
  }
  if (dtype === 'bool') attribute(dataset, 'dtype', 'bool')
}

/** A number of an attribute; those that are text are beyond 2^53, or NaN. */
function numberOf(value: number | string): number | bigint {
  return typeof value === 'number' || value === 'NaN' ? Number(value) : BigInt(value)
}

const HDF5_ONLY = new Set([
  'CLASS',
  'NAME',
  'DIMENSION_LIST',
  'REFERENCE_LIST',
  '_Netcdf4Dimid',
  '_Netcdf4Coordinates',
  '_NCProperties',
])

function typedAttribute(
  dataset: HdfDataset,
  name: string,
  values: readonly (number | bigint | string)[],
  letter: string,
): void {
  const data = emptyData(letter, values.length) as unknown as { [at: number]: number | bigint }
  values.forEach((value, at) => {
    data[at] = letter === '<q' || letter === '<Q' ? BigInt(value) : Number(value)
  })
  dataset.create_attribute(name, data as unknown as Float64Array, [values.length], letter)
}

/** JSON attributes: text, int32 where all are such, float64 otherwise; what has structure is JSON text. */
function attribute(target: Pick<HdfDataset, 'create_attribute'>, name: string, value: unknown): void {
  if (HDF5_ONLY.has(name) || value === null || value === undefined) return
  if (typeof value === 'boolean')
    return target.create_attribute(name, Int8Array.of(value ? 1 : 0), null, '<b')
  if (typeof value === 'string') return target.create_attribute(name, value)
  const list = (Array.isArray(value) ? value : [value]) as readonly unknown[]
  if (list.length > 0 && list.every(item => typeof item === 'number')) {
    const isInt = list.every(item => Number.isInteger(item) && Math.abs(item) < 2 ** 31)
    const data = isInt ? Int32Array.from(list) : Float64Array.from(list)
    return target.create_attribute(name, data, [list.length], isInt ? '<i' : '<d')
  }
  if (list.length > 0 && list.every(item => typeof item === 'string'))
    return target.create_attribute(name, [...list], [list.length])
  target.create_attribute(name, JSON.stringify(value))
}

/** What NetCDF-4 calls a dataset that is a dimension and no variable. */
const BARE = 'This is a netCDF dimension but not a netCDF variable.'

/** Every dimension is a dimension scale: its coordinate variable, or an empty dataset of its length. */
function scales(
  file: HdfFile,
  variables: readonly { readonly plan: VariablePlan; readonly names: readonly string[] }[],
): void {
  const paths = new Map<string, string>()
  for (const { plan, names } of variables) {
    if (names.length !== 1 || plan.variable.name !== names[0]) continue
    paths.set(names[0]!, `/${names[0]}`)
  }
  for (const { plan, names } of variables)
    names.forEach((name, axis) => {
      if (paths.has(name)) return
      const length = shapeOf(plan)[axis]!
      const bare = name.replaceAll('/', '_')
      const taken = file.keys().includes(bare)
      const own = taken ? `${bare}_dimension` : bare
      file.create_dataset({ name: own, data: new Float32Array(length), shape: [length], dtype: '<f' })
      paths.set(name, `/${own}`)
    })
  for (const [name, path] of paths) {
    const scale = file.get(path) as HdfDataset
    const isVariable = variables.some(({ plan }) => `/${plan.variable.name}` === path)
    scale.make_scale(isVariable ? name : `${BARE}${String(scale.shape![0]).padStart(10)}`)
  }
  for (const { plan, names } of variables) {
    const dataset = file.get(`/${plan.variable.name}`) as HdfDataset
    if (paths.get(names[0] ?? '') === `/${plan.variable.name}` && names.length === 1) continue
    for (const [axis, name] of names.entries()) dataset.attach_scale(axis, paths.get(name)!)
  }
}
