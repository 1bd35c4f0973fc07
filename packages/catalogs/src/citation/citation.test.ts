import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import {
  citableOf,
  citationStyles,
  citedVersion,
  type EntryLike,
  formatCitation,
  formatCitations,
} from './index.ts'
import { initials, personName, rorAddress } from './names.ts'

const entry: EntryLike = {
  title: 'ERA5 hourly data & 50% more',
  createdAt: '2024-05-06T00:00:00Z',
  description: 'A reanalysis.\nSecond line.',
  creators: [
    {
      name: 'Hersbach, H.',
      familyName: 'Hersbach',
      givenName: 'Hans Peter',
      identifiers: [{ scheme: 'orcid', value: '0000-0002-1825-0097' }],
    },
    { name: 'European Centre for Medium-Range Weather Forecasts', nameType: 'Organizational' },
  ],
  publisher: { name: 'Copernicus Climate Change Service' },
  identifiers: [{ scheme: 'doi', value: 'https://doi.org/10.24381/CDS.adbb2d47' }],
  dates: [{ type: 'issued', value: '2023-04-01' }],
  rights: [{ spdx: 'CC-BY-4.0' }],
  subjects: [{ term: 'reanalysis' }, { term: 'atmosphere' }],
}
const citable = citableOf(entry, {
  uri: 'at://did:plc:abc/x.y.z/era5',
  version: { version: 'v1.0', releasedAt: '2023-04-01T00:00:00Z' },
})

describe('citation styles', () => {
  it('APA', () => {
    expect(formatCitation(citable, 'apa')).toBe(
      'Hersbach, H. P., & European Centre for Medium-Range Weather Forecasts. (2023). ERA5 hourly data & 50% more ' +
        '(Version 1.0) [Data set]. Copernicus Climate Change Service. https://doi.org/10.24381/cds.adbb2d47',
    )
  })

  it('a term that two vocabularies share is said once', () => {
    const subjects = [{ term: 'sea', scheme: 'GCMD' }, { term: 'ice' }, { term: 'sea', scheme: 'GEMET' }]
    expect(citableOf({ ...entry, subjects }, { uri: citable.uri }).keywords).toEqual(['sea', 'ice'])
  })

  it('Chicago, Harvard, IEEE and Vancouver', () => {
    expect(formatCitation(citable, 'chicago-author-date')).toBe(
      'Hersbach, Hans Peter, and European Centre for Medium-Range Weather Forecasts. 2023. “ERA5 hourly data & 50% more.” ' +
        'Version 1.0. Data set. Copernicus Climate Change Service. https://doi.org/10.24381/cds.adbb2d47.',
    )
    expect(formatCitation(citable, 'harvard')).toBe(
      'Hersbach, H.P. and European Centre for Medium-Range Weather Forecasts (2023) ‘ERA5 hourly data & 50% more’ ' +
        '(Version 1.0) [Dataset]. Copernicus Climate Change Service. Available at: https://doi.org/10.24381/cds.adbb2d47.',
    )
    expect(formatCitation(citable, 'ieee')).toBe(
      'H. P. Hersbach and European Centre for Medium-Range Weather Forecasts, “ERA5 hourly data & 50% more,” ' +
        'Copernicus Climate Change Service, ver. 1.0, Apr. 1, 2023, doi: 10.24381/cds.adbb2d47.',
    )
    expect(formatCitation(citable, 'vancouver')).toBe(
      'Hersbach HP; European Centre for Medium-Range Weather Forecasts. ERA5 hourly data & 50% more [dataset]. ' +
        'Version 1.0. Copernicus Climate Change Service; 2023 Apr 1. Available from: https://doi.org/10.24381/cds.adbb2d47',
    )
  })

  it('many authors are cut as each style says', () => {
    const creators = Array.from({ length: 25 }, (_, place) => ({
      name: `Family${place}`,
      familyName: `Family${place}`,
      givenName: 'Ada',
    }))
    const many = (style: Parameters<typeof formatCitation>[1], count: number) =>
      formatCitation({ ...citable, creators: creators.slice(0, count) }, style)
    expect(many('apa', 20)).toMatch(/Family18, A\., & Family19, A\. \(/)
    expect(many('apa', 21)).toMatch(/Family18, A\., … Family20, A\. \(/)
    expect(many('chicago-author-date', 11)).toMatch(/Ada Family6, et al\. 2023/)
    expect(many('harvard', 4)).toMatch(/^Family0, A\. et al\. \(/)
    expect(many('ieee', 7)).toMatch(/^A\. Family0 et al\., /)
    expect(many('vancouver', 7)).toMatch(/^Family0 A, .*Family5 A, et al\. ERA5/)
  })

  it('what is missing is handled as each format says', () => {
    const bare = citableOf({ title: 'Bare' }, { uri: 'at://did:plc:abc/x.y.z/bare' })
    expect(formatCitation(bare, 'apa')).toBe('Bare [Data set]. (n.d.). at://did:plc:abc/x.y.z/bare')
    expect(formatCitation(bare, 'vancouver')).toContain('[publisher unknown]; [date unknown].')
    expect(JSON.parse(formatCitation(bare, 'datacite'))).toMatchObject({
      creators: [{ name: ':unav' }],
      publisher: { name: ':unav' },
    })
    expect(parse(formatCitation(bare, 'cff'))).toMatchObject({ authors: [{ name: 'anonymous' }] })
    expect(JSON.parse(formatCitation(bare, 'csl-json'))[0]).not.toHaveProperty('issued')
  })

  it('several have keys of their own, and styles of one thing a document say so', () => {
    const keys = [...formatCitations([citable, citable, citable], 'bibtex')!.matchAll(/^@misc\{(\w+),/gm)]
    expect(keys.map(match => match[1])).toEqual([
      'hersbach2023era5',
      'hersbach2023era5b',
      'hersbach2023era5c',
    ])
    expect(formatCitations([citable, citable], 'ieee')).toMatch(/^\[1\] .*\n\n\[2\] /)
    expect(formatCitations([citable, citable], 'cff')).toBeUndefined()
    expect(formatCitations([citable], 'cff')).toBe(formatCitation(citable, 'cff'))
  })

  it('BibTeX escapes what TeX would obey', () => {
    const text = formatCitation(citable, 'bibtex')
    expect(text).toContain('@misc{hersbach2023era5,')
    expect(text).toContain(
      'author = {Hersbach, Hans Peter and {European Centre for Medium-Range Weather Forecasts}}',
    )
    expect(text).toContain('title = {{ERA5 hourly data \\& 50\\% more}}')
    expect(text).toContain('month = apr')
    expect(text).toContain('doi = {10.24381/cds.adbb2d47}')
  })

  it('RIS keeps each value on its line', () => {
    const lines = formatCitation(citable, 'ris').split('\n')
    expect(lines[0]).toBe('TY  - DATA')
    expect(lines.at(-1)).toBe('ER  - ')
    expect(lines).toContain('AB  - A reanalysis. Second line.')
    for (const line of lines) expect(line).toMatch(/^[A-Z][A-Z0-9] {2}- /)
  })

  it('CSL-JSON', () => {
    expect(JSON.parse(formatCitation(citable, 'csl-json'))[0]).toMatchObject({
      type: 'dataset',
      author: [{ family: 'Hersbach', given: 'Hans Peter' }, { literal: entry.creators![1]!.name }],
      issued: { 'date-parts': [[2023, 4, 1]] },
      DOI: '10.24381/cds.adbb2d47',
      version: 'v1.0',
    })
  })

  it('DataCite', () => {
    expect(JSON.parse(formatCitation(citable, 'datacite'))).toMatchObject({
      doi: '10.24381/cds.adbb2d47',
      publicationYear: 2023,
      publisher: { name: 'Copernicus Climate Change Service' },
      creators: [{ nameIdentifiers: [{ nameIdentifier: 'https://orcid.org/0000-0002-1825-0097' }] }, {}],
      rightsList: [{ rightsIdentifier: 'cc-by-4.0' }],
    })
  })

  it('CITATION.cff', () => {
    expect(parse(formatCitation(citable, 'cff'))).toMatchObject({
      'cff-version': '1.2.0',
      type: 'dataset',
      authors: [
        { 'family-names': 'Hersbach', orcid: 'https://orcid.org/0000-0002-1825-0097' },
        { name: entry.creators![1]!.name },
      ],
      'date-released': '2023-04-01',
    })
  })

  it('none breaks on what strangers write', () => {
    const text = fc.string({ unit: 'grapheme' })
    const agent = fc.record({ name: text, givenName: fc.option(text, { nil: undefined }) })
    const anyEntry = fc.record({
      title: text,
      description: text,
      creators: fc.array(agent, { maxLength: 25 }),
      dates: fc.array(fc.record({ type: text, value: text }), { maxLength: 3 }),
      identifiers: fc.array(fc.record({ scheme: text, value: text }), { maxLength: 3 }),
    })
    fc.assert(
      fc.property(anyEntry, record => {
        for (const style of Object.values(citationStyles)) {
          expect(style.format(citableOf(record, { uri: 'at://did:plc:abc/a.b.c/x' }))).not.toBe('')
        }
        JSON.parse(citationStyles['csl-json'].format(citableOf(record, { uri: 'u' })))
        parse(citationStyles.cff.format(citableOf(record, { uri: 'u' })))
      }),
    )
  })
})

it('an article’s DOI is not the dataset’s', () => {
  const other = { ...entry, identifiers: [{ scheme: 'doi', value: '10.1002/qj.3803', covers: 'article' }] }
  expect(citableOf(other, { uri: 'at://x' }).doi).toBeUndefined()
})

it.each([
  ['https://dx.doi.org/10.1000/ABC', '10.1000/abc'],
  ['doi:10.1000/x', '10.1000/x'],
  ['not a doi', undefined],
])('the DOI of a dataset that says %s', (value, doi) =>
  expect(citableOf({ ...entry, identifiers: [{ scheme: 'DOI', value }] }, { uri: 'at://x' }).doi).toBe(doi),
)

describe('names', () => {
  it.each([
    ['Noether, Emmy', {}, { family: 'Noether', given: 'Emmy' }],
    ['Emmy Noether', {}, undefined],
    ['Ludwig van der Rohe', { nameType: 'Personal' }, { family: 'van der Rohe', given: 'Ludwig' }],
    ['山田太郎', { nameType: 'Personal' }, { family: '山田太郎' }],
    ['Department of Energy, Office of Science', {}, undefined],
    ['University of California, Santa Barbara', {}, undefined],
    ['Acme Data, Inc.', {}, undefined],
    ['King, Martin Luther, Jr.', {}, { family: 'King', given: 'Martin Luther, Jr.' }],
    [
      'Center, Ada',
      { identifiers: [{ scheme: 'orcid', value: '0000-0002-1825-0097' }] },
      { family: 'Center', given: 'Ada' },
    ],
    ['Lovelace, Ada', { nameType: 'Organizational' }, undefined],
  ])('%s', (name, more, parts) => expect(personName({ name, ...more })).toEqual(parts))

  it.each([
    ['Hans Peter', 'H. P.'],
    ['Jean-Luc J.', 'J.-L. J.'],
    ['J.R.R.', 'J. R. R.'],
    ['(‘quoted’) ǆemal', 'Q. Ǆ.'],
  ])('initials of %s', (given, short) => expect(initials(given)).toBe(short))

  it.each([
    ['02z5nhe81', 'https://ror.org/02z5nhe81'],
    ['https://ror.org/02Z5NHE81/', 'https://ror.org/02z5nhe81'],
    ['grid.1234', undefined],
  ])('ROR %s', (text, address) => expect(rorAddress(text)).toBe(address))
})

it('a version stands before its entry, but for what is said about the version’s own record', () => {
  const { entry: cited, version } = citedVersion(
    { title: 'T', description: 'old', derivedFrom: [{ ref: { uri: 'at://a' } }] },
    {
      $type: 'x',
      dataset: 'at://d',
      createdAt: '2020-01-01T00:00:00Z',
      entry: {},
      version: 'v2',
      releasedAt: '2021-01-01T00:00:00Z',
      description: 'new',
      derivedFrom: [],
      identifiers: [{ scheme: 'doi', value: '10.5555/v2', covers: 'version' }],
    },
  )
  expect(cited).toEqual({ title: 'T', description: 'new', derivedFrom: [{ ref: { uri: 'at://a' } }] })
  expect(citableOf(cited as never, { uri: 'at://v', version })).toMatchObject({
    doi: '10.5555/v2',
    version: 'v2',
    issued: '2021-01-01',
  })
})
