import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { bareDoi, citableOf, citationStyles, type EntryLike, formatCitation } from './index.ts'

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
])('bareDoi %s', (text, doi) => expect(bareDoi(text)).toBe(doi))
