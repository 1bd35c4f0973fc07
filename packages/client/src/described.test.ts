import { globSync, readFileSync } from 'node:fs'
import type { Description } from '@frost/reader'
import { describe, expect, it } from 'vitest'
import { describedFields } from './described.ts'

const [path] = globSync(new URL('../../../lexicons/**/frost/defs.json', import.meta.url).pathname)
const { distribution } = JSON.parse(readFileSync(path!, 'utf8')).defs
const known: readonly string[] = distribution.properties.format.knownValues

function wordFor(format: string): unknown {
  const nothing = { attributes: {}, codecs: [], coverage: {}, warnings: [], cost: { requests: 1, bytes: 1 } }
  const description: Description = { format, model: 'array', ...nothing }
  return describedFields(description).distribution.format
}

describe('the format of a distribution', () => {
  // What the formats of the reader call themselves.
  it.each([
    'zarr',
    'icechunk',
    'kerchunk',
    'netcdf3',
    'netcdf4',
    'hdf5',
    'cog',
    'geotiff',
    'ome-zarr',
    'parquet',
    'geoparquet',
    'iceberg',
    'csv',
    'tsv',
    'json',
    'ndjson',
    'arrow',
  ])('is a word of the lexicon: %s', format => {
    expect(known).toContain(wordFor(format))
  })

  it('of NetCDF is one word, whatever its version', () => {
    expect([wordFor('netcdf3'), wordFor('netcdf4')]).toEqual(['netcdf', 'netcdf'])
  })
})
