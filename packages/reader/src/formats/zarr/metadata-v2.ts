import { ReaderError } from '../../errors.ts'
import { type ArrayMetadata, checkRank, shapeOf } from './array-metadata.ts'
import type { Codec } from './codecs/codec.ts'
import { codecOf, namedCodec } from './codecs/registry.ts'
import { dataTypeV2 } from './data-type.ts'
import { fillLabel, fillOf } from './fill-value.ts'
import { isObject, type JsonObject } from './json.ts'

const VARIABLE_LENGTH = ['vlen-utf8', 'vlen-bytes']

/**
 * A Zarr v2 `.zarray` document with the attributes beside it (specification: zarr-specs, v2).
 * @throws {ReaderError} `Corrupt` naming the field, `Unsupported` where the data type is not read.
 */
export function parseArrayV2(document: JsonObject, attributes: JsonObject, path: string): ArrayMetadata {
  if (document.zarr_format !== 2)
    throw new ReaderError(
      'Corrupt',
      `'${path}': 'zarr_format' is ${JSON.stringify(document.zarr_format)}, not 2`,
      { path },
    )
  const shape = shapeOf(document.shape, 'shape', path, 0)
  const chunks = shapeOf(document.chunks, 'chunks', path, 0)
  checkRank(shape, chunks, 'chunks', path)
  chunks.forEach((length, axis) => {
    if (length === 0 && shape[axis] !== 0)
      throw new ReaderError('Corrupt', `'${path}': 'chunks' has a length of 0 in dimension ${axis}`, { path })
  })
  const filters = Array.isArray(document.filters) ? document.filters : []
  const { type, big } = dataTypeV2(document.dtype, filters)
  const steps = [...filters, document.compressor ?? undefined]
    .filter(step => step !== undefined)
    .map(step => {
      const named = namedCodec(step)
      if (named === undefined)
        throw new ReaderError('Corrupt', `'${path}': ${JSON.stringify(step)} names no codec`, { path })
      return named
    })
  const codecs: Codec[] = steps
    .filter(({ name }) => type.itemSize > 0 || !VARIABLE_LENGTH.includes(name))
    .map(({ name, configuration }) => codecOf(name, configuration))
  const transposed = document.order === 'F' && shape.length > 1
  const fill = fillOf(type, document.fill_value, path)
  return {
    zarrFormat: 2,
    shape,
    chunkShape: chunks.map(length => Math.max(1, length)),
    pipeline: {
      type,
      bigEndian: big,
      codecs,
      ...(transposed ? { order: shape.map((_, axis) => shape.length - 1 - axis) } : {}),
    },
    fill,
    fillLabel:
      document.fill_value === null || document.fill_value === undefined ? null : fillLabel(type, fill),
    keyOf: keysV2(document.dimension_separator),
    codecNames: [...new Set(steps.map(({ name }) => name).reverse())],
    ...dimensionNamesV2(document, attributes, shape.length),
    attributes,
  }
}

export function keysV2(separator: unknown): (place: readonly number[]) => string {
  const between = separator === '/' ? '/' : '.'
  return place => (place.length === 0 ? '0' : place.join(between))
}

/** xarray's `_ARRAY_DIMENSIONS`, or NCZarr's references to dimensions by path. */
function dimensionNamesV2(
  document: JsonObject,
  attributes: JsonObject,
  rank: number,
): { dimensionNames?: readonly string[] } {
  const netcdf = [attributes._nczarr_array, document._nczarr_array, document._NCZARR_ARRAY].find(isObject)
  const names = attributes._ARRAY_DIMENSIONS ?? netcdf?.dimrefs ?? netcdf?.dimensions
  if (!Array.isArray(names) || names.length !== rank || names.some(name => typeof name !== 'string'))
    return {}
  return { dimensionNames: (names as string[]).map(name => (netcdf ? name.replace(/^.*\//, '') : name)) }
}
