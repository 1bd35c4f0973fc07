import { nsid } from '@frost/lexicon'
import { expect, it } from 'vitest'
import { changedProfile, type ProfileFields, pictureType } from './profile.ts'

const NOTHING: ProfileFields = {
  name: '',
  kind: '',
  description: '',
  homepage: '',
  orcid: '',
  ror: '',
  affiliation: '',
  affiliationRor: '',
  email: '',
}
const record = (more: object = {}) => ({ $type: nsid('actor.profile'), ...more })
const changed = (before: object, fields: Partial<ProfileFields>) =>
  changedProfile(record(before), { ...NOTHING, name: 'Ada', ...fields })

it('a profile takes what is said, loses what is not said any more, and keeps what nobody spoke of', () => {
  const before = {
    name: 'Ada',
    description: 'Old',
    identifiers: [
      { scheme: 'orcid', value: '0000-0002-1825-0097' },
      { scheme: 'wikidata', value: 'Q7259' },
    ],
    affiliation: [{ name: 'Institute' }, { name: 'University' }],
    futureField: { kept: true },
  }
  expect(changed(before, { kind: 'person', homepage: 'https://ada.example', ror: '02mhbdp94' })).toEqual({
    ...record(),
    name: 'Ada',
    kind: 'person',
    homepage: 'https://ada.example',
    identifiers: [
      { scheme: 'ror', value: 'https://ror.org/02mhbdp94' },
      { scheme: 'wikidata', value: 'Q7259' },
    ],
    affiliation: [{ name: 'University' }],
    futureField: { kept: true },
  })
})

it('the parts of a name follow it', () => {
  expect(changed({}, { name: 'Lovelace, Ada' })).toMatchObject({ familyName: 'Lovelace', givenName: 'Ada' })
  const before = { name: 'Ada', familyName: 'Lovelace', givenName: 'Ada' }
  expect(changed(before, {})).toMatchObject(before)
  expect(changed(before, { name: 'Institute' })).toEqual({ ...record(), name: 'Institute' })
  expect(changed({}, { name: 'King, Martin Luther, Jr.' })).toMatchObject({
    familyName: 'King',
    givenName: 'Martin Luther, Jr.',
  })
  const house = { name: 'Department of Physics, University of Oslo', kind: 'organization' }
  expect(changed({}, house)).toEqual({ ...record(), ...house })
})

it('says what is wrong, and what stands where', () => {
  for (const [fields, message] of [
    [{ name: '' }, 'Give a name'],
    [{ homepage: 'javascript:alert(1)' }, 'no web address'],
    [{ orcid: '0000-0002-1825-0098' }, 'its last digit does not fit'],
    [{ orcid: 'https://ror.org/02mhbdp94' }, 'is a ROR id: an ORCID iD stands there'],
    [{ affiliationRor: '02mhbdp94' }, 'Name the institution'],
  ] as const)
    expect(() => changed({}, fields)).toThrow(message)
})

it('a picture is what its first bytes say', () => {
  expect(pictureType(Buffer.from('89504e470d0a1a0a', 'hex'))).toBe('image/png')
  expect(pictureType(Buffer.from('ffd8ffe0', 'hex'))).toBe('image/jpeg')
  expect(pictureType(Buffer.from('RIFF1234WEBPVP8 '))).toBe('image/webp')
  expect(pictureType(Buffer.from('<svg onload=alert(1)>'))).toBeUndefined()
  expect(pictureType(Buffer.alloc(0))).toBeUndefined()
})
