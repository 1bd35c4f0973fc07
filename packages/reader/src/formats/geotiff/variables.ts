import type { ArrayModel, Dimension, Variable } from '../../model.ts'
import { type Attributes, defined } from '../arrays/attributes.ts'
import { compressionName } from './decompress.ts'
import { isUpright, placeOf } from './georeference.ts'
import { type TiffImage, tileSamples } from './image.ts'
import type { Layer, Raster } from './raster.ts'

/** A coordinate whose values are computed: `first + index · step`. */
export interface Axis {
  readonly name: string
  readonly size: number
  readonly first: number
  readonly step: number
  readonly whole: boolean
  readonly attributes: Attributes
}

/** A layer with the names of its dimensions: band, y, x. */
export interface NamedLayer extends Layer {
  readonly dimensions: readonly [band: string, y: string, x: string]
}

export interface RasterModel {
  readonly layers: ReadonlyMap<string, NamedLayer>
  readonly axes: ReadonlyMap<string, Axis>
  readonly array: ArrayModel
}

/** As xarray shows it through rioxarray: one variable `band_data` over band, y and x; coordinates at the middle of pixels. */
export function rasterModel(raster: Raster): RasterModel {
  const dimensions = new Map<string, number>()
  const axes = new Map<string, Axis>()
  const main = raster.layers[0]!.image
  const layers = raster.layers.map((layer): NamedLayer => {
    const { image, name } = layer
    const dimension = (bare: string, size: number, mainSize: number) => {
      const own = size === mainSize ? bare : `${bare}_${name}`
      dimensions.set(own, size)
      return own
    }
    const band = dimension('band', image.samples, main.samples)
    const y = dimension('y', image.height, main.height)
    const x = dimension('x', image.width, main.width)
    if (!axes.has(band))
      axes.set(band, { name: band, size: image.samples, first: 1, step: 1, whole: true, attributes: {} })
    if (raster.transform !== undefined && isUpright(raster.transform) && layer.kind !== 'page') {
      axes.set(x, spatialAxis(raster, x, 'x', image, main))
      axes.set(y, spatialAxis(raster, y, 'y', image, main))
    }
    return { ...layer, dimensions: [band, y, x] }
  })
  const overviews = layers.filter(({ kind }) => kind === 'overview').map(({ name }) => name)
  return {
    layers: new Map(layers.map(layer => [layer.name, layer])),
    axes,
    array: {
      dimensions: [...dimensions].map(([name, size]): Dimension => ({ name, size })),
      variables: [
        ...layers.map(layer => layerVariable(raster, layer, overviews)),
        ...[...axes.values()].map(axisVariable),
      ],
    },
  }
}

function spatialAxis(
  raster: Raster,
  name: string,
  along: 'x' | 'y',
  image: TiffImage,
  main: TiffImage,
): Axis {
  const transform = raster.transform!
  const [factor, size] =
    along === 'x' ? [main.width / image.width, image.width] : [main.height / image.height, image.height]
  const step = (along === 'x' ? transform[0] : transform[4]) * factor
  const origin = placeOf(transform, 0, 0)[along === 'x' ? 0 : 1]
  return {
    name,
    size,
    first: origin + step / 2,
    step,
    whole: false,
    attributes: axisAttributes(raster, along),
  }
}

/** CF conventions, sections 4.1, 4.2 and 5.6. */
function axisAttributes({ crs }: Raster, along: 'x' | 'y'): Attributes {
  const axis = along.toUpperCase()
  if (crs === undefined) return { axis }
  if (crs.kind === 'geographic')
    return along === 'x'
      ? { axis, standard_name: 'longitude', units: 'degrees_east' }
      : { axis, standard_name: 'latitude', units: 'degrees_north' }
  return { axis, standard_name: `projection_${along}_coordinate`, units: crs.units }
}

function axisVariable({ name, size, whole, attributes }: Axis): Variable {
  return defined({
    name,
    dtype: whole ? 'int64' : 'float64',
    shape: [size],
    dimensions: [name],
    units: attributes.units as string | undefined,
    standardName: attributes.standard_name as string | undefined,
    coordinate: true,
    attributes,
  })
}

function layerVariable(
  raster: Raster,
  { name, image, kind, dimensions }: NamedLayer,
  overviews: string[],
): Variable {
  const { metadata } = raster
  const data = kind === 'main' || kind === 'overview'
  const descriptions = perBand(image, metadata.descriptions, '')
  const units = perBand(image, metadata.units, '')
  const scales = perBand(image, metadata.scales, 1)
  const offsets = perBand(image, metadata.offsets, 0)
  const same = <T>(values: readonly T[] | undefined) =>
    values?.every(value => value === values[0]) ? values[0] : undefined
  return defined({
    name,
    dtype: image.dtype,
    shape: [image.samples, image.height, image.width],
    dimensions,
    chunks: [tileSamples(image), image.tileHeight, image.tileWidth],
    codecs: image.compression === 1 ? undefined : [compressionName(image.compression)],
    units: data ? same(units) : undefined,
    longName: data ? same(descriptions) : undefined,
    fill: data ? fillOf(image, raster.noData) : undefined,
    scale: data ? same(scales) : undefined,
    offset: data ? same(offsets) : undefined,
    coarser: kind === 'main' && overviews.length > 0 ? overviews : undefined,
    attributes: data
      ? defined({
          ...(image.samples === 1 ? metadata.bands.get(0) : undefined),
          long_name: descriptions?.length === 1 ? descriptions[0] : descriptions,
          units: units?.length === 1 ? units[0] : units,
          scale_factor: scales?.length === 1 ? scales[0] : scales,
          add_offset: offsets?.length === 1 ? offsets[0] : offsets,
          bands:
            image.samples > 1 && metadata.bands.size > 0
              ? Array.from({ length: image.samples }, (_, band) => metadata.bands.get(band) ?? {})
              : undefined,
        })
      : {},
  })
}

/** One value for each band where any has one. */
function perBand<T>({ samples }: TiffImage, values: ReadonlyMap<number, T>, otherwise: T): T[] | undefined {
  return values.size === 0
    ? undefined
    : Array.from({ length: samples }, (_, band) => values.get(band) ?? otherwise)
}

/** The value that GDAL writes as text, as it is stored; undefined where the type cannot hold it. */
function fillOf({ dtype }: TiffImage, noData: string | undefined): Variable['fill'] {
  if (noData === undefined) return undefined
  if (/int64$/.test(dtype)) return /^-?\d{1,20}$/.test(noData) ? noData : undefined
  const value = /^[+-]?nan$/i.test(noData)
    ? Number.NaN
    : /^[+-]?inf/i.test(noData)
      ? Number.POSITIVE_INFINITY
      : Number(noData)
  if (dtype.startsWith('float')) {
    if (Number.isNaN(value)) return /nan/i.test(noData) ? 'NaN' : undefined
    const stored = dtype === 'float32' ? Math.fround(value) : value
    return Number.isFinite(stored)
      ? stored
      : String(noData.startsWith('-') ? Number.NEGATIVE_INFINITY : stored)
  }
  const [, signed, bits] = /^(u?)int(\d+)$/.exec(dtype) ?? []
  if (bits === undefined || !Number.isInteger(value)) return undefined
  const [least, most] =
    signed === 'u' ? [0, 2 ** Number(bits) - 1] : [-(2 ** (Number(bits) - 1)), 2 ** (Number(bits) - 1) - 1]
  return value >= least && value <= most ? value : undefined
}

/** What the file says of itself as a whole. */
export function rasterAttributes(raster: Raster): Attributes {
  const { crs, transform, metadata, tags, point } = raster
  return defined({
    ...metadata.file,
    ...tags,
    AREA_OR_POINT: point ? 'Point' : 'Area',
    crs: crs?.code,
    crs_citation: crs?.citation,
    crs_proj: crs?.proj,
    transform: transform && [...transform],
  })
}
