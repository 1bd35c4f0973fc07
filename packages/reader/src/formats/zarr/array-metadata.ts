import { ReaderError } from '../../errors.ts'
import type { Pipeline } from './codecs/pipeline.ts'
import type { Elements } from './data-type.ts'
import type { JsonObject } from './json.ts'
import { MAX_RANK } from './limits.ts'

/** What both versions of Zarr say of an array. */
export interface ArrayMetadata {
  readonly zarrFormat: 2 | 3
  readonly shape: readonly number[]
  /** Of what one stored object holds: a chunk, or a shard. */
  readonly chunkShape: readonly number[]
  /** Of a chunk, or of an inner chunk where there are shards. */
  readonly pipeline: Pipeline
  readonly shards?: Sharding
  /** One element. Undefined where the writer left what is missing undefined: it reads as zero. */
  readonly fill: Elements
  /** As a description says it. */
  readonly fillLabel: number | string | boolean | null
  /** Path of a chunk below the array, from its place in the grid. */
  readonly keyOf: (place: readonly number[]) => string
  /** Outermost first, each once. */
  readonly codecNames: readonly string[]
  readonly dimensionNames?: readonly (string | null)[]
  readonly attributes: JsonObject
}

/** Zarr v3's `sharding_indexed`: an object holds chunks and an index of where they lie. */
export interface Sharding {
  readonly innerShape: readonly number[]
  readonly indexAtEnd: boolean
  readonly indexChecksum: boolean
}

/** @throws {ReaderError} `Corrupt` with the field's name. */
export function shapeOf(value: unknown, field: string, path: string, least: 0 | 1): number[] {
  if (!Array.isArray(value) || value.length > MAX_RANK)
    throw new ReaderError('Corrupt', `'${path}': '${field}' is no list of at most ${MAX_RANK} lengths`, {
      path,
      field,
    })
  for (const length of value)
    if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < least)
      throw new ReaderError(
        'Corrupt',
        `'${path}': '${field}' holds ${JSON.stringify(length)}, which is no length of at least ${least}`,
        { path, field },
      )
  if (!Number.isSafeInteger(value.reduce((product, length) => product * Math.max(1, length), 1)))
    throw new ReaderError('Corrupt', `'${path}': '${field}' [${value}] has more than 2^53 elements`, {
      path,
      field,
    })
  return value
}

/** @throws {ReaderError} `Corrupt` where the two differ. */
export function checkRank(
  shape: readonly number[],
  other: readonly unknown[],
  field: string,
  path: string,
): void {
  if (shape.length !== other.length)
    throw new ReaderError(
      'Corrupt',
      `'${path}': '${field}' has ${other.length} dimensions, 'shape' ${shape.length}`,
      {
        path,
        field,
      },
    )
}
