import { ReaderError } from '../../errors.ts'
import type { Objects, ReadOptions } from '../../objects.ts'
import { type Footer, footerOf } from './footer.ts'

/** One Parquet file: its footer, and its bytes by range. */
export interface ParquetFile {
  readonly path: string
  readonly size: number | undefined
  readonly footer: Footer
  readonly footerBytes: number
  read(start: number, end: number, options?: ReadOptions): Promise<Uint8Array>
}

/** What is read of the end first: holds the footer of most files. */
const TAIL_BYTES = 32 * 1024
const MAX_FOOTER_BYTES = 128 * 1024 * 1024
const MAGIC = 'PAR1'
const ENCRYPTED_MAGIC = 'PARE'

/**
 * Opens a file by its last 32 KiB, and one more read where the footer is longer.
 * @throws {ReaderError} `NotFound`, `Corrupt`, `Unsupported` (encrypted).
 */
export async function openParquetFile(
  objects: Objects,
  path: string,
  options: ReadOptions = {},
): Promise<ParquetFile> {
  const name = path === '' ? objects.name : path
  const tail = await objects.getRange(path, -TAIL_BYTES, undefined, options)
  if (tail === undefined) throw new ReaderError('NotFound', `there is no '${name}'`)
  const bytes = plain(tail.bytes)
  const { etag } = tail
  const size = tail.size ?? (bytes.length < TAIL_BYTES ? bytes.length : undefined)
  if (size === undefined) throw new ReaderError('Unavailable', `the store does not say how long '${name}' is`)
  const length = footerLengthOf(bytes, size, name)

  async function read(start: number, end: number, readOptions?: ReadOptions): Promise<Uint8Array> {
    const tailStart = size! - bytes.length
    if (start >= tailStart && end <= size!) return bytes.subarray(start - tailStart, end - tailStart)
    // A page may be as long as its column: what would pass the budget is not asked for.
    const reservation = readOptions?.meter?.reserve?.(end - start)
    const ranged = await objects
      .getRange(path, start, end, reservation ? { ...readOptions, meter: reservation } : readOptions)
      .finally(() => reservation?.release())
    if (ranged === undefined) throw new ReaderError('NotFound', `'${name}' is no longer there`)
    if (etag !== undefined && ranged.etag !== undefined && ranged.etag !== etag)
      throw new ReaderError('Unavailable', `'${name}' changed while it was read; read it again`)
    if (ranged.bytes.length !== end - start)
      throw new ReaderError('Corrupt', `'${name}': bytes ${start} to ${end} of ${size} are not all there`)
    return plain(ranged.bytes)
  }

  const footerStart = size - 8 - length
  const footer = footerOf(await read(footerStart, size - 8, options), size)
  return { path, size, footer, footerBytes: length + 8, read }
}

function footerLengthOf(tail: Uint8Array, size: number, name: string): number {
  const magic = Buffer.from(tail.subarray(-4)).toString('latin1')
  if (magic === ENCRYPTED_MAGIC)
    throw new ReaderError('Unsupported', `'${name}' is an encrypted Parquet file`)
  if (tail.length < 12 || magic !== MAGIC)
    throw new ReaderError(
      'Corrupt',
      `'${name}' does not end as a Parquet file does (PAR1): is the download complete?`,
    )
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(tail.length - 8, true)
  if (length + 12 > size)
    throw new ReaderError('Corrupt', `'${name}' says its footer has ${length} bytes; the file has ${size}`)
  if (length > MAX_FOOTER_BYTES)
    throw new ReaderError(
      'Unsupported',
      `the footer of '${name}' has ${length} bytes; ${MAX_FOOTER_BYTES} are read`,
    )
  return length
}

/** The same bytes, not as a Buffer: whose `slice` shares memory, and which values that are bytes should not be. */
export function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
