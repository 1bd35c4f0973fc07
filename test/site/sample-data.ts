/** Data as science writes it, made anew for every run: fields over the globe, a series, tables with awkward values. */

import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { held, type MemoryVariable, memoryArrays, memoryTable } from '@frost/reader/memory'
import { opened } from '@frost/reader/open'

const MONTHS = 24
const LATITUDES = 91
const LONGITUDES = 180
/** A chunk of `sparse.zarr` that is taken away: the store does not hold it. */
const ABSENT = 'tas/0.0.0'

/** Past 2^53: as a binary float it would end in 2. */
export const LARGE_ID = 9_007_199_254_740_993n

/** Writes the samples into a folder: `air.zarr` (Zarr v2), `air.nc`, `sparse.zarr`, `series.nc`, `stations.csv`, `ids.parquet`. */
export async function writeSamples(folder: string): Promise<void> {
  await writeOut(field(), 'zarr2', join(folder, 'air.zarr'))
  await writeOut(field(), 'netcdf', join(folder, 'air.nc'))
  await writeOut(field(), 'zarr2', join(folder, 'sparse.zarr'))
  await rm(join(folder, 'sparse.zarr', ABSENT))
  await writeOut(series(), 'netcdf', join(folder, 'series.nc'))
  for (const format of ['csv', 'parquet', 'ndjson', 'arrow'])
    await writeOut(stations(), format, join(folder, `stations.${format}`))
}

async function writeOut(dataset: Parameters<typeof opened>[2], format: string, path: string): Promise<void> {
  const stream = await opened('sample', 'memory', dataset).stream({}, format)
  if (stream.files) {
    for await (const file of stream.files) await put(join(path, file.path), file.bytes)
    return
  }
  const parts: Uint8Array[] = []
  for await (const part of stream.bytes) parts.push(part.slice())
  await put(path, Buffer.concat(parts))
}

async function put(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, bytes)
}

function line(
  name: string,
  size: number,
  attributes: Record<string, unknown>,
  value: (at: number) => number,
): MemoryVariable {
  return held(
    { name, dtype: 'float64', shape: [size], dimensions: [name], attributes },
    Float64Array.from({ length: size }, (_, at) => value(at)),
  )
}

const days = (month: number) => (Date.UTC(2000, month, 1) - Date.UTC(1900, 0, 1)) / 86_400_000

/** Air temperature with seasons: packed, latitudes that fall, longitudes of 0 to 360, months. */
function field() {
  const kelvin = (month: number, latitude: number, longitude: number) => {
    const season = Math.cos((month / 12) * 2 * Math.PI) * 18 * Math.sin((latitude * Math.PI) / 180)
    const wave = 6 * Math.sin((longitude * Math.PI) / 60) * Math.cos((latitude * Math.PI) / 180)
    return 300 - 55 * Math.sin((latitude * Math.PI) / 180) ** 2 - season + wave
  }
  return memoryArrays([
    line('time', MONTHS, { units: 'days since 1900-01-01', standard_name: 'time' }, days),
    line('lat', LATITUDES, { units: 'degrees_north', long_name: 'latitude' }, at => 90 - 2 * at),
    line('lon', LONGITUDES, { units: 'degrees_east', long_name: 'longitude' }, at => 2 * at),
    grid('tas', 'Near-surface air temperature', 'K', 280, kelvin),
    grid('anomaly', 'Difference from 280 K', 'K', 0, (...place) => kelvin(...place) - 280),
  ])
}

function grid(
  name: string,
  longName: string,
  units: string,
  offset: number,
  value: (month: number, latitude: number, longitude: number) => number,
): MemoryVariable {
  return {
    variable: {
      name,
      dtype: 'int16',
      shape: [MONTHS, LATITUDES, LONGITUDES],
      dimensions: ['time', 'lat', 'lon'],
      chunks: [1, LATITUDES, 90],
      attributes: { units, long_name: longName, scale_factor: 0.01, add_offset: offset, _FillValue: -32768 },
      fill: -32768,
    },
    values(start, shape, step) {
      const values = new Int16Array(shape.reduce((product, length) => product * length, 1))
      let to = 0
      for (let t = 0; t < shape[0]!; t++)
        for (let y = 0; y < shape[1]!; y++)
          for (let x = 0; x < shape[2]!; x++) {
            const at = [t, y, x].map((index, axis) => start[axis]! + index * step[axis]!) as [
              number,
              number,
              number,
            ]
            values[to++] = Math.round((value(at[0], 90 - 2 * at[1], 2 * at[2]) - offset) * 100)
          }
      return values
    },
  }
}

/** Carbon dioxide by month, one month of which was not measured. */
function series() {
  const months = 120
  return memoryArrays([
    line('time', months, { units: 'days since 1900-01-01', standard_name: 'time' }, days),
    held(
      {
        name: 'co2',
        dtype: 'float64',
        shape: [months],
        dimensions: ['time'],
        attributes: { units: 'ppm', long_name: 'Carbon dioxide' },
      },
      Float64Array.from({ length: months }, (_, at) =>
        at === 40 ? Number.NaN : 369 + at / 6 + 3 * Math.sin((at / 6) * Math.PI),
      ),
    ),
  ])
}

function stations() {
  const count = 120
  const rows = Array.from({ length: count }, (_, at) => at)
  return memoryTable([
    { name: 'id', type: 'int64', nullable: false, values: rows.map(at => LARGE_ID + BigInt(at)) },
    { name: 'name', type: 'utf8', values: rows.map(at => (at === 1 ? 'Zürich, "ZRH"' : `Station ${at}`)) },
    { name: 'depth', type: 'double', nullable: true, values: rows.map(at => (at === 2 ? null : at / 4)) },
  ])
}
