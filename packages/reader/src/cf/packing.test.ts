import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pythonFiles, pythonHas } from '../formats/arrays/oracle.ts'
import type { Variable } from '../model.ts'
import { openDataset } from '../open.ts'
import { bytesText, flagsOf, packingOf, unpack } from './packing.ts'

const variable = (
  dtype: string,
  attributes: Record<string, unknown>,
  extra: Partial<Variable> = {},
): Variable => ({
  name: 'v',
  dtype,
  shape: [1],
  dimensions: ['x'],
  attributes,
  ...extra,
})

describe('packed values', () => {
  it('are what the conventions say', () => {
    const read = (
      stored: unknown,
      dtype: string,
      attributes: Record<string, unknown>,
      extra?: Partial<Variable>,
      format?: string,
    ) => unpack(stored, packingOf(variable(dtype, attributes, extra), format))
    expect(read(-1, 'int8', { _Unsigned: 'true' })).toBe(255)
    expect(read(-1, 'int8', { _Unsigned: 'true', _FillValue: -1 })).toBeNull()
    expect(read(200, 'uint8', { _Unsigned: 'false' })).toBe(-56)
    expect(read(100, 'int16', { scale_factor: 0.5, add_offset: 10 })).toBe(60)
    expect(read(-999, 'int16', { missing_value: [-998, -999] })).toBeNull()
    expect(read(11, 'int16', { valid_range: [0, 10] })).toBeNull()
    expect(read(Math.fround(1e20), 'float32', { _FillValue: 1e20 })).toBeNull()
    expect(read(9_007_199_254_740_993n, 'int64', { _FillValue: '9007199254740993' })).toBeNull()
    expect(read(9_007_199_254_740_992n, 'int64', { _FillValue: '9007199254740993' })).toBe(
      9_007_199_254_740_992n,
    )
    expect(
      read(-9999, 'float64', { _FillValue: Buffer.from(Float64Array.of(-9999).buffer).toString('base64') }),
    ).toBeNull()
    expect(read('NaN', 'string', {})).toBe('NaN')
  })

  it('of Zarr count a fill value of zero as a number, of a picture as nothing', () => {
    const read = (format: string) => unpack(0, packingOf(variable('int16', {}, { fill: 0 }), format))
    expect(read('zarr')).toBe(0)
    expect(read('geotiff')).toBeNull()
  })

  it('have meanings where they are flags', () => {
    const flags = flagsOf(
      variable('int8', { flag_values: [0, 1], flag_meanings: 'land sea', flag_masks: [1, 1] }),
    )
    expect(flags).toEqual([
      { meaning: 'land', value: 0, mask: 1 },
      { meaning: 'sea', value: 1, mask: 1 },
    ])
    expect(
      flagsOf(variable('int8', { flag_values: '0b, 1b', flag_meanings: 'a b' }))!.map(({ value }) => value),
    ).toEqual(['0', '1'])
    expect(flagsOf(variable('int8', { flag_meanings: 'a b' }))).toBeUndefined()
  })

  it('bytes are text where they are UTF-8', () => {
    expect(bytesText(Buffer.from('Zürich\0\0'))).toBe('Zürich')
    expect(bytesText(Uint8Array.of(0xff, 0))).toBe('0xff00')
    expect(bytesText(Uint8Array.of(0x61, 0, 0x62))).toBe('0x610062')
    expect(bytesText(Buffer.from('a\tb\r\n'))).toBe('a\tb\r\n')
  })
})

const PROGRAM = `
import netCDF4, numpy as np, json
rng = np.random.default_rng(7)
d = netCDF4.Dataset('packed.nc', 'w')
d.createDimension('x', 64)
def make(name, dtype, values, fill=None, **attributes):
    v = d.createVariable(name, dtype, ('x',), fill_value=fill)
    v.set_auto_maskandscale(False)
    v.setncatts(attributes)
    v[:] = values
make('scaled', 'i2', rng.integers(-50, 50, 64), -7, scale_factor=0.25, add_offset=3.0)
make('unsigned', 'i1', rng.integers(-128, 128, 64), np.int8(-1), _Unsigned='true', scale_factor=2.0)
make('limited', 'i4', rng.integers(0, 100, 64), None, valid_range=np.array([10, 90], 'i4'))
make('least', 'f4', rng.random(64), None, valid_min=np.float32(0.3))
make('missing', 'i2', rng.integers(0, 5, 64), None, missing_value=np.array([1, 3], 'i2'))
make('both', 'f8', np.where(rng.random(64) < 0.5, -99.5, 2.0), 1e30, missing_value=-99.5)
make('long', 'i8', 2**60 + rng.integers(0, 3, 64), 2**60 + 1)
out = {}
for name, v in d.variables.items():
    v.set_auto_maskandscale(True)
    a = np.ma.asarray(v[:])
    out[name] = [None if m else (str(x) if name == 'long' else float(x)) for x, m in zip(a.data.tolist(), np.ma.getmaskarray(a).tolist())]
d.close()
json.dump(out, open('values.json', 'w'))
`

describe.skipIf(!pythonHas('netCDF4'))('beside netCDF4', () => {
  it('the same values are there and missing', async () => {
    const folder = pythonFiles(PROGRAM)
    const judged = JSON.parse(readFileSync(join(folder, 'values.json'), 'utf8')) as Record<
      string,
      (number | string | null)[]
    >
    const dataset = await openDataset(join(folder, 'packed.nc'), { allowLocal: true })
    for (const [name, values] of Object.entries(judged)) {
      const line = await dataset.preview({ variables: [name] })
      expect(line.kind === 'line' && [name, line.values]).toEqual([name, values])
    }
    await dataset.close()
    rmSync(folder, { recursive: true })
  })
})

const XARRAY = `
import xarray, json, sys
d = xarray.open_dataset(sys.argv[1])
t = d['time'].values
print(json.dumps([str(x)[:19] for x in t]))
`

describe.skipIf(!pythonHas('xarray', 'cftime'))('beside xarray', () => {
  it('the same times, and the same months for a partial date', async () => {
    const folder = pythonFiles(`
import xarray, numpy as np, cftime
for calendar in ['standard', 'noleap', '360_day', 'proleptic_gregorian']:
    t = xarray.cftime_range('1999-12-01', periods=500, freq='D', calendar=calendar)
    d = xarray.Dataset({'v': ('time', np.arange(500.0))}, {'time': t})
    d.to_netcdf(calendar + '.nc', encoding={'time': {'units': 'hours since 1900-01-01', 'calendar': calendar}})
`)
    for (const calendar of ['standard', 'noleap', '360_day', 'proleptic_gregorian']) {
      const path = join(folder, `${calendar}.nc`)
      const theirs = (
        JSON.parse(execFileSync('/usr/bin/python3', ['-c', XARRAY, path], { encoding: 'utf8' })) as string[]
      ).map(time => time.slice(0, 10))
      const dataset = await openDataset(path, { allowLocal: true })
      const all = await dataset.preview({ variables: ['v'] })
      expect(all.kind === 'line' && all.shown[0]!.values).toEqual(theirs)
      const month = await dataset.preview({ variables: ['v'], select: 'time=2000-02' })
      const expected = theirs.flatMap((time, at) => (time.startsWith('2000-02') ? [at] : []))
      expect(month.kind === 'line' && month.values).toEqual(expected)
      expect((await dataset.describe()).coverage.time).toMatchObject({
        start: '1999-12-01',
        end: theirs.at(-1),
        resolution: 'P1D',
      })
      await dataset.close()
    }
    rmSync(folder, { recursive: true })
  })
})
