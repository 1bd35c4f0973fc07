import { inflateSync, zstdDecompressSync } from 'node:zlib'
import { ReaderError } from '../../errors.ts'
import { type TiffImage, tileSamples } from './image.ts'
import { lzw } from './lzw.ts'
import { packBits } from './packbits.ts'

/** Compressions by their numbers (TIFF 6.0, its supplements, and those registered since). */
const NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'none'],
  [2, 'CCITT RLE'],
  [3, 'CCITT Group 3'],
  [4, 'CCITT Group 4'],
  [5, 'lzw'],
  [6, 'old JPEG'],
  [7, 'jpeg'],
  [8, 'deflate'],
  [32773, 'packbits'],
  [32946, 'deflate'],
  [34712, 'JPEG 2000'],
  [34887, 'lerc'],
  [34925, 'lzma'],
  [50000, 'zstd'],
  [50001, 'webp'],
  [50002, 'JPEG XL'],
])
const READABLE = new Set([1, 5, 7, 8, 32773, 32946, 34887, 50000])

export function compressionName(compression: number): string {
  return NAMES.get(compression) ?? `compression ${compression}`
}

export function canDecompress(compression: number): boolean {
  return READABLE.has(compression)
}

/**
 * One tile's bytes as they were before compression, at most `expected` of them; its buffer is its own.
 * @throws {ReaderError} `Unsupported`, `Corrupt`
 */
export async function decompress(
  image: TiffImage,
  input: Uint8Array,
  rows: number,
  expected: number,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    switch (image.compression) {
      case 1:
        return Uint8Array.from(input.subarray(0, expected))
      case 5:
        return lzw(input, expected)
      case 8:
      case 32946:
        return own(inflateSync(input, { maxOutputLength: room(expected) }), expected)
      case 50000:
        return own(zstdDecompressSync(input, { maxOutputLength: room(expected) }), expected)
      case 32773:
        return packBits(input, expected)
      case 7:
        return await jpeg(image, input, rows)
      case 34887:
        return await lerc(image, input, rows)
      default:
        throw new ReaderError('Unsupported', `${compressionName(image.compression)} is not unpacked here`)
    }
  } catch (error) {
    if (error instanceof ReaderError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new ReaderError(
      'Corrupt',
      `TIFF: a tile cannot be unpacked (${compressionName(image.compression)}): ${why}`,
    )
  }
}

/** A last strip may be written with all its rows although the image has fewer. */
function room(expected: number): number {
  return Math.max(1024, 64 * 1024 + 2 * expected)
}

function own(bytes: Uint8Array, expected: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes.subarray(0, expected))
}

async function jpeg(image: TiffImage, input: Uint8Array, rows: number): Promise<Uint8Array<ArrayBuffer>> {
  const { getDecoder } = await import('geotiff')
  checkFrame(input, image.tileWidth, image.tileHeight, tileSamples(image))
  const decoder = await getDecoder(7, { ...parameters(image), JPEGTables: image.jpegTables } as never)
  const samples = new Uint8Array((await decoder.decodeBlock(exact(input))) as ArrayBuffer)
  if (samples.length < image.tileWidth * rows * tileSamples(image)) throw new Error('it has too few samples')
  const YCBCR = 6
  return image.photometric === YCBCR && tileSamples(image) === 3 ? rgbOf(samples) : samples
}

/** Refuses a frame that is larger than its tile, before memory is taken for it (ITU-T T.81, B.2.2). */
function checkFrame(input: Uint8Array, width: number, height: number, components: number): void {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  for (let at = 2; at + 9 < input.length; ) {
    if (view.getUint8(at) !== 0xff) break
    const marker = view.getUint8(at + 1)
    if (marker >= 0xc0 && marker <= 0xc2) {
      const [high, wide, count] = [view.getUint16(at + 5), view.getUint16(at + 7), view.getUint8(at + 9)]
      if (high > height || wide !== width || count !== components)
        throw new Error(
          `its frame has ${wide} × ${high} pixels of ${count} components, the tile ${width} × ${height} of ${components}`,
        )
      return
    }
    at += 2 + view.getUint16(at + 2)
  }
  throw new Error('it has no frame')
}

/** JFIF's conversion, as GDAL applies it when it reads. */
function rgbOf(ycbcr: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8ClampedArray(ycbcr.length)
  for (let at = 0; at + 2 < ycbcr.length; at += 3) {
    const [y, cb, cr] = [ycbcr[at]!, ycbcr[at + 1]! - 128, ycbcr[at + 2]! - 128]
    rgb[at] = y + 1.402 * cr
    rgb[at + 1] = y - 0.344136 * cb - 0.714136 * cr
    rgb[at + 2] = y + 1.772 * cb
  }
  return new Uint8Array(rgb.buffer)
}

async function lerc(image: TiffImage, input: Uint8Array, rows: number): Promise<Uint8Array<ArrayBuffer>> {
  const { getDecoder } = await import('geotiff')
  const [, additional = 0] = image.lercParameters ?? []
  const limit = { maxOutputLength: room(image.tileWidth * image.tileHeight * tileSamples(image) * 8) }
  const blob =
    additional === 1 ? inflateSync(input, limit) : additional === 2 ? zstdDecompressSync(input, limit) : input
  if (additional > 2) throw new Error(`its additional compression ${additional} is not known`)
  checkBlob(blob, image.tileWidth, image.tileHeight)
  // What was compressed further is unpacked by now.
  const decoder = await getDecoder(34887, { ...parameters(image), LercParameters: [4, 0] } as never)
  const samples = new Uint8Array((await decoder.decodeBlock(exact(blob))) as ArrayBuffer)
  if (samples.length < image.tileWidth * rows) throw new Error('it has too few samples')
  return samples
}

/** Refuses a blob of other lengths than its tile's, before memory is taken for it (Esri LERC, blob headers). */
function checkBlob(blob: Uint8Array, width: number, height: number): void {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
  const name = new TextDecoder('latin1').decode(blob.subarray(0, 6))
  if (name !== 'Lerc2 ') throw new Error('it is no Lerc2 blob')
  const at = view.getInt32(6, true) >= 3 ? 14 : 10
  const [high, wide] = [view.getInt32(at, true), view.getInt32(at + 4, true)]
  if (high > height || wide !== width)
    throw new Error(`it has ${wide} × ${high} pixels, the tile ${width} × ${height}`)
}

function parameters({ tileWidth, tileHeight, chunky }: TiffImage) {
  return { tileWidth, tileHeight, planarConfiguration: chunky ? 1 : 2, predictor: 1 }
}

function exact(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}
