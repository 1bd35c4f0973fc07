import { atUri, nsid } from '@frost/lexicon'
import { describe, expect, it } from 'vitest'
import { headKey } from './head.ts'
import { pinFrom, pinText, pinWarning } from './pins.ts'
import { splitTag } from './source-reference.ts'

const CRUISE = atUri('did:plc:abc', nsid('dataset.entry'), 'cruise')
const SHA256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'

describe('a pin from text', () => {
  it.each([
    ['git-commit:4F2A9C1', 'git-commit', '4f2a9c1'],
    [`digest:sha-256:${SHA256.toUpperCase()}`, 'digest', `sha256:${SHA256}`],
    ['doi:https://doi.org/10.1234/ABC', 'doi', '10.1234/abc'],
    ['as-of:2024-05-06T07:08:09Z', 'as-of', '2024-05-06T07:08:09Z'],
    ['as-of:2024', 'as-of', '2024'],
    ['etag:"abc:def"', 'etag', '"abc:def"'],
    ['delta-version:7', 'delta-version', '7'],
    ['iceberg-snapshot:8956652484400131532', 'iceberg-snapshot', '8956652484400131532'],
  ])('%s is in the spelling that the lexicon wants', (text, scheme, value) => {
    expect(pinFrom(text)).toEqual({ scheme, value })
  })

  it.each([
    'git-commit',
    'git-commit:',
    ':value',
    'git-commit:main',
    'digest:sha256:abc',
    `digest:${SHA256}`,
    'doi:cruise',
    'as-of:yesterday',
    'as-of:2024-05-06T07:08:09',
  ])('%s is refused, and named', text => {
    expect(() => pinFrom(text)).toThrow(`--pin is '${text}'`)
  })

  it('is the same whatever branch it was read from, in any order', () => {
    const a = { pin: { scheme: 'icechunk-snapshot', value: 'A', branch: 'main' } }
    const b = { pin: { scheme: 'etag', value: 'B' } }
    expect(pinText([a, b])).toBe(pinText([b, { pin: { ...a.pin, branch: 'dev' } }]))
    expect(pinText(undefined)).toBe('')
  })

  it('that proves nothing is told', () => {
    expect(pinWarning([])).toMatch(/pins nothing/)
    expect(pinWarning([{ pin: { scheme: 'etag', value: 'x' } }])).toMatch(/cannot prove/)
    expect(
      pinWarning([{ pin: { scheme: 'etag', value: 'x' } }, { pin: { scheme: 'digest', value: 'x' } }]),
    ).toBeUndefined()
  })
})

describe('a reference with a tag', () => {
  it.each([
    ['ada.example.org/cruise@v1.0', 'ada.example.org/cruise', 'v1.0'],
    ['cruise@v1', 'cruise', 'v1'],
    [`${CRUISE}@v1`, CRUISE, 'v1'],
    ['@ada.example.org', '@ada.example.org', undefined],
    ['ada.example.org/cruise', 'ada.example.org/cruise', undefined],
    ['az://container@account', 'az://container@account', undefined],
    ['https://example.org/a@b', 'https://example.org/a@b', undefined],
  ])('%s', (text, ref, tag) => {
    expect(splitTag(text)).toEqual({ ref, ...(tag && { tag }) })
  })
})

it('the head of another branch has the key of the entry, a tilde and the branch', () => {
  expect(headKey('sst', 'main')).toBe('sst')
  expect(headKey('sst', 'dev')).toBe('sst~dev')
  expect(headKey('sst', 'feature/ice age')).toMatch(/^sst~feature-ice-age-[a-z2-7]{10}$/)
})
