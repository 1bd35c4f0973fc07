import {
  type ColourScale,
  encodePng,
  type GridPreview,
  type ImagePreview,
  type LinePreview,
  type Preview,
  pictureOf,
  type TablePreview,
} from '@frost/reader'

/** A picture of a grid or an image, with what its colour bar says. */
export interface DrawnPicture extends Partial<Omit<ColourScale, 'colour'>> {
  readonly mediaType: 'image/png'
  readonly base64: string
  readonly width: number
  readonly height: number
}

/** A preview in which grids and images are pictures: all that a page shows of them, from one read. */
export type DrawnPreview =
  | (Omit<GridPreview, 'values'> & { readonly picture: DrawnPicture })
  | (Omit<ImagePreview, 'pixels'> & { readonly picture: DrawnPicture })
  | LinePreview
  | TablePreview

/** @param side pixels of the picture's longer side; @param picture a colour map by name, or `auto` for what fits the values */
export function drawn(
  preview: Preview,
  { side, picture: map }: { readonly side?: number; readonly picture?: string },
): DrawnPreview {
  if (preview.kind === 'table' || preview.kind === 'line') return preview
  const { raster, scale } = pictureOf(preview, { side, ...(map === 'auto' ? {} : { map }) })
  const { colour: _, ...bar } = scale ?? { colour: undefined }
  const picture: DrawnPicture = {
    mediaType: 'image/png',
    base64: Buffer.from(encodePng(raster)).toString('base64'),
    width: raster.width,
    height: raster.height,
    ...bar,
  }
  if (preview.kind === 'grid') {
    const { values: __, ...about } = preview
    return { ...about, picture }
  }
  const { pixels: __, ...about } = preview
  return { ...about, picture }
}
