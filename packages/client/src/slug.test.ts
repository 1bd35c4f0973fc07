import { isValidRecordKey } from '@atproto/syntax'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkedSlug, nameFromUrl, slugOf } from './slug.ts'

describe('slugOf', () => {
  it.each([
    ['GOES-16 ABI, Level 2', 'goes-16-abi-level-2'],
    ['Température de surface de l’océan', 'temperature-de-surface-de-locean'],
    ['ERA5 v2.1', 'era5-v2.1'],
    ['...', slugOf('...')],
  ])('%s → %s', (title, slug) => expect(slugOf(title)).toBe(slug))

  it('is a legal record key for any title', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), title => isValidRecordKey(slugOf(title))))
  })
})

it('a slug that is no key is refused with the characters that are', () => {
  expect(() => checkedSlug('a b')).toThrow(/--slug is 'a b'/)
})

it.each([
  ['s3://bucket/era5/daily.zarr/', 'daily'],
  ['https://x.org/a%20b.nc4?x=1', 'a b'],
  ['https://x.org', 'x.org'],
])('nameFromUrl %s → %s', (url, name) => expect(nameFromUrl(url)).toBe(name))
