import { expect, it } from 'vitest'
import { formatOfLocation } from './formats.ts'

it.each([
  ['s3://b/a.zarr/', 'zarr'],
  ['s3://b/a.ome.zarr', 'ome-zarr'],
  ['https://x/y.NC?download=1', 'netcdf'],
  ['https://x/combined.kerchunk.json', 'kerchunk'],
  ['s3://b/t/metadata/00001-abc.metadata.json', 'iceberg'],
  ['https://x/y.csv.gz', 'csv'],
  ['https://x/y.geojson', 'geojson'],
  ['https://x/y', undefined],
])('%s → %s', (uri, format) => expect(formatOfLocation(uri)?.format).toBe(format))
