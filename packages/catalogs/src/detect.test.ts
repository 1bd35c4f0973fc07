import { type JsonValue, jsonToLex } from '@atproto/lex'
import { validateRecord } from '@frost/lexicon'
import { describe, expect, it } from 'vitest'
import { citableOf } from './citation/citable.ts'
import { dataciteAttributes } from './citation/datacite.ts'
import { datasetsIn } from './detect.ts'

const time = '2026-01-01T00:00:00.000Z'

function read(document: unknown) {
  const text = typeof document === 'string' ? document : JSON.stringify(document)
  const { form, items } = datasetsIn({ name: 'document.json', text }, time)
  const records = items.flatMap(item => item.records.map(({ record }) => record))
  for (const record of records)
    expect(validateRecord(record.$type, jsonToLex(record as JsonValue) as never)).toMatchObject({ ok: true })
  return { form, items, record: records[0] }
}

/** After the example of DataCite's documentation of schema 4. */
const attributes = {
  doi: '10.5072/Example-Full',
  identifiers: [{ identifier: '937-0-4523-12357-6', identifierType: 'Local' }],
  creators: [
    {
      name: 'ExampleFamilyName, ExampleGivenName',
      nameType: 'Personal',
      givenName: 'ExampleGivenName',
      familyName: 'ExampleFamilyName',
      affiliation: [
        {
          name: 'ExampleAffiliation',
          affiliationIdentifier: 'https://ror.org/04wxnsj81',
          affiliationIdentifierScheme: 'ROR',
        },
      ],
      nameIdentifiers: [
        { nameIdentifier: 'https://orcid.org/0000-0001-5727-2427', nameIdentifierScheme: 'ORCID' },
      ],
    },
    { name: 'ExampleOrganization', nameType: 'Organizational', affiliation: ['Somewhere'] },
  ],
  titles: [
    { title: 'Example Title', lang: 'en' },
    { title: 'Example Subtitle', titleType: 'Subtitle' },
  ],
  publisher: { name: 'Example Publisher', publisherIdentifier: 'https://ror.org/04z8jg394' },
  publicationYear: 2023,
  subjects: [
    { subject: 'Digital curation', subjectScheme: 'LCSH', valueUri: 'http://id.loc.gov/1' },
    { subject: 'glaciers' },
  ],
  contributors: [{ name: 'ExampleContributor', contributorType: 'ProjectLeader' }],
  dates: [
    { date: '2023-01-01', dateType: 'Created' },
    { date: '2001/2010', dateType: 'Collected' },
  ],
  language: 'en',
  types: { resourceTypeGeneral: 'Dataset', resourceType: 'Time series' },
  relatedIdentifiers: [
    { relatedIdentifier: '10.5072/source', relatedIdentifierType: 'DOI', relationType: 'IsDerivedFrom' },
    { relatedIdentifier: 'arXiv:0706.0001', relatedIdentifierType: 'arXiv', relationType: 'IsCitedBy' },
  ],
  formats: ['application/x-netcdf'],
  version: '1',
  rightsList: [
    {
      rights: 'Creative Commons Attribution 4.0',
      rightsUri: 'https://creativecommons.org/licenses/by/4.0/',
      rightsIdentifier: 'cc-by-4.0',
    },
  ],
  descriptions: [
    { description: 'Example Abstract', descriptionType: 'Abstract' },
    { description: 'Example Methods', descriptionType: 'Methods' },
  ],
  geoLocations: [
    {
      geoLocationPlace: 'Vancouver',
      geoLocationBox: {
        westBoundLongitude: '-123.27',
        eastBoundLongitude: '-123.02',
        southBoundLatitude: '49.195',
        northBoundLatitude: '49.315',
      },
    },
    { geoLocationPoint: { pointLongitude: 31.233, pointLatitude: -67.302 } },
  ],
  fundingReferences: [
    {
      funderName: 'Example Funder',
      funderIdentifier: 'https://doi.org/10.13039/501100000780',
      awardNumber: '12345',
    },
  ],
  url: 'https://example.org/dataset',
  schemaVersion: 'http://datacite.org/schema/kernel-4',
}

const entry = {
  title: 'Example Title',
  titles: [{ value: 'Example Subtitle', type: 'Subtitle' }],
  description: 'Example Abstract',
  descriptions: [{ value: 'Example Methods', type: 'Methods' }],
  resourceType: 'Time series',
  language: 'en',
  creators: [
    {
      name: 'ExampleFamilyName, ExampleGivenName',
      identifiers: [{ scheme: 'orcid', value: '0000-0001-5727-2427' }],
      affiliation: [{ name: 'ExampleAffiliation', ror: 'https://ror.org/04wxnsj81' }],
    },
    { name: 'ExampleOrganization', affiliation: [{ name: 'Somewhere' }] },
  ],
  contributors: [{ name: 'ExampleContributor', roles: [{ name: 'ProjectLeader' }] }],
  publisher: {
    name: 'Example Publisher',
    identifiers: [{ scheme: 'ror', value: 'https://ror.org/04z8jg394' }],
  },
  rights: [{ spdx: 'CC-BY-4.0' }],
  subjects: [{ term: 'Digital curation', scheme: 'LCSH', uri: 'http://id.loc.gov/1' }, { term: 'glaciers' }],
  identifiers: [{ scheme: 'doi', value: '10.5072/example-full', covers: 'dataset' }, { scheme: 'local' }],
  dates: [
    { type: 'Created', value: '2023-01-01' },
    { type: 'Collected', value: '2001/2010' },
  ],
  coverage: {
    spatial: [
      {
        bbox: { west: '-123.27', south: '49.195', east: '-123.02', north: '49.315' },
        place: { term: 'Vancouver' },
      },
      { point: { longitude: '31.233', latitude: '-67.302' } },
    ],
  },
  derivedFrom: [{ ref: { scheme: 'doi', value: '10.5072/source' }, role: 'source' }],
  relatedItems: [{ ref: { scheme: 'arxiv', value: 'arXiv:0706.0001' }, relation: 'is-cited-by' }],
  funding: [{ funderName: 'Example Funder', awardNumber: '12345' }],
  landingPage: 'https://example.org/dataset',
  source: { catalog: 'datacite', id: '10.5072/example-full', uri: 'https://doi.org/10.5072/example-full' },
  extensions: [{ name: 'datacite:formats' }, { name: 'datacite:version' }],
}

describe('a document of another catalogue', () => {
  it.each([
    ['of the REST API', { data: { id: '10.5072/example-full', type: 'dois', attributes } }],
    ['of content negotiation', attributes],
  ])('in the form of DataCite, %s', (_from, document) => {
    const { form, record } = read(document)
    expect(form).toBe('DataCite')
    expect(record).toMatchObject(entry)
  })

  it('that was made of a record reads back as what it says', () => {
    const { record } = read(attributes)
    const context = { uri: 'at://did:plc:a/b.c.d/e', url: 'https://frost.example/d/a/e', publishedBy: 'ada' }
    const again = read(dataciteAttributes(citableOf(record as never, context as never))).record!
    for (const field of ['title', 'description', 'creators', 'publisher', 'contributors', 'funding'] as const)
      expect(again[field]).toEqual(record![field])
    expect(again.rights).toMatchObject([{ spdx: 'CC-BY-4.0' }])
    expect(again.derivedFrom).toEqual(record!.derivedFrom)
  })

  it('in the form of schema.org, within a web page, beside scripts that are broken', () => {
    const dataset = {
      '@type': 'Dataset',
      name: 'Depths of fjords',
      description: 'Soundings.',
      license: 'https://creativecommons.org/licenses/by/4.0/',
      spatialCoverage: {
        '@type': 'Place',
        name: 'Norway',
        geo: { '@type': 'GeoShape', box: '58 4.5 71 31' },
      },
      temporalCoverage: '1999/..',
      variableMeasured: [{ '@type': 'PropertyValue', name: 'depth', unitText: 'm' }, 'quality'],
      isBasedOn: 'https://doi.org/10.5072/soundings',
      funder: { '@type': 'Organization', name: 'Kartverket' },
      distribution: {
        '@type': 'DataDownload',
        contentUrl: 'https://example.org/fjords.csv',
        encodingFormat: 'text/csv',
      },
    }
    const page = `<!doctype html><SCRIPT type='application/ld+json'>{broken</SCRIPT><script>var x = 1</script>
      <script nonce="a" type="application/ld+json">${JSON.stringify({ '@context': 'https://schema.org', '@graph': [{ '@type': 'WebSite' }, dataset] })}</script>`
    const { form, record } = read(page)
    expect(form).toBe('schema.org')
    expect(record).toMatchObject({
      title: 'Depths of fjords',
      rights: [{ spdx: 'CC-BY-4.0' }],
      coverage: {
        spatial: [{ bbox: { west: '4.5', south: '58', east: '31', north: '71' }, place: { term: 'Norway' } }],
        temporal: [{ start: '1999', ongoing: true }],
      },
      models: [{ variables: [{ name: 'depth', units: 'm' }, { name: 'quality' }] }],
      derivedFrom: [{ ref: { scheme: 'doi', value: '10.5072/soundings' } }],
      funding: [{ funderName: 'Kartverket' }],
      distributions: [{ uri: 'https://example.org/fjords.csv' }],
    })
  })

  it('in the forms of Croissant, STAC and Data Packages', () => {
    const croissant = {
      '@context': { cr: 'http://mlcommons.org/croissant/' },
      '@type': 'sc:Dataset',
      name: 'A',
    }
    expect(read(croissant)).toMatchObject({ form: 'Croissant', record: { title: 'A' } })
    const stac = {
      type: 'Collection',
      stac_version: '1.0.0',
      id: 'b',
      title: 'B',
      license: 'MIT',
      extent: {},
      links: [],
    }
    expect(read(stac)).toMatchObject({ form: 'STAC', record: { title: 'B' } })
    const frictionless = {
      name: 'c',
      title: 'C',
      resources: [{ name: 'r', path: 'https://example.org/r.csv' }],
    }
    expect(read(frictionless)).toMatchObject({ form: 'Data Package', record: { title: 'C' } })
  })

  it.each([
    ['no JSON', 'title: yes', /is no JSON/],
    ['a list', '[]', /holds no JSON object/],
    ['a page without data', '<html><script>1</script></html>', /without JSON-LD/],
    ['another object', '{"a": 1}', /in no form that is known/],
    ['DataCite without a title', '{"doi": "10.1/a", "titles": []}', /has no titles/],
  ])('that is %s is told as that', (_what, text, problem) => {
    expect(read(text).items).toMatchObject([{ records: [], problem: expect.stringMatching(problem) }])
  })

  it('that is made to take long is read at once', () => {
    const began = performance.now()
    for (const part of [
      '<script',
      '<script type="application/ld+json">',
      '<script type=',
      '</script',
      '<script >',
    ])
      read(`<${part.repeat(200_000)}`)
    expect(performance.now() - began).toBeLessThan(5_000)
  })
})
