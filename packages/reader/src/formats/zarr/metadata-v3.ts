import { ReaderError } from '../../errors.ts'
import { type ArrayMetadata, checkRank, type Sharding, shapeOf } from './array-metadata.ts'
import type { Codec } from './codecs/codec.ts'
import type { Pipeline } from './codecs/pipeline.ts'
import { codecOf, namedCodec } from './codecs/registry.ts'
import { type DataType, dataTypeV3, type Elements } from './data-type.ts'
import { fillLabel, fillOf } from './fill-value.ts'
import { isObject, type JsonObject } from './json.ts'
import { MAX_SHARD_CHUNKS } from './limits.ts'
import { keysV2 } from './metadata-v2.ts'
import { decodeShard } from './whole-shard.ts'

/**
 * The `zarr.json` of an array (specification: zarr-specs, v3 core).
 * @throws {ReaderError} `Corrupt` naming the field, `Unsupported` naming the feature.
 */
export function parseArrayV3(document: JsonObject, path: string): ArrayMetadata {
  const refuse = (field: string, what: string) =>
    new ReaderError('Corrupt', `'${path}': '${field}' ${what}`, { path, field })
  if (document.zarr_format !== 3)
    throw refuse('zarr_format', `is ${JSON.stringify(document.zarr_format)}, not 3`)
  for (const [name, value] of Object.entries(document))
    if (!KNOWN.has(name) && !(isObject(value) && value.must_understand === false))
      throw new ReaderError(
        'Unsupported',
        `'${path}': extension '${name}' must be understood, and is not known here`,
      )
  const shape = shapeOf(document.shape, 'shape', path, 0)
  const type = dataTypeV3(document.data_type)
  const fill = fillOf(type, document.fill_value, path)
  const grid = namedCodec(document.chunk_grid)
  if (grid?.name !== 'regular')
    throw new ReaderError('Unsupported', `'${path}': chunk grid '${grid?.name}': only regular grids are read`)
  const chunkShape = shapeOf(grid.configuration.chunk_shape, 'chunk_grid.configuration.chunk_shape', path, 1)
  checkRank(shape, chunkShape, 'chunk_grid.configuration.chunk_shape', path)
  const { pipeline, shards, names } = codecsOf(document.codecs, type, chunkShape, fill, path)
  const dimensionNames = Array.isArray(document.dimension_names) ? document.dimension_names : undefined
  return {
    zarrFormat: 3,
    shape,
    chunkShape,
    pipeline,
    ...(shards === undefined ? {} : { shards }),
    fill,
    fillLabel: fillLabel(type, fill),
    keyOf: keysOf(document.chunk_key_encoding, path),
    codecNames: [...new Set(names)],
    ...(dimensionNames?.length === shape.length
      ? { dimensionNames: dimensionNames.map(name => (typeof name === 'string' ? name : null)) }
      : {}),
    attributes: isObject(document.attributes) ? document.attributes : {},
  }
}

const KNOWN = new Set([
  'zarr_format',
  'node_type',
  'shape',
  'data_type',
  'chunk_grid',
  'chunk_key_encoding',
  'fill_value',
  'codecs',
  'attributes',
  'dimension_names',
  'storage_transformers',
  'consolidated_metadata',
])

function keysOf(encoding: unknown, path: string): (place: readonly number[]) => string {
  const named = namedCodec(encoding)
  const separator = named?.configuration.separator
  if (named?.name === 'v2') return keysV2(separator)
  if (named?.name !== 'default')
    throw new ReaderError('Unsupported', `'${path}': chunk key encoding '${named?.name}' is not known`)
  const between = separator === '.' ? '.' : '/'
  return place => ['c', ...place].join(between)
}

interface Codecs {
  readonly pipeline: Pipeline
  readonly shards: Sharding | undefined
  /** Outermost first. */
  readonly names: readonly string[]
}

/** @throws {ReaderError} `Corrupt` where the order is wrong; a codec that is not known refuses only when it decodes. */
function codecsOf(
  value: unknown,
  type: DataType,
  chunkShape: readonly number[],
  fill: Elements,
  path: string,
): Codecs {
  const refuse = (what: string) =>
    new ReaderError('Corrupt', `'${path}': 'codecs' ${what}`, { path, field: 'codecs' })
  if (!Array.isArray(value) || value.length === 0 || value.length > 32)
    throw refuse('is no list of 1 to 32 codecs')
  let order: number[] | undefined
  let serializer: Pick<Pipeline, 'bigEndian' | 'inner'> | undefined
  let sharding: (Codecs & { readonly layout: Sharding }) | undefined
  const codecs: Codec[] = []
  const names: string[] = []
  for (const entry of value) {
    const named = namedCodec(entry)
    if (named === undefined) throw refuse(`holds ${JSON.stringify(entry)}, which names no codec`)
    const { name, configuration } = named
    names.unshift(name)
    if (name === 'transpose') {
      if (serializer !== undefined || codecs.length > 0)
        throw new ReaderError('Unsupported', `'${path}': a transpose after other codecs is not read`)
      order = composed(order, configuration.order, chunkShape.length, refuse)
    } else if (name === 'bytes' || name === 'endian') {
      serializer = { bigEndian: configuration.endian === 'big' }
    } else if (name === 'vlen-utf8' || name === 'vlen-bytes') {
      serializer = { bigEndian: false }
    } else if (name === 'sharding_indexed') {
      const stored = order === undefined ? chunkShape : order.map(axis => chunkShape[axis]!)
      sharding = shardingOf(configuration, type, stored, fill, path, refuse)
      const { layout, ...inner } = sharding
      serializer = {
        bigEndian: false,
        inner: (bytes, shape) => decodeShard(bytes, shape, { ...inner, layout, fill }),
      }
    } else {
      codecs.push(codecOf(name, configuration))
    }
  }
  if (serializer === undefined) throw refuse('has none that turns elements into bytes')
  if (sharding !== undefined) names.push(...sharding.names)
  // Only a shard that is stored as it is can be read in parts.
  if (sharding !== undefined && sharding.shards === undefined && order === undefined && codecs.length === 0)
    return { pipeline: sharding.pipeline, shards: sharding.layout, names }
  return { pipeline: { type, codecs, ...(order ? { order } : {}), ...serializer }, shards: undefined, names }
}

function composed(
  before: readonly number[] | undefined,
  value: unknown,
  rank: number,
  refuse: (what: string) => ReaderError,
): number[] {
  const order =
    value === 'C'
      ? Array.from({ length: rank }, (_, axis) => axis)
      : value === 'F'
        ? Array.from({ length: rank }, (_, axis) => rank - 1 - axis)
        : value
  if (
    !Array.isArray(order) ||
    order.length !== rank ||
    [...order].sort((a, b) => a - b).some((axis, i) => axis !== i)
  )
    throw refuse(
      `has a transpose whose order ${JSON.stringify(value)} is no permutation of ${rank} dimensions`,
    )
  return before === undefined ? order : order.map(axis => before[axis]!)
}

function shardingOf(
  configuration: JsonObject,
  type: DataType,
  shardShape: readonly number[],
  fill: Elements,
  path: string,
  refuse: (what: string) => ReaderError,
): Codecs & { readonly layout: Sharding } {
  const innerShape = shapeOf(configuration.chunk_shape, 'codecs.sharding_indexed.chunk_shape', path, 1)
  checkRank(shardShape, innerShape, 'codecs.sharding_indexed.chunk_shape', path)
  if (innerShape.some((length, axis) => shardShape[axis]! % length !== 0))
    throw refuse(`cuts shards [${shardShape}] into chunks [${innerShape}] that do not fill them`)
  if (
    innerShape.reduce((product, length, axis) => product * (shardShape[axis]! / length), 1) > MAX_SHARD_CHUNKS
  )
    throw new ReaderError('Unsupported', `'${path}': more than ${MAX_SHARD_CHUNKS} chunks in a shard`)
  const indexCodecs = Array.isArray(configuration.index_codecs)
    ? configuration.index_codecs.map(namedCodec)
    : []
  const [serializer, checksum, ...others] = indexCodecs
  const little = serializer?.name === 'bytes' && serializer.configuration.endian !== 'big'
  if (!little || others.length > 0 || (checksum !== undefined && checksum.name !== 'crc32c'))
    throw new ReaderError(
      'Unsupported',
      `'${path}': an index of shards that is not little-endian bytes with crc32c`,
    )
  return {
    ...codecsOf(configuration.codecs, type, innerShape, fill, path),
    layout: {
      innerShape,
      indexAtEnd: configuration.index_location !== 'start',
      indexChecksum: checksum !== undefined,
    },
  }
}
