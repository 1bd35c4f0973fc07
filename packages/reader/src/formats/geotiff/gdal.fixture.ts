import type { Judged } from '../arrays/oracle.ts'
import { PRINTED } from '../arrays/oracle.ts'

/** Programs for GDAL (by rasterio): what it says of files, and files that it writes for the tests. */

export interface JudgedRaster extends Judged {
  readonly levels: readonly Judged[]
  readonly transform: readonly number[]
  readonly nodata: string | null
  readonly epsg: number | null
  readonly bounds?: readonly [number, number, number, number]
}

/** Prints a `JudgedRaster` for each path. */
export const JUDGE = `${PRINTED}
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

/** Every type, layout, compression and predictor. */
export const FILES = `
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

/** Images all over the Earth in many projections. */
export const PLACES = `
import numpy as np, rasterio
from rasterio.transform import from_origin
def write(name, crs, x, y, step, size=100):
    with rasterio.open(name + '.tif', 'w', driver='GTiff', count=1, height=size, width=size, dtype='uint8', crs=crs, transform=from_origin(x, y, step, step)) as d: d.write(np.zeros((1, size, size), 'uint8'))
for code, x, y, step in [(32633, 500000, 5200000, 300), (32733, 500000, 5200000, 300), (3857, 0, 6e6, 1e4), (3031, -1e6, 2e6, 5000), (3413, 5e5, 2e6, 5000), (3995, 1e6, -1e6, 3000), (3976, 1e6, 3e6, 3000), (3035, 4e6, 3e6, 5000), (2154, 3e5, 6.8e6, 3000), (5070, -1e6, 2e6, 8000), (6933, 0, 3e6, 9000), (27700, 2e5, 6e5, 2000), (4326, 10, 50, .1), (25832, 5e5, 5.5e6, 500), (2193, 1.2e6, 6e6, 3000), (3577, -5e5, -2e6, 9000)]:
    write('epsg_%d' % code, 'EPSG:%d' % code, x, y, step)
for name, proj in [('lcc', '+proj=lcc +lat_1=33 +lat_2=45 +lat_0=39 +lon_0=-96 +x_0=1000 +y_0=2000 +datum=WGS84 +units=m'), ('aea', '+proj=aea +lat_1=29.5 +lat_2=45.5 +lat_0=37.5 +lon_0=-96 +datum=WGS84'), ('laea', '+proj=laea +lat_0=-40 +lon_0=100 +datum=WGS84'), ('stere', '+proj=stere +lat_0=90 +lat_ts=75 +lon_0=10 +datum=WGS84'), ('tmerc', '+proj=tmerc +lat_0=10 +lon_0=20 +k=0.9 +x_0=500 +datum=WGS84'), ('sinu', '+proj=sinu +lon_0=0 +R=6371007.181'), ('eqc', '+proj=eqc +lat_ts=30 +lon_0=5 +datum=WGS84')]:
    write('proj_' + name, proj, 2e5, 4e5, 3000)
`
