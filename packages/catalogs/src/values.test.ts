import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { authorsIn, contactOf } from './agents.ts'
import { edtf, frequencyOf } from './dates.ts'
import { decimal } from './decimal.ts'
import { doiIn, referenceTo } from './entry.ts'
import { formatInWords, formatOfAddress, formatOfMediaType } from './formats.ts'
import { bytesOf } from './size.ts'

describe('values of other catalogues', () => {
  it.each([
    ['2024-05-01T00:00:00.000Z', '2024-05-01'],
    ['2024-05-01T12:30:00Z', '2024-05-01T12:30:00Z'],
    ['12 March 2021', '2021-03-12'],
    ['Mar 2021', '2021-03'],
    [1998, '1998'],
    ['soon', undefined],
    [null, undefined],
  ])('time %j → %j', (given, wanted) => expect(edtf(given)).toBe(wanted))

  it.each([
    ['Daily', { kind: 'periodic', interval: 'P1D' }],
    ['New data is added hourly.', { kind: 'periodic', interval: 'PT1H' }],
    ['Not updated', { kind: 'not-planned' }],
    ['As new releases are available', { kind: 'as-needed' }],
    ['Daily for some, monthly for others', { kind: 'periodic' }],
  ])('frequency %j', (given, wanted) => expect(frequencyOf(given)).toEqual({ ...wanted, note: given }))

  it('numbers become decimal text without exponents, and back', () => {
    expect(decimal(1e-7)).toBe('0.0000001')
    expect(decimal(1.5e21)).toBe('1500000000000000000000')
    expect(decimal('x')).toBeUndefined()
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), number => {
        const text = decimal(number)!
        expect(text).toMatch(/^-?\d+(\.\d+)?$/)
        expect(Number(text)).toBe(number === 0 ? 0 : number)
      }),
    )
  })

  it('sizes become bytes', () => {
    expect(bytesOf('97.73 TiB')).toBe('107455271382548')
    expect(bytesOf('117743 B')).toBe('117743')
    expect(bytesOf('4.698 MB')).toBe('4698000')
    expect(bytesOf('large')).toBeUndefined()
  })

  it('DOIs are found in text and addresses', () => {
    expect(doiIn('see doi:10.5067/MODIS/MOD13Q1.061.')).toBe('10.5067/modis/mod13q1.061')
    expect(doiIn('(https://doi.org/10.1000/a(b)c)')).toContain('10.1000/a(b)c')
    expect(referenceTo('https://doi.org/10.5281/zenodo.1')).toMatchObject({
      scheme: 'doi',
      value: '10.5281/zenodo.1',
    })
    expect(referenceTo('https://x.org/10.5281/zenodo.1')).toMatchObject({
      uri: 'https://x.org/10.5281/zenodo.1',
    })
  })

  it('formats are named alike, whoever names them', () => {
    expect(formatOfMediaType('image/tiff; application=geotiff; profile=cloud-optimized')).toBe('cog')
    expect(formatOfAddress('s3://b/x.zarr/')).toBe('zarr')
    expect(formatInWords('Cloud-optimized GeoTIFF (COG) files')).toBe('cog')
    expect(formatInWords('CSV and Parquet')).toBeUndefined()
  })

  it('people are listed one by one; an address of a person is not carried over', () => {
    expect(authorsIn('Ada Lovelace, Charles Babbage and Mary Somerville').map(({ name }) => name)).toEqual([
      'Ada Lovelace',
      'Charles Babbage',
      'Mary Somerville',
    ])
    expect(authorsIn('NASA, NOAA').map(({ name }) => name)).toEqual(['NASA, NOAA'])
    expect(contactOf('jane.doe@lab.edu')).toBeUndefined()
    expect(contactOf('opendata@noaa.gov')).toEqual({ name: 'opendata@noaa.gov', email: 'opendata@noaa.gov' })
    expect(contactOf('https://help.example.org/form')).toMatchObject({ url: 'https://help.example.org/form' })
  })
})
