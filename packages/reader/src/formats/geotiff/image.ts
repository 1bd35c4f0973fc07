import { ReaderError } from '../../errors.ts'
import type { ReadOptions } from '../../objects.ts'
import { corrupt, type FieldReader } from './directory.ts'

/** One image of a file, and how its values are stored. */
export interface TiffImage {
  readonly fields: FieldReader
  readonly kind: 'image' | 'overview' | 'mask' | 'maskOverview'
  readonly width: number
  readonly height: number
  readonly samples: number
  readonly dtype: string
  /** Of one sample; less than 8 is unpacked to whole bytes. */
  readonly bits: number
  /** Whether the samples of a pixel lie side by side; else each sample has tiles of its own. */
  readonly chunky: boolean
  readonly tiled: boolean
  readonly tileWidth: number
  /** Of strips, their rows; of a single strip that is not compressed, as many as make a small read. */
  readonly tileHeight: number
  /** Whether all rows lie one after the other, so that any of them can be read alone. */
  readonly rowsAlone: boolean
  readonly compression: number
  readonly predictor: number
  readonly photometric: number
  readonly little: boolean
  readonly jpegTables?: Uint8Array
  readonly lercParameters?: readonly number[]
  /** Why its values cannot be read here. */
  readonly unreadable?: string
}

export const TAG = {
  newSubfileType: 254,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  description: 270,
  stripOffsets: 273,
  samples: 277,
  rowsPerStrip: 278,
  stripCounts: 279,
  planar: 284,
  software: 305,
  dateTime: 306,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileCounts: 325,
  sampleFormat: 339,
  jpegTables: 347,
  pixelScale: 33550,
  tiepoints: 33922,
  transformation: 34264,
  geoKeys: 34735,
  geoDoubles: 34736,
  geoText: 34737,
  gdalMetadata: 42112,
  gdalNoData: 42113,
  lercParameters: 50674,
} as const

const MAX_SAMPLES = 65_535
const ROWS_BYTES = 256 * 1024

/** @throws {ReaderError} `Corrupt`, `Unsupported` */
export async function readImage(
  fields: FieldReader,
  little: boolean,
  options: ReadOptions,
): Promise<TiffImage> {
  const number = async (tag: number, otherwise: number) => (await fields.number(tag, options)) ?? otherwise
  const [width, height] = [await number(TAG.width, 0), await number(TAG.height, 0)]
  const samples = await number(TAG.samples, 1)
  const tiled = fields.count(TAG.tileOffsets) > 0
  const tileWidth = tiled ? await number(TAG.tileWidth, 0) : width
  const rows = await number(TAG.rowsPerStrip, height)
  const stored = tiled ? await number(TAG.tileHeight, 0) : Math.min(rows, height)
  for (const [what, length, most] of [
    ['width', width, 2 ** 31],
    ['height', height, 2 ** 31],
    ['number of samples', samples, MAX_SAMPLES],
    ['tile width', tileWidth, 2 ** 31],
    ['tile height', stored, 2 ** 31],
  ] as const)
    if (!(length >= 1 && length < most)) throw corrupt(`the ${what} is ${length}`)
  const bitsOfSamples = await fields.numbers(TAG.bits, options)
  const formats = await fields.numbers(TAG.sampleFormat, options)
  const bits = bitsOfSamples[0] ?? 1
  const format = formats[0] ?? 1
  const dtype = dtypeOf(format, bits)
  const subfile = await number(TAG.newSubfileType, 0)
  const chunky = (await number(TAG.planar, 1)) !== 2 || samples === 1
  const compression = await number(TAG.compression, 1)
  const rowsAlone = !tiled && compression === 1 && stored === height
  const rowBytes = Math.ceil((width * (chunky ? samples : 1) * bits) / 8)
  const image = {
    fields,
    kind:
      (['image', 'overview', 'image', 'overview', 'mask', 'maskOverview'] as const)[subfile & 7] ?? 'mask',
    width,
    height,
    samples,
    dtype: dtype ?? `format ${format} of ${bits} bits`,
    bits,
    chunky,
    tiled,
    tileWidth,
    tileHeight: rowsAlone ? Math.min(height, Math.max(1, Math.floor(ROWS_BYTES / rowBytes))) : stored,
    rowsAlone,
    compression,
    predictor: await number(TAG.predictor, 1),
    photometric: await number(TAG.photometric, 1),
    little,
  }
  const jpegTables = await fields.bytes(TAG.jpegTables, options)
  const lercParameters = await fields.numbers(TAG.lercParameters, options)
  const mixed = [bitsOfSamples, formats].some(list => list.some(value => value !== list[0]))
  const unreadable = mixed
    ? 'has samples of different types'
    : dtype === undefined
      ? `has ${image.dtype}`
      : (await number(TAG.fillOrder, 1)) !== 1
        ? 'has its bits in reverse order'
        : undefined
  return {
    ...image,
    ...(jpegTables && { jpegTables }),
    ...(lercParameters.length > 0 && { lercParameters }),
    ...(unreadable && { unreadable }),
  }
}

/** By SampleFormat and BitsPerSample; undefined for those that are not read. */
function dtypeOf(format: number, bits: number): string | undefined {
  const whole = [8, 16, 32, 64].includes(bits)
  if (format === 1 || format === 4)
    return whole ? `uint${bits}` : [1, 2, 4].includes(bits) ? 'uint8' : undefined
  if (format === 2) return whole ? `int${bits}` : undefined
  if (format === 3) return [16, 32, 64].includes(bits) ? `float${bits}` : undefined
  return format === 6 && (bits === 64 || bits === 128) ? `complex${bits}` : undefined
}

/** Bytes of one value as it comes out of a tile: float16 is widened, bits are unpacked. */
export function itemBytes({ bits, dtype }: TiffImage): number {
  return dtype === 'float16' ? 4 : Math.max(1, bits / 8)
}

/** Samples that one tile holds of each pixel. */
export function tileSamples({ chunky, samples }: TiffImage): number {
  return chunky ? samples : 1
}

export function tileGrid({ width, height, tileWidth, tileHeight }: TiffImage): {
  across: number
  down: number
} {
  return { across: Math.ceil(width / tileWidth), down: Math.ceil(height / tileHeight) }
}

/** Bytes of one row of a tile, as stored before compression: rows begin at whole bytes. */
export function tileRowBytes(image: TiffImage): number {
  return Math.ceil((image.tileWidth * tileSamples(image) * image.bits) / 8)
}

/** Rows that are stored of a tile: the last strip ends with the image. */
export function tileRows({ tiled, tileHeight, height }: TiffImage, row: number): number {
  return tiled ? tileHeight : Math.min(tileHeight, height - row * tileHeight)
}

export function checkReadable(image: TiffImage, name: string): void {
  if (image.unreadable !== undefined)
    throw new ReaderError('Unsupported', `'${name}' ${image.unreadable}, which is not read here`, {
      variable: name,
    })
}
