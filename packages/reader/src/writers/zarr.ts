import { zstdCompressSync } from 'node:zlib'
import type { ArrayContext } from '../context.ts'
import type { Values } from '../dataset.ts'
import { emptyLike, place } from '../gather.ts'
import { gatherPlan, shapeOf, type VariablePlan } from '../plan.ts'
import { bytesPerElement, littleEndian, type Stored, storedOf, variableLength } from './stored.ts'
import { ahead, partOf, type Tile, tileShape, tilesOf, unitOf } from './tiles.ts'
import type { ExportFile, ExportOptions } from './types.ts'
import { json, v2Array, v2Groups, v3Array, v3Groups } from './zarr-metadata.ts'

const CHUNK_ELEMENTS = 1_048_576
const CHUNKS_AT_ONCE = 4

/** An array on its way into a Zarr store. */
export interface ZarrArray {
  readonly path: string
  readonly plan: VariablePlan
  readonly stored: Stored
  readonly shape: readonly number[]
  readonly chunks: readonly number[]
  /** Names of dimensions, as the exported dataset calls them. */
  readonly dimensions: readonly string[]
}

/**
 * Files of a Zarr store, version 3 or 2, metadata first and consolidated: chunks as large as those of the source, smaller ones
 * joined up to a million elements, in Zstandard. Values stay as stored. Chunks that the source does not hold are not made up.
 */
export async function* zarrFiles(
  context: ArrayContext,
  plans: readonly VariablePlan[],
  names: (plan: VariablePlan) => readonly string[],
  version: 2 | 3,
  { signal, onProgress }: ExportOptions,
): AsyncGenerator<ExportFile> {
  const arrays = plans.map((plan): ZarrArray => {
    const shape = shapeOf(plan)
    return {
      path: plan.variable.name,
      plan,
      stored: storedOf(plan.variable, context.description.format),
      shape,
      chunks: tileShape(shape, unitOf(plan), CHUNK_ELEMENTS),
      dimensions: names(plan),
    }
  })
  const { attributes } = context.description
  const metadata = version === 3 ? v3Groups(arrays, attributes) : v2Groups(arrays, attributes)
  for (const [path, value] of metadata) yield { path, bytes: json(value) }
  const total = arrays.reduce(
    (sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1),
    0,
  )
  let done = 0
  for (const array of arrays) {
    const own = version === 3 ? v3Array(array) : v2Array(array)
    for (const [path, value] of own) yield { path: `${array.path}/${path}`, bytes: json(value) }
    const read = (tile: Tile) => chunkOf(context, array, tile, version, signal)
    for await (const { file, elements } of ahead(tilesOf(array.shape, array.chunks), read, CHUNKS_AT_ONCE)) {
      signal?.throwIfAborted()
      if (file !== undefined) yield file
      done += elements
      onProgress?.({ done, total, unit: 'values' })
    }
  }
}

async function chunkOf(
  { dataset }: ArrayContext,
  { path, plan, stored, chunks }: ZarrArray,
  tile: Tile,
  version: 2 | 3,
  signal: AbortSignal | undefined,
): Promise<{ readonly file?: ExportFile; readonly elements: number }> {
  const elements = tile.shape.reduce((product, length) => product * length, 1)
  if (elements === 0) return { elements }
  const { values, missingChunks } = await gatherPlan(dataset, partOf(plan, tile), { signal })
  if (missingChunks > 0 && plan.variable.fill !== undefined && holdsOnly(values, plan.variable.fill))
    return { elements }
  const whole = padded(values, tile.shape, chunks, stored)
  const raw = bytesPerElement(stored.dtype) === 0 ? variableLength(whole) : littleEndian(whole, stored.dtype)
  const index = tile.start.map((at, axis) => at / chunks[axis]!)
  const key = version === 3 ? ['c', ...index].join('/') : index.join('.') || '0'
  return { file: { path: `${path}/${key}`, bytes: zstdCompressSync(raw) }, elements }
}

function holdsOnly(values: Values, fill: unknown): boolean {
  const wanted = fill === 'NaN' ? Number.NaN : fill
  for (let at = 0; at < values.length; at++) {
    const value = values[at]
    if (!Object.is(value, wanted) && String(value) !== String(wanted)) return false
  }
  return true
}

/** A chunk at the edge is stored whole: what lies beyond holds the fill value. */
function padded(
  values: Values,
  shape: readonly number[],
  chunks: readonly number[],
  { fill, dtype }: Stored,
): Values {
  if (shape.every((length, axis) => length === chunks[axis])) return values
  const width = dtype.startsWith('complex') ? 2 : 1
  const whole = emptyLike(values, chunks.reduce((product, length) => product * length, 1) * width)
  if (fill !== undefined && width === 1) (whole as unknown[]).fill(fill)
  place(
    whole,
    chunks,
    values,
    chunks.map(() => 0),
    shape,
    width,
  )
  return whole as Values
}
