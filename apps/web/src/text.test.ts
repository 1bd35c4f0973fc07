import { describe, expect, it } from 'vitest'
import { durationInWords, formatNumber, formatSize, frequencyInWords, plural, truncate } from './text.ts'

describe('text for people', () => {
  it.each([
    ['P1D', '1 day'],
    ['PT3H', '3 hours'],
    ['P1M', '1 month'],
    ['PT15M', '15 minutes'],
    ['P1Y6M', 'P1Y6M'],
    ['daily', 'daily'],
  ])('duration %s → %s', (given, wanted) => expect(durationInWords(given)).toBe(wanted))

  it('says how often a dataset changes', () => {
    expect(frequencyInWords({ kind: 'periodic', interval: 'P1D', note: 'Daily' })).toBe('every day')
    expect(frequencyInWords({ kind: 'as-needed' })).toBe('as needed')
    expect(frequencyInWords({ kind: 'not-planned', note: 'Final' })).toBe('Final')
  })

  it.each([
    ['0', '0 B'],
    ['1536', '1.54 kB'],
    ['9007199254740993000', '9.01 EB'],
    ['many', 'many'],
  ])('size %s → %s', (given, wanted) => expect(formatSize(given)).toBe(wanted))

  it.each([
    [0, '0'],
    [272.1984321, '272.198'],
    [-12000, '−12,000'],
    [3.25e-9, '3.25 × 10⁻⁹'],
    [-4e12, '−4 × 10¹²'],
    [Number.NaN, 'NaN'],
  ])('number %d → %s', (given, wanted) => expect(formatNumber(given)).toBe(wanted))

  it('counts and cuts', () => {
    expect(plural(1, 'dataset')).toBe('one dataset')
    expect(plural(1200, 'dataset')).toBe('1,200 datasets')
    expect(truncate('one two three four', 10)).toBe('one two …')
  })
})
