import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanMarkdown, cut, decodeEntities, linksIn, plainText } from './text.ts'

describe('foreign text', () => {
  it.each([
    ['Swath&deg;C &#956;m &#x2013; &unknown; &#0;', 'Swath°C μm – &unknown;'],
    ['<p>One</p><p>Two<br/>three</p>', 'One\n\nTwo\nthree'],
    ['<ul><li>a</li><li>b</li></ul>', '- a\n- b'],
    ['See <a href="https://noaa.gov/x">the page</a>.', 'See [the page](https://noaa.gov/x).'],
    ['a <script>alert(1)</script>b<!-- no -->', 'a b'],
    ['pressure < 500 hPa and > 10', 'pressure < 500 hPa and > 10'],
    ['<b>bold</b> and <i>slanted</i>', '**bold** and *slanted*'],
  ])('%s', (given, wanted) => expect(cleanMarkdown(given)).toBe(wanted))

  it('becomes one line for a title', () => {
    expect(plainText('**NOAA** [GOES-16](https://x.org/a_(b)) &amp; <sub>17</sub>\n data')).toBe(
      'NOAA GOES-16 & 17 data',
    )
  })

  it('gives its links, with brackets inside and marks behind them', () => {
    expect(linksIn('[a](https://x.org/a_(b)) and https://y.org/c).')).toEqual([
      { label: 'a', url: 'https://x.org/a_(b)' },
      { label: '', url: 'https://y.org/c' },
    ])
  })

  it('is cut at a sentence, never inside a character', () => {
    expect(cut('First sentence is here. Second one is longer.', 28)).toBe('First sentence is here.…')
    expect(cut('👩‍👩‍👧‍👦'.repeat(5), 3)).toBe(`${'👩‍👩‍👧‍👦'.repeat(2)}…`)
    const graphemes = new Intl.Segmenter('en')
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.integer({ min: 1, max: 40 }),
        (text, most) => {
          expect([...graphemes.segment(cut(text, most))].length).toBeLessThanOrEqual(most)
        },
      ),
    )
  })

  it('has no control characters, no lone surrogates, no tags, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const clean = cleanMarkdown(text)
        expect(clean.isWellFormed()).toBe(true)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the point
        expect(clean).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/)
        expect(clean).not.toMatch(/<script/i)
      }),
    )
    expect(decodeEntities('&#xD800;&#1114112;')).toBe('')
  })
})
