import { readFileSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { ArrayDataset, IndexRange } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
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
import { hdf5 } from './hdf5.ts'

const JUDGE_NETCDF = `${PRINTED}
import netCDF4
out = {}
d = netCDF4.Dataset(sys.argv[1])
def walk(g, prefix):
    for name, v in g.variables.items():
        v.set_auto_maskandscale(False); v.set_auto_chartostring(False)
        a = v[...]
        if v.dtype == 'S1' and v.ndim:
            rows = np.ascontiguousarray(a).reshape(-1, a.shape[-1]).view('S%d' % a.shape[-1]).ravel().tolist()
            out[prefix + name] = dict(shape=a.shape[:-1], dtype='string', values=[r.decode('utf-8') for r in rows])
        else:
            text = v.dtype is str or v.dtype == 'S1'
            out[prefix + name] = dict(shape=v.shape, dtype='string' if text else np.dtype(v.dtype).name, values=printed(a))
        out[prefix + name]['dimensions'] = [n.rsplit('/', 1)[-1] for n in v.dimensions][:len(out[prefix + name]['shape'])]
    for name, child in g.groups.items(): walk(child, prefix + name + '/')
walk(d, '')
print(json.dumps(out))
`

const JUDGE_HDF5 = `${PRINTED}
import h5py
out = {}
d = h5py.File(sys.argv[1], 'r')
def visit(name, v):
    if not isinstance(v, h5py.Dataset) or name.startswith('unread'): return
    a = v[...] if v.shape is not None else np.zeros(0, v.dtype)
    kind = a.dtype.kind
    dtype = 'bool' if kind == 'b' else 'string' if kind in 'SO' else 'bytes' if kind == 'V' else a.dtype.name
    if kind == 'c': a = np.stack([a.real, a.imag], -1)
    out[name] = dict(shape=v.shape, dtype=dtype, values=[','.join(map(str, x.tobytes())) for x in a.ravel()] if kind == 'V' else printed(a))
d.visititems(visit)
print(json.dumps(out))
`

const FILES = `
import netCDF4, h5py, numpy as np
rng = np.random.default_rng(3)
def fill(v, t, shape):
    n = np.dtype(t)
    if n.kind == 'f': v[...] = rng.normal(size=shape).astype(t)
    else:
        i = np.iinfo(n); v[...] = rng.integers(i.min, i.max, size=shape, dtype=n, endpoint=True)

d = netCDF4.Dataset('types.nc', 'w')
d.title = 'Grüße'; d.count = np.int64(2**60); d.small = np.uint8(7); d.list = np.array([1.5, np.nan]); d.words = ['a', 'bc']
d.createDimension('time', None); d.createDimension('y', 13); d.createDimension('x', 17); d.createDimension('letters', 6)
for t in ['i1','u1','i2','u2','i4','u4','i8','u8','f4','f8']:
    fill(d.createVariable('plain_' + t, t, ('y', 'x')), t, (13, 17))
    fill(d.createVariable('chunked_' + t, t, ('time', 'y', 'x'), chunksizes=(2, 5, 4), zlib=True, shuffle=True, fletcher32=True), t, (5, 13, 17))
    fill(d.createVariable('big_' + t, np.dtype(t).newbyteorder('>'), ('y', 'x'), endian='big'), t, (13, 17))
y = d.createVariable('y', 'f8', ('y',)); y.units = 'degrees_north'; y[:] = np.arange(13)
s = d.createVariable('words', str, ('y',)); s[:] = np.array(['größ', '', 'x' * 300] + ['w%d' % i for i in range(10)], dtype=object)
c = d.createVariable('names', 'S1', ('y', 'letters'))
c[:] = np.array([w.encode().ljust(6, b'\\0') for w in ['a', 'bc', 'größ', '', 'twelve', 'x y', 'z'] + ['k'] * 6]).view('S1').reshape(13, 6)
one = d.createVariable('scalar', 'f8', ()); one[...] = 2.5
p = d.createVariable('packed', 'i2', ('time', 'x'), fill_value=-32767); p.scale_factor = 0.5; p.add_offset = 10.0; p.set_auto_maskandscale(False)
p.units = 'K'; p.standard_name = 'air_temperature'; p.long_name = 'temperature'; p[:] = rng.integers(-5, 5, size=(5, 17))
short = d.createVariable('short', 'f4', ('time', 'x')); short[0:2] = rng.normal(size=(2, 17))
two = d.createVariable('time', 'f8', ('time',)); two.units = 'days since 2000-01-01'; two[:] = np.arange(5)
twice = d.createVariable('twice', 'i4', ('x', 'x')); twice[:] = rng.integers(0, 9, size=(17, 17))
enum = d.createEnumType('i1', 'sky_t', {'clear': 0, 'cloud': 1}); e = d.createVariable('sky', enum, ('y',)); e[:] = np.arange(13) % 2
g = d.createGroup('ocean'); g.depth = 'deep'; g.createDimension('z', 3)
z = g.createVariable('z', 'f4', ('z',)); z[:] = [0, 10, 20]
fill(g.createVariable('salt', 'f4', ('z', 'x')), 'f4', (3, 17))
h = g.createGroup('inner'); fill(h.createVariable('deep', 'f8', ('z', 'y')), 'f8', (3, 13))
d.close()

d = netCDF4.Dataset('holes.nc', 'w'); d.createDimension('y', 40); d.createDimension('x', 40)
v = d.createVariable('holes', 'f4', ('y', 'x'), chunksizes=(10, 10), zlib=True); v[0:10, 0:10] = 1; v[20:30, 5:25] = rng.normal(size=(10, 20)); v[30:40, 30:40] = netCDF4.default_fillvals['f4']
d.close()

f = h5py.File('plain.h5', 'w'); f.attrs['title'] = 'raw'; f.attrs['ref'] = f.ref; f.attrs['flag'] = True; f.attrs['fixed'] = np.bytes_('fix'); f.attrs['grid'] = np.arange(6).reshape(2, 3)
f['half'] = rng.normal(size=(3, 4)).astype('f2'); f['half'][0, 0] = np.inf
f['flags'] = np.array([True, False, True]); f['fixed'] = np.array([b'ab', b'c', b''], 'S4'); f['vlen'] = ['größ', 'x']
f['complex'] = (rng.normal(size=5) + 1j * rng.normal(size=5)).astype('c8'); f['complex2'] = rng.normal(size=5) + 1j
f['opaque'] = np.array([b'\\1\\2\\3', b'\\4\\5\\6'], 'V3'); f['scalar'] = np.int64(-2**62); f['enum_be'] = np.array([1, 300], h5py.enum_dtype({'A': 1, 'B': 300}, '>i2'))
f['group/inner/values'] = np.arange(24).reshape(2, 3, 4); f['group/soft'] = h5py.SoftLink('/half'); f['dangling'] = h5py.SoftLink('/nothing'); f['out'] = h5py.ExternalLink('/etc/passwd', '/x')
f['group/loop'] = f['group']
f.create_dataset('nbit', data=np.arange(10, dtype='i4'), chunks=(5,), scaleoffset=0)
f['unread_compound'] = np.array([(1, 2.5)], [('a', 'i4'), ('b', 'f8')]); f['unread_ref'] = np.array([f.ref], h5py.ref_dtype)
vl = f.create_dataset('unread_ragged', (2,), h5py.vlen_dtype('i4')); vl[0] = [1, 2]
f.create_dataset('unread_lzf', data=np.arange(100), chunks=(10,), compression='lzf')
f.create_dataset('unread_szip', data=np.arange(100), chunks=(100,), compression='szip')
f['empty'] = h5py.Empty('f4'); f['none'] = np.zeros((0, 3))
f.close()
f = h5py.File('latest.h5', 'w', libver='latest', userblock_size=1024)
f.create_dataset('a', data=rng.normal(size=(100, 30)), chunks=(10, 30), compression='gzip', maxshape=(None, 30))
f.create_dataset('b', data=np.arange(64), chunks=(8,)); f.create_dataset('c', data=np.arange(10)); f.create_dataset('filtered', data=np.arange(64), chunks=(8,), shuffle=True, maxshape=(None,))
f.close()
`

const BIG = `
import netCDF4, numpy as np
d = netCDF4.Dataset('big.nc', 'w'); d.createDimension('time', None); d.createDimension('lat', 721); d.createDimension('lon', 1440)
for n, s in [('time', 50), ('lat', 721), ('lon', 1440)]:
    v = d.createVariable(n, 'f8', (n,)); v[:] = np.arange(s); v.units = 'days since 2000-01-01' if n == 'time' else 'degrees'
for n in 'abc':
    v = d.createVariable(n, 'f4', ('time', 'lat', 'lon'), chunksizes=(1, 721, 1440)); v.long_name = 'variable ' + n
    for t in range(16): v[t] = np.full((721, 1440), t, 'f4')
d.close()
`

const python = pythonHas('netCDF4', 'h5py', 'numpy')
const folder = python ? pythonFiles(FILES) : ''
const basin = fixture('netcdf', 'basin_mask.nc')
let bigFile: string | undefined
const big = () => {
  bigFile ??= join(pythonFiles(BIG), 'big.nc')
  return bigFile
}
const opened: ArrayDataset[] = []

async function open(location: string | Objects): Promise<ArrayDataset> {
  const dataset = await openWith(hdf5, location)
  opened.push(dataset)
  return dataset
}
afterAll(() => Promise.all(opened.map(dataset => dataset.close())))

async function judge(path: string, program: string): Promise<void> {
  const judged = pythonJson(program, path) as Record<string, Judged>
  const dataset = await open(path)
  const { array } = await dataset.describe()
  const names = array!.variables.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(Object.keys(judged)))
  for (const [name, { shape, dimensions, dtype, values }] of Object.entries(judged)) {
    const variable = variableOf(array!.variables, name)
    expect([name, variable.shape, variable.dtype]).toEqual([name, shape ?? [0], dtype])
    if (dimensions) expect(variable.dimensions.map(path => path.split('/').at(-1))).toEqual(dimensions)
    for (const [axis, dimension] of variable.dimensions.entries())
      expect(array!.dimensions).toContainEqual({ name: dimension, size: variable.shape[axis] })
    const parts = dtype.startsWith('complex') ? [2] : []
    if (parts.length === 0)
      expect([
        name,
        difference(printed((await collect(dataset, name, whole(variable.shape))).values, dtype), values),
      ]).toEqual([name, undefined])
  }
}

describe('NetCDF-4 and HDF5', () => {
  it.skipIf(!python).each(['types.nc', 'holes.nc'])('gives the values of netCDF4: %s', name =>
    judge(join(folder, name), JUDGE_NETCDF),
  )

  it.skipIf(!python || basin === undefined)('gives the values of netCDF4: basin_mask.nc', () =>
    judge(basin!, JUDGE_NETCDF),
  )

  it.skipIf(!python).each(['plain.h5', 'latest.h5'])('gives the values of h5py: %s', name =>
    judge(join(folder, name), JUDGE_HDF5),
  )

  it.skipIf(!python)('describes NetCDF-4: attributes, groups, conventions, codecs', async () => {
    const { format, attributes, array, codecs, warnings } = await (
      await open(join(folder, 'types.nc'))
    ).describe()
    expect(format).toBe('netcdf4')
    expect(attributes).toEqual({
      title: 'Grüße',
      count: String(2n ** 60n),
      small: 7,
      list: [1.5, 'NaN'],
      words: ['a', 'bc'],
      'ocean/': { depth: 'deep' },
    })
    expect([...codecs].sort()).toEqual(['deflate', 'fletcher32', 'shuffle'])
    expect(warnings).toEqual([])
    expect(array!.dimensions).toEqual(
      expect.arrayContaining([
        { name: 'time', size: 5 },
        { name: 'ocean/z', size: 3 },
      ]),
    )
    expect(array!.dimensions.map(({ name }) => name)).not.toContain('letters')
    expect(variableOf(array!.variables, 'packed')).toMatchObject({
      dimensions: ['time', 'x'],
      units: 'K',
      standardName: 'air_temperature',
      longName: 'temperature',
      fill: -32767,
      scale: 0.5,
      offset: 10,
    })
    expect(variableOf(array!.variables, 'chunked_i8')).toMatchObject({
      chunks: [2, 5, 4],
      codecs: ['fletcher32', 'shuffle', 'deflate'],
    })
    expect(variableOf(array!.variables, 'ocean/inner/deep').dimensions).toEqual(['ocean/z', 'y'])
    expect(variableOf(array!.variables, 'ocean/z').coordinate).toBe(true)
  })

  it.skipIf(!python)('describes HDF5 without conventions, and names what it cannot read', async () => {
    const dataset = await open(join(folder, 'plain.h5'))
    const { format, attributes, array, warnings } = await dataset.describe()
    expect(format).toBe('hdf5')
    expect(attributes).toEqual({
      title: 'raw',
      flag: true,
      fixed: 'fix',
      grid: [0, 1, 2, 3, 4, 5],
    })
    expect(warnings.join('\n')).toContain("'unread_lzf' is compressed with lzf")
    expect(variableOf(array!.variables, 'unread_compound').dtype).toBe('compound<a: int32, b: float64>')
    for (const name of ['unread_compound', 'unread_ref', 'unread_ragged', 'unread_lzf', 'unread_szip'])
      await expect(collect(dataset, name, whole(variableOf(array!.variables, name).shape))).rejects.toEqual(
        expect.objectContaining({ code: 'Unsupported', message: expect.stringContaining(name) }),
      )
    const { values, holder } = await collect(dataset, 'scalar', [])
    expect([values, holder]).toEqual([[-(2n ** 62n)], 'BigInt64Array'])
    expect(variableOf(array!.variables, 'complex').dtype).toBe('complex64')
  })

  it.skipIf(!python)('complex numbers come as pairs', async () => {
    const judged = pythonJson(JUDGE_HDF5, join(folder, 'plain.h5')) as Record<string, Judged>
    const dataset = await open(join(folder, 'plain.h5'))
    for (const [name, dtype] of [
      ['complex', 'float32'],
      ['complex2', 'float64'],
    ] as const) {
      for await (const { values } of dataset.read(name, whole([5])))
        expect(printed([...(values as Float64Array)], dtype)).toEqual(judged[name]!.values)
    }
  })

  it.skipIf(!python)('counts chunks that were never written, and only those', async () => {
    const dataset = await open(join(folder, 'holes.nc'))
    // Written: (0,0), (2,0), (2,1), (2,2) and (3,3), which holds nothing but fill values.
    expect((await collect(dataset, 'holes', whole([40, 40]))).missingChunks).toBe(11)
    const part = [
      { start: 15, end: 25, step: 5 },
      { start: 35, end: 40, step: 1 },
    ]
    expect((await collect(dataset, 'holes', part)).missingChunks).toBe(2)
  })

  const range = (length: number): fc.Arbitrary<IndexRange> =>
    fc
      .tuple(fc.nat(length), fc.nat(length), fc.integer({ min: 1, max: 6 }))
      .map(([a, b, step]) => ({ start: Math.min(a, b), end: Math.max(a, b), step }))

  it.skipIf(!python)('any part equals that part of the whole', async () => {
    const dataset = await open(join(folder, 'types.nc'))
    for (const name of ['chunked_i8', 'chunked_f4']) {
      const all = (await collect(dataset, name, whole([5, 13, 17]))).values
      await fc.assert(
        fc.asyncProperty(range(5), range(13), range(17), async (t, y, x) => {
          const { values } = await collect(dataset, name, [t, y, x])
          const expected: unknown[] = []
          for (let a = t.start; a < t.end; a += t.step)
            for (let b = y.start; b < y.end; b += y.step)
              for (let c = x.start; c < x.end; c += x.step) expected.push(all[(a * 13 + b) * 17 + c])
          expect(values).toEqual(expected)
        }),
        { numRuns: 40 },
      )
    }
  })

  it.skipIf(!python)('describes 200 MB by a few kilobytes, and reads one chunk by one request', async () => {
    const path = big()
    expect(statSync(path).size).toBeGreaterThan(190e6)
    const { objects, reads } = metered(localObjects(path))
    const dataset = await open(objects)
    const { cost } = await dataset.describe()
    expect(reads.length).toBeLessThanOrEqual(6)
    expect(reads.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(100_000)
    expect(cost.requests).toBe(reads.length - 1)
    const before = reads.length
    const ranges = [
      { start: 7, end: 8, step: 1 },
      { start: 0, end: 721, step: 90 },
      { start: 0, end: 1440, step: 90 },
    ]
    const estimate = await dataset.estimate('b', ranges)
    const { values } = await collect(dataset, 'b', ranges)
    expect(values).toEqual(new Array(9 * 16).fill(7))
    expect(estimate.requests).toBe(1)
    const made = reads.slice(before)
    expect(made.length).toBeLessThanOrEqual(4)
    expect(made.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(1.1 * estimate.bytes)
  })

  it.skipIf(!python)('a cancelled read ends, and the dataset can be read again', async () => {
    const file = localObjects(big())
    const controller = new AbortController()
    let cancelling = false
    const dataset = await open({
      name: file.name,
      get: file.get,
      async getRange(path, start, end, options) {
        if (cancelling) controller.abort(new ReaderError('Cancelled', 'stopped'))
        return file.getRange(path, start, end, options)
      },
    })
    cancelling = true
    const ranges = [{ start: 3, end: 4, step: 1 }, ...whole([721, 1440])]
    const cancelled = (async () => {
      for await (const _ of dataset.read('a', ranges, { signal: controller.signal }));
    })()
    await expect(cancelled).rejects.toEqual(expect.objectContaining({ code: 'Cancelled' }))
    cancelling = false
    expect((await collect(dataset, 'a', ranges)).values.every(value => value === 3)).toBe(true)
  })

  it.skipIf(!python)('a closed dataset says so', async () => {
    const dataset = await open(join(folder, 'types.nc'))
    await dataset.close()
    await expect(collect(dataset, 'scalar', [])).rejects.toEqual(
      expect.objectContaining({ code: 'Unavailable' }),
    )
  })
})

describe('hostile HDF5', () => {
  async function survives(objects: Objects): Promise<void> {
    let dataset: ArrayDataset | undefined
    try {
      dataset = await openWith(hdf5, objects)
      const { array } = await dataset.describe()
      for (const { name, shape } of array!.variables.slice(0, 40)) {
        const ranges = shape.map(length => ({ start: 0, end: Math.min(length, 3), step: 1 }))
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
    } finally {
      await dataset?.close()
    }
  }

  it.skipIf(!python)(
    'a file cut anywhere is read or refused, never more',
    async () => {
      const bytes = readFileSync(join(folder, 'types.nc'))
      for (let end = 16; end < bytes.length; end += Math.max(1024, Math.floor(bytes.length / 24)))
        await survives(bytesObjects(bytes.subarray(0, end)))
    },
    240_000,
  )

  it.skipIf(!python)(
    'flipped bytes are read or refused, never more',
    async () => {
      const files = ['types.nc', 'plain.h5', 'latest.h5']
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...files),
          fc.array(fc.tuple(fc.nat(40_000), fc.nat(255)), { minLength: 5, maxLength: 60 }),
          async (file, flips) => {
            const bytes = Uint8Array.from(readFileSync(join(folder, file)))
            for (const [at, value] of flips) if (at > 8) bytes[at % bytes.length] = value
            await survives(bytesObjects(bytes))
          },
        ),
        { numRuns: 20, endOnFailure: true },
      )
    },
    240_000,
  )

  it.skipIf(!python)('a store that fails is said to fail, not the file', async () => {
    const file = localObjects(join(folder, 'types.nc'))
    let reads = 0
    const failing: Objects = {
      name: 'store',
      get: file.get,
      getRange: async (path, start, end) => {
        if (reads++ > 1) throw new ReaderError('Unavailable', 'the server is gone')
        return file.getRange(path, start, end)
      },
    }
    await expect(open(failing)).rejects.toEqual(expect.objectContaining({ message: 'the server is gone' }))
  })

  it.skipIf(!python)('a file cut while it is open is refused', async () => {
    const cut = join(pythonFiles(BIG.replaceAll('range(16)', 'range(2)')), 'big.nc')
    const dataset = await open(cut)
    truncateSync(cut, 40_000)
    const ranges = [{ start: 1, end: 2, step: 1 }, ...whole([721, 1440])]
    await expect(collect(dataset, 'c', ranges)).rejects.toBeInstanceOf(ReaderError)
  })
})
