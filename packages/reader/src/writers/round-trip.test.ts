import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ArrayDataset, Values } from '../dataset.ts'
import { pythonHas } from '../formats/arrays/oracle.ts'
import { gather } from '../gather.ts'
import { globe } from '../globe.fixture.ts'
import { held, type MemoryVariable, memoryArrays } from '../memory.ts'
import type { Variable } from '../model.ts'
import { localObjects } from '../objects/local.ts'
import { openDataset, opened } from '../open.ts'
import { recognise } from '../recognise.ts'
import { anyText, joined, root, saved } from './saved.fixture.ts'

/** Any bytes are a value of any of these types. */
const KINDS = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const

/** Arrays of every type over up to three dimensions, chunked in any way, values from any bits. */
const anyArrays = fc
  .record({
    shape: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
    chunks: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 3 }),
    bytes: fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
    texts: fc.infiniteStream(anyText),
  })
  .map(({ shape, chunks, bytes, texts }) => {
    const elements = shape.reduce((product, length) => product * length, 1)
    const dimensions = ['z', 'y', 'x'].slice(3 - shape.length)
    const variable = (dtype: string, extra: Partial<Variable> = {}): Variable => ({
      name: dtype,
      dtype,
      shape,
      dimensions,
      chunks: chunks.slice(0, shape.length),
      attributes: { units: 'm', comment: 'ümlaut' },
      ...extra,
    })
    const variables: MemoryVariable[] = Object.entries(KINDS).map(([dtype, Kind]) => {
      const raw = Uint8Array.from({ length: elements * Kind.BYTES_PER_ELEMENT }, () => bytes.next().value!)
      return held(variable(dtype), new Kind(raw.buffer) as Values)
    })
    variables.push(
      held(
        variable('string'),
        Array.from({ length: elements }, () => texts.next().value!),
      ),
      held(
        variable('bool'),
        Array.from({ length: elements }, () => bytes.next().value! > 127),
      ),
      held(
        variable('float16'),
        Float32Array.from({ length: elements }, () => bytes.next().value! / 8),
      ),
    )
    return { variables, shape }
  })

function whole(shape: readonly number[]) {
  return shape.map(end => ({ start: 0, end, step: 1 }))
}

async function valuesOf(dataset: ArrayDataset, name: string): Promise<readonly string[]> {
  const { array } = await dataset.describe()
  const { shape, dtype } = array!.variables.find(variable => variable.name === name)!
  const { values } = await gather(dataset, name, whole(shape))
  return Array.from(values as ArrayLike<unknown>, value =>
    dtype === 'bool' ? String(Boolean(value)) : Object.is(value, -0) ? '-0' : String(value),
  )
}

async function reopened(path: string): Promise<ArrayDataset> {
  return (await recognise(localObjects(path))).dataset as ArrayDataset
}

describe('arrays come back equal', () => {
  it.each(['zarr', 'zarr2', 'netcdf'])(
    'through %s and our own reader',
    async format => {
      await fc.assert(
        fc.asyncProperty(anyArrays, async ({ variables, shape }) => {
          const source = memoryArrays(variables, { title: 'Any', count: 3, scale: 0.5 })
          const path = await saved(opened('memory', 'memory', source), format)
          const back = await reopened(path)
          const { array, attributes } = await back.describe()
          expect(attributes).toMatchObject({ title: 'Any', count: 3, scale: 0.5 })
          for (const { variable } of variables) {
            const own = array!.variables.find(({ name }) => name === variable.name)!
            expect(own.shape).toEqual(shape)
            expect(own.dimensions.map(name => name.replace(/^\//, ''))).toEqual(variable.dimensions)
            expect(own.attributes).toMatchObject({ units: 'm', comment: 'ümlaut' })
            if (format !== 'netcdf') expect(own.dtype).toBe(variable.dtype)
            const values = await valuesOf(back, variable.name)
            const expected = await valuesOf(source, variable.name)
            expect(
              format === 'netcdf' && variable.dtype === 'bool'
                ? values.map(value => String(value === 'true' || value === '1'))
                : values,
            ).toEqual(expected)
          }
          await back.close()
        }),
        { numRuns: format === 'netcdf' ? 4 : 12 },
      )
    },
    120_000,
  )

  it.each(['zarr', 'zarr2', 'netcdf'])(
    'through %s by selection, with what is needed to understand it',
    async format => {
      const path = await saved(opened('memory', 'memory', globe()), format, {
        variables: ['tas'],
        select: 'time=2000-03:2000-05,lat=-20:20,lon=-20:15',
      })
      const back = await openDataset(path, { allowLocal: true })
      const { array, coverage } = await back.describe()
      expect(array!.variables.map(({ name, shape }) => [name, shape]).sort()).toEqual([
        ['latitude', [5]],
        ['longitude', [4]],
        ['tas', [3, 5, 4]],
        ['time', [3]],
      ])
      expect(coverage.time).toEqual({ start: '2000-03-01', end: '2000-05-01', resolution: 'P1M' })
      const before = await opened('memory', 'memory', globe()).preview({
        select: 'time=2000-04,lat=-20:20,lon=-20:15',
      })
      const after = await back.preview({ variables: ['tas'], select: 'time=2000-04' })
      expect(before.kind === 'grid' && after.kind === 'grid' && after.values).toEqual(
        before.kind === 'grid' && before.values,
      )
      await back.close()
    },
  )

  const python = pythonHas('xarray', 'netCDF4', 'zarr')
  it.skipIf(!python).each(['zarr2', 'netcdf'])('through %s and xarray, decoded', async format => {
    const path = await saved(opened('memory', 'memory', globe()), format)
    const program = `
import xarray, json, sys, numpy
d = xarray.open_zarr(sys.argv[1]) if sys.argv[2] == 'zarr2' else xarray.open_dataset(sys.argv[1], engine='netcdf4')
v = d['tas'].values
print(json.dumps({'dims': d['tas'].dims, 'values': [None if numpy.isnan(x) else round(float(x), 3) for x in v[5].ravel()],
  'time': [str(t)[:10] for t in d['time'].values], 'lat': d['latitude'].values.tolist(), 'ids': [str(i) for i in d['ids'].values],
  'station': [str(s) for s in d['station'].values], 'units': d['tas'].attrs['units'], 'title': d.attrs['title'],
  'coords': sorted(d.coords)}))`
    const judged = JSON.parse(
      execFileSync('/usr/bin/python3', ['-c', program, path, format], { encoding: 'utf8' }),
    )
    const grid = await opened('memory', 'memory', globe()).preview({ select: 'time=#5' })
    expect(judged).toMatchObject({
      dims: ['time', 'latitude', 'longitude'],
      ids: ['9007199254740993', '-1', '42'],
      station: ['KSFO', 'Zürich, "ZRH"', '東京'],
      units: 'K',
      title: 'A globe',
      coords: ['latitude', 'longitude', 'station', 'time'],
    })
    expect(judged.time[23]).toBe('2001-12-01')
    expect(judged.values).toEqual(
      grid.kind === 'grid' &&
        grid.values.flat().map(value => (value === null ? null : Number(Number(value).toFixed(3)))),
    )
  })
})

describe('Zarr stores', () => {
  it('of version 3 are read by zarrita', async () => {
    const path = await saved(opened('memory', 'memory', globe()), 'zarr')
    const { FileSystemStore } = await import('@zarrita/storage')
    const { open, get } = await import('zarrita')
    const group = await open(new FileSystemStore(path), { kind: 'group' })
    expect(group.attrs).toMatchObject({ title: 'A globe' })
    const tas = await open(group.resolve('tas'), { kind: 'array' })
    const { data, shape } = (await get(tas, [5, null, null])) as { data: Int16Array; shape: number[] }
    expect(shape).toEqual([19, 36])
    const { values } = await gather(globe(), 'tas', [{ start: 5, end: 6, step: 1 }, ...whole([19, 36])])
    expect([...data]).toEqual([...(values as Int16Array)])
  })

  it('do not hold chunks that the source does not hold', async () => {
    const large = globe({ times: 4, latitudes: 721, longitudes: 1440 })
    const source = await saved(opened('memory', 'memory', large), 'zarr')
    rmSync(join(source, 'tas/c/3'), { recursive: true })
    const dataset = await openDataset(source, { allowLocal: true })
    const grid = await dataset.preview({ select: 'time=#3' })
    expect(grid).toMatchObject({ missingChunks: 1 })
    const again = await saved(dataset, 'zarr')
    expect(existsSync(join(again, 'tas/c/2/0/0'))).toBe(true)
    expect(existsSync(join(again, 'tas/c/3'))).toBe(false)
    await dataset.close()
  })

  it('come as a ZIP archive where one file is wanted', async () => {
    const { bytes } = await opened('memory', 'memory', globe()).stream({}, 'zarr')
    const path = join(root, 'globe.zip')
    writeFileSync(path, await joined(bytes))
    const names = execFileSync(
      '/usr/bin/python3',
      [
        '-c',
        'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(*z.namelist())',
        path,
      ],
      { encoding: 'utf8' },
    )
    expect(names.split(/\s+/)).toContain('tas/c/0/0/0')
  })
})
