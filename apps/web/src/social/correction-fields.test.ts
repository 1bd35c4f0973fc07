import type { TypedLexMap } from '@atproto/lex'
import { nsid } from '@frost/lexicon'
import { examples } from '@frost/lexicon/corpus/valid'
import { describe, expect, it } from 'vitest'
import { CORRECTION_FIELDS, correctionTexts, withCorrections } from './correction-fields.ts'

const entries = examples
  .filter(({ name }) => name === 'dataset.entry')
  .map(({ record }) => record as TypedLexMap)

describe('the form of a correction', () => {
  it('changes nothing that nobody has touched', () => {
    expect(entries.length).toBeGreaterThan(0)
    for (const entry of entries) expect(withCorrections(entry, correctionTexts(entry))).toEqual(entry)
  })

  it('changes one field at a time, and takes away what is emptied', () => {
    for (const entry of entries) {
      const texts = correctionTexts(entry)
      const titled = withCorrections(entry, { ...texts, title: 'Another' })
      expect(titled).toEqual({ ...entry, title: 'Another' })
      const { description: _, ...without } = entry
      expect(withCorrections(entry, { ...texts, description: '' })).toEqual(without)
    }
  })

  it('keeps of people, licences and keywords what the form does not show', () => {
    const entry = {
      $type: nsid('dataset.entry'),
      title: 'x',
      creators: [
        { name: 'Ada', affiliation: [{ name: 'Lab' }], did: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz' },
        { name: 'Bob', identifiers: [{ scheme: 'ORCID', value: 'https://orcid.org/0000-0002-1825-0097' }] },
      ],
      subjects: [{ term: 'ice', scheme: 'GCMD', uri: 'https://example.org/ice' }],
      rights: [{ spdx: 'CC-BY-4.0', appliesTo: [{ id: 'a' }] }],
    } as unknown as TypedLexMap
    const texts = correctionTexts(entry)
    expect(texts.creators).toBe('Ada\nBob (0000-0002-1825-0097)')
    const after = withCorrections(entry, {
      ...texts,
      creators: `Carol\n${texts.creators}`,
      keywords: 'ice\nsnow',
      license: 'CC-BY-4.0\nMIT',
    })
    expect(after).toEqual({
      ...entry,
      creators: [{ name: 'Carol' }, ...(entry.creators as object[])],
      subjects: [...(entry.subjects as object[]), { term: 'snow' }],
      rights: [...(entry.rights as object[]), { spdx: 'MIT' }],
    })
  })

  it.each([
    ['bbox', '1,2,3', /bbox/],
    ['from', 'yesterday', /--from is 'yesterday'/],
    ['doi', 'nonsense', /--doi is 'nonsense'/],
  ])('says what is wrong with %s', (name, text, words) => {
    expect(() => withCorrections(entries[0]!, { ...correctionTexts(entries[0]!), [name]: text })).toThrow(
      words,
    )
  })

  it('reads a record with nothing in it, and one with nonsense', () => {
    const hostile = { creators: 'x', rights: [null], subjects: 7, coverage: { temporal: 'x', spatial: [[]] } }
    expect(Object.values(correctionTexts({} as never)).join('')).toBe('')
    expect(Object.keys(correctionTexts(hostile as never))).toHaveLength(CORRECTION_FIELDS.length)
  })
})
