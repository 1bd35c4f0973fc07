import { ReaderError } from '../../../errors.ts'

/** One step from bytes to bytes. */
export interface Codec {
  readonly name: string
  /** Whether encoded sizes depend on the data: then nothing is known of an object's size but a bound. */
  readonly compresses: boolean
  /** Bytes that so many decoded bytes take encoded: exactly, or at most where it compresses. */
  encodedSize(decoded: number): number
  /**
   * @param limit decoded bytes there may be at most: more are refused before they are allocated
   * @throws {ReaderError} `Corrupt`, `Unsupported`.
   */
  decode(bytes: Uint8Array, limit: number): Uint8Array | Promise<Uint8Array>
}

/** Compressors add a frame and, for what does not compress, a little for each block. */
export function compressedBound(decoded: number): number {
  return decoded + Math.ceil(decoded / 16) + 65_536
}

export function corrupt(codec: string, what: string): ReaderError {
  return new ReaderError('Corrupt', `${codec}: ${what}`, { codec })
}

/** A codec that is known by name only: the array is described, and refused when it is read. */
export function unsupportedCodec(name: string, remedy = 'it is not read'): Codec {
  return {
    name,
    compresses: true,
    encodedSize: compressedBound,
    decode() {
      throw new ReaderError('Unsupported', `codec '${name}': ${remedy}`, { codec: name })
    },
  }
}
