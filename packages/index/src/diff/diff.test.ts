import { examples } from '@frost/lexicon/corpus/valid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apply, diff, pointerOf } from './diff.ts'
import type { Json, JsonObject } from './keys.ts'

const shown = (before: JsonObject, after: JsonObject) =>
  diff(before, after).map(({ path, kind, before: was, after: is }) => [
    pointerOf(path),
    kind,
    ...[was, is].filter(value => value !== undefined),
  ])

/** Records as people and programs write them: arrays with keys, twice the same key, items without, and anything else. */
const scalar = fc.oneof(
  fc.constantFrom('a', 'b', 'a#2', '', 'x/y~z', '__proto__', 'constructor'),
  fc.integer({ min: 0, max: 2 }),
  fc.boolean(),
  fc.constant(null),
)
const fieldName = fc.constantFrom(
  'name',
  'group',
  'variables',
  'creators',
  'did',
  'id',
  'distributions',
  'pins',
  'pin',
  'scheme',
  'value',
  'identifiers',
  'shape',
  'title',
  '__proto__',
  'length',
)
const { record } = fc.letrec<{ record: JsonObject; value: Json }>(tie => ({
  record: fc
    .uniqueArray(fc.tuple(fieldName, tie('value')), { selector: ([name]) => name, maxLength: 5 })
    .map(entries => Object.fromEntries(entries) as JsonObject),
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('record'), { maxLength: 4 }),
    tie('record'),
    fc.array(scalar, { maxLength: 3 }),
  ) as fc.Arbitrary<Json>,
}))

describe('the diff of two states', () => {
  it('leads from the one to the other, whatever they are', () => {
    fc.assert(
      fc.property(record, record, (a, b) => {
        expect(apply(diff(a, b), a)).toEqual(b)
      }),
      { numRuns: 3000 },
    )
  })

  it('is empty for what is the same, and only then', () => {
    fc.assert(
      fc.property(record, record, (a, b) => {
        expect(diff(a, structuredClone(a))).toEqual([])
        let isSame = true
        try {
          expect(a).toStrictEqual(b)
        } catch {
          isSame = false
        }
        expect(diff(a, b).length === 0).toBe(isSame)
      }),
      { numRuns: 1000 },
    )
  })

  it('leads from every example record to every other one', () => {
    const records = examples.map(({ record }) => JSON.parse(JSON.stringify(record)) as JsonObject)
    for (const a of records) for (const b of records) expect(apply(diff(a, b), a)).toEqual(b)
  })

  it('knows variables by group and name, and says what of them changed', () => {
    const variable = (name: string, more: JsonObject = {}) => ({ name, ...more })
    const model = (...variables: JsonObject[]) => ({ models: [{ $type: 'x.defs#arrayModel', variables }] })
    expect(
      shown(
        model(
          variable('sst', { units: 'K', shape: [1, 2] }),
          variable('mask'),
          variable('ice', { group: 'polar' }),
        ),
        model(
          variable('ice', { group: 'polar', units: '1' }),
          variable('sst', { units: 'degC', shape: [1, 3] }),
          variable('wind'),
        ),
      ),
    ).toEqual([
      ['/models/arrayModel/variables/mask', 'removed', { name: 'mask' }],
      ['/models/arrayModel/variables/polar~1ice/units', 'added', '1'],
      ['/models/arrayModel/variables/sst/units', 'changed', 'K', 'degC'],
      ['/models/arrayModel/variables/sst/shape', 'changed', [1, 2], [1, 3]],
      ['/models/arrayModel/variables/wind', 'added', { name: 'wind' }],
      [
        '/models/arrayModel/variables',
        'reordered',
        ['sst', 'mask', 'polar/ice'],
        ['polar/ice', 'sst', 'wind'],
      ],
    ])
  })

  it('knows people by DID, then ORCID, then name; identifiers by scheme and value; a new order of creators is told', () => {
    const ada = { name: 'Lovelace, Ada', identifiers: [{ scheme: 'orcid', value: '0000-0001' }] }
    const ben = { name: 'Franklin, Ben', did: 'did:plc:ben' }
    expect(
      shown(
        { creators: [ada, ben], identifiers: [{ scheme: 'doi', value: '10.1/a' }] },
        {
          creators: [
            { ...ben, name: 'Franklin, Benjamin' },
            { ...ada, name: 'King, Ada' },
          ],
          identifiers: [{ scheme: 'doi', value: '10.1/b' }],
        },
      ),
    ).toEqual([
      ['/creators/did:plc:ben/name', 'changed', 'Franklin, Ben', 'Franklin, Benjamin'],
      ['/creators/orcid 0000-0001/name', 'changed', 'Lovelace, Ada', 'King, Ada'],
      ['/creators', 'reordered', ['orcid 0000-0001', 'did:plc:ben'], ['did:plc:ben', 'orcid 0000-0001']],
      ['/identifiers/doi 10.1~1a', 'removed', { scheme: 'doi', value: '10.1/a' }],
      ['/identifiers/doi 10.1~1b', 'added', { scheme: 'doi', value: '10.1/b' }],
    ])
  })
})
