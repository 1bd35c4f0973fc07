import { zstdCompressSync } from 'node:zlib'
import { CompressionType, setCompressionCodec, type Table, tableFromIPC } from '@uwdata/flechette'
import { ReaderError } from '../../errors.ts'
import { inflateBounded } from '../../objects/inflate.ts'
import { checkLengths, type DecodedBatch } from './lengths.ts'
import { readLz4Frame } from './lz4.ts'
import { metadataOf } from './messages.ts'
import { checkMetadata } from './metadata.ts'

const MAX_BUFFER = 512 * 1024 * 1024

/** Buffers are led by their length before compression (Message.fbs, BodyCompression); flechette gives what follows it. */
function claimed(bytes: Uint8Array): number {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset - 8, 8).getBigInt64(0, true))
  if (!(length >= 0 && length <= MAX_BUFFER))
    throw new ReaderError('Unsupported', `an Arrow buffer of ${length} bytes; ${MAX_BUFFER} are read`)
  return length
}

setCompressionCodec(CompressionType.ZSTD, {
  encode: bytes => Uint8Array.from(zstdCompressSync(bytes)),
  decode: bytes => Uint8Array.from(inflateBounded('zstd', bytes, claimed(bytes))),
})
setCompressionCodec(CompressionType.LZ4_FRAME, {
  encode(): never {
    throw new ReaderError('Unsupported', 'Arrow buffers are not written as LZ4: choose zstd')
  },
  decode: bytes => readLz4Frame(bytes, claimed(bytes)),
})

/** Whatever a decoder that is not ours stumbles over is Corrupt. */
export function decoding<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof ReaderError) throw error
    throw new ReaderError('Corrupt', `the Arrow data cannot be decoded: ${(error as Error).message}`)
  }
}

/** Schema, dictionaries and record batches as a table; every number exact. @throws {ReaderError} `Corrupt`, `Unsupported`. */
export function tableOf(messages: readonly Uint8Array[]): Table {
  return decoding(() => {
    for (const message of messages) checkMetadata(metadataOf(message))
    const table = tableFromIPC(messages.map(aligned), {
      useBigInt: true,
      useBigIntTimestamp: true,
      useDecimalInt: true,
    })
    if ((table.schema as { endianness?: number }).endianness === 1)
      throw new ReaderError('Unsupported', 'big-endian Arrow data is not read')
    for (const column of table.children) {
      for (const batch of column.data) checkLengths(batch as unknown as DecodedBatch)
      if (column.length !== table.numRows)
        throw new ReaderError(
          'Corrupt',
          `a column of the Arrow data has ${column.length} rows where others have ${table.numRows}`,
        )
    }
    return table
  })
}

/** Views of 8-byte numbers need such a place. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 && !(bytes instanceof Buffer) ? bytes : new Uint8Array(bytes)
}
