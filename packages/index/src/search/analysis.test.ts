import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyWords, terms, words } from './analysis.ts'

describe('the words of a text', () => {
  it('are cut at case, signs and great length, and folded', () => {
    expect(words('seaSurface_temp (2 m), CO2e! NASA')).toEqual([
      'sea',
      'surface',
      'temp',
      '2',
      'm',
      'co2e',
      'nasa',
    ])
    expect(words('a'.repeat(50))).toEqual(['a'.repeat(40)])
    expect(words('')).toEqual([])
  })

  it('are the same of ASCII, read in one pass, as by the definition', () => {
    const ascii = fc.string({ unit: 'binary-ascii', maxLength: 120 })
    const parts = fc.array(
      fc.constantFrom('sea', 'Surface', 'T', '2m', '_', '-', ' ', 'x'.repeat(39), 'é', 'K', '²'),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          ascii,
          fc.string({ unit: 'binary' }),
          parts.map(list => list.join('')),
        ),
        text => {
          expect(words(text)).toEqual(anyWords(text))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('become terms: stemmed, without stop words', () => {
    expect(terms('The temperatures of the Sea')).toEqual(['temperatur', 'sea'])
  })
})
