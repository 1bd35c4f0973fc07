import { halves } from '../arrays/half.ts'
import { decompress } from './decompress.ts'
import { corrupt } from './directory.ts'
import { type TiffImage, tileRowBytes, tileRows, tileSamples } from './image.ts'
import { undoDifferences, undoFloatDifferences } from './predictor.ts'

/**
 * Values of one tile: rows of pixels of samples, in the machine's order, one item of `itemBytes` each.
 * @param row of the tile in the grid of tiles
 */
export async function tileValues(
  image: TiffImage,
  stored: Uint8Array,
  row: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const rows = tileRows(image, row)
  const expected = rows * tileRowBytes(image)
  const bytes = await decompress(image, stored, rows, expected)
  if (bytes.length < expected) throw corrupt(`a tile unpacks to ${bytes.length} bytes of ${expected}`)
  const whole = bytes.length === expected ? bytes : bytes.slice(0, expected)
  const ofItsOwnOrder = image.compression === 34887
  const sampleBytes = Math.max(1, image.bits / 8) / (image.dtype.startsWith('complex') ? 2 : 1)
  const stride = tileSamples(image)
  if (image.predictor === 3) {
    undoFloatDifferences(whole, sampleBytes, image.tileWidth * stride, stride)
    return widened(whole, image)
  }
  if (!image.little && !ofItsOwnOrder) turnRound(whole, sampleBytes)
  if (image.predictor === 2) undoDifferences(whole, sampleBytes, image.tileWidth * stride, stride)
  return image.bits < 8 ? unpackBits(whole, image, rows) : widened(whole, image)
}

function widened(bytes: Uint8Array<ArrayBuffer>, { dtype }: TiffImage): Uint8Array<ArrayBuffer> {
  return dtype === 'float16' ? new Uint8Array(halves(bytes.buffer).buffer) : bytes
}

function turnRound(bytes: Uint8Array<ArrayBuffer>, size: number): void {
  const buffer = Buffer.from(bytes.buffer)
  if (size === 2) buffer.swap16()
  if (size === 4) buffer.swap32()
  if (size === 8) buffer.swap64()
}

/** Samples of 1, 2 or 4 bits to a byte each. */
function unpackBits(packed: Uint8Array, image: TiffImage, rows: number): Uint8Array<ArrayBuffer> {
  const { bits } = image
  const rowSamples = image.tileWidth * tileSamples(image)
  const rowBytes = tileRowBytes(image)
  const values = new Uint8Array(rows * rowSamples)
  for (let row = 0; row < rows; row++)
    for (let sample = 0; sample < rowSamples; sample++) {
      const at = sample * bits
      const byte = packed[row * rowBytes + (at >> 3)]!
      values[row * rowSamples + sample] = (byte >> (8 - bits - (at & 7))) & ((1 << bits) - 1)
    }
  return values
}
