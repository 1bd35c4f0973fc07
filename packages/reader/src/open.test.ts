import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReaderError } from './errors.ts'
import { globe } from './globe.fixture.ts'
import { held, memoryArrays, memoryTable } from './memory.ts'
import type { Objects } from './objects.ts'
import { openDataset, opened } from './open.ts'
import type { GridPreview, LinePreview, TablePreview } from './preview.ts'

function bytes(name: string, content: Uint8Array | string): Objects {
  const all = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return {
    name,
    get: async path => (path === '' ? all : undefined),
    getRange: async (path, start, end) =>
      path === '' ? { bytes: all.slice(start, end), size: all.length, etag: undefined } : undefined,
  }
}

describe('bytes that no format knows', () => {
  it.each([
    ['<!DOCTYPE html><html><body>Not found</body></html>', 'an HTML page'],
    ['PK\u0003\u0004rest', 'a ZIP archive'],
    [Uint8Array.of(0x1f, 0x8b, 8, 0), 'gzip'],
    [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), 'zstd'],
    ['%PDF-1.7', 'a PDF document'],
    ['GRIB\u0000\u0000', 'a GRIB message'],
    ['', '0 bytes'],
    [Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), '0102030405060708'],
  ])('say what was seen: %s', async (content, what) => {
    const refusal = await openDataset(bytes('https://example.org/thing', content), { formats: [] }).catch(
      error => error,
    )
    expect(refusal).toBeInstanceOf(ReaderError)
    expect(refusal.code).toBe('Unrecognised')
    expect(refusal.message).toContain(what)
  })
})

describe('a description', () => {
  it('says what coordinates cover, by the CF conventions', async () => {
    const { array, coverage } = await opened('memory', 'memory', globe()).describe()
    const variable = (name: string) => array!.variables.find(candidate => candidate.name === name)!
    expect(variable('time')).toMatchObject({ coordinate: true, range: ['2000-01-01', '2001-12-01'] })
    expect(variable('latitude')).toMatchObject({ coordinate: true, range: [90, -90], units: 'degrees_north' })
    expect(variable('tas')).toMatchObject({
      standardName: 'air_temperature',
      longName: 'Near-surface air temperature',
    })
    expect(variable('tas').coordinate).toBeUndefined()
    expect(coverage).toEqual({
      space: { west: -180, south: -90, east: 180, north: 90 },
      time: { start: '2000-01-01', end: '2001-12-01', resolution: 'P1M' },
    })
  })

  it('crosses the antimeridian where the longitudes do', async () => {
    const axis = (name: string, units: string, values: readonly number[]) =>
      held(
        { name, dtype: 'float32', shape: [values.length], dimensions: [name], attributes: { units } },
        Float32Array.from(values),
      )
    const space = async (longitudes: readonly number[]) => {
      const dataset = memoryArrays([
        axis('lon', 'degrees_east', longitudes),
        axis('lat', 'degrees_north', [-10.1, 0, 10.1]),
      ])
      return (await opened('memory', 'memory', dataset).describe()).coverage.space
    }
    expect(await space([170, 180, 190])).toEqual({ west: 170, south: -10.1, east: -170, north: 10.1 })
    expect(await space([200, 210, 220])).toMatchObject({ west: -160, east: -140 })
    expect(await space([0, 90, 180, 270])).toMatchObject({ west: -180, east: 180 })
    expect(await space([0, 10, 20])).toMatchObject({ west: 0, east: 20 })
    expect(await space([180, 190, 200])).toMatchObject({ west: -180, east: -160 })
  })
})

describe('a preview', () => {
  const dataset = opened('memory', 'memory', globe())

  it('is a plane of latitude and longitude at the first of the other dimensions', async () => {
    const grid = (await dataset.preview()) as GridPreview
    expect(grid).toMatchObject({ kind: 'grid', variable: 'tas', units: 'K', upward: false, missingChunks: 0 })
    expect(grid.values.length).toBe(19)
    expect(grid.values[0]!.length).toBe(36)
    expect(grid.values[0]![0]).toBeNull()
    expect(grid.values[1]![2]).toBeCloseTo((7 + 6 - 1000) * 0.01 + 273, 10)
    expect(grid.statistics).toMatchObject({ valid: 19 * 36 - 1, missing: 1 })
    expect(grid.shown.map(({ dimension, role, value }) => [dimension, role, value])).toEqual([
      ['time', 'fixed', '2000-01-01'],
      ['latitude', 'rows', undefined],
      ['longitude', 'columns', undefined],
    ])
    expect(grid.shown[0]!.values!.length).toBe(24)
    expect(JSON.parse(JSON.stringify(grid))).toEqual(grid)
  })

  it('is a line where the selection leaves one dimension', async () => {
    const line = (await dataset.preview({ select: 'lat=50,lon=-10' })) as LinePreview
    expect(line).toMatchObject({ kind: 'line', variable: 'tas' })
    expect(line.values.length).toBe(24)
    expect(line.shown[2]).toMatchObject({ role: 'fixed', value: 350 })
  })

  it('selects by month, by range and across the seam of the longitudes', async () => {
    const grid = (await dataset.preview({ select: 'time=2000-03,lat=-20:20,lon=-20:15' })) as GridPreview
    expect(grid.shown[0]).toMatchObject({ value: '2000-03-01' })
    expect(grid.shown[1]!.values).toEqual([20, 10, 0, -10, -20])
    expect(grid.shown[2]!.values).toEqual([340, 350, 0, 10])
    const stored = ((2 * 31 + 7 * 7 + 34 * 3) % 2000) - 1000
    expect(grid.values[0]![0]).toBeCloseTo(stored * 0.01 + 273, 10)
    const east = ((2 * 31 + 7 * 7 + 0) % 2000) - 1000
    expect(grid.values[0]![2]).toBeCloseTo(east * 0.01 + 273, 10)
  })

  it('keeps an int64 exact', async () => {
    const line = (await dataset.preview({ variables: ['ids'] })) as LinePreview
    expect(line.values).toEqual(['9007199254740993', -1, 42])
    const one = (await dataset.preview({
      variables: ['ids'],
      select: 'station="Zürich, ""ZRH"""',
    })) as LinePreview
    expect(one.values).toEqual([-1])
  })

  it.each([
    ['depth=3', "'depth' is no dimension or coordinate of 'tas'; there are: time, latitude, longitude"],
    ['lat=96', "lat=96: 'latitude' runs from 90 to -90 degrees_north"],
    ['time=1999', "time=1999: 'time' runs from 2000-01-01 to 2001-12-01"],
    ['time=2000-02-30', 'is no date of the standard calendar'],
    ['lat=#99', "lat=#99: 'latitude' has the indices 0 to 18"],
    ['lat=ten', 'that is no number'],
    ['var=tos', "no variable 'tos'; there are: time, latitude, longitude, tas"],
    ['lat=10:20:0', 'steps are 1 or more'],
    ['=3', 'has no name'],
    ['lat=1,lat=2', "names 'lat' a second time"],
  ])('refuses %s and says what there is', async (select, message) => {
    const refusal = await dataset.preview({ select }).catch(error => error)
    expect(refusal.code).toBe('InvalidSelection')
    expect(refusal.message).toContain(message)
  })

  it('never passes its budget, and says what was left out', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          latitudes: fc.integer({ min: 2, max: 4000 }),
          longitudes: fc.integer({ min: 2, max: 4000 }),
          chunk: fc.tuple(
            fc.integer({ min: 1, max: 30 }),
            fc.integer({ min: 1, max: 900 }),
            fc.integer({ min: 1, max: 900 }),
          ),
          requests: fc.integer({ min: 1, max: 20 }),
          bytes: fc.integer({ min: 1000, max: 10_000_000 }),
        }),
        async ({ latitudes, longitudes, chunk, requests, bytes }) => {
          const dataset = memoryArrays([
            {
              variable: {
                name: 'v',
                dtype: 'int16',
                shape: [30, latitudes, longitudes],
                dimensions: ['t', 'y', 'x'],
                chunks: chunk,
                attributes: {},
              },
              values: (_, shape) => new Int16Array(shape.reduce((product, length) => product * length, 1)),
            },
          ])
          const answer = await opened('memory', 'memory', dataset)
            .preview({}, { side: 64, budget: { requests, bytes } })
            .catch(error => error)
          if (answer instanceof ReaderError) {
            expect(answer.code).toBe('OverBudget')
            expect(2 * chunk[0] * chunk[1] * chunk[2]).toBeGreaterThan(bytes)
            return
          }
          expect(answer.cost.requests).toBeLessThanOrEqual(requests)
          expect(answer.cost.bytes).toBeLessThanOrEqual(bytes)
          expect(answer.values.length).toBe(Math.ceil(answer.values.length))
          const [rows, columns] = [answer.shown[1], answer.shown[2]]
          const whole = [rows, columns].every(
            ({ ranges: [range], size }) => range.step === 1 && range.end - range.start === size,
          )
          expect(answer.reduced === undefined).toBe(whole)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('refuses what was asked for explicitly and is too much, with a cheaper choice that is allowed', async () => {
    const dataset = opened('memory', 'memory', globe({ times: 3000 }))
    const budget = { requests: 10, bytes: 16_000_000 }
    const refusal = await dataset
      .preview({ select: 'time=#0:3000,lat=0,lon=0' }, { budget })
      .catch(error => error)
    expect(refusal).toMatchObject({ code: 'OverBudget' })
    expect(refusal.details.cost.requests).toBe(3000)
    const cheaper = String(refusal.details.cheaper).replace('select ', '')
    expect(await dataset.preview({ select: cheaper }, { budget })).toMatchObject({ kind: 'line' })
  })

  it('of a table shows rows whose values JSON holds without loss', async () => {
    const table = opened(
      'memory',
      'memory',
      memoryTable([
        { name: 'id', type: 'int64', values: [1n, 9_007_199_254_740_993n, 3n] },
        { name: 'year', type: 'int32', values: [1999, 2000, 2001] },
        { name: 'at', type: 'timestamp[ms, UTC]', values: [new Date(0), null, new Date(1e12)] },
        { name: 'name', type: 'utf8', values: ["it's", 'b', 'c'] },
      ]),
    )
    const first = (await table.preview({ where: "year>=2000 and name != 'c'" })) as TablePreview
    expect(first.rows).toEqual([['9007199254740993', 2000, null, 'b']])
    expect((await table.preview({ columns: ['at', 'id'], limit: 1 })) as TablePreview).toMatchObject({
      rows: [['1970-01-01T00:00:00.000Z', 1]],
      more: true,
      total: 3,
    })
    expect(((await table.preview({ where: "name = 'it''s'" })) as TablePreview).rows.length).toBe(1)
    expect(((await table.preview({ where: 'id = 9007199254740993' })) as TablePreview).rows.length).toBe(1)
    expect(((await table.preview({ where: '"at" is not null' })) as TablePreview).rows.length).toBe(2)
    for (const where of ['year', 'year >', 'year = x', 'year=1 or year=2', "name='a", 'yeer=1', '= 3'])
      await expect(table.preview({ where })).rejects.toMatchObject({ code: 'InvalidSelection' })
  })
})
