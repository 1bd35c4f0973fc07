import type { ArrayBlock, ArrayDataset, IndexRange, TypedArray } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import type { Format, Probe } from '../../format.ts'
import type { Coverage, Description, Variable } from '../../model.ts'
import type { Cost, Objects, ReadOptions } from '../../objects.ts'
import { arrayOver } from '../arrays/array-over.ts'
import { type Block, blocksOf, checkRanges, elementsOf, stepsOf, touchedUnits } from '../arrays/blocks.ts'
import { counting } from '../arrays/counting.ts'
import { canDecompress, compressionName } from './decompress.ts'
import { tiffLayout } from './directory.ts'
import { FilePages } from './file-pages.ts'
import { footprint } from './footprint.ts'
import { checkReadable, itemBytes, type TiffImage, tileGrid, tileRowBytes, tileSamples } from './image.ts'
import { placeTile } from './place-tile.ts'
import { type Raster, readRaster } from './raster.ts'
import { tileValues } from './tile-values.ts'
import { fetchTiles, locateTiles, runsOf, touchedTiles } from './tiles.ts'
import { type Axis, type NamedLayer, type RasterModel, rasterAttributes, rasterModel } from './variables.ts'

const BLOCK_BYTES = 4 * 1024 * 1024
/** A tile is unpacked whole in memory. */
const MAX_TILE_BYTES = 256 * 1024 * 1024
/** Tiles whose places an estimate looks up. */
const MAX_ESTIMATED = 65_536
/** Where GDAL says how a file is laid out (COG driver, "header ghost area"). */
const GHOST = 'GDAL_STRUCTURAL_METADATA_SIZE='

/** TIFF and BigTIFF with or without georeference, cloud-optimized ones above all. */
export const geotiff: Format = {
  id: 'geotiff',
  recognises({ head }: Probe) {
    return head !== undefined && tiffLayout(head) !== undefined
  },
  async open(objects, probe, options) {
    const layout = tiffLayout(probe.head!)!
    const counted = counting(objects)
    const size = probe.size ?? (await counted.objects.getRange('', 0, 1, options))?.size
    if (size === undefined)
      throw new ReaderError(
        'Unsupported',
        `the store of '${objects.name}' does not tell its size, which TIFF needs`,
      )
    const raster = await readRaster(new FilePages(counted.objects, size), layout, options)
    const ghost = new TextDecoder('latin1').decode(probe.head!.subarray(layout.big ? 16 : 8, 512))
    return new GeoTiff(
      counted.objects,
      size,
      raster,
      isCloudOptimized(raster, ghost),
      layout.big,
      counted.cost,
    )
  },
}

/** As GDAL's COG driver says. */
function isCloudOptimized({ layers }: Raster, ghost: string): boolean {
  return layers[0]!.image.tiled && ghost.startsWith(GHOST) && ghost.includes('LAYOUT=IFDS_BEFORE_DATA')
}

class GeoTiff implements ArrayDataset {
  readonly model = 'array'
  readonly #objects: Objects
  readonly #size: number
  readonly #raster: Raster
  readonly #model: RasterModel
  readonly #cloudOptimized: boolean
  readonly #big: boolean
  readonly #cost: () => Cost

  constructor(
    objects: Objects,
    size: number,
    raster: Raster,
    cloudOptimized: boolean,
    big: boolean,
    cost: () => Cost,
  ) {
    this.#objects = objects
    this.#size = size
    this.#raster = raster
    this.#model = rasterModel(raster)
    this.#cloudOptimized = cloudOptimized
    this.#big = big
    this.#cost = cost
  }

  async describe(): Promise<Description> {
    const { layers, warnings } = this.#raster
    const main = layers[0]!.image
    const space = this.#coverage()
    return {
      format: this.#cloudOptimized ? 'cog' : 'geotiff',
      ...(this.#big && { formatVersion: 'BigTIFF' }),
      model: 'array',
      size: this.#size,
      codecs: main.compression === 1 ? [] : [compressionName(main.compression)],
      attributes: rasterAttributes(this.#raster),
      array: this.#model.array,
      coverage: space === undefined ? {} : { space },
      warnings: [...warnings, ...layers.flatMap(({ name, image }) => unreadableBecause(name, image))],
      cost: this.#cost(),
    }
  }

  /** Exact for a bounded number of tiles, whose places it looks up; else by the average of the file. */
  async estimate(name: string, ranges: readonly IndexRange[]): Promise<Cost> {
    const variable = this.#variable(name, ranges)
    const layer = this.#model.layers.get(variable.name)
    if (layer === undefined || elementsOf(ranges) === 0) return { requests: 0, bytes: 0 }
    const { image } = layer
    const count = touchedUnits(ranges, unitsOf(image))
    if (count > MAX_ESTIMATED) {
      const { across, down } = tileGrid(image)
      return {
        requests: count,
        bytes: Math.ceil((this.#size * count) / (across * down * (image.chunky ? 1 : image.samples))),
      }
    }
    let [requests, bytes] = [0, 0]
    for (const block of blocks(image, ranges))
      for (const { start, end } of runsOf(await locateTiles(image, touchedTiles(image, block.ranges), {}))) {
        requests++
        bytes += end - start
      }
    return { requests, bytes }
  }

  async *read(
    name: string,
    ranges: readonly IndexRange[],
    options: ReadOptions = {},
  ): AsyncGenerator<ArrayBlock> {
    const variable = this.#variable(name, ranges)
    const layer = this.#model.layers.get(name)
    const axis = this.#model.axes.get(name)
    if (axis !== undefined) yield* axisBlocks(axis, ranges)
    if (layer === undefined) return
    const { image } = layer
    checkReadable(image, name)
    const [reason] = unreadableBecause(name, image)
    if (reason !== undefined) throw new ReaderError('Unsupported', reason, { variable: name })
    for (const block of blocks(image, ranges)) {
      options.signal?.throwIfAborted()
      yield await this.#block(layer, variable, block, options)
    }
  }

  async close(): Promise<void> {}

  #variable(name: string, ranges: readonly IndexRange[]): Variable {
    const variable = this.#model.array.variables.find(candidate => candidate.name === name)
    if (variable === undefined)
      throw new ReaderError('InvalidSelection', `there is no variable '${name}'`, { variable: name })
    checkRanges(name, variable.shape, ranges)
    return variable
  }

  async #block(
    { image }: NamedLayer,
    { fill }: Variable,
    block: Block,
    options: ReadOptions,
  ): Promise<ArrayBlock> {
    const bytes = new Uint8Array(elementsOf(block.ranges) * itemBytes(image))
    const values = arrayOver(image.dtype, bytes.buffer)
    const tiles = await locateTiles(image, touchedTiles(image, block.ranges), options)
    const absent = tiles.filter(tile => tile.bytes === 0).length
    if (absent > 0 && fill !== undefined && fill !== null) fillWith(values, fill)
    for await (const { tile, stored } of fetchTiles(this.#objects, this.#size, tiles, options)) {
      options.signal?.throwIfAborted()
      placeTile(image, tile, await tileValues(image, stored, tile.row), block, bytes)
    }
    return { start: block.start, shape: block.shape, values, missingChunks: absent }
  }

  #coverage(): Coverage['space'] {
    const { crs, transform, layers } = this.#raster
    const { width, height } = layers[0]!.image
    return crs && transform && footprint(crs, transform, width, height)
  }
}

function unitsOf(image: TiffImage): number[] {
  return [tileSamples(image), image.tileHeight, image.tileWidth]
}

function blocks(image: TiffImage, ranges: readonly IndexRange[]): Iterable<Block> {
  return blocksOf(ranges, unitsOf(image), Math.max(1, Math.floor(BLOCK_BYTES / itemBytes(image))))
}

function unreadableBecause(name: string, image: TiffImage): string[] {
  if (!canDecompress(image.compression))
    return [`'${name}' is compressed with ${compressionName(image.compression)}, which is not read here`]
  const bytes = image.tileHeight * tileRowBytes(image)
  return bytes > MAX_TILE_BYTES
    ? [`'${name}' has tiles or strips of ${bytes} bytes; at most ${MAX_TILE_BYTES} are unpacked at once`]
    : []
}

function* axisBlocks({ first, step, whole }: Axis, [range]: readonly IndexRange[]): Generator<ArrayBlock> {
  for (const { start, shape, ranges } of blocksOf([range!], [1], BLOCK_BYTES / 8)) {
    const [part] = ranges
    const at = (index: number) => first + (part!.start + index * part!.step) * step
    const length = stepsOf(part!)
    const values = whole
      ? BigInt64Array.from({ length }, (_, index) => BigInt(at(index)))
      : Float64Array.from({ length }, (_, index) => at(index))
    yield { start, shape, values, missingChunks: 0 }
  }
}

function fillWith(values: TypedArray, fill: NonNullable<Variable['fill']>): void {
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) values.fill(BigInt(fill))
  else values.fill(Number(fill))
}
