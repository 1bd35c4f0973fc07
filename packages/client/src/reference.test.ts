import { nsid } from '@frost/lexicon'
import { describe, expect, it } from 'vitest'
import { parseReference } from './reference.ts'

const entry = nsid('dataset.entry')

describe('parseReference', () => {
  it.each([
    [
      'ada.example.org/cruise-12',
      { kind: 'record', authority: 'ada.example.org', collection: entry, rkey: 'cruise-12' },
    ],
    [
      '@ada.example.org/cruise-12',
      { kind: 'record', authority: 'ada.example.org', collection: entry, rkey: 'cruise-12' },
    ],
    [
      'did:plc:ewvi7nxzyoun6zhxrhs64oiz/x',
      { kind: 'record', authority: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz', collection: entry, rkey: 'x' },
    ],
    [
      `at://ada.example.org/${entry}/x`,
      { kind: 'record', authority: 'ada.example.org', collection: entry, rkey: 'x' },
    ],
    ['10.24381/CDS.adbb2d47', { kind: 'identifier', scheme: 'doi', value: '10.24381/cds.adbb2d47' }],
    [
      'https://doi.org/10.1/x'.replace('10.1', '10.1234'),
      { kind: 'identifier', scheme: 'doi', value: '10.1234/x' },
    ],
    ['doi:10.1234/x', { kind: 'identifier', scheme: 'doi', value: '10.1234/x' }],
    ['ark:/12345/x', { kind: 'identifier', scheme: 'ark', value: 'ark:/12345/x' }],
    ['s3://bucket/a.zarr', { kind: 'url', uri: 's3://bucket/a.zarr' }],
    ['@ada.example.org', { kind: 'account', authority: 'ada.example.org' }],
    ['did:web:example.org', { kind: 'account', authority: 'did:web:example.org' }],
    ['cruise-12', { kind: 'slug', slug: 'cruise-12' }],
  ])('%s', (text, reference) => expect(parseReference(text)).toEqual(reference))

  it.each(['', 'two words', 'at://ada.example.org', 'a/b/c/d'])(
    "'%s' is refused with the forms there are",
    text => {
      expect(() => parseReference(text)).toThrow(/is no reference/)
    },
  )
})
