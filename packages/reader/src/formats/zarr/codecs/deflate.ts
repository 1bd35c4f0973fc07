import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { type Codec, compressedBound, corrupt } from './codec.ts'

/** Above this, decompression leaves the thread: there it costs more than the detour. */
const APART_BYTES = 64 * 1024

type Sync = (bytes: Uint8Array, options: zlib.ZlibOptions & zlib.ZstdOptions) => Buffer
type Async = (bytes: Uint8Array, options: zlib.ZlibOptions & zlib.ZstdOptions) => Promise<Buffer>

/** gzip, zlib and zstd by the runtime's own libraries, which stop at the limit instead of growing past it. */
function native(name: string, sync: Sync, apart: Async): Codec {
  return {
    name,
    compresses: true,
    encodedSize: compressedBound,
    decode(bytes, limit) {
      // One output buffer of the right size: no joining afterwards. A limit that the input can hardly fill is not allocated.
      const chunkSize = Math.max(1024, Math.min(limit + 1, bytes.length * 1024))
      const options = { maxOutputLength: Math.max(1, limit), chunkSize }
      if (bytes.length < APART_BYTES) {
        try {
          return sync(bytes, options)
        } catch (error) {
          throw refused(name, error, limit)
        }
      }
      return apart(bytes, options).catch(error => {
        throw refused(name, error, limit)
      })
    },
  }
}

function refused(name: string, error: unknown, limit: number) {
  const { code, message } = error as NodeJS.ErrnoException
  return corrupt(
    name,
    code === 'ERR_BUFFER_TOO_LARGE' ? `more than the ${limit} bytes that the array declares` : message,
  )
}

export const gzip = native('gzip', zlib.gunzipSync, promisify(zlib.gunzip) as Async)
export const deflate = native('zlib', zlib.inflateSync, promisify(zlib.inflate) as Async)
export const zstd = native('zstd', zlib.zstdDecompressSync, promisify(zlib.zstdDecompress) as Async)
