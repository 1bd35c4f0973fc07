import { compressors } from 'hyparquet-compressors'
import { ReaderError } from '../../errors.ts'
import { inflateBounded } from '../../objects/inflate.ts'
import { plain } from './file.ts'

/** Greatest page that is taken into memory, in bytes before compression. Writers make pages of about 1 MB. */
export const MAX_PAGE_BYTES = 128 * 1024 * 1024
/** LZ4 and Snappy cannot expand further than this: a claim beyond is refused before memory is given to it. */
const MAX_BYTE_RATIO = 260

/**
 * A page as it was before compression: exactly `size` bytes.
 * @throws {ReaderError} `Corrupt` when the bytes give more or fewer, `Unsupported` for other codecs.
 */
export function decompress(bytes: Uint8Array, size: number, codec: string): Uint8Array {
  if (size > MAX_PAGE_BYTES)
    throw new ReaderError('Unsupported', `a Parquet page of ${size} bytes; ${MAX_PAGE_BYTES} are read`)
  if (codec === 'UNCOMPRESSED') return exact(bytes, size, codec)
  if (size === 0) return new Uint8Array(0)
  try {
    return exact(expanded(bytes, size, codec), size, codec)
  } catch (error) {
    if (error instanceof ReaderError && error.code === 'Unsupported') throw error
    throw new ReaderError(
      'Corrupt',
      `a Parquet page does not decompress (${codec}): ${(error as Error).message}`,
    )
  }
}

function expanded(bytes: Uint8Array, size: number, codec: string): Uint8Array {
  switch (codec) {
    case 'GZIP':
      return plain(inflateBounded('gzip', bytes, size))
    case 'ZSTD':
      return plain(inflateBounded('zstd', bytes, size))
    case 'BROTLI':
      return plain(inflateBounded('brotli', bytes, size))
    case 'SNAPPY':
    case 'LZ4':
    case 'LZ4_RAW':
      if (size > bytes.length * MAX_BYTE_RATIO + 64)
        throw new Error(`${bytes.length} bytes cannot hold ${size}`)
      return compressors[codec]!(bytes, size)
    default:
      throw new ReaderError('Unsupported', `Parquet pages compressed with ${codec} are not read`)
  }
}

function exact(bytes: Uint8Array, size: number, codec: string): Uint8Array {
  if (bytes.length !== size)
    throw new ReaderError(
      'Corrupt',
      `a Parquet page (${codec}) has ${bytes.length} bytes, its header says ${size}`,
    )
  return bytes
}
