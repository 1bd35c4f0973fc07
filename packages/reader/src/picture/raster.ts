import type { GridPreview, ImagePreview, LinePreview } from '../preview/types.ts'
import { type ColourScale, colourScaleOf } from './colour-map.ts'
import { encodePng, type Raster } from './png.ts'

export interface PictureOptions {
  /** Pixels of the longer side; each value becomes a square of whole pixels where there is room. 512 when absent. */
  readonly side?: number
  /** One of `COLOUR_MAPS`; what fits the values when absent. */
  readonly map?: string
}

/** Pixels with the scale that made them; north or upward is at the top, what is missing is transparent. */
export interface Picture {
  readonly raster: Raster
  readonly scale?: ColourScale
}

export function pictureOf(
  preview: GridPreview | ImagePreview | LinePreview,
  options: PictureOptions = {},
): Picture {
  if (preview.kind === 'grid') return gridPicture(preview, options)
  return { raster: preview.kind === 'image' ? imageRaster(preview) : lineRaster(preview, options) }
}

export function pngOf(
  preview: GridPreview | ImagePreview | LinePreview,
  options: PictureOptions = {},
): Uint8Array {
  const { variable, units } = preview
  return encodePng(pictureOf(preview, options).raster, {
    Title: units === undefined ? variable : `${variable} (${units})`,
  })
}

function gridPicture(preview: GridPreview, { side = 512, map }: PictureOptions): Picture {
  const scale = colourScaleOf(preview, map)
  const rows = preview.upward ? [...preview.values].reverse() : preview.values
  const [height, width] = [rows.length, rows[0]?.length ?? 0]
  if (width === 0) return { raster: { width: 1, height: 1, channels: 4, pixels: new Uint8Array(4) }, scale }
  const zoom = Math.max(1, Math.floor(side / Math.max(width, height)))
  const pixels = new Uint8Array(width * height * zoom * zoom * 4)
  const stride = width * zoom * 4
  rows.forEach((row, y) => {
    const line = pixels.subarray(y * zoom * stride, y * zoom * stride + stride)
    row.forEach((cell, x) => {
      const value = cell === null ? Number.NaN : Number(cell)
      if (Number.isNaN(value)) return
      const [red, green, blue] = scale.colour(value)
      for (let at = x * zoom * 4; at < (x + 1) * zoom * 4; at += 4) line.set([red, green, blue, 255], at)
    })
    for (let copy = 1; copy < zoom; copy++) pixels.set(line, (y * zoom + copy) * stride)
  })
  return { raster: { width: width * zoom, height: height * zoom, channels: 4, pixels }, scale }
}

function imageRaster({ width, height, channels, pixels, upward }: ImagePreview): Raster {
  const bytes = Buffer.from(pixels, 'base64')
  if (!upward) return { width, height, channels, pixels: bytes }
  const stride = width * channels
  const turned = new Uint8Array(bytes.length)
  for (let row = 0; row < height; row++)
    turned.set(bytes.subarray(row * stride, (row + 1) * stride), (height - 1 - row) * stride)
  return { width, height, channels, pixels: turned }
}

/** A curve of the values, least at the bottom; a gap where one is missing. */
function lineRaster({ values, statistics }: LinePreview, { side = 512 }: PictureOptions): Raster {
  const [width, height] = [side, Math.max(1, Math.round(side / 2))]
  const pixels = new Uint8Array(width * height * 4)
  const dot = (x: number, y: number) => {
    for (const [dx, dy] of [
      [0, 0],
      [1, 0],
      [0, 1],
    ] as const)
      if (x + dx < width && y + dy < height)
        pixels.set([0x2f, 0x6d, 0xb5, 255], ((y + dy) * width + x + dx) * 4)
  }
  const low = statistics?.min ?? 0
  const span = (statistics?.max ?? 1) - low || 1
  let before: readonly [number, number] | undefined
  values.forEach((cell, at) => {
    const value = cell === null ? Number.NaN : Number(cell)
    if (!Number.isFinite(value)) {
      before = undefined
      return
    }
    const x = Math.round((at / Math.max(1, values.length - 1)) * (width - 1))
    const y = Math.round((1 - (value - low) / span) * (height - 1))
    const [fromX, fromY] = before ?? [x, y]
    const steps = Math.max(1, Math.abs(x - fromX), Math.abs(y - fromY))
    for (let step = 0; step <= steps; step++)
      dot(Math.round(fromX + ((x - fromX) * step) / steps), Math.round(fromY + ((y - fromY) * step) / steps))
    before = [x, y]
  })
  return { width, height, channels: 4, pixels }
}
