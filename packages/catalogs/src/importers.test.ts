import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type JsonValue, jsonToLex } from '@atproto/lex'
import { definition, nsid, validateRecord } from '@frost/lexicon'
import { describe, expect, it } from 'vitest'
import { CATALOGS, type CatalogItem, readCatalog } from './index.ts'

const time = '2026-01-01T00:00:00.000Z'

async function imported(catalog: string, files: Record<string, string | object>): Promise<CatalogItem[]> {
  const folder = await mkdtemp(join(tmpdir(), 'frost-catalog-'))
  for (const [name, content] of Object.entries(files))
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  const items: CatalogItem[] = []
  for await (const item of readCatalog(catalog, folder, time)) items.push(item)
  for (const { records } of items)
    for (const { record } of records)
      expect(validateRecord(record.$type, jsonToLex(record as JsonValue) as never)).toMatchObject({
        ok: true,
      })
  return items
}

// biome-ignore lint/suspicious/noExplicitAny: the JSON of a record
const only = (items: CatalogItem[]): any => items[0]!.records[0]!.record

describe('an entry of the Registry of Open Data on AWS', () => {
  const yaml = `Name: Test of the <b>Registry</b>
Description: "Two lines,

the second is not indented."
Documentation: https://example.org/docs
Contact: jane.doe@example.org
ManagedBy: "[NOAA](https://www.noaa.gov) and [USGS](https://usgs.gov)"
UpdateFrequency: Daily
Tags: [climate, zarr]
License: "[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/)"
Citation: Someone (2020). https://doi.org/10.5281/zenodo.123
Deprecated: true
Unheard: of
Resources:
  - Description: Zarr stores
    ARN: arn:aws:s3:::bucket/prefix/*
    Region: us-west-2
    Type: S3 Bucket
    RequesterPays: true
    Explore: ['[Browse](https://bucket.s3.amazonaws.com/index.html)']
    Odd: thing
  - Description: News
    ARN: arn:aws:sns:us-west-2:1:topic
    Region: us-west-2
    Type: SNS Topic
DataAtWork:
  Tutorials:
    - Title: How to
      URL: https://example.org/how
      NotebookURL: https://example.org/how.ipynb
      AuthorName: Ada Lovelace, Charles Babbage
  Publications:
    - Title: A paper
      URL: https://doi.org/10.1000/xyz
      AuthorName: Somebody Else
`

  it('keeps everything it says', async () => {
    const [item] = await imported('aws-open-data', { 'test-entry.yaml': yaml })
    expect(item).toMatchObject({ id: 'test-entry', publisher: 'NOAA' })
    expect(item!.records[0]!.rkey).toBe('test-entry')
    expect(item!.records[0]!.record).toMatchObject({
      $type: nsid('dataset.entry'),
      title: 'Test of the Registry',
      description: 'Two lines,\nthe second is not indented.',
      landingPage: 'https://example.org/docs',
      publisher: { name: 'NOAA', url: 'https://www.noaa.gov' },
      contributors: [{ name: 'USGS' }],
      rights: [{ spdx: 'CC-BY-4.0', uri: 'https://creativecommons.org/licenses/by/4.0/' }],
      subjects: [{ term: 'climate' }, { term: 'zarr' }],
      identifiers: [{ scheme: 'doi', value: '10.5281/zenodo.123', covers: 'dataset' }],
      frequency: { kind: 'periodic', interval: 'P1D' },
      distributions: [
        {
          uri: 's3://bucket/prefix/',
          format: 'zarr',
          cloud: 'aws',
          region: 'us-west-2',
          requesterPays: true,
          openOptions: [{ name: 'Odd', value: 'thing' }],
        },
      ],
      services: [
        { type: 'explore', uri: 'https://bucket.s3.amazonaws.com/index.html', title: 'Browse' },
        { type: 'sns', uri: 'arn:aws:sns:us-west-2:1:topic' },
      ],
      relatedItems: [
        {
          relation: 'is-documented-by',
          resourceType: 'ComputationalNotebook',
          creators: [{ name: 'Ada Lovelace' }, { name: 'Charles Babbage' }],
          url: 'https://example.org/how.ipynb',
        },
        { relation: 'is-cited-by', ref: { scheme: 'doi', value: '10.1000/xyz' } },
      ],
      source: { catalog: 'aws-open-data', id: 'test-entry' },
    })
    const { extensions, descriptions } = only([item!])
    expect(extensions).toContainEqual(
      expect.objectContaining({ name: 'aws-open-data:Unheard', valueJson: '"of"' }),
    )
    expect(descriptions).toEqual([{ type: 'Other', value: 'Deprecated.' }])
    // A person's own address stays out of public records.
    expect(JSON.stringify(item)).not.toContain('jane.doe')
  })
})

describe('a STAC Collection', () => {
  const collection = {
    type: 'Collection',
    stac_version: '1.0.0',
    id: 'A/B c',
    title: 'A collection',
    description: 'About <i>it</i>',
    license: 'proprietary',
    keywords: ['k'],
    providers: [
      { name: 'Host Inc', roles: ['host'] },
      { name: 'Maker', roles: ['producer'], url: 'https://maker.org' },
    ],
    extent: {
      spatial: { bbox: [[0, -60, 360, 60]] },
      temporal: { interval: [['2000-01-01T00:00:00Z', null]] },
    },
    links: [
      { rel: 'self', href: 'https://x.org/stac/ab.json' },
      { rel: 'predecessor-version', href: './old.json' },
      { rel: 'license', href: 'https://x.org/licence' },
      { rel: 'strange', href: 'https://x.org/strange' },
    ],
    summaries: {
      gsd: [30],
      'eo:bands': [
        {
          name: 'B1',
          description: 'Blue',
          center_wavelength: 0.48,
          'gee:units': '&deg;C',
          'gee:scale': 0.0001,
        },
      ],
      B1: { minimum: -5, maximum: 10 },
    },
    assets: {
      data: { href: 's3://b/x.zarr', roles: ['data'], type: 'application/vnd+zarr', 'storage:refs': ['aws'] },
      thumb: { href: 'https://x.org/t.png', roles: ['thumbnail'] },
      iso: { href: 'https://x.org/iso.xml', roles: ['metadata'], type: 'application/xml' },
    },
    'storage:schemes': { aws: { type: 'aws-s3', region: 'us-west-2' } },
    'x:unknown': { deep: [1] },
  }

  it('keeps everything it says', async () => {
    const [item] = await imported('stac', { 'ab.json': collection })
    expect(item).toMatchObject({ id: 'A/B c', publisher: 'Maker' })
    expect(item!.records[0]!.rkey).toMatch(/^A-B-c-[a-z2-7]+$/)
    expect(only([item!])).toMatchObject({
      description: 'About *it*',
      publisher: { name: 'Maker' },
      contributors: [{ name: 'Host Inc' }],
      rights: [{ uri: 'https://x.org/licence' }],
      coverage: {
        spatial: [{ bbox: { west: '-180', south: '-60', east: '180', north: '60' } }],
        temporal: [{ start: '2000-01-01', ongoing: true }],
        resolution: [{ value: '30', units: 'm' }],
      },
      models: [
        {
          $type: definition('arrayModel'),
          variables: [
            {
              name: 'B1',
              role: 'band',
              longName: 'Blue',
              units: '°C',
              scaleFactor: '0.0001',
              validMin: '-5',
              validMax: '10',
            },
          ],
        },
      ],
      distributions: [{ id: 'data', uri: 's3://b/x.zarr', format: 'zarr', region: 'us-west-2' }],
      relatedItems: [{ relation: 'is-new-version-of', ref: { uri: 'https://x.org/stac/old.json' } }],
      image: { uri: 'https://x.org/t.png' },
    })
    const { extensions, metadataLinks } = only([item!])
    const names = extensions.map(({ name }: { name: string }) => name)
    expect(names).toEqual(expect.arrayContaining(['x:unknown', 'stac:links']))
    expect(metadataLinks.map(({ uri }: { uri: string }) => uri)).toEqual([
      'https://x.org/stac/ab.json',
      'https://x.org/iso.xml',
    ])
  })

  it('is read from lists and lines too; catalogues above it give nothing', async () => {
    const items = await imported('stac', {
      'catalog.json': { type: 'Catalog', id: 'root', links: [] },
      'collections.json': { collections: [collection, { ...collection, id: 'second' }, 7] },
      'lines.ndjson': [JSON.stringify({ ...collection, id: 'third' }), ''].join('\n'),
    })
    expect(items.map(({ id, problem }) => problem ?? id)).toEqual([
      'A/B c',
      'second',
      'a member of collections is no object',
      'third',
    ])
  })
})

describe('other catalogues', () => {
  it('Croissant: files, record sets and what has no address', async () => {
    const [item] = await imported('croissant', {
      'people.json': {
        '@context': {},
        '@type': 'sc:Dataset',
        name: 'People',
        license: 'https://creativecommons.org/licenses/by/4.0/',
        url: 'https://huggingface.co/datasets/ada/people',
        distribution: [
          {
            '@type': 'cr:FileObject',
            '@id': 'zip',
            contentUrl: 'https://x.org/p.zip',
            encodingFormat: 'application/zip',
            sha256: 'a'.repeat(64),
          },
          {
            '@type': 'cr:FileObject',
            '@id': 'csv',
            containedIn: { '@id': 'zip' },
            contentUrl: 'p.csv',
            encodingFormat: 'text/csv',
          },
          { '@type': 'cr:FileObject', '@id': 'lost', contentUrl: 'data/lost.csv' },
        ],
        recordSet: [
          {
            '@type': 'cr:RecordSet',
            '@id': 'persons',
            name: 'persons',
            key: { '@id': 'persons/name' },
            field: [
              {
                '@type': 'cr:Field',
                name: 'persons/name',
                dataType: 'sc:Text',
                source: { fileObject: { '@id': 'csv' } },
              },
              { '@type': 'cr:Field', name: 'persons/ages', dataType: 'sc:Integer', repeated: true },
            ],
          },
        ],
      },
    })
    expect(item).toMatchObject({ id: 'people', publisher: 'ada' })
    expect(only([item!])).toMatchObject({
      rights: [{ spdx: 'CC-BY-4.0' }],
      distributions: [
        { id: 'zip', format: 'zip', digests: [{ algorithm: 'sha-256' }] },
        { id: 'csv', uri: 'https://x.org/p.zip', path: 'p.csv', format: 'csv', role: 'part', of: 'zip' },
      ],
      models: [
        {
          name: 'persons',
          columns: [
            { name: 'name', type: 'utf8' },
            { name: 'ages', type: 'list<int64>' },
          ],
          primaryKey: [{ name: 'name' }],
          distributions: [{ id: 'csv' }],
        },
      ],
      extensions: [{ name: 'croissant:distribution', valueJson: expect.stringContaining('lost') }],
    })
  })

  it('a Data Package: resources with schema, licence, sources', async () => {
    const [item] = await imported('datapackage', {
      'datapackage.json': {
        name: 'rivers',
        title: 'Rivers',
        licenses: [
          { name: 'ODC-PDDL-1.0', path: 'https://opendatacommons.org/licenses/pddl/', title: 'PDDL' },
        ],
        contributors: [{ title: 'Ada', roles: ['author'], organization: 'Institute' }],
        sources: [{ title: 'Gauges', path: 'https://x.org/gauges' }],
        resources: [
          {
            name: 'levels',
            path: 'https://x.org/levels.csv',
            bytes: 12,
            hash: 'sha256:ab',
            schema: {
              fields: [{ name: 'level', type: 'number', unit: 'm', constraints: { required: true } }],
              primaryKey: 'level',
            },
          },
        ],
      },
    })
    expect(only([item!])).toMatchObject({
      title: 'Rivers',
      creators: [{ name: 'Ada', affiliation: [{ name: 'Institute' }] }],
      rights: [{ spdx: 'PDDL-1.0' }],
      derivedFrom: [{ ref: { uri: 'https://x.org/gauges' } }],
      distributions: [
        { id: 'levels', format: 'csv', contentSize: '12', digests: [{ algorithm: 'sha-256', value: 'ab' }] },
      ],
      models: [
        {
          columns: [{ name: 'level', type: 'double', units: 'm', nullable: false }],
          primaryKey: [{ name: 'level' }],
        },
      ],
    })
  })

  it('LEAP: stores with their options, and who made them', async () => {
    const [item] = await imported('leap', {
      'catalog.json': [
        {
          title: 'A product',
          tags: ['ocean'],
          provenance: {
            license: 'CC BY 4.0',
            providers: [{ name: 'Lab', roles: ['producer'], description: 'of a university' }],
          },
          maintainers: [{ name: 'Ada', github: 'ada' }],
          stores: [
            { id: 's', url: 'https://x.org/a.zarr', xarray_open_kwargs: { engine: 'zarr' }, public: true },
          ],
          'ncviewjs:meta_yaml_url': 'https://github.com/leap-stc/product/blob/main/meta.yaml',
        },
      ],
    })
    expect(item).toMatchObject({ id: 'product', publisher: 'LEAP-Pangeo' })
    expect(only([item!])).toMatchObject({
      creators: [{ name: 'Lab' }],
      contributors: [{ name: 'Ada', identifiers: [{ scheme: 'github', value: 'ada' }] }],
      distributions: [
        {
          id: 's',
          format: 'zarr',
          openOptions: [{ name: 'xarray:engine', value: 'zarr' }, { name: 'leap:public' }],
        },
      ],
    })
  })
})

describe('input that cannot be carried over', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefghij'.split('').map((letter, index) => {
      const before = 'abcdefghij'[index]
      return `${letter}: &${letter} [${Array(9).fill(`*${before}`).join(',')}]`
    }),
  ].join('\n')

  it.each([
    ['aws-open-data', 'x.yaml', 'Name: [unclosed', /no YAML/],
    ['aws-open-data', 'x.yaml', bomb, /cannot be read: .*alias/i],
    ['aws-open-data', 'x.yaml', 'Description: no name', /Name is undefined/],
    ['aws-open-data', 'x.yaml', '- a list', /no mapping/],
    ['stac', 'x.json', '{"type": "Coll', /no JSON/],
    ['stac', 'x.json', '{"type": "Collection"}', /id is undefined/],
    ['stac', 'x.json', '{"type": "Thing"}', /type is "Thing"/],
    ['croissant', 'x.json', '{"@type": "Person"}', /@type is "Person"/],
    ['leap', 'x.json', '{}', /no list/],
    ['leap', 'x.json', '[5]', /no object/],
    ['datapackage', 'datapackage.json', '{"name": "x"}', /no resources/],
  ])('%s %s %s', async (catalog, name, content, problem) => {
    const items = await imported(catalog, { [name]: content })
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({ records: [], problem: expect.stringMatching(problem) })
  })

  it('does not end the others', async () => {
    const good = { type: 'Collection', id: 'good', description: 'd', license: 'MIT', extent: {}, links: [] }
    const items = await imported('stac', { 'a.json': '{', 'b.json': good, 'c.json': '\u0000' })
    expect(items.map(({ problem }) => problem === undefined)).toEqual([false, true, false])
  })

  it('survives any value in any field', async () => {
    const odd = [null, 7, true, [], {}, [[1]], 'x'.repeat(20_000), { a: null }, [null, 'a', 5]]
    for (const catalog of ['stac', 'croissant', 'datapackage'])
      for (const value of odd) {
        const document: Record<string, unknown> =
          catalog === 'stac'
            ? {
                type: 'Collection',
                id: 'x',
                extent: value,
                links: value,
                assets: value,
                providers: value,
                summaries: value,
                license: value,
                keywords: value,
                title: value,
                description: value,
              }
            : catalog === 'croissant'
              ? {
                  '@type': 'Dataset',
                  name: value,
                  creator: value,
                  distribution: value,
                  recordSet: value,
                  license: value,
                  keywords: value,
                  identifier: value,
                  temporalCoverage: value,
                }
              : {
                  name: 'x',
                  title: value,
                  resources: [value, { path: value, schema: value }],
                  licenses: value,
                  contributors: value,
                  sources: value,
                  keywords: value,
                }
        const items = await imported(catalog, {
          [catalog === 'datapackage' ? 'datapackage.json' : 'x.json']: document,
        })
        expect(items).toHaveLength(1)
      }
  })

  it('names catalogues it does not know, and sources that are not there', async () => {
    expect(CATALOGS).toContain('stac')
    await expect(readCatalog('zenodo', '/tmp').next()).rejects.toThrow(/'zenodo' is not known: choose one of/)
    await expect(readCatalog('stac', '/nowhere/at/all').next()).rejects.toThrow(/cannot be read: ENOENT/)
  })
})
