import type { ReadOptions } from '../../objects.ts'
import { type Crs, crsOf } from './crs.ts'
import { type Directory, FieldReader, readDirectories, type TiffLayout } from './directory.ts'
import type { FilePages } from './file-pages.ts'
import { type GdalMetadata, gdalMetadata } from './gdal-metadata.ts'
import { KEY, readGeoKeys, readTransform, type Transform } from './georeference.ts'
import { readImage, TAG, type TiffImage } from './image.ts'

/** What a file holds: its main image, the same at coarser resolutions, masks and further pages. */
export interface Raster {
  readonly layers: readonly Layer[]
  readonly transform?: Transform
  readonly crs?: Crs
  readonly point: boolean
  readonly noData?: string
  readonly metadata: GdalMetadata
  readonly tags: Readonly<Record<string, string>>
  readonly warnings: readonly string[]
}

/** One image as a variable. */
export interface Layer {
  readonly name: string
  readonly image: TiffImage
  readonly kind: 'main' | 'overview' | 'mask' | 'page'
}

/** Directories that are looked at; stacks of thousands of pages are described by their first. */
const MAX_DIRECTORIES = 64
const TEXT_TAGS = {
  TIFFTAG_IMAGEDESCRIPTION: TAG.description,
  TIFFTAG_SOFTWARE: TAG.software,
  TIFFTAG_DATETIME: TAG.dateTime,
}

export async function readRaster(
  pages: FilePages,
  layout: TiffLayout,
  options: ReadOptions,
): Promise<Raster> {
  const { directories, more } = await readDirectories(pages, layout, MAX_DIRECTORIES, options)
  const fieldsOf = (directory: Directory) => new FieldReader(pages, layout, directory)
  const images: TiffImage[] = []
  for (const directory of directories)
    images.push(await readImage(fieldsOf(directory), layout.little, options))
  const { fields } = images[0]!
  const keys = await readGeoKeys(fields, options)
  const transform = await readTransform(fields, keys, options)
  const crs = crsOf(keys)
  const noData = (await fields.text(TAG.gdalNoData, options))?.trim()
  const tags = new Map<string, string>()
  for (const [name, tag] of Object.entries(TEXT_TAGS)) {
    const text = await fields.text(tag, options)
    if (text !== undefined) tags.set(name, text)
  }
  const layers = layersOf(images)
  return {
    layers,
    ...(transform && { transform }),
    ...(crs && { crs }),
    point: keys.get(KEY.rasterType) === 2,
    ...(noData !== undefined && noData !== '' && { noData }),
    metadata: gdalMetadata((await fields.text(TAG.gdalMetadata, options)) ?? ''),
    tags: Object.fromEntries(tags),
    warnings: [
      ...(more ? [`only the first ${MAX_DIRECTORIES} images of the file are described`] : []),
      ...(transform === undefined && fields.count(TAG.tiepoints) > 6
        ? ['it is placed by ground control points, which are not read: it has no coordinates']
        : []),
      ...(crs !== undefined && crs.proj === undefined
        ? [
            `its reference system ${crs.code ?? `'${crs.citation ?? 'without a name'}'`} is not known here: it has no coverage in degrees`,
          ]
        : []),
    ],
  }
}

/** The first image is the main one; what is reduced belongs to it, finest first. */
function layersOf(images: readonly TiffImage[]): Layer[] {
  const [main, ...others] = images
  const overviews = others
    .filter(({ kind, samples }) => kind === 'overview' && samples === main!.samples)
    .sort((a, b) => b.width - a.width)
  const masks = others.filter(
    ({ kind, width, height }) => kind === 'mask' && width === main!.width && height === main!.height,
  )
  const further = others.filter(({ kind }) => kind === 'image')
  return [
    { name: 'band_data', image: main!, kind: 'main' },
    ...overviews.map((image, at): Layer => ({ name: `overview_${at + 1}`, image, kind: 'overview' })),
    ...masks.slice(0, 1).map((image): Layer => ({ name: 'mask', image, kind: 'mask' })),
    ...further.map((image, at): Layer => ({ name: `page_${at + 2}`, image, kind: 'page' })),
  ]
}
