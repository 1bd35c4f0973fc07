import type { IndexRange } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import type { Objects, ReadOptions } from '../../objects.ts'
import { stepsOf } from '../arrays/blocks.ts'
import { corrupt } from './directory.ts'
import { TAG, type TiffImage, tileGrid, tileRowBytes, tileRows } from './image.ts'

/** Bytes read along with others rather than make another request. */
const GAP_BYTES = 64 * 1024
const MAX_REQUEST_BYTES = 8 * 1024 * 1024
/** The most bytes of one tile as stored. */
const MAX_TILE_BYTES = 256 * 1024 * 1024

/** Entries of the index that are read together. */
const MAX_INDEXED = 65_536

/** A tile or strip: its place in the grid, the sample it holds where each has its own, and where its bytes lie. */
export interface Tile {
  readonly column: number
  readonly row: number
  readonly plane: number
  /** Both zero where nothing was written. */
  readonly offset: number
  readonly bytes: number
}

/** Index ranges of tiles that a selection of samples, rows and columns touches. */
export interface TouchedTiles {
  readonly planes: readonly number[]
  readonly rows: readonly number[]
  readonly columns: readonly number[]
}

export function touchedTiles(image: TiffImage, [bands, y, x]: readonly IndexRange[]): TouchedTiles {
  return {
    planes: image.chunky ? [0] : touched(bands!, 1),
    rows: touched(y!, image.tileHeight),
    columns: touched(x!, image.tileWidth),
  }
}

function touched(range: IndexRange, length: number): number[] {
  const found: number[] = []
  for (let step = 0, steps = stepsOf(range); step < steps; ) {
    const tile = Math.floor((range.start + step * range.step) / length)
    found.push(tile)
    step = Math.ceil(((tile + 1) * length - range.start) / range.step)
  }
  return found
}

/** Where the tiles lie: reads the parts of the index that it needs. */
export async function locateTiles(
  image: TiffImage,
  { planes, rows, columns }: TouchedTiles,
  options: ReadOptions,
): Promise<Tile[]> {
  if (image.rowsAlone) return locateRows(image, { planes, rows, columns }, options)
  const { across, down } = tileGrid(image)
  const [first, last] = [columns[0]!, columns.at(-1)! + 1]
  const tiles: Tile[] = []
  for (const plane of planes) {
    // Strips and single columns of tiles follow each other in the index.
    const [top, bottom] = [rows[0]!, rows.at(-1)! + 1]
    const base = (plane * down + top) * across
    const column = across === 1 && bottom - top <= MAX_INDEXED
    const together = column ? await indexed(image, base, base + bottom - top, options) : undefined
    for (const row of rows) {
      const start = (plane * down + row) * across
      const places = together ?? (await indexed(image, start + first, start + last, options))
      for (const column of columns)
        tiles.push({ column, row, plane, ...places[together ? row - top : column - first]! })
    }
  }
  return tiles
}

/** Offsets and lengths of tiles `[from, to)` in the order of the index. */
async function indexed(image: TiffImage, from: number, to: number, options: ReadOptions) {
  const [offsetsTag, countsTag] = image.tiled
    ? [TAG.tileOffsets, TAG.tileCounts]
    : [TAG.stripOffsets, TAG.stripCounts]
  const offsets = await image.fields.numbers(offsetsTag, options, from, to)
  const counts =
    image.fields.count(countsTag) === 0 && image.compression === 1
      ? offsets.map(() => image.tileHeight * tileRowBytes(image))
      : await image.fields.numbers(countsTag, options, from, to)
  return offsets.map((offset, at) => {
    const bytes = counts[at]!
    if (bytes > MAX_TILE_BYTES)
      throw new ReaderError(
        'Unsupported',
        `a tile has ${bytes} bytes; at most ${MAX_TILE_BYTES} are read at once`,
      )
    return offset === 0 || bytes === 0 ? { offset: 0, bytes: 0 } : { offset, bytes }
  })
}

/** Groups of rows of a single strip. */
async function locateRows(
  image: TiffImage,
  { planes, rows }: TouchedTiles,
  options: ReadOptions,
): Promise<Tile[]> {
  const rowBytes = tileRowBytes(image)
  const offsets = await image.fields.numbers(TAG.stripOffsets, options)
  return planes.flatMap(plane =>
    rows.map(row => {
      const offset = offsets[plane]
      if (offset === undefined) throw corrupt(`sample ${plane} has no strip`)
      const bytes = offset === 0 ? 0 : tileRows(image, row) * rowBytes
      return { column: 0, row, plane, offset: offset + row * image.tileHeight * rowBytes, bytes }
    }),
  )
}

/** Tiles that lie near each other, with the bytes that hold them. */
export interface TileRun {
  readonly start: number
  readonly end: number
  readonly tiles: readonly Tile[]
}

/** By their place in the file; those without bytes are in none. */
export function runsOf(tiles: readonly Tile[]): TileRun[] {
  const runs: { start: number; end: number; tiles: Tile[] }[] = []
  for (const tile of tiles.filter(({ bytes }) => bytes > 0).sort((a, b) => a.offset - b.offset)) {
    const last = runs.at(-1)
    const end = tile.offset + tile.bytes
    if (last !== undefined && tile.offset - last.end <= GAP_BYTES && end - last.start <= MAX_REQUEST_BYTES) {
      last.end = Math.max(last.end, end)
      last.tiles.push(tile)
    } else runs.push({ start: tile.offset, end, tiles: [tile] })
  }
  return runs
}

/** Of each tile, its bytes; runs are fetched one after the other, so that few are in memory. */
export async function* fetchTiles(
  objects: Objects,
  size: number,
  tiles: readonly Tile[],
  options: ReadOptions,
): AsyncGenerator<{ readonly tile: Tile; readonly stored: Uint8Array }> {
  for (const { start, end, tiles: near } of runsOf(tiles)) {
    if (end > size) throw corrupt(`a tile lies up to byte ${end} of a file of ${size}: it is cut or damaged`)
    const ranged = await objects.getRange('', start, end, options)
    if (ranged === undefined) throw new ReaderError('NotFound', `nothing lies at '${objects.name}' any more`)
    if (ranged.bytes.length < end - start)
      throw new ReaderError('Unavailable', `'${objects.name}' gave fewer bytes than were asked for`)
    for (const tile of near)
      yield { tile, stored: ranged.bytes.subarray(tile.offset - start, tile.offset - start + tile.bytes) }
  }
}
