import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib'
import { ReaderError } from '../errors.ts'

/** gzip: RFC 1952; zlib: RFC 1950; deflate: RFC 1951, without a wrapper; zstd: RFC 8878; brotli: RFC 7932. */
export type Codec = 'gzip' | 'zlib' | 'deflate' | 'zstd' | 'brotli'

type Options = { readonly maxOutputLength: number; readonly chunkSize: number }

const DECODERS: Record<Codec, (bytes: Uint8Array, options: Options, maxBytes: number) => Buffer> = {
  gzip: gunzipSync,
  zlib: inflateSync,
  deflate: inflateRawSync,
  brotli: brotliDecompressSync,
  zstd: (bytes, options, maxBytes) =>
    zstdDecompressSync(bytes, {
      ...options,
      params: { [constants.ZSTD_d_windowLogMax]: windowLog(maxBytes) },
    }),
}

/**
 * Decompresses at once, and never produces more than `maxBytes`: a bomb costs no more than what was to be expected.
 * @throws {ReaderError} `OverBudget` where there is more, `Corrupt` where the bytes are not of that codec or end too early
 */
export function inflateBounded(codec: Codec, bytes: Uint8Array, maxBytes: number): Uint8Array {
  const chunkSize = Math.min(Math.max(maxBytes + 1, 64), 1 << 20)
  try {
    return DECODERS[codec](bytes, { maxOutputLength: Math.max(1, maxBytes), chunkSize }, maxBytes)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw new ReaderError(
        'OverBudget',
        `${bytes.length} bytes of ${codec} hold more than the ${maxBytes} bytes that they may`,
        { maxBytes },
      )
    throw new ReaderError('Corrupt', `not ${codec}: ${message}`, { code })
  }
}

/** Of zstd's window: 8 MB, which every decoder should offer (RFC 8878, section 3.1.1.1.2), up to 128 MB. */
function windowLog(maxBytes: number): number {
  return Math.min(27, Math.max(23, Math.ceil(Math.log2(Math.max(1, maxBytes)))))
}
