import { type JsonValue, jsonToLex } from '@atproto/lex'
import { type RecordJson, readCatalog } from '@frost/catalogs'
import { datasetsIn } from '@frost/catalogs/detect'
import { EXPORT_FORMATS, type ExportSource, exportDataset, hasForm } from '@frost/catalogs/export/index'
import { addressKey } from '@frost/index/reference-key'
import { definition, type Entry, edtfRange, nsid, validateRecord } from '@frost/lexicon'
import { describe, expect, it } from 'vitest'
import { sharedPath } from '../shared.ts'

const time = '2026-01-01T00:00:00.000Z'

/** A record where another account keeps it. */
const sourceOf = (record: RecordJson, rkey: string): ExportSource => ({
  entry: record as unknown as Entry,
  uri: `at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/${nsid('dataset.entry')}/${rkey}`,
  cid: 'bafyreib2rxk3rh6kzwq',
  page: `https://frost.example.org/d/someone.example.org/${rkey}`,
  account: 'someone.example.org',
})

/** Out in a form and in again by its importer. */
function again(source: ExportSource, format: string): Entry {
  const { text } = exportDataset(source, format)
  const [item] = datasetsIn(
    { name: 'document.json', text, uri: 'https://example.org/document.json' },
    time,
  ).items
  expect(item!.problem).toBeUndefined()
  const { record } = item!.records[0]!
  expect(validateRecord(record.$type, jsonToLex(record as JsonValue) as never)).toMatchObject({ ok: true })
  return record as unknown as Entry
}

const dois = ({ identifiers = [] }: Entry) =>
  identifiers
    .filter(({ scheme, covers }) => scheme === 'doi' && (covers === undefined || covers === 'dataset'))
    .map(({ value }) => value)
    .sort()
const addresses = ({ distributions = [] }: Entry) => distributions.map(({ uri }) => uri)
const placeOf = (address: string) => decodeURI(addressKey(address))
const terms = ({ subjects = [] }: Entry) => subjects.map(({ term }) => term)
const licences = ({ rights = [] }: Entry) => rights.flatMap(({ spdx }) => spdx ?? [])
const boxes = ({ coverage }: Entry) => (coverage?.spatial ?? []).flatMap(({ bbox }) => (bbox ? [bbox] : []))
const years = ({ coverage }: Entry) =>
  (coverage?.temporal ?? []).map(({ start, end }) => [
    start && edtfRange(start)?.start.toFixed(2),
    end && edtfRange(end)?.end.toFixed(2),
  ])
const named = ({ models = [] }: Entry) =>
  models.flatMap(model => {
    const { variables = [], columns = [] } = model as unknown as Record<
      'variables' | 'columns',
      { name: string }[]
    >
    return [...variables, ...columns].map(({ name }) => name)
  })

const full: RecordJson = {
  $type: nsid('dataset.entry'),
  title: 'Temperatures of the Baltic Sea',
  createdAt: '2024-05-01T00:00:00.000Z',
  description: 'What **buoys** measured.\n\nEvery hour.',
  language: 'en',
  creators: [
    {
      name: 'Lovelace, Ada',
      nameType: 'Personal',
      givenName: 'Ada',
      familyName: 'Lovelace',
      identifiers: [{ scheme: 'orcid', value: '0000-0002-1825-0097' }],
    },
  ],
  publisher: { name: 'Ocean Lab', nameType: 'Organizational', url: 'https://ocean.example.org' },
  rights: [{ spdx: 'CC-BY-4.0', uri: 'https://creativecommons.org/licenses/by/4.0/' }],
  subjects: [{ term: 'sea temperature' }, { term: 'buoys' }],
  identifiers: [{ scheme: 'doi', value: '10.5281/zenodo.123', covers: 'dataset' }],
  dates: [
    { type: 'Issued', value: '2024-05-01' },
    { type: 'Updated', value: '2025-01-01' },
  ],
  models: [
    {
      $type: definition('arrayModel'),
      dims: [
        { name: 'time', size: 100 },
        { name: 'lat', size: 20 },
      ],
      variables: [
        {
          name: 'sst',
          role: 'data',
          units: 'K',
          longName: 'Temperature',
          dims: [{ name: 'time' }, { name: 'lat' }],
        },
      ],
    },
    {
      $type: definition('tableModel'),
      name: 'stations',
      columns: [
        { name: 'id', type: 'int64', nullable: false },
        { name: 'depth', type: 'double', units: 'm', description: 'Depth of the water' },
        { name: 'tags', type: 'list<utf8>' },
      ],
      primaryKey: [{ name: 'id' }],
      distributions: [{ id: 'stations' }],
    },
  ],
  coverage: {
    spatial: [
      { bbox: { west: '9.5', south: '53', east: '30', north: '66' } },
      { bbox: { west: '170', south: '-10', east: '-170', north: '10' } },
    ],
    temporal: [{ start: '2001', end: '2003-06' }],
  },
  distributions: [
    { id: 'cube', uri: 's3://ocean/sst.zarr', format: 'zarr', role: 'primary', contentSize: '123456789' },
    {
      id: 'stations',
      uri: 'https://ocean.example.org/stations.parquet',
      format: 'parquet',
      digests: [{ algorithm: 'sha-256', value: 'a'.repeat(64) }],
    },
  ],
  derivedFrom: [
    {
      ref: { $type: definition('identifierRef'), scheme: 'doi', value: '10.1000/source' },
      role: 'source',
    },
  ],
  relatedItems: [
    {
      ref: { $type: definition('identifierRef'), scheme: 'doi', value: '10.1000/paper' },
      relation: 'is-described-by',
    },
  ],
  funding: [{ funderName: 'Research Fund', awardNumber: 'RF-7' }],
  image: { $type: definition('urlRef'), uri: 'https://ocean.example.org/picture.png' },
  landingPage: 'https://ocean.example.org/sst',
  frequency: { kind: 'periodic', interval: 'P1D' },
}

describe('what is exported and read again', () => {
  const source = sourceOf(full, 'sst')

  it.each(['croissant', 'schema.org', 'datacite', 'stac', 'datapackage'])('as %s says the same', format => {
    const back = again(source, format)
    expect(back).toMatchObject({ title: full.title, derivedFrom: full.derivedFrom })
    expect(dois(back)).toEqual(['10.5281/zenodo.123'])
    expect(terms(back)).toEqual(['sea temperature', 'buoys'])
    expect(licences(back)).toEqual(['CC-BY-4.0'])
    expect(back.publisher?.name).toBe('Ocean Lab')
    if (format !== 'schema.org') expect(back.description).toBe(full.description)
    if (format !== 'stac') expect(back.creators![0]!.name).toBe('Lovelace, Ada')
    if (format === 'datacite') return
    expect(addresses(back)).toEqual([
      format === 'datapackage' ? 'https://ocean.s3.amazonaws.com/sst.zarr' : 's3://ocean/sst.zarr',
      'https://ocean.example.org/stations.parquet',
    ])
    expect(back.distributions!.map(one => one.format)).toEqual(['zarr', 'parquet'])
    expect(back.distributions![0]!.contentSize).toBe('123456789')
    expect(back.image).toMatchObject({ uri: 'https://ocean.example.org/picture.png' })
    expect(named(back)).toEqual(expect.arrayContaining(['id', 'depth', 'tags']))
    if (format === 'datapackage') return
    expect(named(back)).toContain('sst')
    expect(boxes(back)).toEqual(boxes(full as never))
    // schema.org tells a list of intervals, of which importers keep one text.
    if (format === 'stac') expect(years(back)).toEqual(years(full as never))
  })

  it('as Croissant keeps checksums, types, keys and who pays', () => {
    const back = again(source, 'croissant')
    expect(back.distributions![1]!.digests).toEqual([{ algorithm: 'sha-256', value: 'a'.repeat(64) }])
    expect(back.funding).toEqual([{ funderName: 'Research Fund', awardNumber: 'RF-7' }])
    const [table] = back.models as unknown as { name: string; columns: object[]; primaryKey: object[] }[]
    expect(table).toMatchObject({
      name: 'stations',
      columns: [{ type: 'int64' }, { type: 'double' }, { type: 'list<utf8>' }],
      primaryKey: [{ name: 'id' }],
    })
    const document = exportDataset(source, 'croissant').json as Record<string, unknown>
    expect(document).toMatchObject({
      '@type': 'sc:Dataset',
      conformsTo: 'http://mlcommons.org/croissant/1.0',
      citeAs: expect.stringContaining('@misc'),
      isLiveDataset: true,
    })
  })

  it('as DCAT and RO-Crate name the files, the people and the licence', () => {
    expect(exportDataset(source, 'dcat').json).toMatchObject({
      '@type': 'dcat:Dataset',
      'dct:license': { '@id': 'https://creativecommons.org/licenses/by/4.0/' },
      'dct:creator': [{ '@type': 'foaf:Person', '@id': 'https://orcid.org/0000-0002-1825-0097' }],
      'dct:temporal': [
        {
          'dcat:startDate': { '@value': '2001-01-01T00:00:00Z' },
          'dcat:endDate': { '@value': '2003-06-30T23:59:59Z' },
        },
      ],
      'dcat:distribution': [
        { 'dcat:accessURL': { '@id': 's3://ocean/sst.zarr' }, 'dcat:byteSize': { '@value': '123456789' } },
        { 'dcat:downloadURL': { '@id': 'https://ocean.example.org/stations.parquet' } },
      ],
    })
    const { '@graph': graph } = exportDataset(source, 'ro-crate').json as {
      '@graph': Record<string, unknown>[]
    }
    const ids = new Set(graph.map(node => node['@id']))
    const root = graph.find(node => node['@id'] === './') as unknown as {
      hasPart: { '@id': string }[]
      license: { '@id': string }
    }
    for (const { '@id': id } of [...root.hasPart, root.license]) expect(ids).toContain(id)
  })

  it('a record of a title alone has a document in every form but a package, which nothing lies in', () => {
    const bare = sourceOf({ $type: full.$type, title: 'Bare', createdAt: time }, 'bare')
    for (const format of EXPORT_FORMATS)
      if (format === 'datapackage')
        expect(() => exportDataset(bare, format)).toThrow(`'datapackage' is no form of ${bare.uri}`)
      else expect(exportDataset(bare, format).text).toContain('Bare')
    expect(again(bare, 'stac').title).toBe('Bare')
    expect(() => exportDataset(bare, 'constructor')).toThrow(
      "format 'constructor' is not known: choose one of json",
    )
  })

  it('names of every object’s own are names like others', () => {
    const odd = sourceOf(
      {
        ...full,
        relatedItems: [{ ref: { $type: 'x', uri: 'https://example.org' }, relation: 'constructor' }],
        distributions: [{ id: '__proto__', uri: 'https://example.org/a', format: 'toString' }],
        frequency: { interval: 'valueOf' },
      },
      'odd',
    )
    for (const format of EXPORT_FORMATS) expect(exportDataset(odd, format).text).not.toContain('native code')
    const { assets } = exportDataset(odd, 'stac').json as { assets: object }
    expect(Object.keys(assets)).toEqual(['__proto__'])
  })
})

describe.each([
  ['croissant', 'croissant', 1, 'croissant'],
  ['stac', 'earth-engine-stac', 20, 'stac'],
  ['leap', 'leap', 1, 'croissant'],
  ['aws-open-data', 'aws-open-data', 20, 'datapackage'],
])('real datasets of %s', (catalog, folder, every, format) => {
  const path = sharedPath('corpora', folder)
  it.skipIf(path === undefined)(
    `keep names, licences, keywords and files as ${format}`,
    { timeout: 60_000 },
    async () => {
      let count = 0
      for await (const { records } of readCatalog(catalog, path!, time)) {
        if (count++ % every !== 0) continue
        const [{ rkey, record } = expect.unreachable()] = records
        const source = sourceOf(record, rkey)
        const back = again(source, format)
        expect(back.title).toBe(record.title)
        expect(licences(back)).toEqual(
          expect.arrayContaining(format === 'stac' ? [] : licences(source.entry)),
        )
        expect(terms(back)).toEqual(
          expect.arrayContaining(terms(source.entry).filter(term => !term.includes(','))),
        )
        // A Data Package names buckets by their host.
        if (format === 'datapackage')
          expect(addresses(back).map(placeOf)).toEqual(addresses(source.entry).map(placeOf))
        else if (format !== 'stac') expect(addresses(back)).toEqual(addresses(source.entry))
        for (const other of EXPORT_FORMATS)
          if (hasForm(source.entry, other)) expect(exportDataset(source, other).text).not.toBe('')
      }
      expect(count).toBeGreaterThan(30)
    },
  )
})
