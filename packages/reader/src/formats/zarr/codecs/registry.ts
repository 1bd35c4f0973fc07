import { isObject, type JsonObject } from '../json.ts'
import { blosc } from './blosc.ts'
import { checksumCodec } from './checksums.ts'
import { type Codec, unsupportedCodec } from './codec.ts'
import { deflate, gzip, zstd } from './deflate.ts'
import { filterCodec } from './filters.ts'
import { lz4 } from './lz4.ts'

const COMPRESSORS: Readonly<Record<string, Codec>> = { blosc, gzip, lz4, zlib: deflate, zstd }

const REMEDIES: Readonly<Record<string, string>> = {
  bz2: 'bzip2 is not read: write it again with zstd or blosc',
  lzma: 'LZMA is not read: write it again with zstd or blosc',
  pickle: 'Python objects are never read',
  grib: 'GRIB messages are not decoded here',
}

/** The codec of that name, by Zarr v2's (numcodecs) or v3's registry; one that refuses to decode where there is none. */
export function codecOf(name: string, configuration: JsonObject): Codec {
  const plain = name.replace(/^(https:\/\/codec\.zarrs\.dev\/bytes_to_bytes\/|numcodecs[.])/, '')
  if (Object.hasOwn(COMPRESSORS, plain)) return COMPRESSORS[plain]!
  try {
    return (
      checksumCodec(plain, configuration.location) ??
      filterCodec(plain, configuration) ??
      unsupportedCodec(plain, REMEDIES[plain])
    )
  } catch (error) {
    return unsupportedCodec(plain, (error as Error).message)
  }
}

/** Name and configuration as Zarr v2 says them (`{id, …}`) or v3 (`{name, configuration}`, or a bare name). */
export function namedCodec(value: unknown): { name: string; configuration: JsonObject } | undefined {
  if (typeof value === 'string') return { name: value, configuration: {} }
  if (!isObject(value)) return undefined
  if (typeof value.id === 'string') return { name: value.id, configuration: value }
  if (typeof value.name !== 'string') return undefined
  return { name: value.name, configuration: isObject(value.configuration) ? value.configuration : {} }
}
