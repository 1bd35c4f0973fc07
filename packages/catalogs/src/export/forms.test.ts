/** What the rules of other catalogues demand of their documents, whatever a record says. */
import { definition, type Entry, nsid } from '@frost/lexicon'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EXPORT_FORMATS, exportDataset, hasForm } from './index.ts'

type Node = Record<string, unknown>

/** `path` of https://datapackage.org/profiles/2.0/datapackage.json */
const PATH = /^((?=[^./~])(?!file:)((?!\/\.\.\/)(?!\\)(?!:\/\/).)*|(http|ftp)s?:\/\/.*)$/
const uri = `at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/${nsid('dataset.entry')}/sst`

function exported(fields: object, format: string): Node {
  const entry = { title: 'Sea', createdAt: '2024-05-01T00:00:00.000Z', ...fields } as unknown as Entry
  return exportDataset({ entry, uri, page: 'https://frost.example.org/d/a/sst' }, format).json as Node
}

const doi = (value: string) => ({ $type: definition('identifierRef'), scheme: 'doi', value })

describe('STAC', () => {
  it('every variable has dimensions: a scalar none', () => {
    const variables = [
      { name: 'crs', role: 'auxiliary' },
      { name: 'sst', dims: [{ name: 'time' }] },
    ]
    expect(exported({ models: [{ variables }] }, 'stac')).toMatchObject({
      'cube:variables': {
        crs: { dimensions: [], type: 'auxiliary' },
        sst: { dimensions: ['time'], type: 'data' },
      },
    })
  })
})

describe('Data Package', () => {
  it('paths are those that its profile allows: buckets by their host, sources elsewhere by title alone', () => {
    const found = exported(
      {
        distributions: [
          { id: 'a', uri: 's3://ocean/sst.zarr', region: 'eu-west-1' },
          { id: 'b', uri: 'gs://ocean/sst.zarr' },
          { id: 'c', uri: 'az://sea@ocean/sst.zarr' },
          { id: 'd', uri: 'https://example.org/../a.csv' },
          { id: 'e', uri: 'ipfs://bafy/sst.zarr' },
        ],
        derivedFrom: [{ ref: doi('10.1000/x') }, { ref: { uri } }, { ref: { uri: 's3://ocean/raw.zarr' } }],
        rights: [{ spdx: 'MIT OR Apache-2.0' }, { spdx: 'MIT' }],
      },
      'datapackage',
    ) as Record<'resources' | 'sources' | 'licenses', { path?: string }[]>
    expect(found.resources.map(({ path }) => path)).toEqual([
      'https://ocean.s3.eu-west-1.amazonaws.com/sst.zarr',
      'https://storage.googleapis.com/ocean/sst.zarr',
      'https://ocean.blob.core.windows.net/sea/sst.zarr',
      'https://example.org/a.csv',
    ])
    expect(found.sources).toEqual([
      { title: 'https://doi.org/10.1000/x', path: 'https://doi.org/10.1000/x' },
      { title: uri },
      { title: 's3://ocean/raw.zarr' },
    ])
    expect(found.licenses).toEqual([{ name: 'MIT', title: 'MIT' }])
    for (const { path } of [...found.resources, ...found.sources]) if (path) expect(path).toMatch(PATH)
  })

  it.each([
    ['without distributions', undefined],
    ['whose files lie outside the web', [{ id: 'a', uri: 'ipfs://bafy/sst.zarr' }]],
  ])('a dataset %s has no such form', (_, distributions) => {
    expect(hasForm({ distributions } as unknown as Entry, 'datapackage')).toBe(false)
    expect(() => exported({ distributions }, 'datapackage')).toThrow("'datapackage' is no form of at://")
  })
})

describe('Croissant', () => {
  it('every @id is of one thing: a table called after its file, tables and columns of one name', () => {
    const columns = [
      { name: 'id', type: 'int64' },
      { name: 'id', type: 'utf8' },
    ]
    const table = {
      name: 'stations',
      columns,
      primaryKey: [{ name: 'id' }],
      distributions: [{ id: 'stations' }],
    }
    const found = exported(
      {
        distributions: ['stations', 'stations', 'records/stations'].map(id => ({
          id,
          uri: 'https://example.org/a.csv',
        })),
        models: [table, table],
      },
      'croissant',
    ) as { distribution: Node[]; recordSet: (Node & { key: Node[]; field: Node[] })[] }
    const { distribution, recordSet } = found
    const ids = [...distribution, ...recordSet, ...recordSet.flatMap(({ field }) => field)].map(
      one => one['@id'],
    )
    expect(new Set(ids).size).toBe(3 + 2 + 4)
    for (const { key, field, name } of recordSet) {
      expect(name).toBe('stations')
      expect(key).toEqual([{ '@id': field[0]!['@id'] }])
    }
  })
})

describe('RO-Crate', () => {
  it('is flat: every node stands in the graph once, and is named elsewhere by its @id alone', () => {
    const { '@graph': graph } = exported(
      {
        creators: [
          { name: 'Ada', affiliation: [{ name: 'Ocean Lab', ror: 'https://ror.org/021nxhr62' }] },
          { name: 'Bea \ud800', nameType: 'Personal', affiliation: [{ name: 'Ocean Lab' }] },
        ],
        publisher: { name: 'Ocean Lab' },
        coverage: { spatial: [{ bbox: { west: '1', south: '2', east: '3', north: '4' } }] },
        models: [{ variables: [{ name: 'sst' }, { name: 'sst', units: 'K' }] }],
        funding: [{ funderName: 'Fund', funderIdentifier: '021nxhr62', awardNumber: 'RF-7' }],
        distributions: [
          { id: 'a', uri: 'https://example.org/a.csv' },
          { id: 'b', uri: 'https://example.org/a.csv' },
        ],
        rights: [{ spdx: 'MIT' }],
      },
      'ro-crate',
    ) as { '@graph': Node[] }
    const ids = graph.map(node => node['@id'])
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.slice(0, 2)).toEqual(['ro-crate-metadata.json', './'])
    for (const node of graph)
      for (const value of Object.values(node).flat())
        if (
          typeof value === 'object' &&
          value !== null &&
          !String((value as Node)['@id']).includes('/ro/crate/')
        ) {
          expect(Object.keys(value)).toEqual(['@id'])
          expect(ids).toContain((value as Node)['@id'])
        }
    const types = graph.map(node => node['@type'])
    expect(types.filter(type => type === 'PropertyValue')).toHaveLength(2)
    expect(types).toEqual(expect.arrayContaining(['Place', 'GeoShape', 'Grant', 'File', 'Person']))
    expect(graph).toContainEqual({
      '@id': '#Grant/1',
      '@type': 'Grant',
      identifier: 'RF-7',
      funder: { '@id': 'https://ror.org/021nxhr62' },
    })
  })
})

describe('addresses of strangers', () => {
  const hostile = fc
    .tuple(
      fc.constantFrom('javascript:', 'JavaScript:', ' data:', 'vb\tscript:', 'file:///', 'blob:'),
      fc.string(),
    )
    .map(([scheme, rest]) => scheme + rest)

  it('those that run as code or lead onto the reader’s machine go out in no form', () => {
    fc.assert(
      fc.property(hostile, address => {
        const agent = { name: 'Ada', url: address, affiliation: [{ name: 'Lab', ror: address }] }
        const fields = {
          creators: [agent],
          contributors: [agent],
          publisher: agent,
          rights: [{ uri: address }, { uri: address, name: 'Own' }],
          subjects: [{ term: 'sea', uri: address }],
          identifiers: [
            { scheme: 'url', value: address },
            { scheme: 'doi', value: address },
          ],
          distributions: [
            { id: 'bad', uri: address },
            { id: 'good', uri: 'https://example.org/a.csv', of: 'bad' },
          ],
          derivedFrom: [
            { ref: { uri: address } },
            { ref: { scheme: 'url', value: address } },
            { ref: doi(address) },
          ],
          relatedItems: ['is-part-of', 'is-described-by', 'is-documented-by', 'other'].flatMap(relation => [
            { relation, ref: { uri: address } },
            { relation, ref: {}, url: address },
          ]),
          funding: [{ funderName: 'Fund', funderIdentifier: address, awardUri: address }],
          image: { uri: address },
          landingPage: address,
        }
        for (const format of EXPORT_FORMATS.filter(one => one !== 'json')) {
          const entry = { title: 'Sea', createdAt: '2024-05-01T00:00:00.000Z', ...fields } as unknown as Entry
          const { text, json } = exportDataset(
            { entry, uri, page: 'https://frost.example.org/d/a/sst' },
            format,
          )
          const texts = json === undefined ? [text] : leaves(json)
          expect(texts.filter(one => one.includes(address.trim()))).toEqual([])
        }
      }),
      { numRuns: 30 },
    )
  })

  it.each(['10.1000/X', 'doi:10.1000/x', 'https://doi.org/10.1000/X'])(
    'a DOI given as %s is bare where a form wants it so, and one address elsewhere',
    value => {
      const fields = {
        identifiers: [
          { scheme: 'doi', value },
          { scheme: 'doi', value: 'doi:none' },
        ],
        derivedFrom: [{ ref: doi(value) }],
        relatedItems: [{ relation: 'is-described-by', ref: doi(value) }],
        distributions: [{ id: 'a', uri: 'https://example.org/a.csv' }],
      }
      const address = 'https://doi.org/10.1000/x'
      expect(exported(fields, 'stac')).toMatchObject({ 'sci:doi': '10.1000/x' })
      expect(exported(fields, 'schema.org')).toMatchObject({
        identifier: [uri, address],
        isBasedOn: [address],
        citation: [address],
      })
      expect(exported(fields, 'dcat')).toMatchObject({ 'dct:identifier': [uri, address] })
      expect(exported(fields, 'datapackage')).toMatchObject({ id: address, sources: [{ path: address }] })
      expect(exported(fields, 'datacite')).toMatchObject({
        doi: '10.1000/x',
        relatedIdentifiers: [{ relatedIdentifier: '10.1000/x' }, { relatedIdentifier: '10.1000/x' }],
      })
    },
  )
})

/** All texts of a document. */
function leaves(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : []
}
