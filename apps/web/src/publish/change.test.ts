import { readdirSync, readFileSync } from 'node:fs'
import { type JsonValue, jsonToLex, type TypedLexMap } from '@atproto/lex'
import { entryFromFields } from '@frost/client/entry-fields'
import { UsageError } from '@frost/client/errors'
import { definition, nsid, validateRecord } from '@frost/lexicon'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changedBy } from './change.ts'
import { emptyDraft } from './draft.ts'
import { type EntryForm, formOf, readForm } from './form.ts'
import { rebased } from './rebase.ts'

const refer = async (text: string) => {
  if (text === 'nowhere') throw new UsageError("'nowhere' is no reference")
  return { $type: definition('urlRef'), uri: text }
}

interface Seed {
  readonly records?: readonly { readonly collection: string; readonly record: object }[]
}

/** A record with what the form knows and what it does not, as other clients write it. */
const rich = jsonToLex({
  $type: nsid('dataset.entry'),
  title: ' Sea ice\nof the Arctic ',
  createdAt: '2020-01-02T03:04:05.000Z',
  description: 'First.\r\n\r\nSecond.\n',
  rights: [{ spdx: 'CC-BY-4.0', appliesTo: [{ id: 'data' }] }, { name: 'Terms of the mission' }],
  access: { level: 'restricted', terms: 'Ask us' },
  subjects: [
    { term: 'ice, sea' },
    { term: 'ICE', scheme: 'GCMD', code: '7' },
    { term: 'arctic', lang: 'en' },
  ],
  creators: [
    {
      name: 'Nansen, Fridtjof',
      did: 'did:plc:nansen',
      identifiers: [
        { scheme: 'orcid', value: '0000-0002-1825-0097' },
        { scheme: 'wikidata', value: 'Q72292' },
      ],
      affiliation: [{ name: 'Bergen Museum', ror: 'https://ror.org/03zga2b32' }, { name: 'Kristiania' }],
      roles: [{ name: 'DataCollector' }],
    },
    { name: 'Sverdrup, Otto' },
  ],
  publisher: { name: 'Bergen Museum', url: 'https://example.org' },
  identifiers: [
    { scheme: 'doi', value: '10.1/article', covers: 'article' },
    { scheme: 'doi', value: '10.1234/abc' },
  ],
  coverage: {
    spatial: [
      { place: { term: 'Arctic Ocean' } },
      { bbox: { west: '-180', south: '66.50', east: '180', north: '90' }, crs: 'OGC:CRS84' },
      { bbox: { west: '0', south: '0', east: '1', north: '1' } },
    ],
    temporal: [{ start: '1893-09', end: '1896-08', note: 'drift' }, { start: '1898' }],
    resolution: [{ value: '1', units: 'degree' }],
  },
  distributions: [
    {
      id: 'zarr',
      uri: 's3://ice/drift.zarr',
      format: 'zarr',
      region: 'eu-north-1',
      digests: [{ algorithm: 'md5', value: 'x' }],
    },
    { id: 'csv', uri: 'https://example.org/drift.csv', format: 'csv', title: 'Table' },
  ],
  derivedFrom: [
    {
      ref: { $type: definition('recordRef'), uri: 'at://did:plc:a/b.c.d/e' },
      role: 'source',
      selection: 'north of 66°',
    },
    { ref: { $type: definition('identifierRef'), scheme: 'doi', value: '10.5/logbook' }, process: 'p' },
  ],
  funding: [
    { funderName: 'Stortinget', funderIdentifier: 'https://ror.org/03zga2b32', awardNumber: '1890' },
    { funderName: 'Others' },
  ],
  relatedItems: [
    {
      ref: { $type: definition('identifierRef'), scheme: 'doi', value: '10.5/book' },
      relation: 'is-described-by',
      resourceType: 'Book',
      title: 'Farthest North',
    },
    {
      ref: { $type: definition('urlRef'), uri: 'https://e.org/map' },
      relation: 'other',
      relationNote: 'map',
    },
  ],
  image: { $type: definition('urlRef'), uri: 'https://e.org/fram.png', mediaType: 'image/png' },
  futureField: { anything: [1, 'two'] },
} as JsonValue) as TypedLexMap

/** The form as a browser without script sends it back: line ends of a form, rows numbered anew. */
function sent(form: EntryForm): EntryForm {
  const data = new FormData()
  for (const [name, value] of Object.entries(form)) {
    if (typeof value === 'string') data.set(name, value.replaceAll('\n', '\r\n'))
    else
      value.forEach((row: object, index: number) => {
        for (const [field, text] of Object.entries(row)) data.set(`${name}-${index}-${field}`, text)
      })
  }
  return readForm(data)
}

describe('a record changed by its form', () => {
  it('is the same, byte for byte, where nobody has changed anything', async () => {
    const { record, problems } = await changedBy(rich, sent(formOf(rich)), refer)
    expect(problems).toEqual(new Map())
    expect(record).toEqual(rich)
    expect(validateRecord(rich.$type, rich)).toMatchObject({ ok: true })
  })

  /** What the content of the first start leaves open: where its object store is, and what a record there refers to. */
  const settled = (_name: string, value: unknown) =>
    typeof value === 'object' && value !== null && '$store' in value
      ? `http://localhost:4190/${value.$store}`
      : value

  it('is the same for every dataset that is there at the first start', async () => {
    const folder = new URL('../../../network/seed/', import.meta.url)
    const entries = readdirSync(folder)
      .filter(name => name.endsWith('.json'))
      .flatMap(
        name => (JSON.parse(readFileSync(new URL(name, folder), 'utf8'), settled) as Seed).records ?? [],
      )
      .filter(({ collection }) => collection === 'dataset.entry')
    expect(entries.length).toBeGreaterThan(100)
    for (const { record: json } of entries) {
      const record = {
        $type: nsid('dataset.entry'),
        ...(jsonToLex(json as JsonValue) as object),
      } as TypedLexMap
      const { record: same, problems } = await changedBy(record, sent(formOf(record)), refer)
      expect(problems).toEqual(new Map())
      expect(same).toEqual(record)
    }
  })

  const texts = ['title', 'description', 'license', 'keywords', 'publisher', 'landingPage'] as const
  it('differs only in what was changed, and reads back as it was typed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...texts),
        fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }),
        async (field, typed) => {
          const before = formOf(rich)
          const form = sent({
            ...before,
            [field]: field === 'landingPage' ? `https://e.org/${encodeURIComponent(typed)}` : typed,
          })
          const { record, problems } = await changedBy(rich, form, refer)
          if (problems.size > 0) return
          const homes = {
            title: 'title',
            description: 'description',
            license: 'rights',
            keywords: 'subjects',
            publisher: 'publisher',
            landingPage: 'landingPage',
          }
          const { [homes[field]]: _now, ...others } = record
          const { [homes[field]]: _then, ...same } = rich
          expect(others).toEqual(same)
          const { [field]: _f, ...rest } = formOf(record)
          const { [field]: _g, ...untouched } = before
          expect(rest).toEqual(untouched)
        },
      ),
    )
  })

  it('keeps what it does not know of other works, of who paid and of the picture', async () => {
    const before = formOf(rich)
    const { record, problems } = await changedBy(
      rich,
      sent({
        ...before,
        links: [
          { ...before.links[0]!, relation: 'is-documented-by' },
          { of: '', relation: 'is-compiled-by', ref: 'https://e.org/code', title: '' },
          { of: '', relation: 'is-described-by', ref: '', title: '' },
        ],
        funding: [
          { ...before.funding[0]!, award: '1893' },
          { of: '', funder: 'Oscar II', award: '', uri: 'https://e.org/award' },
        ],
        image: 'https://e.org/ice.png',
      }),
      refer,
    )
    expect(problems).toEqual(new Map())
    const [book] = rich.relatedItems as object[]
    expect(record).toEqual({
      ...rich,
      relatedItems: [
        { ...book, relation: 'is-documented-by' },
        { ref: await refer('https://e.org/code'), relation: 'is-compiled-by' },
      ],
      funding: [
        { funderName: 'Stortinget', funderIdentifier: 'https://ror.org/03zga2b32', awardNumber: '1893' },
        { funderName: 'Oscar II', awardUri: 'https://e.org/award' },
      ],
      image: { $type: definition('urlRef'), uri: 'https://e.org/ice.png' },
    })
    const { problems: wrong } = await changedBy(
      rich,
      {
        ...before,
        links: [{ of: '', relation: 'is-described-by', ref: '', title: 'Untold' }],
        funding: [
          { of: '', funder: '', award: '7', uri: '' },
          { of: '', funder: 'A', award: '', uri: 'javascript:alert(1)' },
        ],
        image: 'data:image/png;base64,x',
      },
      refer,
    )
    expect([...wrong.keys()].sort()).toEqual(['funding-0-funder', 'funding-1-uri', 'image', 'links-0-ref'])
  })

  it('keeps what the form does not know of the parts that it changes', async () => {
    const before = formOf(rich)
    const { record, problems } = await changedBy(
      rich,
      {
        ...before,
        license: 'cc0',
        keywords: 'arctic; drift',
        west: '-170',
        until: '1896-09',
        doi: 'https://doi.org/10.1234/ABCD',
        places: [
          before.places[1]!,
          { ...before.places[0]!, url: 's3://ice/moved.zarr' },
          { of: '', url: 'https://e.org/x.parquet', format: '' },
        ],
        people: [{ ...before.people[0]!, affiliation: 'University of Oslo' }],
        sources: [
          { ...before.sources[0]!, role: 'training' },
          { of: '', ref: 'https://e.org/new', role: 'mask' },
        ],
      },
      refer,
    )
    expect(problems).toEqual(new Map())
    expect(record).toMatchObject({
      rights: [{ spdx: 'CC0-1.0' }, { name: 'Terms of the mission' }],
      subjects: [{ term: 'arctic', lang: 'en' }, { term: 'drift' }, { term: 'ICE', scheme: 'GCMD' }],
      identifiers: [{ value: '10.1234/abcd', covers: 'dataset' }, { value: '10.1/article' }],
      coverage: {
        spatial: [
          { place: {} },
          { bbox: { west: '-170', south: '66.50' }, crs: 'OGC:CRS84' },
          { bbox: { west: '0' } },
        ],
        temporal: [{ start: '1893-09', end: '1896-09', note: 'drift' }, { start: '1898' }],
        resolution: [{}],
      },
      distributions: [
        { id: 'csv', title: 'Table' },
        { id: 'zarr', uri: 's3://ice/moved.zarr', region: 'eu-north-1' },
        { id: 'data-3', uri: 'https://e.org/x.parquet', format: 'parquet' },
      ],
      creators: [
        {
          did: 'did:plc:nansen',
          identifiers: [{ scheme: 'orcid' }, { scheme: 'wikidata' }],
          affiliation: [{ name: 'University of Oslo' }, { name: 'Kristiania' }],
          roles: [{}],
        },
      ],
      derivedFrom: [
        { role: 'training', selection: 'north of 66°' },
        { role: 'mask', ref: { uri: 'https://e.org/new' } },
      ],
      futureField: { anything: [1, 'two'] },
    })
  })

  it('says at each field what is wrong, and in which words it is right', async () => {
    const { problems } = await changedBy(
      emptyDraft().base,
      {
        ...formOf(emptyDraft().base),
        landingPage: 'javascript:alert(1)',
        doi: 'abc',
        west: '1',
        south: '2',
        from: 'May 2023',
        until: '2024',
        ongoing: 'yes',
        variables: ':K',
        places: [
          { of: '', url: 'nowhere', format: '' },
          { of: '', url: '', format: '' },
          { of: '', url: 'https://b.s3.amazonaws.com/a.nc?X-Amz-Signature=1', format: '' },
          { of: '', url: 'file:///etc/passwd', format: '' },
        ],
        people: [
          { of: '', name: 'Ada', id: '0000-0002-1825-0098', affiliation: '' },
          { of: '', name: '', id: '0000-0002-1825-0097', affiliation: '' },
        ],
        sources: [{ of: '', ref: 'nowhere', role: 'source' }],
      },
      refer,
    )
    expect([...problems]).toEqual([
      ['title', 'A dataset needs a title.'],
      ['landingPage', expect.stringContaining("'javascript:alert(1)' is no web address")],
      ['doi', expect.stringContaining("'abc': a DOI reads")],
      ['bbox', 'A box has four sides: east and north is missing.'],
      ['from', expect.stringContaining("'May 2023': write a time as ISO 8601")],
      ['until', expect.stringContaining('goes on has no end')],
      ['variables', expect.stringContaining('name:units')],
      ['places-0-url', expect.stringContaining("'nowhere' is no address of data")],
      ['places-2-url', expect.stringContaining('signed')],
      ['places-3-url', expect.stringContaining("'file:///etc/passwd' is no address")],
      ['people-0-id', expect.stringContaining('last digit')],
      ['people-1-name', 'A name is missing.'],
      ['sources-0-ref', "'nowhere' is no reference"],
    ])
  })

  it('says how to get at data that is not open, and no date where there is no embargo', async () => {
    const { base } = emptyDraft()
    const change = (fields: object) => changedBy(base, { ...formOf(base), title: 'x', ...fields }, refer)
    const asked = {
      access: 'embargoed',
      embargoUntil: '2028-03',
      requestUri: 'mailto:a@example.org',
      terms: 'Ask',
    }
    expect((await change(asked)).record.access).toEqual({
      level: 'embargoed',
      embargoUntil: '2028-03',
      requestUri: 'mailto:a@example.org',
      terms: 'Ask',
    })
    expect((await change({ terms: 'Cite us' })).record.access).toEqual({ level: 'open', terms: 'Cite us' })
    const { problems } = await change({ access: 'restricted', embargoUntil: '2028', requestUri: 'me' })
    expect([...problems.keys()]).toEqual(['embargoUntil', 'requestUri'])
  })

  it('is the record that the command line makes of the same words', async () => {
    const cli = entryFromFields({
      url: 's3://bucket/cruise.zarr',
      title: 'CTD casts',
      description: 'Casts.',
      licenses: ['CC-BY-4.0'],
      keywords: ['a', 'b'],
      creators: ['Lovelace, Ada (0000-0002-1825-0097)', 'Institute of Things'],
      bbox: '-30,40,-10,60',
      from: '2023-05',
      until: '..',
      variables: ['temperature:degC', 'salinity'],
      doi: '10.1234/abc',
      landingPage: 'https://example.org',
      derivedFrom: [await refer('https://e.org/source')],
    })
    const { base } = emptyDraft()
    const { record, problems } = await changedBy(
      base,
      {
        ...formOf(base),
        title: 'CTD casts',
        description: 'Casts.',
        license: 'CC-BY-4.0',
        keywords: 'a, b',
        west: '-30',
        south: '40',
        east: '-10',
        north: '60',
        from: '2023-05',
        ongoing: 'yes',
        variables: 'temperature:degC\nsalinity',
        doi: '10.1234/abc',
        landingPage: 'https://example.org',
        places: [{ of: '', url: 's3://bucket/cruise.zarr', format: '' }],
        people: [
          { of: '', name: 'Lovelace, Ada', id: '0000-0002-1825-0097', affiliation: '' },
          { of: '', name: 'Institute of Things', id: '', affiliation: '' },
        ],
        sources: [{ of: '', ref: 'https://e.org/source', role: 'source' }],
      },
      refer,
    )
    expect(problems).toEqual(new Map())
    expect({ ...record, createdAt: '' }).toEqual({ ...cli, createdAt: '' })
  })
})

describe('a form whose record was changed from elsewhere', () => {
  const before = formOf(rich)

  it('takes over what only the other has changed, and keeps what only one has changed oneself', () => {
    const now = { ...before, description: 'Theirs', until: '1900', people: before.people.slice(1) }
    const { form, conflicts } = rebased({ ...before, title: 'Mine', west: '-1' }, before, now)
    expect(conflicts).toEqual(new Map())
    expect(form).toEqual({ ...now, title: 'Mine', west: '-1' })
  })

  it('says where both have, and finds the rows again that went elsewhere', () => {
    const now = { ...before, title: 'Theirs', places: [{ ...before.places[1]!, of: '0' }] }
    const places = [before.places[0]!, { ...before.places[1]!, url: 'https://e.org/new.csv' }]
    const { form, conflicts } = rebased({ ...before, title: 'Mine', places }, before, now)
    expect([...conflicts]).toEqual([
      ['title', 'Theirs'],
      ['places', 'https://example.org/drift.csv csv'],
    ])
    expect(form.title).toBe('Mine')
    expect(form.places).toEqual([
      { ...places[0], of: '0' },
      { ...places[1], of: '0' },
    ])
  })
})
