import fc from 'fast-check'
import { expect, it } from 'vitest'
import { excerpt, renderMarkdown } from './markdown.ts'

it('headings go on from that of the page, one level at a time, in the order in which they are written', () => {
  expect(renderMarkdown('# a\n## b\n# c')).toBe('<h2>a</h2>\n<h3>b</h3>\n<h2>c</h2>\n')
  expect(renderMarkdown('#### a\n## b\n### c', 2)).toBe('<h3>a</h3>\n<h3>b</h3>\n<h4>c</h4>\n')
  const levels = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(levels, fc.integer({ min: 1, max: 3 }), (written, below) => {
      const text = written.map(level => `${'#'.repeat(level)} x`).join('\n')
      const shown = [...renderMarkdown(text, below).matchAll(/<h(\d)>x<\/h\1>/g)].map(([, level]) =>
        Number(level),
      )
      expect(shown).toHaveLength(written.length)
      let before = below
      for (const level of shown) {
        expect(level).toBeGreaterThan(below)
        expect(level).toBeLessThanOrEqual(before + 1)
        before = level
      }
    }),
  )
})

it('nothing that a browser runs or fetches comes out, whatever goes in', () => {
  const parts = fc.constantFrom(
    '<script>',
    '<img src=x onerror=1>',
    '[a](',
    ')',
    'javascript:1',
    '![',
    '](',
    'http://a.example',
    '"',
    '`',
    '\n',
    '# ',
    '> ',
    'x',
  )
  expect(renderMarkdown('[a](<script>) [b](/settings) [c](//evil.example)')).not.toContain('href')
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 30 }), some => {
      const html = renderMarkdown(some.join(''))
      expect(html).not.toMatch(
        /<(?!\/?(?:h[2-6]|p|a|ul|ol|li|em|strong|code|pre|blockquote|table|thead|tbody|tr|th|td|hr|br|del|sub|sup)\b)/,
      )
      for (const [, address] of html.matchAll(/href="([^"]*)"/g))
        expect(
          URL.parse(address!.replaceAll('&amp;', '&'), 'https://site.example')?.protocol ?? 'https:',
        ).toMatch(/^(https?|mailto):$/)
    }),
  )
})

it('of the pages of this site, a text leads to those of accounts alone', () => {
  const link = (to: string) => /href="([^"]*)"/.exec(renderMarkdown(`[x](${to})`))?.[1]
  expect(link('/p/did:plc:ewvi7nxzyoun6zhxrhs64oiz')).toBe('/p/did:plc:ewvi7nxzyoun6zhxrhs64oiz')
  for (const other of [
    '/sign-out',
    '/p/did:plc:a/../../settings',
    '//evil.example/p/did:plc:a',
    'settings',
    '?x',
    '#x',
  ])
    expect(link(other), other).toBeUndefined()
})

it('an excerpt is the sentences of a text: what would run into them is left out, unless there is nothing else', () => {
  const said =
    '## What it is\n\nDaily *vectors*.\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nimport x\n```\n\n> Mind <the> gap.'
  expect(excerpt(said)).toBe('Daily vectors. one; two Mind <the> gap.')
  expect(excerpt('# Only a title')).toBe('Only a title')
  expect(excerpt('| a |\n|---|\n| 1 |')).toBe('a 1')
})
