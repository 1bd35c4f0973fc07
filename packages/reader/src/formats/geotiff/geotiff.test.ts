import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ArrayDataset, IndexRange } from '../../dataset.ts'
import { localObjects } from '../../objects/local.ts'
import {
  collect,
  difference,
  fixture,
  metered,
  openWith,
  PRINTED,
  printed,
  pythonFiles,
  pythonHas,
  pythonJson,
  variableOf,
  whole,
} from '../arrays/oracle.ts'
import { FILES, JUDGE, type JudgedRaster } from './gdal.fixture.ts'
import { geotiff } from './geotiff.ts'

const python = pythonHas('rasterio', 'numpy')
const folder = python ? pythonFiles(FILES) : ''
const fixtures = fixture('geotiff')
const fixtureFiles = fixtures === undefined ? [] : readdirSync(fixtures).map(name => join(fixtures, name))
const generated = python ? readdirSync(folder).map(name => join(folder, name)) : []

async function agree(
  path: string,
  { dtype, shape, values, levels, transform, epsg }: JudgedRaster,
): Promise<void> {
  const dataset = await openWith(geotiff, path)
  const { array, attributes } = await dataset.describe()
  const variable = variableOf(array!.variables, 'band_data')
  expect([path, variable.dtype, variable.shape, variable.dimensions]).toEqual([
    path,
    dtype,
    shape,
    ['band', 'y', 'x'],
  ])
  const found = await collectRaster(dataset, 'band_data', variable.shape)
  expect([
    path,
    difference(
      printed(found, dtype.replace('complex64', 'float32').replace('complex128', 'float64')),
      values,
    ),
  ]).toEqual([path, undefined])
  expect((variable.coarser ?? []).length).toBe(levels.length)
  for (const [at, level] of levels.entries()) {
    const coarser = variableOf(array!.variables, variable.coarser![at]!)
    expect(coarser.shape).toEqual(level.shape)
    expect(
      difference(printed(await collectRaster(dataset, coarser.name, coarser.shape), dtype), level.values),
    ).toBe(undefined)
  }
  if (attributes.transform !== undefined) expect(attributes.transform).toEqual(transform)
  if (epsg !== null) expect(attributes.crs).toBe(`EPSG:${epsg}`)
}

/** Complex numbers come as pairs, which `collect` does not know. */
async function collectRaster(
  dataset: ArrayDataset,
  name: string,
  shape: readonly number[],
): Promise<unknown[]> {
  const { array } = await dataset.describe()
  if (!variableOf(array!.variables, name).dtype.startsWith('complex'))
    return (await collect(dataset, name, whole(shape))).values as unknown[]
  const values: unknown[] = []
  for await (const block of dataset.read(name, whole(shape))) values.push(...(block.values as Float64Array))
  return values
}

describe('GeoTIFF', () => {
  it.skipIf(!python)(
    'gives the values of GDAL for every type, layout, compression and predictor',
    async () => {
      const exact = generated.filter(path => !/jpeg|unread|masked/.test(path))
      expect(exact.length).toBeGreaterThan(70)
      const judged = pythonJson(JUDGE, ...exact) as Record<string, JudgedRaster>
      for (const [path, raster] of Object.entries(judged)) await agree(path, raster)
    },
    120_000,
  )

  it.skipIf(!python || fixtures === undefined)(
    'gives the values of GDAL for every fixture',
    async () => {
      const judged = pythonJson(JUDGE, ...fixtureFiles) as Record<string, JudgedRaster>
      for (const [path, raster] of Object.entries(judged)) await agree(path, raster)
    },
    120_000,
  )

  it.skipIf(!python)('unpacks JPEG as near to GDAL as two decoders come', async () => {
    const judge = `${PRINTED}\nimport rasterio\nprint(json.dumps([[int(v) for v in rasterio.open(p).read().ravel()] for p in sys.argv[1:]]))`
    const paths = ['jpeg_rgb', 'jpeg_grey'].map(name => join(folder, `${name}.tif`))
    const judged = pythonJson(judge, ...paths) as number[][]
    for (const [at, path] of paths.entries()) {
      const dataset = await openWith(geotiff, path)
      const { shape } = variableOf((await dataset.describe()).array!.variables, 'band_data')
      const { values } = await collect(dataset, 'band_data', whole(shape))
      const errors = values.map((value, index) => Math.abs((value as number) - judged[at]![index]!))
      expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(1.5)
    }
  })

  it.skipIf(!python)('names a compression that it cannot read, and describes the rest', async () => {
    const dataset = await openWith(geotiff, join(folder, 'unread_webp.tif'))
    const { warnings, array } = await dataset.describe()
    expect(warnings.join()).toContain('webp')
    const { shape } = variableOf(array!.variables, 'band_data')
    await expect(collect(dataset, 'band_data', whole(shape))).rejects.toEqual(
      expect.objectContaining({ code: 'Unsupported', message: expect.stringContaining('webp') }),
    )
  })

  it.skipIf(!python)('describes bands, tags, scale and offset, no data', async () => {
    const { array, attributes, format } = await (
      await openWith(geotiff, join(folder, 'described.tif'))
    ).describe()
    expect(format).toBe('geotiff')
    expect(attributes).toMatchObject({
      title: 'Grüße',
      TIFFTAG_SOFTWARE: 'test',
      AREA_OR_POINT: 'Area',
      crs: 'EPSG:3857',
    })
    expect(variableOf(array!.variables, 'band_data')).toMatchObject({
      dtype: 'int16',
      fill: -9999,
      scale: 0.1,
      offset: 5,
      units: 'K',
      attributes: { long_name: ['day & <night>', 'noon'], bands: [{ hour: '3' }, {}] },
    })
    expect(variableOf(array!.variables, 'x')).toMatchObject({
      units: 'm',
      standardName: 'projection_x_coordinate',
    })
  })

  it.skipIf(!python)('computes coordinates at the middle of pixels, those of overviews too', async () => {
    const dataset = await openWith(geotiff, join(folder, 'cog.tif'))
    const { array, format } = await dataset.describe()
    expect(format).toBe('cog')
    expect(variableOf(array!.variables, 'band_data').coarser).toEqual(
      ['overview_1', 'overview_2', 'overview_3', 'overview_4'].slice(
        0,
        variableOf(array!.variables, 'band_data').coarser!.length,
      ),
    )
    expect((await collect(dataset, 'x', [{ start: 0, end: 5, step: 2 }])).values).toEqual([
      500015, 500075, 500135,
    ])
    expect((await collect(dataset, 'y', whole([900]))).values.slice(0, 2)).toEqual([5199985, 5199955])
    expect((await collect(dataset, 'x_overview_1', whole([650]))).values.slice(0, 2)).toEqual([
      500030, 500090,
    ])
    expect((await collect(dataset, 'band', whole([1]))).values).toEqual([1n])
  })

  it.skipIf(!python)('counts tiles that were never written and gives no data for them', async () => {
    const dataset = await openWith(geotiff, join(folder, 'sparse.tif'))
    const { values, missingChunks } = await collect(dataset, 'band_data', whole([1, 160, 160]))
    expect(missingChunks).toBe(23)
    expect([values[0], values[64], values[159 * 160]]).toEqual([7, -5, -5])
  })

  it.skipIf(!python)('shows an internal mask as a variable', async () => {
    const dataset = await openWith(geotiff, join(folder, 'masked.tif'))
    const { values } = await collect(dataset, 'mask', whole([1, 64, 96]))
    expect([values[0], values[63 * 96 + 95]]).toEqual([0, 1])
  })

  const range = (length: number): fc.Arbitrary<IndexRange> =>
    fc
      .tuple(fc.nat(length), fc.nat(length), fc.integer({ min: 1, max: 20 }))
      .map(([a, b, step]) => ({ start: Math.min(a, b), end: Math.max(a, b), step }))

  it.skipIf(!python)('any part equals that part of the whole', async () => {
    for (const name of [
      'predictor_2_int16_BIG_pixel',
      'compress_lzw_striped_band_float32',
      'dtype_int64',
      'bits_2',
    ]) {
      const dataset = await openWith(geotiff, join(folder, `${name}.tif`))
      const [bands] = variableOf((await dataset.describe()).array!.variables, 'band_data').shape
      const all = (await collect(dataset, 'band_data', whole([bands!, 45, 37]))).values
      await fc.assert(
        fc.asyncProperty(range(bands!), range(45), range(37), async (b, y, x) => {
          const { values } = await collect(dataset, 'band_data', [b, y, x])
          const expected: unknown[] = []
          for (let i = b.start; i < b.end; i += b.step)
            for (let j = y.start; j < y.end; j += y.step)
              for (let k = x.start; k < x.end; k += x.step) expected.push(all[(i * 45 + j) * 37 + k])
          expect(values).toEqual(expected)
        }),
        { numRuns: 40 },
      )
    }
  })

  it.skipIf(!python)('describes every file within ten requests and 150 KB', async () => {
    for (const path of [...generated, ...fixtureFiles]) {
      const { objects, reads } = metered(localObjects(path))
      await (await openWith(geotiff, objects)).describe()
      expect([path, reads.length <= 10]).toEqual([path, true])
      expect([path, reads.reduce((sum, { bytes }) => sum + bytes, 0) < 150_000]).toEqual([path, true])
    }
  })

  it.skipIf(!python)('costs what it estimates', async () => {
    for (const [name, ranges] of [
      [
        'cog',
        [
          { start: 0, end: 1, step: 1 },
          { start: 100, end: 700, step: 3 },
          { start: 5, end: 900, step: 1 },
        ],
      ],
      [
        'tail',
        [
          { start: 0, end: 1, step: 1 },
          { start: 0, end: 900, step: 1 },
          { start: 0, end: 10, step: 1 },
        ],
      ],
    ] as const) {
      const { objects, reads } = metered(localObjects(join(folder, `${name}.tif`)))
      const dataset = await openWith(geotiff, objects)
      const estimate = await dataset.estimate('band_data', ranges)
      const before = reads.length
      await collect(dataset, 'band_data', ranges)
      const made = reads.slice(before)
      expect({ requests: made.length, bytes: made.reduce((sum, { bytes }) => sum + bytes, 0) }).toEqual(
        estimate,
      )
    }
  })

  it.skipIf(!python)(
    'describes 36,000 × 18,000 pixels by a few kilobytes',
    async () => {
      const path = join(
        pythonFiles(`
import numpy as np, rasterio
from rasterio.transform import from_origin
o = dict(driver='GTiff', count=1, height=18000, width=36000, dtype='uint8', crs='EPSG:4326', transform=from_origin(-180, 90, .01, .01), tiled=True, blockxsize=512, blockysize=512, SPARSE_OK=True, compress='deflate', BIGTIFF='YES')
with rasterio.Env(SPARSE_OK_OVERVIEW=True), rasterio.open('world.tif', 'w', **o) as d:
    d.write(np.ones((1, 512, 512), 'uint8'), window=((512, 1024), (512, 1024))); d.build_overviews([2, 4, 8, 16, 32, 64])
`),
        'world.tif',
      )
      const { objects, reads } = metered(localObjects(path))
      const dataset = await openWith(geotiff, objects)
      const { array, coverage } = await dataset.describe()
      expect(variableOf(array!.variables, 'band_data').coarser).toHaveLength(6)
      expect(coverage.space).toEqual({ west: -180, east: 180, south: -90, north: 90 })
      expect(reads.length).toBeLessThanOrEqual(10)
      expect(reads.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(150_000)
      const ranges = [
        { start: 0, end: 1, step: 1 },
        { start: 600, end: 601, step: 1 },
        { start: 0, end: 1024, step: 1 },
      ]
      const { values, missingChunks } = await collect(dataset, 'band_data', ranges)
      expect([values[0], values[600], missingChunks]).toEqual([0, 1, 1])
    },
    120_000,
  )
})
