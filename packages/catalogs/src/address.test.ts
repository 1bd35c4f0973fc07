import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressOfReference, doiAddress, funderAddress, iri, overHttp, webAddress } from './address.ts'

describe('addresses that may be passed on', () => {
  it.each([
    ['https://example.org/a b', 'https://example.org/a%20b'],
    ['s3://bucket/key.zarr', 's3://bucket/key.zarr'],
    [
      'at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/org.example.thing/x',
      'at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/org.example.thing/x',
    ],
    ['at://nobody', undefined],
    ['no address', undefined],
    ['/relative', undefined],
    [7, undefined],
    [' java\nscript:alert(1)', undefined],
    ['VBSCRIPT:x', undefined],
    ['data:text/html,x', undefined],
    ['file:///etc/passwd', undefined],
    ['blob:https://example.org/1', undefined],
  ])('%j is %j', (text, address) => expect(iri(text)).toBe(address))

  it('none runs as code, however it is spelt; each stays as it is when read again', () => {
    const scheme = fc.constantFrom('javascript', 'data', 'vbscript', 'file', 'blob', 'https', 's3', 'x')
    const noise = fc.string({ unit: fc.constantFrom('\t', '\n', '\r', ' ', '\u0001'), maxLength: 3 })
    const spelt = fc
      .tuple(noise, scheme, fc.nat(8), noise, fc.boolean(), fc.string())
      .map(([before, word, at, within, isUpper, rest]) => {
        const cased = isUpper ? word.toUpperCase() : word
        return `${before}${cased.slice(0, at)}${within}${cased.slice(at)}:${rest}`
      })
    fc.assert(
      fc.property(spelt, text => {
        const address = iri(text)
        if (address === undefined) return
        expect(address).not.toMatch(/^(?:javascript|data|vbscript|file|blob):/i)
        expect(iri(address)).toBe(address)
      }),
    )
  })

  it('of the web alone', () => {
    expect(webAddress('HTTPS://Example.org/x')).toBe('https://example.org/x')
    expect(webAddress('s3://bucket/x')).toBeUndefined()
  })
})

it.each(['10.1000/X', 'doi:10.1000/x', 'DOI: 10.1000/x', 'http://dx.doi.org/10.1000/x'])(
  'DOI %s leads to one address, by itself and as a reference',
  value => {
    expect(doiAddress(value)).toBe('https://doi.org/10.1000/x')
    expect(addressOfReference({ scheme: 'DOI', value })).toBe('https://doi.org/10.1000/x')
  },
)

it('what is no DOI has no address, and what a URL takes for its own is written otherwise', () => {
  expect(doiAddress('doi:zenodo.1')).toBeUndefined()
  expect(addressOfReference({ scheme: 'doi', value: 'javascript:alert(1)' })).toBeUndefined()
  expect(doiAddress('10.1002/(sici)1<1::aid>3.0.co;2-#?')).toBe(
    'https://doi.org/10.1002/(sici)1%3C1::aid%3E3.0.co;2-%23%3F',
  )
})

it.each([
  [{ uri: 'doi:10.1000/x' }, 'https://doi.org/10.1000/x'],
  [{ uri: 's3://bucket/x' }, 's3://bucket/x'],
  [{ uri: 'javascript:alert(1)' }, undefined],
  [{ uri: 5 }, undefined],
  [{ scheme: 'javascript', value: 'alert(1)' }, undefined],
  [{ scheme: 'ark', value: 'ark:/12345/x' }, 'ark:/12345/x'],
  [{ scheme: 'isbn', value: '9780000000002' }, 'isbn:9780000000002'],
  [{ scheme: 'no scheme', value: 'x' }, undefined],
  [undefined, undefined],
])('reference %j leads to %s', (ref, address) => expect(addressOfReference(ref)).toBe(address))

it.each([
  ['021nxhr62', 'https://ror.org/021nxhr62'],
  ['https://ror.org/021nxhr62', 'https://ror.org/021nxhr62'],
  ['10.13039/501100000780', 'https://doi.org/10.13039/501100000780'],
  ['doi:10.13039/501100000780', 'https://doi.org/10.13039/501100000780'],
  ['https://funder.example.org/', 'https://funder.example.org/'],
  ['GRID.1', undefined],
  ['javascript:alert(1)', undefined],
  [undefined, undefined],
])('funder %s leads to %s', (identifier, address) => expect(funderAddress(identifier)).toBe(address))

it.each([
  [{ uri: 'https://example.org/a.csv' }, 'https://example.org/a.csv'],
  [{ uri: 'ftp://example.org/a.csv' }, 'ftp://example.org/a.csv'],
  [{ uri: 's3://bucket/a/b#1?.zarr' }, 'https://bucket.s3.amazonaws.com/a/b%231%3F.zarr'],
  [{ uri: 's3://bucket/a', region: 'eu-west-1' }, 'https://bucket.s3.eu-west-1.amazonaws.com/a'],
  [{ uri: 's3://dotted.bucket/a', region: '../x' }, 'https://s3.amazonaws.com/dotted.bucket/a'],
  [{ uri: 's3://bucket/a', endpoint: 'https://s3.example.org/' }, 'https://s3.example.org/bucket/a'],
  [{ uri: 's3://bucket/a', endpoint: 'javascript:alert(1)' }, 'https://bucket.s3.amazonaws.com/a'],
  [{ uri: 'gs://bucket/a' }, 'https://storage.googleapis.com/bucket/a'],
  [{ uri: 'az://container@account/a' }, 'https://account.blob.core.windows.net/container/a'],
  [
    { uri: 'abfss://container@account.dfs.core.windows.net/a' },
    'https://account.blob.core.windows.net/container/a',
  ],
  [{ uri: 'az://container/a' }, undefined],
  [{ uri: 'ipfs://bafy/a' }, undefined],
  [{ uri: 'javascript:alert(1)' }, undefined],
])('%j over HTTP is %s', (copy, address) => expect(overHttp(copy)).toBe(address))
