import { definition, validateRecord } from '@frost/lexicon'
import { describe, expect, it } from 'vitest'
import { bboxFrom, entryFromFields, withFields } from './entry-fields.ts'
import { relatedFrom } from './entry-links.ts'

const fields = {
  url: 's3://bucket/cruise.zarr',
  title: 'CTD casts',
  licenses: ['CC-BY-4.0', 'https://example.org/terms', 'Public domain'],
  keywords: ['a', 'b', 'a'],
  creators: ['Lovelace, Ada (0000-0002-1825-0097)', 'Institute of Things'],
  bbox: '-30,40,-10,60',
  from: '2023-05',
  until: '..',
  variables: ['temperature:degC', 'salinity'],
  doi: 'https://doi.org/10.1234/ABC',
}

describe('an entry from fields', () => {
  it('is a record that its lexicon allows', () => {
    const entry = entryFromFields(fields)
    expect(validateRecord(entry.$type, entry)).toMatchObject({ ok: true })
    expect(entry).toMatchObject({
      rights: [{ spdx: 'CC-BY-4.0' }, { uri: 'https://example.org/terms' }, { name: 'Public domain' }],
      subjects: [{ term: 'a' }, { term: 'b' }],
      coverage: { temporal: [{ start: '2023-05', ongoing: true }] },
      models: [
        {
          $type: definition('arrayModel'),
          variables: [{ name: 'temperature', units: 'degC' }, { name: 'salinity' }],
        },
      ],
      distributions: [{ format: 'zarr', uri: fields.url }],
    })
  })

  it('names papers, code, who paid and a picture', () => {
    const ref = { $type: definition('identifierRef'), scheme: 'doi', value: '10.1000/xyz' }
    const entry = entryFromFields({
      ...fields,
      related: [{ relation: relatedFrom('10.1000/xyz').relation, ref }],
      funding: ['Research Council; RC-7; https://example.org/rc-7', 'Others'],
      image: 'https://example.org/map.png',
    })
    expect(validateRecord(entry.$type, entry)).toMatchObject({ ok: true })
    expect(entry).toMatchObject({
      relatedItems: [{ ref, relation: 'is-described-by' }],
      funding: [
        { funderName: 'Research Council', awardNumber: 'RC-7', awardUri: 'https://example.org/rc-7' },
        { funderName: 'Others' },
      ],
      image: { uri: 'https://example.org/map.png' },
    })
    expect(relatedFrom('is-compiled-by=https://e.org/code?a=b')).toEqual({
      relation: 'is-compiled-by',
      ref: 'https://e.org/code?a=b',
    })
    expect(relatedFrom('https://e.org/code?a=b').relation).toBe('is-described-by')
    expect(() => withFields(entry, { funding: ['; 7'] })).toThrow("--funding is '; 7'")
    expect(() => withFields(entry, { image: 'map.png' })).toThrow('--image')
  })

  it('takes its title from the address where none is given', () => {
    expect(entryFromFields({ url: 'https://e.org/data/mean%20sst.parquet' }).title).toBe('mean sst')
  })

  it('changes what is given and keeps the rest', () => {
    const entry = entryFromFields(fields)
    const changed = withFields(entry, { until: '2023-06', title: 'New' })
    expect(changed.coverage).toEqual({
      ...(entry.coverage as object),
      temporal: [{ start: '2023-05', end: '2023-06' }],
    })
    expect(changed.distributions).toEqual(entry.distributions)
    expect(withFields(changed, {})).toEqual(changed)
  })

  it.each([
    [{ ...fields, bbox: '1,2,3' }, /--bbox is '1,2,3'.*3 numbers/],
    [{ ...fields, bbox: '0,50,10,40' }, /south is north/],
    [{ ...fields, from: 'May 2023' }, /--from is 'May 2023'/],
    [{ ...fields, doi: 'abc' }, /--doi is 'abc'/],
    [{ ...fields, variables: [':K'] }, /--variable is ':K'/],
    [{}, /needs --title/],
  ])('names option, value and remedy: %#', (wrong, message) => {
    expect(() => entryFromFields(wrong)).toThrow(message)
  })

  it('a box may cross the antimeridian', () => {
    expect(bboxFrom('170,-10,-170,10')).toEqual({ west: '170', south: '-10', east: '-170', north: '10' })
  })
})

describe('access to the data', () => {
  const accessOf = (fields: object) => entryFromFields({ title: 'x', ...fields }).access

  it('is said with its terms, and a date alone is an embargo', () => {
    expect(accessOf({ title: 'x' })).toBeUndefined()
    expect(
      accessOf({ access: 'restricted', accessRequest: 'mailto:data@example.org', terms: 'Ask first' }),
    ).toEqual({ level: 'restricted', requestUri: 'mailto:data@example.org', terms: 'Ask first' })
    expect(accessOf({ embargoUntil: '2028-01', terms: 'https://example.org/terms' })).toEqual({
      level: 'embargoed',
      embargoUntil: '2028-01',
      termsUri: 'https://example.org/terms',
    })
  })

  it('keeps what is not changed, but no date once there is no embargo', () => {
    const entry = entryFromFields({
      title: 'x',
      embargoUntil: '2028',
      accessRequest: 'https://example.org/ask',
    })
    expect(withFields(entry, { terms: 'Ask' }).access).toMatchObject({
      level: 'embargoed',
      embargoUntil: '2028',
      terms: 'Ask',
    })
    expect(withFields(entry, { access: 'open' }).access).toEqual({
      level: 'open',
      requestUri: 'https://example.org/ask',
    })
  })

  it.each([
    [{ access: 'secret' }, /--access is 'secret': give one of open, registered/],
    [{ access: 'open', embargoUntil: '2028' }, /--embargo goes with --access embargoed/],
    [{ embargoUntil: 'soon' }, /--embargo is 'soon'/],
    [{ access: 'restricted', accessRequest: 'ask me' }, /--access-request is 'ask me'/],
  ])('refuses %o', (fields, message) => {
    expect(() => accessOf(fields)).toThrow(message)
  })
})
