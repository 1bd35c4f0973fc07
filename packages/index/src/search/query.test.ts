import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidQuery, momentOf, yearOf } from './engine.ts'
import { longestQuery, parseQuery, valueMatches } from './query.ts'
import { FIELD_NAMES, queryParts, withoutPart, written } from './query-parts.ts'

const terms = (q: string) => parseQuery(q).terms.map(({ word }) => word)
const refusal = (q: string): string => {
  try {
    parseQuery(q)
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidQuery)
    return (error as Error).message
  }
  throw new Error(`'${q}' was understood`)
}

describe('the query language', () => {
  test('knows words, phrases, exclusions and fields', () => {
    const query = parseQuery(
      'sea "surface temperature" -ice -"sea level" variable:sst licence:cc-by* -format:csv',
    )
    expect(terms('sea "surface temperature" -ice')).toEqual(['sea', 'surface', 'temperature'])
    expect(query.phrases.map(phrase => phrase.map(({ word }) => word))).toEqual([['surface', 'temperature']])
    expect(query.excluded.map(({ word }) => word)).toEqual(['ice'])
    expect(query.excludedPhrases).toHaveLength(1)
    expect(query.filters).toEqual({
      variable: [{ value: 'sst', by: 'value' }],
      license: [{ value: 'cc-by*', by: 'pattern' }],
    })
    expect(query.excludedValues).toEqual({ format: [{ value: 'csv', by: 'value' }] })
  })

  test('asks for offers by what they are, or by whether there are any', () => {
    const any = [{ value: 'any', by: 'value' }]
    expect(parseQuery('ice has:offer').filters.offer).toEqual(any)
    expect(terms('ice has:offer')).toEqual(['ice'])
    expect(parseQuery('-has:Offers').excludedValues.offer).toEqual(any)
    expect(parseQuery('price:paid offer:subscription').filters.offer).toMatchObject([
      { value: 'paid' },
      { value: 'subscription' },
    ])
    expect(terms('has:doubts')).toEqual(['doubts'])
  })

  test('takes a star in quotation marks for itself, and a field that is none for words', () => {
    expect(parseQuery('keyword:"a*b"').filters.keyword).toEqual([{ value: 'a*b', by: 'value' }])
    expect(terms('https://doi.org/10.5281/zenodo.1')).toContain('zenodo')
    expect(terms('format:')).toEqual(['format'])
  })

  test.each([
    ['year:2001', 2001, 2002],
    ['year:1990..2020', 1990, 2021],
    ['year:1990..', 1990, undefined],
    ['year:..1990', undefined, 1991],
    ['year:<1950', undefined, 1950],
    ['year:<=1950', undefined, 1951],
    ['year:>2000', 2001, undefined],
    ['year:>=-500', -500, undefined],
    ['time:198X', 1980, 1990],
  ])('reads %s', (q, from, until) => {
    const [range] = parseQuery(q).years
    if (from === undefined) expect(range?.from).toBeUndefined()
    else expect(range?.from).toBeCloseTo(from, 6)
    if (until === undefined) expect(range?.until).toBeUndefined()
    else expect(range?.until).toBeCloseTo(until, 6)
  })

  test('reads when something was published', () => {
    const [range] = parseQuery('published:2024-03').published
    expect(new Date(range!.from!).toISOString()).toMatch(/^2024-03-01T00:00:00/)
    expect(new Date(range!.until!).toISOString()).toMatch(/^2024-03-31T23:59:5|^2024-04-01T00:00:00/)
  })

  test.each([
    ['ice year:abc', 5, /year:2001/],
    ['year:2020..1990', 1, /ends before it begins/],
    ['year:1..2..3', 1, /no time/],
    ['-year:1990', 1, /cannot be excluded/],
    ['year:..', 1, /no time/],
    ['published:soon', 1, /published:2024/],
    ['sea format:*', 5, /2 letters/],
    [`${'"sea ice" '.repeat(9)}`, 81, /8 that are answered/],
  ])('refuses %s, says where and what to write', (q, place, message) => {
    expect(refusal(q)).toMatch(message)
    expect(refusal(q)).toContain(`at character ${place}`)
  })

  test('law: any text is understood, or refused with a place in it', () => {
    const anyPart = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom(
        '"',
        '-',
        ':',
        '*',
        '..',
        '<',
        '>=',
        ' ',
        ...FIELD_NAMES.map(name => `${name}:`),
        '2001',
      ),
    )
    fc.assert(
      fc.property(
        fc.array(anyPart, { maxLength: 30 }).map(parts => parts.join('')),
        text => {
          try {
            const query = parseQuery(text)
            expect(query.terms.length).toBeLessThanOrEqual(48)
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidQuery)
            const place = Number(/at character (\d+)/.exec((error as Error).message)?.[1])
            expect(place).toBeGreaterThanOrEqual(1)
            expect(place).toBeLessThanOrEqual(text.length)
          }
        },
      ),
      { numRuns: 500 },
    )
    expect(refusal('x'.repeat(longestQuery + 1))).toContain('shorten')
  })

  test('law: parts lie in order, cover all that is not space, and each can be taken out', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), text => {
        let at = 0
        const parts = queryParts(text)
        for (const part of parts) {
          expect(text.slice(at, part.start).trim()).toBe('')
          expect(part.end).toBeGreaterThan(part.start)
          at = part.end
        }
        expect(text.slice(at).trim()).toBe('')
        for (const part of parts)
          expect(withoutPart(text, part).length).toBeLessThanOrEqual(
            text.length - (part.end - part.start) + 1,
          )
      }),
    )
  })

  test('law: a value that is written is read again', () => {
    const value = fc
      .array(fc.constantFrom('a', 'Z', '9', ' ', '*', ':', '-', '.', '/', 'é'), {
        minLength: 1,
        maxLength: 12,
      })
      .map(letters => letters.join('').replace(/\s+/g, ' ').trim())
      .filter(Boolean)
    fc.assert(
      fc.property(value, text => {
        expect(parseQuery(written('keyword', text)).filters.keyword).toEqual([{ value: text, by: 'value' }])
      }),
    )
  })

  test('compares values by case, pattern and words of a name', () => {
    expect(valueMatches({ value: 'zarr', by: 'value' }, 'ZARR')).toBe(true)
    expect(valueMatches({ value: 'cc-by*', by: 'pattern' }, 'CC-BY-4.0')).toBe(true)
    expect(valueMatches({ value: 'cc-by*', by: 'pattern' }, 'my CC-BY-4.0')).toBe(false)
    expect(valueMatches({ value: 'a.c*', by: 'pattern' }, 'abc')).toBe(false)
    expect(valueMatches({ value: 'lovelace ada', by: 'name' }, 'Lovelace, Ada')).toBe(true)
    expect(valueMatches({ value: 'love*', by: 'name' }, 'Ada Lovelace')).toBe(true)
    expect(valueMatches({ value: 'love', by: 'name' }, 'Ada Lovelace')).toBe(false)
  })

  test('law: a moment is the moment of its year', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_000 }), time => {
        expect(Math.abs(momentOf(yearOf(new Date(time))) - time)).toBeLessThan(100)
      }),
    )
  })
})
