import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ArrayDataset, IndexRange } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import type { Coverage } from '../../model.ts'
import { localObjects } from '../../objects/local.ts'
import type { Objects } from '../../objects.ts'
import {
  bytesObjects,
  collect,
  difference,
  fixture,
  type Judged,
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
import { geotiff } from './geotiff.ts'

const JUDGE = `${PRINTED}
import rasterio
from rasterio.warp import transform_bounds
# rasterio before 1.3.6 calls each of these by the other's name.
swapped = {'int64': 'uint64', 'uint64': 'int64'} if tuple(map(int, rasterio.__version__.split('.')[:3])) < (1, 3, 6) else {}
out = {}
for path in sys.argv[1:]:
    d = rasterio.open(path)
    a = d.read()
    levels = d.overviews(1)
    dtype = swapped.get(d.dtypes[0], d.dtypes[0]); a = a.view(dtype) if a.dtype.kind in 'iu' else a
    r = out[path] = dict(dtype=dtype, shape=a.shape, levels=[], transform=list(d.transform)[:6], nodata=None if d.nodata is None else repr(float(d.nodata)),
        epsg=d.crs.to_epsg() if d.crs else None, scales=d.scales, offsets=d.offsets, units=d.units, descriptions=d.descriptions)
    if a.dtype.kind == 'c': a = np.stack([a.real, a.imag], -1)
    r['values'] = printed(a)
    if d.crs: r['bounds'] = transform_bounds(d.crs, 'EPSG:4326', *d.bounds, densify_pts=60)
    for i in range(len(levels)):
        o = rasterio.open(path, overview_level=i).read()
        r['levels'].append(dict(shape=o.shape, values=printed(o)))
print(json.dumps(out))
`

const FILES = `
import numpy as np, rasterio, itertools, warnings
from rasterio.shutil import copy
from rasterio.enums import Resampling
from rasterio.transform import from_origin
warnings.filterwarnings('ignore')
rng = np.random.default_rng(5)
def data(t, shape):
    n = np.dtype(t)
    if n.kind == 'c': return (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(t)
    if n.kind == 'f':
        a = np.cumsum(rng.normal(size=shape), -1).astype(t); a[..., 0, 0] = np.nan; return a
    i = np.iinfo(n); return (rng.integers(i.min, i.max, size=shape, dtype=n, endpoint=True) if rng.random() < .5 else np.cumsum(rng.integers(0, 3, size=shape), -1).astype(n))
def write(name, a, **o):
    with rasterio.open(name + '.tif', 'w', driver='GTiff', count=a.shape[0], height=a.shape[1], width=a.shape[2], dtype=a.dtype, crs='EPSG:32633', transform=from_origin(500000, 5200000, 30, 30), **o) as d: d.write(a)
tiled = dict(tiled=True, blockxsize=16, blockysize=32)
for t in ['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'uint64', 'int64', 'float32', 'float64', 'complex64', 'complex128']:
    try: write('dtype_' + t, data(t, (2, 45, 37)), compress='deflate', **tiled)
    except Exception as e: print('not here:', t, e)
for c in ['none', 'deflate', 'lzw', 'packbits', 'zstd', 'lerc', 'lerc_deflate', 'lerc_zstd']:
    for layout, interleave in itertools.product([dict(), tiled], ['pixel', 'band']):
        for t in ['uint8', 'float32']:
            if c.startswith('lerc') and (t == 'uint8' or interleave == 'pixel'): continue
            a = np.cumsum(np.ones((3, 45, 37)), -1).astype(t) if c.startswith('lerc') else data(t, (3, 45, 37))
            write('compress_%s_%s_%s_%s' % (c, 'tiled' if layout else 'striped', interleave, t), a, compress=c, interleave=interleave, **layout)
for t, predictor, endian, interleave in itertools.product(['uint8', 'int16', 'uint32', 'int64', 'float32', 'float64'], [1, 2, 3], ['LITTLE', 'BIG'], ['pixel', 'band']):
    if (predictor == 3) != (t[0] == 'f') and predictor != 1: continue
    try: write('predictor_%d_%s_%s_%s' % (predictor, t, endian, interleave), data(t, (2, 45, 37)), compress='lzw' if t[0] == 'i' else 'deflate', predictor=predictor, ENDIANNESS=endian, interleave=interleave, **tiled)
    except Exception as e: print('not here:', t, predictor, e)
for bits in [1, 2, 4]: write('bits_%d' % bits, rng.integers(0, 2 ** bits, size=(3, 45, 37)).astype('uint8'), NBITS=bits)
write('big', data('int16', (2, 45, 37)), BIGTIFF='YES', compress='lzw', **tiled); write('big_be', data('int16', (2, 45, 37)), BIGTIFF='YES', ENDIANNESS='BIG')
write('one_strip', data('float32', (2, 450, 370)), blockysize=450, interleave='pixel'); write('one_strip_bands', data('int16', (2, 450, 370)), blockysize=450, interleave='band')
a = np.full((1, 160, 160), 7, 'int16')
with rasterio.open('sparse.tif', 'w', driver='GTiff', count=1, height=160, width=160, dtype='int16', nodata=-5, SPARSE_OK=True, compress='deflate', tiled=True, blockxsize=32, blockysize=32, crs='EPSG:4326', transform=from_origin(170, 10, .1, .1)) as d:
    d.write(a[:, :32, :64], window=((0, 32), (0, 64)))
with rasterio.open('described.tif', 'w', driver='GTiff', count=2, height=20, width=30, dtype='int16', nodata=-9999, crs='EPSG:3857', transform=from_origin(0, 0, 1000, 1000)) as d:
    d.write(data('int16', (2, 20, 30))); d.scales = [.1, .1]; d.offsets = [5, 5]; d.units = ['K', 'K']; d.descriptions = ['day & <night>', 'noon']
    d.update_tags(title='Grüße', TIFFTAG_SOFTWARE='test'); d.update_tags(1, hour='3')
big = np.cumsum(rng.normal(size=(1, 900, 1300)), -1).astype('float32')
for name, kind in [('cog', 'COG'), ('tail', 'GTiff')]:
    write('plain', big, tiled=True, compress='deflate')
    if kind == 'COG': copy('plain.tif', 'cog.tif', driver='COG', compress='deflate', blocksize=128, overview_resampling='average')
    else:
        copy('plain.tif', 'tail.tif', driver='GTiff', tiled=True)
        with rasterio.open('tail.tif', 'r+') as d: d.build_overviews([2, 4], Resampling.nearest)
rgb = np.stack([np.add.outer(np.arange(64), np.arange(96)) % 256, np.tile(np.arange(96), (64, 1)), np.full((64, 96), 90)]).astype('uint8')
write('jpeg_rgb', rgb, compress='jpeg', photometric='YCBCR', JPEG_QUALITY=95, interleave='pixel', tiled=True, blockxsize=32, blockysize=32); write('jpeg_grey', rgb[:1], compress='jpeg', JPEG_QUALITY=95)
write('unread_webp', rgb, compress='webp', interleave='pixel', WEBP_LOSSLESS=True)
with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
    with rasterio.open('masked.tif', 'w', driver='GTiff', count=1, height=64, width=96, dtype='uint8') as d: d.write(rgb[:1]); d.write_mask((rgb[0] > 50))
`

const PLACES = `
import numpy as np, rasterio
from rasterio.transform import from_origin
def write(name, crs, x, y, step, size=100):
    with rasterio.open(name + '.tif', 'w', driver='GTiff', count=1, height=size, width=size, dtype='uint8', crs=crs, transform=from_origin(x, y, step, step)) as d: d.write(np.zeros((1, size, size), 'uint8'))
for code, x, y, step in [(32633, 500000, 5200000, 300), (32733, 500000, 5200000, 300), (3857, 0, 6e6, 1e4), (3031, -1e6, 2e6, 5000), (3413, 5e5, 2e6, 5000), (3995, 1e6, -1e6, 3000), (3976, 1e6, 3e6, 3000), (3035, 4e6, 3e6, 5000), (2154, 3e5, 6.8e6, 3000), (5070, -1e6, 2e6, 8000), (6933, 0, 3e6, 9000), (27700, 2e5, 6e5, 2000), (4326, 10, 50, .1), (25832, 5e5, 5.5e6, 500), (2193, 1.2e6, 6e6, 3000), (3577, -5e5, -2e6, 9000)]:
    write('epsg_%d' % code, 'EPSG:%d' % code, x, y, step)
for name, proj in [('lcc', '+proj=lcc +lat_1=33 +lat_2=45 +lat_0=39 +lon_0=-96 +x_0=1000 +y_0=2000 +datum=WGS84 +units=m'), ('aea', '+proj=aea +lat_1=29.5 +lat_2=45.5 +lat_0=37.5 +lon_0=-96 +datum=WGS84'), ('laea', '+proj=laea +lat_0=-40 +lon_0=100 +datum=WGS84'), ('stere', '+proj=stere +lat_0=90 +lat_ts=75 +lon_0=10 +datum=WGS84'), ('tmerc', '+proj=tmerc +lat_0=10 +lon_0=20 +k=0.9 +x_0=500 +datum=WGS84'), ('sinu', '+proj=sinu +lon_0=0 +R=6371007.181'), ('eqc', '+proj=eqc +lat_ts=30 +lon_0=5 +datum=WGS84')]:
    write('proj_' + name, proj, 2e5, 4e5, 3000)
`

const python = pythonHas('rasterio', 'numpy')
const folder = python ? pythonFiles(FILES) : ''
const fixtures = fixture('geotiff')
const fixtureFiles = fixtures === undefined ? [] : readdirSync(fixtures).map(name => join(fixtures, name))
const generated = python ? readdirSync(folder).map(name => join(folder, name)) : []

interface JudgedRaster extends Judged {
  readonly levels: readonly Judged[]
  readonly transform: readonly number[]
  readonly nodata: string | null
  readonly epsg: number | null
  readonly bounds?: readonly [number, number, number, number]
}

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

  it.skipIf(!python)(
    'knows where on Earth an image lies, as PROJ does',
    async () => {
      const places = pythonFiles(PLACES)
      const paths = readdirSync(places).map(name => join(places, name))
      const judged = pythonJson(JUDGE, ...paths) as Record<string, JudgedRaster>
      for (const path of paths) {
        const { coverage } = await (await openWith(geotiff, path)).describe()
        const [west, south, east, north] = judged[path]!.bounds!
        const space = coverage.space as NonNullable<Coverage['space']>
        for (const [found, expected] of [
          [space.west, west],
          [space.south, south],
          [space.east, east],
          [space.north, north],
        ] as const)
          expect([path, Math.abs(found - expected) < 0.02]).toEqual([path, true])
      }
    },
    120_000,
  )

  it.skipIf(!python)(
    'an image round a pole covers all longitudes; one across the antimeridian says so',
    async () => {
      const places = pythonFiles(`${PLACES}
write('pole', 'EPSG:3031', -3e6, 3e6, 60000); write('across', 'EPSG:32760', 8e5, 8e6, 1000); write('dateline', 'EPSG:4326', 170, 10, .2)`)
      const of = async (name: string) =>
        (await (await openWith(geotiff, join(places, `${name}.tif`))).describe()).coverage.space!
      expect(await of('pole')).toMatchObject({ west: -180, east: 180, south: -90 })
      expect((await of('across')).west).toBeGreaterThan((await of('across')).east)
      expect(await of('dateline')).toEqual({ west: 170, east: -170, south: -10, north: 10 })
    },
  )

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

describe('hostile TIFF', () => {
  async function survives(objects: Objects): Promise<void> {
    try {
      const dataset = await openWith(geotiff, objects)
      const { array } = await dataset.describe()
      for (const { name, shape } of array!.variables.slice(0, 20)) {
        const ranges = shape.map(length => ({ start: 0, end: Math.min(length, 5), step: 1 }))
        try {
          await dataset.estimate(name, ranges)
          for await (const { values } of dataset.read(name, ranges))
            expect(values.length).toBeLessThan(2 ** 24)
        } catch (error) {
          if (!(error instanceof ReaderError)) throw error
        }
      }
    } catch (error) {
      if (!(error instanceof ReaderError)) throw error
    }
  }

  const names = [
    'cog',
    'tail',
    'big',
    'described',
    'jpeg_rgb',
    'compress_lerc_tiled_band_float32',
    'compress_lzw_striped_pixel_uint8',
    'masked',
    'sparse',
  ]

  it.skipIf(!python)(
    'a file cut anywhere is read or refused, never more',
    async () => {
      for (const name of names) {
        const bytes = readFileSync(join(folder, `${name}.tif`))
        for (
          let end = 4;
          end < bytes.length;
          end += end < 2048 ? 61 : Math.max(1024, Math.floor(bytes.length / 50))
        )
          await survives(bytesObjects(bytes.subarray(0, end)))
      }
    },
    120_000,
  )

  it.skipIf(!python)(
    'flipped bytes are read or refused, never more',
    async () => {
      const files = new Map(names.map(name => [name, readFileSync(join(folder, `${name}.tif`))]))
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...names),
          fc.array(fc.tuple(fc.nat(3000), fc.nat(255)), { minLength: 1, maxLength: 12 }),
          async (name, flips) => {
            const bytes = Uint8Array.from(files.get(name)!)
            for (const [at, value] of flips) if (at > 3) bytes[at % bytes.length] = value
            await survives(bytesObjects(bytes))
          },
        ),
        { numRuns: 600 },
      )
    },
    120_000,
  )

  it('a chain of directories that comes back to itself is refused', async () => {
    const bytes = Buffer.alloc(64)
    bytes.write('II*\0\x08\0\0\0', 'latin1')
    bytes.writeUInt16LE(1, 8)
    bytes.writeUInt16LE(256, 10)
    bytes.writeUInt16LE(3, 12)
    bytes.writeUInt32LE(1, 14)
    bytes.writeUInt32LE(8, 22)
    await expect(openWith(geotiff, bytesObjects(bytes))).rejects.toEqual(
      expect.objectContaining({ code: 'Corrupt', message: expect.stringContaining('comes twice') }),
    )
  })
})
