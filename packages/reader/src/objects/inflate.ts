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

const DECODERS: Record<Codec, (bytes: Uint8Array, options: Options) => Uint8Array> = {
  gzip: gunzipSync,
  zlib: inflateSync,
  deflate: inflateRawSync,
  brotli: brotliDecompressSync,
  zstd: decodeFrames,
}

/**
 * Decompresses at once, and never produces more than `maxBytes`: a bomb costs no more than what was to be expected.
 * @throws {ReaderError} `OverBudget` where there is more, `Corrupt` where the bytes are not of that codec or end too early
 */
export function inflateBounded(codec: Codec, bytes: Uint8Array, maxBytes: number): Uint8Array {
  try {
    const decoded = DECODERS[codec](bytes, outputOptions(maxBytes))
    if (decoded.length > maxBytes) throw bomb(codec, bytes, maxBytes)
    return decoded
  } catch (error) {
    if (error instanceof ReaderError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') throw bomb(codec, bytes, maxBytes)
    throw new ReaderError('Corrupt', `not ${codec}: ${message}`, { code })
  }
}

function bomb(codec: Codec, bytes: Uint8Array, maxBytes: number): ReaderError {
  return new ReaderError(
    'OverBudget',
    `${bytes.length} bytes of ${codec} hold more than the ${maxBytes} bytes that they may`,
    { maxBytes },
  )
}

/** zlib knows no limit of zero. */
function outputOptions(maxBytes: number): Options {
  const chunkSize = Math.min(Math.max(maxBytes + 1, 64), 1 << 20)
  return { maxOutputLength: Math.max(1, maxBytes), chunkSize }
}

/** Node stops after the first frame; a file may hold several (RFC 8878, section 3.1), and frames without content. */
function decodeFrames(bytes: Uint8Array, { maxOutputLength }: Options): Uint8Array {
  const params = { [constants.ZSTD_d_windowLogMax]: windowLog(maxOutputLength) }
  const decoded: Uint8Array[] = []
  let total = 0
  for (let at = 0; ; ) {
    const options = { ...outputOptions(maxOutputLength - total), params, info: true }
    const { buffer, engine } = zstdDecompressSync(bytes.subarray(at), options) as unknown as Decoded
    total += buffer.length
    decoded.push(buffer)
    at += engine.bytesWritten
    if (engine.bytesWritten === 0) throw new Error(`no frame at byte ${at}`)
    if (at >= bytes.length) return decoded.length === 1 ? buffer : Buffer.concat(decoded, total)
  }
}

/** What zlib gives with `info: true`; `bytesWritten` is what it took of its input. */
interface Decoded {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

/** Of zstd's window: 8 MB, which every decoder should offer (RFC 8878, section 3.1.1.1.2), up to 128 MB. */
function windowLog(maxBytes: number): number {
  return Math.min(27, Math.max(23, Math.ceil(Math.log2(Math.max(1, maxBytes)))))
}
