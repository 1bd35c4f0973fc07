import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ArrayDataset } from '../../dataset.ts'
import {
  collect,
  fixture,
  openWith,
  PRINTED,
  printed,
  pythonFiles,
  pythonHas,
  pythonJson,
  variableOf,
  whole,
} from '../arrays/oracle.ts'
import { zarr } from './index.ts'

/** Elements as text: floats by their bits, complex numbers as pairs, times as integers, bytes in hexadecimal. */
const TEXTS = `${PRINTED}
def texts(a):
    a = np.asarray(a)
    if a.dtype.kind == 'c':
        part = 'f4' if a.dtype.itemsize == 8 else 'f8'
        return printed(np.ascontiguousarray(a.astype(a.dtype.newbyteorder('='))).ravel().view(part))
    if a.dtype.kind in 'mM': return printed(a.astype(a.dtype.newbyteorder('=')).view('i8'))
    if a.dtype.kind in 'SV': return [bytes(v).hex() for v in a.ravel().tolist()]
    if a.dtype.kind == 'O': return [v.hex() if isinstance(v, bytes) else v for v in a.ravel().tolist()]
    return printed(a)
`

const STORES = `${TEXTS}
import zarr, numcodecs
from numcodecs import *
import base64, json
rng = np.random.default_rng(11)
root = zarr.open_group('all.zarr', mode='w')
expected = {}
def keep(name, data, **options):
    a = root.create_dataset(name, data=data, shape=data.shape, dtype=options.pop('dtype', data.dtype), **options)
    expected[name] = dict(dtype=str(a.dtype), shape=a.shape, values=texts(a[...]))
numbers = [o + t for t in ['i1','u1','i2','u2','i4','u4','i8','u8','f2','f4','f8','c8','c16'] for o in '<>']
for t in numbers:
    n = np.dtype(t)
    if n.kind == 'f': data = rng.normal(size=(13, 9)).astype(n); data[0, :3] = [np.nan, np.inf, -np.inf]
    elif n.kind == 'c': data = (rng.normal(size=(13, 9)) + 1j * rng.normal(size=(13, 9))).astype(n)
    else:
        i = np.iinfo(n); data = rng.integers(i.min, i.max, size=(13, 9), dtype=n.newbyteorder('='), endpoint=True).astype(n)
        data[0, :2] = [i.min, i.max]
    for order in 'CF': keep('type/%s%s_%s' % (n.kind + str(n.itemsize), 'be' if t[0] == '>' else 'le', order), data, chunks=(4, 5), order=order)
keep('type/bool', rng.integers(0, 2, size=(20, 3)).astype(bool), chunks=(6, 3))
keep('type/time', np.array(['2001-02-03', 'NaT', '1969-12-31T23:59:59.123'], 'M8[ms]'), chunks=(2,))
keep('type/span', np.array([1, -5, 7], '>m8[D]'), chunks=(2,))
keep('type/text', np.array([['a', 'größe'], ['', '𝔘x'], ['日本', 'b']]), chunks=(2, 2))
keep('type/bigtext', np.array(['abc', 'größe']).astype('>U7'), chunks=(2,))
keep('type/bytes', np.array([b'a', b'b\\0c', b'', b'long'], 'S5'), chunks=(3,))
keep('type/void', np.array([b'abcd', b'\\0xyz'], 'V4'), chunks=(1,))
keep('type/strings', np.array(['a', 'größe', '', '日本' * 50], object), dtype=object, object_codec=VLenUTF8(), chunks=(3,))
keep('type/blobs', np.array([b'a', b'', b'\\0\\1'], object), dtype=object, object_codec=VLenBytes(), chunks=(2,))
smooth = (280 + 10 * np.sin(np.arange(60 * 70) / 40)).reshape(60, 70).astype('f4')
whole = rng.integers(0, 50, size=(300, 7)).astype('i4')
for c in ['blosclz', 'lz4', 'lz4hc', 'zlib', 'zstd', 'snappy']:
    if c not in numcodecs.blosc.list_compressors(): continue
    for s in (0, 1, 2):
        for t in ['u1', 'i2', 'f4', 'f8']:
            keep('blosc/%s_%d_%s' % (c, s, t), (smooth * 100).astype(t), chunks=(32, 70), compressor=Blosc(c, 5, s))
        keep('blosc/%s_%d_blocks' % (c, s), (np.arange(7000) // 3).astype('i8').reshape(70, 100), chunks=(35, 100), compressor=Blosc(c, 5, s, blocksize=4096))
        keep('blosc/%s_%d_odd' % (c, s), np.array([b'abcde%03d' % (i % 400) for i in range(1500)], 'S13'), chunks=(777,), compressor=Blosc(c, 9, s))
    keep('blosc/%s_noise' % c, rng.integers(0, 256, size=10000, dtype='u1'), chunks=(9999,), compressor=Blosc(c, 1, 1))
for name, codec in dict(zlib=Zlib(6), gzip=GZip(6), zstd=Zstd(3), lz4=LZ4(), none=None).items():
    keep('codec/' + name, smooth, chunks=(17, 31), compressor=codec)
    keep('codec/%s_large' % name, rng.integers(0, 2**40, size=(2, 20000)), chunks=(1, 20000), compressor=codec)
keep('filter/delta', whole, chunks=(100, 7), filters=[Delta('i4')])
keep('filter/delta8', rng.integers(-2**62, 2**62, size=500), chunks=(100,), filters=[Delta('i8')])
keep('filter/deltaf', smooth, chunks=(60, 10), filters=[Delta('f4')])
keep('filter/delta_as', np.arange(0, 3000, 7).astype('i8'), chunks=(100,), filters=[Delta('i8', 'i2')])
keep('filter/delta_F', whole, chunks=(100, 3), order='F', filters=[Delta('i4')])
keep('filter/scale', smooth.astype('f8'), chunks=(20, 70), filters=[FixedScaleOffset(offset=280, scale=1000, dtype='f8', astype='i2')])
keep('filter/scale4', smooth, chunks=(20, 70), filters=[FixedScaleOffset(offset=280, scale=100, dtype='f4', astype='i4')])
keep('filter/shuffle', smooth, chunks=(20, 70), filters=[Shuffle(4)], compressor=Zlib(1))
keep('filter/shuffle8', smooth.astype('f8'), chunks=(21, 9), filters=[Shuffle(8)], compressor=Zstd(1))
keep('filter/quantize', smooth, chunks=(20, 70), filters=[Quantize(1, 'f4')])
keep('filter/bits', rng.integers(0, 2, size=1001).astype(bool), chunks=(333,), filters=[PackBits()])
keep('filter/astype', smooth, chunks=(20, 70), filters=[AsType('f8', 'f4')])
keep('filter/crc', smooth, chunks=(20, 70), filters=[CRC32()], compressor=Zstd(1))
keep('filter/adler', whole, chunks=(100, 7), filters=[Adler32()], compressor=None)
keep('shape/scalar', np.array(2.5), chunks=())
keep('shape/empty', np.zeros((0, 3)), chunks=(1, 3))
keep('shape/deep', np.arange(2 * 3 * 4 * 5 * 6).reshape(2, 3, 4, 5, 6), chunks=(1, 2, 3, 4, 5))
keep('shape/nested', np.arange(99).reshape(9, 11), chunks=(4, 4), dimension_separator='/')
def holes(name, fill, dtype, **more):
    a = root.create_dataset(name, shape=(10, 10), chunks=(3, 4), dtype=dtype, fill_value=fill, **more)
    a[4:8, 5:7] = np.ones((4, 2)).astype(dtype) if np.dtype(dtype).kind not in 'SU' else np.full((4, 2), 'x', dtype)
    expected[name] = dict(dtype=str(a.dtype), shape=a.shape, values=texts(a[...]))
for name, fill, dtype in [('nan', np.nan, 'f4'), ('inf', np.inf, 'f8'), ('minf', -np.inf, '>f8'), ('half', 1.5, 'f2'), ('int', -7, '>i2'),
    ('big', 2**63 - 1, 'i8'), ('ubig', 2**64 - 1, 'u8'), ('bool', True, '?'), ('complex', 1 - 2j, 'c16'), ('bytes', b'ab', 'S3'), ('text', 'äb', 'U3'), ('time', 0, 'M8[s]'), ('none', 0, 'i4')]:
    holes('fill/' + name, fill, dtype)
    holes('fill/' + name + '_F', fill, dtype, order='F')
json.dump(expected, open('expected.json', 'w'))
zarr.consolidate_metadata('all.zarr')
single = zarr.open_array('single.zarr', mode='w', shape=(5, 6), chunks=(2, 6), dtype='f4'); single[:] = np.arange(30).reshape(5, 6)
single.attrs['units'] = 'K'; single.attrs['_ARRAY_DIMENSIONS'] = ['y', 'x']
plain = zarr.open_group('walked.zarr', mode='w'); plain.attrs['title'] = 'walked'
plain.create_dataset('a', data=np.arange(3)); plain.create_dataset('deep/er/b', data=np.arange(4.0))
`

const python = pythonHas('zarr', 'numcodecs', 'numpy')
const folder = python ? pythonFiles(STORES) : ''

interface Expected {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly values: string | readonly string[]
}

const expected = (python ? JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) : {}) as Record<
  string,
  Expected
>

function texts(values: readonly unknown[], dtype: string): string | string[] {
  if (dtype.startsWith('complex')) return printed(values, dtype === 'complex64' ? 'float32' : 'float64')
  if (/^(datetime|timedelta)/.test(dtype)) return printed(values, 'int64')
  if (values[0] instanceof Uint8Array)
    return values.map(value => Buffer.from(value as Uint8Array).toString('hex'))
  return printed(values, dtype)
}

async function valuesOf(dataset: ArrayDataset, name: string): Promise<string | string[]> {
  const { array } = await dataset.describe()
  const { dtype, shape } = variableOf(array!.variables, name)
  const values = dtype.startsWith('complex')
    ? await collectPairs(dataset, name, shape)
    : (await collect(dataset, name, whole(shape))).values
  return texts(values, dtype)
}

async function collectPairs(
  dataset: ArrayDataset,
  name: string,
  shape: readonly number[],
): Promise<number[]> {
  const all: number[] = []
  for await (const block of dataset.read(name, whole(shape))) {
    const values = block.values as Float64Array
    const count = values.length / 2
    for (let i = 0; i < count; i++) {
      let [rest, to, stride] = [i, 0, 1]
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        to += (block.start[axis]! + (rest % block.shape[axis]!)) * stride
        rest = Math.floor(rest / block.shape[axis]!)
        stride *= shape[axis]!
      }
      all[2 * to] = values[2 * i]!
      all[2 * to + 1] = values[2 * i + 1]!
    }
  }
  return all
}

describe.skipIf(!python)('stores written by zarr-python', async () => {
  const dataset = python ? await openWith(zarr, join(folder, 'all.zarr')) : undefined!
  const groups = [...new Set(Object.keys(expected).map(name => name.split('/')[0]!))]

  it.each(groups)('has the same values in every array of %s', async group => {
    for (const [name, { values }] of Object.entries(expected))
      if (name.startsWith(`${group}/`)) expect([name, await valuesOf(dataset, name)]).toEqual([name, values])
  })

  it('counts the chunks that the store does not hold', async () => {
    const { missingChunks } = await collect(dataset, 'fill/nan', whole([10, 10]))
    // 4 × 3 chunks, of which rows 4–7 and columns 5–6 touch two.
    expect(missingChunks).toBe(10)
  })

  it('opens an array alone, named after its location', async () => {
    const single = await openWith(zarr, join(folder, 'single.zarr'))
    const { array, attributes } = await single.describe()
    expect(attributes).toEqual({})
    expect(array).toMatchObject({
      dimensions: [
        { name: 'y', size: 5 },
        { name: 'x', size: 6 },
      ],
      variables: [{ name: 'single', dtype: 'float32', units: 'K', chunks: [2, 6], codecs: ['blosc'] }],
    })
    expect((await collect(single, 'single', whole([5, 6]))).values).toEqual([...Array(30).keys()])
  })

  it('walks a store without consolidated metadata', async () => {
    const walked = await openWith(zarr, join(folder, 'walked.zarr'))
    const { array, attributes } = await walked.describe()
    expect(attributes).toEqual({ title: 'walked' })
    expect(array!.variables.map(({ name }) => name)).toEqual(['a', 'deep/er/b'])
    expect((await collect(walked, 'deep/er/b', whole([4]))).values).toEqual([0, 1, 2, 3])
  })
})

describe('the fixture that several libraries wrote', async () => {
  const store = fixture('zarr', 'zarr.zr')
  const judge = store !== undefined && python

  it.skipIf(!judge)('has the bytes of zarr-python in every array', async () => {
    const dataset = await openWith(zarr, store!)
    const sums = pythonJson(
      `import zarr, sys, json, hashlib
r = zarr.open_group(sys.argv[1], mode='r')
print(json.dumps({n: hashlib.sha256(a[100:300:3].tobytes()).hexdigest() for n, a in r.arrays()}))`,
      store!,
    ) as Record<string, string>
    expect(Object.keys(sums).sort()).toEqual(['blosc', 'gzip', 'raw', 'zlib'])
    for (const [name, sum] of Object.entries(sums)) {
      const rows = [{ start: 100, end: 300, step: 3 }, ...whole([512, 3])]
      const { values } = await collect(dataset, name, rows)
      expect(
        createHash('sha256')
          .update(Uint8Array.from(values as number[]))
          .digest('hex'),
      ).toBe(sum)
    }
  })

  it.skipIf(fixture('zarr', 'zarrita.zr3') === undefined)(
    'names the draft of v3 that is not read',
    async () => {
      await expect(openWith(zarr, fixture('zarr', 'zarrita.zr3')!)).rejects.toMatchObject({
        code: 'Unsupported',
        message: expect.stringContaining('draft'),
      })
    },
  )
})
