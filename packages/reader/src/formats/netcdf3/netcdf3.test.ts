import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { IndexRange } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import { localObjects } from '../../objects/local.ts'
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
import { netcdf3 } from './netcdf3.ts'

const JUDGE = `${PRINTED}
import netCDF4
out = {}
d = netCDF4.Dataset(sys.argv[1]); d.set_auto_maskandscale(False); d.set_auto_chartostring(False)
for name, v in d.variables.items():
    a = v[...]
    if v.dtype == 'S1' and v.ndim and not d.dimensions[v.dimensions[-1]].isunlimited():
        rows = np.ascontiguousarray(a).reshape(-1, a.shape[-1]).view('S%d' % a.shape[-1]).ravel().tolist()
        out[name] = dict(shape=a.shape[:-1], dimensions=v.dimensions[:-1], dtype='string', values=[r.decode('utf-8') for r in rows])
    else:
        out[name] = dict(shape=a.shape, dimensions=v.dimensions, dtype='string' if v.dtype == 'S1' else v.dtype.name, values=printed(a))
print(json.dumps(out))
`

const FILES = `
import netCDF4, numpy as np
rng = np.random.default_rng(7)
for name, fmt in [('cdf1', 'NETCDF3_CLASSIC'), ('cdf2', 'NETCDF3_64BIT_OFFSET'), ('cdf5', 'NETCDF3_64BIT_DATA')]:
    d = netCDF4.Dataset(name + '.nc', 'w', format=fmt)
    d.title = 'Grüße'; d.numbers = np.array([1.5, np.nan, np.inf]); d.one = np.int16(3)
    d.createDimension('time', None); d.createDimension('y', 7); d.createDimension('x', 5); d.createDimension('letters', 6)
    types = ['i1', 'i2', 'i4', 'f4', 'f8'] + (['u1', 'u2', 'u4', 'i8', 'u8'] if name == 'cdf5' else [])
    for t in types:
        n = np.dtype(t)
        fixed = d.createVariable('fixed_' + t, t, ('y', 'x')); moving = d.createVariable('moving_' + t, t, ('time', 'y', 'x'))
        if n.kind == 'f':
            fixed[:] = rng.normal(size=(7, 5)); moving[:] = rng.normal(size=(11, 7, 5)); fixed[0, 0] = np.nan
        else:
            i = np.iinfo(n)
            fixed[:] = rng.integers(i.min, i.max, size=(7, 5), dtype=n, endpoint=True); fixed[0, :2] = [i.min, i.max]
            moving[:] = rng.integers(i.min, i.max, size=(11, 7, 5), dtype=n, endpoint=True)
    s = d.createVariable('names', 'S1', ('y', 'letters')); s._Encoding = 'utf-8'
    s[:] = np.array([w.encode().ljust(6, b'\\0') for w in ['a', 'bc', 'größ', '', 'twelve', 'x y', 'z']]).view('S1').reshape(7, 6)
    r = d.createVariable('moving_names', 'S1', ('time', 'letters'))
    r[:] = np.array([b'r%04d\\0' % i for i in range(11)], 'S6').view('S1').reshape(11, 6)
    scalar = d.createVariable('scalar', 'f8', ()); scalar[...] = 2.5
    time = d.createVariable('time', 'f8', ('time',)); time.units = 'days since 2000-01-01'; time[:] = np.arange(11)
    v = d.createVariable('packed', 'i2', ('time', 'x'), fill_value=-32767); v.scale_factor = 0.5; v.add_offset = 10.0
    v.units = 'K'; v.standard_name = 'air_temperature'; v.long_name = 'temperature'; v.coordinates = 'scalar names'
    v.set_auto_maskandscale(False); v[:] = rng.integers(-5, 5, size=(11, 5))
    d.close()
for n in (1, 3, 5):
    d = netCDF4.Dataset('single%d.nc' % n, 'w', format='NETCDF3_CLASSIC'); d.createDimension('t', None); d.createDimension('n', n)
    v = d.createVariable('odd', 'i1', ('t', 'n')); v[:] = np.arange(9 * n).reshape(9, n); d.close()
d = netCDF4.Dataset('empty.nc', 'w', format='NETCDF3_CLASSIC'); d.createDimension('t', None); d.createVariable('v', 'f4', ('t',)); d.close()
d = netCDF4.Dataset('many.nc', 'w', format='NETCDF3_64BIT_OFFSET'); d.createDimension('n', 3)
for i in range(700):
    v = d.createVariable('variable_%d' % i, 'f4', ('n',)); v.long_name = 'a name that makes the header long ' * 3; v[:] = [i, i + 1, i + 2]
d.close()
`

const python = pythonHas('netCDF4', 'numpy')
const folder = python ? pythonFiles(FILES) : ''
const generated = ['cdf1', 'cdf2', 'cdf5', 'single1', 'single3', 'single5', 'empty'].map(name =>
  join(folder, `${name}.nc`),
)
const fixtures = ['tiny.nc', 'eraint_uvz.nc']
  .map(name => fixture('netcdf', name))
  .filter(path => path !== undefined)

describe('NetCDF classic', () => {
  it.skipIf(!python).each([...generated, ...fixtures])('gives the values of netCDF4: %s', async path => {
    const judged = pythonJson(JUDGE, path) as Record<string, Judged>
    const dataset = await openWith(netcdf3, path)
    const { array } = await dataset.describe()
    expect(array!.variables.map(({ name }) => name).sort()).toEqual(Object.keys(judged).sort())
    for (const [name, { shape, dimensions, dtype, values }] of Object.entries(judged)) {
      const variable = variableOf(array!.variables, name)
      expect([name, variable.shape, variable.dimensions, variable.dtype]).toEqual([
        name,
        shape,
        dimensions,
        dtype,
      ])
      expect([
        name,
        difference(printed((await collect(dataset, name, whole(shape))).values, dtype), values),
      ]).toEqual([name, undefined])
    }
  })

  it.skipIf(!python)('describes attributes and what the conventions say of a variable', async () => {
    const dataset = await openWith(netcdf3, join(folder, 'cdf5.nc'))
    const { attributes, array, formatVersion } = await dataset.describe()
    expect(formatVersion).toBe('CDF-5')
    expect(attributes).toEqual({ title: 'Grüße', numbers: [1.5, 'NaN', 'Infinity'], one: 3 })
    expect(array!.dimensions).toEqual([
      { name: 'time', size: 11 },
      { name: 'y', size: 7 },
      { name: 'x', size: 5 },
    ])
    expect(variableOf(array!.variables, 'packed')).toMatchObject({
      units: 'K',
      standardName: 'air_temperature',
      longName: 'temperature',
      fill: -32767,
      scale: 0.5,
      offset: 10,
    })
    expect(variableOf(array!.variables, 'time').coordinate).toBe(true)
    expect(variableOf(array!.variables, 'scalar').coordinate).toBe(true)
    const { values, holder } = await collect(dataset, 'fixed_i8', whole([7, 5]))
    expect(holder).toBe('BigInt64Array')
    expect(values.slice(0, 2)).toEqual([-(2n ** 63n), 2n ** 63n - 1n])
  })

  const range = (length: number): fc.Arbitrary<IndexRange> =>
    fc
      .tuple(fc.nat(length), fc.nat(length), fc.integer({ min: 1, max: 4 }))
      .map(([a, b, step]) => ({ start: Math.min(a, b), end: Math.max(a, b), step }))

  it.skipIf(!python)('any part equals that part of the whole', async () => {
    const dataset = await openWith(netcdf3, join(folder, 'cdf5.nc'))
    for (const name of ['moving_i8', 'moving_i1', 'moving_f4']) {
      const all = (await collect(dataset, name, whole([11, 7, 5]))).values
      await fc.assert(
        fc.asyncProperty(range(11), range(7), range(5), async (t, y, x) => {
          const { values } = await collect(dataset, name, [t, y, x])
          const expected: unknown[] = []
          for (let a = t.start; a < t.end; a += t.step)
            for (let b = y.start; b < y.end; b += y.step)
              for (let c = x.start; c < x.end; c += x.step) expected.push(all[(a * 7 + b) * 5 + c])
          expect(values).toEqual(expected)
        }),
        { numRuns: 60 },
      )
    }
  })

  it.skipIf(fixtures.length < 2)('reads what was asked for and little more, and estimates it', async () => {
    const { objects, reads } = metered(localObjects(fixtures[1]!))
    const dataset = await openWith(netcdf3, objects)
    const { array } = await dataset.describe()
    expect(reads.length).toBeLessThanOrEqual(2)
    expect(reads.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(20_000)
    for (const ranges of [
      [
        { start: 1, end: 2, step: 1 },
        { start: 0, end: 1, step: 1 },
        { start: 0, end: 241, step: 1 },
        { start: 0, end: 480, step: 1 },
      ],
      [
        { start: 0, end: 2, step: 1 },
        { start: 0, end: 3, step: 2 },
        { start: 10, end: 11, step: 1 },
        { start: 0, end: 480, step: 7 },
      ],
    ]) {
      const estimate = await dataset.estimate('z', ranges)
      const before = reads.length
      await collect(dataset, 'z', ranges)
      const made = reads.slice(before)
      expect({ requests: made.length, bytes: made.reduce((sum, { bytes }) => sum + bytes, 0) }).toEqual(
        estimate,
      )
    }
    expect(variableOf(array!.variables, 'z').shape).toEqual([2, 3, 241, 480])
  })

  it.skipIf(!python)('describes a long header in few requests', async () => {
    const { objects, reads } = metered(localObjects(join(folder, 'many.nc')))
    const dataset = await openWith(netcdf3, objects)
    expect((await dataset.describe()).array!.variables).toHaveLength(700)
    expect(reads.length).toBeLessThanOrEqual(5)
    expect((await collect(dataset, 'variable_699', whole([3]))).values).toEqual([699, 700, 701])
  })

  it('refuses a selection that is not there', async () => {
    const tiny = fixture('netcdf', 'tiny.nc')
    if (tiny === undefined) return
    const dataset = await openWith(netcdf3, tiny)
    const name = (await dataset.describe()).array!.variables[0]!.name
    const refused = expect.objectContaining({ code: 'InvalidSelection' })
    await expect(collect(dataset, 'nothing', [])).rejects.toEqual(refused)
    await expect(collect(dataset, name, [])).rejects.toEqual(refused)
    await expect(collect(dataset, name, [{ start: 0, end: 1e9, step: 1 }])).rejects.toEqual(refused)
    await expect(collect(dataset, name, [{ start: 0, end: 1, step: -1 }])).rejects.toEqual(refused)
  })
})

describe('hostile NetCDF classic', () => {
  /** Describes and reads a little of each variable: all of it, or a ReaderError. */
  async function survives(bytes: Uint8Array): Promise<void> {
    try {
      const dataset = await openWith(netcdf3, bytesObjects(bytes))
      const { array } = await dataset.describe()
      for (const { name, shape } of array!.variables.slice(0, 20)) {
        const ranges = shape.map(length => ({ start: 0, end: Math.min(length, 3), step: 1 }))
        await dataset.estimate(name, ranges)
        for await (const block of dataset.read(name, ranges))
          expect(block.values.length).toBeLessThan(2 ** 24)
      }
    } catch (error) {
      if (!(error instanceof ReaderError)) throw error
    }
  }

  it.skipIf(!python)('a file cut anywhere is read or refused, never more', async () => {
    const bytes = readFileSync(join(folder, 'cdf5.nc'))
    for (let end = 4; end < bytes.length; end += end < 4096 ? 7 : 1024) await survives(bytes.subarray(0, end))
  })

  it.skipIf(!python)('flipped bytes are read or refused, never more', async () => {
    const files = new Map(
      ['cdf1', 'cdf2', 'cdf5'].map(name => [name, readFileSync(join(folder, `${name}.nc`))]),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files.keys()),
        fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        async (file, flips) => {
          const bytes = Uint8Array.from(files.get(file)!)
          for (const [at, value] of flips) if (at > 3) bytes[at % bytes.length] = value
          await survives(bytes)
        },
      ),
      { numRuns: 400 },
    )
  })

  it('claims of billions of things are refused before anything is made for them', async () => {
    const header = Buffer.alloc(64)
    header.write('CDF\x01')
    header.writeUInt32BE(0, 4)
    header.writeUInt32BE(10, 8)
    header.writeUInt32BE(0xffff_fff0, 12)
    await expect(openWith(netcdf3, bytesObjects(header))).rejects.toEqual(
      expect.objectContaining({ code: 'Corrupt', message: expect.stringContaining('4294967280 dimensions') }),
    )
  })
})
