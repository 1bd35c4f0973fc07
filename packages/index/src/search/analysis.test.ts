import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyWords, hashInto, hashTerm, terms, words } from './analysis.ts'

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

describe('the hashes of a text', () => {
  it('are those of its terms, read in one pass or not, as far as there is room', () => {
    const words = fc.array(
      fc.constantFrom(
        'sea',
        'Surface',
        'the',
        'T',
        '2m',
        '_',
        '-',
        ' ',
        ' ',
        'x'.repeat(39),
        `a${'\u{20000}'.repeat(25)}`,
        'temperatures',
        'é',
        'K',
      ),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          words.map(list => list.join('')),
          fc.string({ unit: 'binary' }),
        ),
        fc.nat(6),
        (text, room) => {
          const into = new Uint32Array(10)
          const end = hashInto(text, into, 2, 2 + room)
          const expected = terms(text).map(hashTerm).slice(0, room)
          expect([...into.subarray(2, end)]).toEqual(expected)
          expect([...into.subarray(0, 2), ...into.subarray(end)].every(hash => hash === 0)).toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('are right though more words are met than are remembered', () => {
    const into = new Uint32Array(1)
    for (let number = 0; number < 120_000; number++) {
      hashInto(`Word${number}`, into, 0, 1)
      if (number % 1000 === 0) expect(into[0]).toBe(hashTerm(`word${number}`))
    }
  })
})
