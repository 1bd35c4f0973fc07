import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReaderError } from '../errors.ts'
import { parseLocation } from './place.ts'

describe('locations', () => {
  it.each([
    ['s3://noaa-goes16/ABI-L1b/2020/', { kind: 's3', bucket: 'noaa-goes16', key: 'ABI-L1b/2020' }],
    ['s3://b-1', { kind: 's3', bucket: 'b-1', key: '' }],
    ['S3A://b_1/a b?c#d%20', { kind: 's3', bucket: 'b_1', key: 'a b?c#d%20', name: 's3://b_1/a b?c#d%20' }],
    ['gs://bkt/x.zarr', { kind: 'google', bucket: 'bkt', key: 'x.zarr', name: 'gs://bkt/x.zarr' }],
    ['az://data/x', { kind: 'azure', bucket: 'data', key: 'x', account: undefined }],
    ['abfs://data@acc1.dfs.core.windows.net/x', { kind: 'azure', bucket: 'data', account: 'acc1', key: 'x' }],
    ['https://acc1.blob.core.windows.net/data/a%20b', { kind: 'azure', account: 'acc1', key: 'a b' }],
    [
      'https://acc1.blob.core.windows.net/data/x?sig=secret',
      { kind: 'azure', signature: '?sig=secret', name: 'https://acc1.blob.core.windows.net/data/x?…' },
    ],
    [
      'https://bkt.s3.us-west-2.amazonaws.com/x/y.nc',
      { kind: 's3', bucket: 'bkt', region: 'us-west-2', key: 'x/y.nc', asUrl: true },
    ],
    ['https://bkt.s3.amazonaws.com/x', { kind: 's3', bucket: 'bkt', region: undefined, key: 'x' }],
    ['https://a.b.s3-eu-west-1.amazonaws.com/x', { kind: 's3', bucket: 'a.b', region: 'eu-west-1' }],
    [
      'https://s3.us-gov-west-1.amazonaws.com/bkt/x',
      { kind: 's3', bucket: 'bkt', region: 'us-gov-west-1', key: 'x' },
    ],
    ['https://storage.googleapis.com/bkt/x/', { kind: 'google', bucket: 'bkt', key: 'x' }],
    ['https://bkt.s3.amazonaws.com/x?X-Amz-Signature=s', { kind: 'http' }],
    ['https://s3.amazonaws.com.evil.example/bkt/x', { kind: 'http' }],
    ['https://evils3.amazonaws.com/x', { kind: 'http' }],
    ['http://localhost:4190/x#part', { kind: 'http', url: new URL('http://localhost:4190/x') }],
    ['data/x.nc', { kind: 'file', path: 'data/x.nc' }],
    ['/data/s3:/x', { kind: 'file' }],
    ['file:///data/x.nc', { kind: 'file' }],
  ])('%s', (location, place) => expect(parseLocation(location)).toMatchObject(place))

  it.each([
    'ftp://host/x',
    's3:x',
    's3://',
    's3://../x',
    's3://UP!/x',
    'az://data@a-b/x',
    'https://',
    'javascript:1',
  ])('%s is none', location => {
    expect(() => parseLocation(location)).toThrow(expect.objectContaining({ code: 'InvalidSelection' }))
  })

  it('of any text are a place or an error that says why', () => {
    const scheme = fc.constantFrom('', 's3://', 'gs://', 'az://', 'https://', 'http://', 'file://', 'x:')
    fc.assert(
      fc.property(scheme, fc.string({ unit: 'binary' }), (scheme, rest) => {
        try {
          parseLocation(scheme + rest)
        } catch (error) {
          expect(error).toBeInstanceOf(ReaderError)
        }
      }),
    )
  })
})
