import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { placeOf } from './places.ts'

describe('a place is looked at', () => {
  it.each([
    [
      { uri: 's3://ocean/sst.zarr', format: 'zarr', region: 'eu-west-1' },
      'https://ocean.s3.eu-west-1.amazonaws.com/sst.zarr/zarr.json',
    ],
    [{ uri: 's3://ocean/sst', format: 'constructor' }, 'https://ocean.s3.amazonaws.com/sst'],
    [{ uri: 's3://my.bucket/a b.csv', format: 'csv' }, 'https://s3.amazonaws.com/my.bucket/a%20b.csv'],
    [
      { uri: 's3://lab/x', format: 'icechunk', endpoint: 'https://store.example.org' },
      'https://store.example.org/lab/x/repo',
    ],
    [
      { uri: 'gs://era5/ar.zarr', format: 'zarr-v3' },
      'https://storage.googleapis.com/era5/ar.zarr/zarr.json',
    ],
    [
      { uri: 'az://data@account/table', format: 'iceberg' },
      'https://account.blob.core.windows.net/data/table/metadata/version-hint.text',
    ],
    [{ uri: 'https://example.org/get?id=3#top', format: 'zarr' }, 'https://example.org/get?id=3'],
    [
      { uri: 'https://example.org/store', format: 'zarr', path: 'group/sst' },
      'https://example.org/store/group/sst/zarr.json',
    ],
  ])('%o at %s', (distribution, url) => {
    expect(placeOf(distribution)?.urls[0]).toBe(url)
  })

  it('a whole bucket and an unknown folder in one by a listing of a single name', () => {
    expect(placeOf({ uri: 's3://noaa-goes16' })?.urls).toEqual([
      'https://noaa-goes16.s3.amazonaws.com/?list-type=2&max-keys=1&prefix=',
    ])
    expect(placeOf({ uri: 's3://noaa-goes16/ABI/' })?.urls).toEqual([
      'https://noaa-goes16.s3.amazonaws.com/ABI',
      'https://noaa-goes16.s3.amazonaws.com/?list-type=2&max-keys=1&prefix=ABI%2F',
    ])
  })

  it.each([
    [{ uri: 'ftp://example.org/x' }, 'ftp: is not asked'],
    [{ uri: 's3://b/x', requesterPays: true }, 'its owner lets the reader pay for requests'],
    [{ uri: 'az://container/x' }, 'its address does not say the storage account'],
    [{ uri: 'just words' }, 'its address is no URL'],
    [{ uri: 's3://../x' }, 'its address names no bucket'],
    [{ uri: `https://example.org/${'x'.repeat(3000)}` }, 'its address is too long'],
  ])('or not, and why: %o', (distribution, reason) => {
    expect(placeOf(distribution)).toMatchObject({ urls: [], reason })
  })

  it('nothing is made of what has no address', () => {
    expect(placeOf({ id: 'x' })).toBeUndefined()
    expect(placeOf({ uri: 3 })).toBeUndefined()
  })

  it('law: whatever is written, it is never an error', () => {
    const piece = fc.constantFrom(
      's3://',
      'https://',
      'gs://',
      'az://',
      'xn--a',
      '@',
      '/',
      '?',
      ':',
      '%',
      '..',
      'b',
    )
    const words = fc.array(piece, { maxLength: 6 }).map(parts => parts.join(''))
    const any = fc.oneof(words, fc.constantFrom('constructor', '__proto__', 'zarr'), fc.jsonValue())
    fc.assert(
      fc.property(
        fc.record({ uri: words, format: any, path: any, endpoint: any, region: any, requesterPays: any }),
        distribution => {
          for (const url of placeOf(distribution)?.urls ?? []) expect(URL.canParse(url)).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('a hundred thousand slashes take no time', () => {
    const slashes = '/'.repeat(300_000)
    const started = performance.now()
    for (const uri of [`s3://b/x${slashes}x`, `https://h/${slashes}x`])
      expect(placeOf({ uri, format: 'zarr', path: `${slashes}x` })).toMatchObject({ urls: [] })
    expect(performance.now() - started).toBeLessThan(2000)
  })
})
