import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { agentFromText, agentIdentifier } from './people.ts'

describe('identifiers of people and institutions', () => {
  it.each([
    ['0000-0002-1825-0097', { scheme: 'orcid', value: '0000-0002-1825-0097' }],
    ['https://orcid.org/0000-0002-1694-233x', { scheme: 'orcid', value: '0000-0002-1694-233X' }],
    ['0000000218250097', { scheme: 'orcid', value: '0000-0002-1825-0097' }],
    ['https://ror.org/02mhbdp94', { scheme: 'ror', value: 'https://ror.org/02mhbdp94' }],
    ['02Z5NHE81', { scheme: 'ror', value: 'https://ror.org/02z5nhe81' }],
  ])('are read from %s', (text, identifier) => {
    expect(agentIdentifier(text)).toEqual(identifier)
  })

  it('one wrong digit is found, wherever it is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('0000-0002-1825-0097', '0000-0002-1694-233X', '0000-0001-5109-3700'),
        fc.nat(15),
        fc.integer({ min: 1, max: 9 }),
        (orcid, at, step) => {
          const digits = [...orcid.replaceAll('-', '')]
          digits[at] = digits[at] === 'X' ? String(step % 10) : String((Number(digits[at]) + step) % 10)
          expect(() => agentIdentifier(digits.join(''))).toThrow(/is no ORCID iD/)
        },
      ),
    )
    expect(() => agentIdentifier('02mhbdp95')).toThrow(/is no ROR id/)
    expect(() => agentIdentifier('ada')).toThrow(/neither an ORCID iD .* nor a ROR id/)
  })

  it('come with the name of whom they name', () => {
    expect(agentFromText('Lovelace, Ada (0000-0002-1825-0097)')).toEqual({
      name: 'Lovelace, Ada',
      familyName: 'Lovelace',
      givenName: 'Ada',
      nameType: 'Personal',
      identifiers: [{ scheme: 'orcid', value: '0000-0002-1825-0097' }],
    })
    expect(agentFromText('NOAA (ror.org/02z5nhe81)')).toMatchObject({
      name: 'NOAA',
      nameType: 'Organizational',
    })
    expect(agentFromText('Institute (of Things)')).toEqual({ name: 'Institute (of Things)' })
    expect(() => agentFromText('Ada (0000-0002-1825-0098)')).toThrow(/last digit/)
  })
})
