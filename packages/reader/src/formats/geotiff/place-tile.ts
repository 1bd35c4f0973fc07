import type { IndexRange } from '../../dataset.ts'
import { type Block, stepsOf } from '../arrays/blocks.ts'
import { itemBytes, type TiffImage, tileRows, tileSamples } from './image.ts'
import type { Tile } from './tiles.ts'

/** Copies the selected values of one tile to their places in a block of bands, rows and columns. */
export function placeTile(
  image: TiffImage,
  tile: Tile,
  values: Uint8Array,
  block: Block,
  target: Uint8Array,
): void {
  const [bands, y, x] = block.ranges as [IndexRange, IndexRange, IndexRange]
  const [, height, width] = block.shape as [number, number, number]
  const samples = tileSamples(image)
  const rows = within(y, tile.row * image.tileHeight, tileRows(image, tile.row))
  const columns = within(x, tile.column * image.tileWidth, image.tileWidth)
  const copy = copier(values, target, itemBytes(image))
  for (let bandStep = 0, bandSteps = stepsOf(bands); bandStep < bandSteps; bandStep++) {
    const band = bands.start + bandStep * bands.step
    if (!image.chunky && band !== tile.plane) continue
    const sample = image.chunky ? band : 0
    for (let rowStep = rows.from; rowStep < rows.to; rowStep++) {
      const row = y.start + rowStep * y.step - tile.row * image.tileHeight
      const first = x.start + columns.from * x.step - tile.column * image.tileWidth
      copy(
        (row * image.tileWidth + first) * samples + sample,
        x.step * samples,
        (bandStep * height + rowStep) * width + columns.from,
        columns.to - columns.from,
      )
    }
  }
}

/** Steps of a range that fall on `[start, start + length)`. */
function within(
  range: IndexRange,
  start: number,
  length: number,
): { readonly from: number; readonly to: number } {
  const from = Math.max(0, Math.ceil((start - range.start) / range.step))
  return {
    from,
    to: Math.max(from, Math.min(stepsOf(range), Math.ceil((start + length - range.start) / range.step))),
  }
}

/** Copies items at a distance in the source side by side into the target; places count items. */
function copier(source: Uint8Array, target: Uint8Array, bytes: number) {
  const parts = bytes > 8 ? bytes / 8 : 1
  const [from, to] = [items(source, bytes / parts), items(target, bytes / parts)]
  return (at: number, distance: number, place: number, count: number): void => {
    if (distance === 1) {
      to.set(from.subarray(at * parts, (at + count) * parts) as never, place * parts)
      return
    }
    for (let index = 0; index < count; index++)
      for (let part = 0; part < parts; part++)
        to[(place + index) * parts + part] = from[(at + index * distance) * parts + part]!
  }
}

interface Items {
  [at: number]: number | bigint
  set(values: never, place: number): void
  subarray(start: number, end: number): unknown
}

function items({ buffer, byteOffset, byteLength }: Uint8Array, bytes: number): Items {
  switch (bytes) {
    case 2:
      return new Uint16Array(buffer, byteOffset, byteLength / 2)
    case 4:
      return new Uint32Array(buffer, byteOffset, byteLength / 4)
    case 8:
      return new BigUint64Array(buffer, byteOffset, byteLength / 8)
    default:
      return new Uint8Array(buffer, byteOffset, byteLength)
  }
}
