import { statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { ArrayDataset, IndexRange } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import { localObjects } from '../../objects/local.ts'
import type { Objects } from '../../objects.ts'
import {
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
import { BIG, FILES } from './files.fixture.ts'
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
