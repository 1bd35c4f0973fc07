import { held, type MemoryVariable, memoryArrays } from './memory.ts'

/** A small global dataset in memory, as CF writes it: packed, descending latitudes, longitudes of 0 to 360, monthly times. */
export function globe({ times = 24, latitudes = 19, longitudes = 36 } = {}) {
  const line = (
    name: string,
    size: number,
    attributes: Record<string, unknown>,
    value: (at: number) => number,
  ): MemoryVariable =>
    held(
      { name, dtype: 'float64', shape: [size], dimensions: [name], attributes },
      Float64Array.from({ length: size }, (_, at) => value(at)),
    )
  const months = (at: number) => (Date.UTC(2000, at, 1) - Date.UTC(1900, 0, 1)) / 86_400_000
  const stored = (time: number, latitude: number, longitude: number) =>
    latitude === 0 && longitude === 0 ? -32768 : ((time * 31 + latitude * 7 + longitude * 3) % 2000) - 1000
  return memoryArrays(
    [
      line('time', times, { units: 'days since 1900-01-01', standard_name: 'time' }, months),
      line('latitude', latitudes, { units: 'degrees_north' }, at => 90 - (180 / (latitudes - 1)) * at),
      line('longitude', longitudes, { units: 'degrees_east' }, at => (360 / longitudes) * at),
      {
        variable: {
          name: 'tas',
          dtype: 'int16',
          shape: [times, latitudes, longitudes],
          dimensions: ['time', 'latitude', 'longitude'],
          chunks: [1, latitudes, longitudes],
          attributes: {
            units: 'K',
            standard_name: 'air_temperature',
            long_name: 'Near-surface air temperature',
            scale_factor: 0.01,
            add_offset: 273,
            _FillValue: -32768,
          },
          fill: -32768,
        },
        values(start, shape, step) {
          const values = new Int16Array(shape[0]! * shape[1]! * shape[2]!)
          let to = 0
          for (let t = 0; t < shape[0]!; t++)
            for (let y = 0; y < shape[1]!; y++)
              for (let x = 0; x < shape[2]!; x++)
                values[to++] = stored(
                  start[0]! + t * step[0]!,
                  start[1]! + y * step[1]!,
                  start[2]! + x * step[2]!,
                )
          return values
        },
      },
      held(
        { name: 'ids', dtype: 'int64', shape: [3], dimensions: ['station'], attributes: {} },
        BigInt64Array.of(9_007_199_254_740_993n, -1n, 42n),
      ),
      held({ name: 'station', dtype: 'string', shape: [3], dimensions: ['station'], attributes: {} }, [
        'KSFO',
        'Zürich, "ZRH"',
        '東京',
      ]),
    ],
    { title: 'A globe', Conventions: 'CF-1.11' },
  )
}
