import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRobots } from './robots.ts'

const rules = (text: string) => parseRobots(text, 'frost-health')

describe('robots.txt', () => {
  it('the longest pattern that matches decides, and of two equal ones the one that allows', () => {
    const { allows } = rules(
      'User-agent: *\nDisallow: /data\nAllow: /data/public\nDisallow: /data/public/x\nAllow: /data/public/x',
    )
    expect(['/', '/data', '/data/1', '/data/public/1', '/data/public/x'].map(allows)).toEqual([
      true,
      false,
      false,
      true,
      true,
    ])
  })

  it('a group that names us holds instead of the one for all, however many agents it names', () => {
    const text =
      'User-agent: other\nUser-Agent: FROST-health\nDisallow: /private # not for us\n\nUser-agent: *\nDisallow: /'
    expect(['/', '/private/1'].map(rules(text).allows)).toEqual([true, false])
    expect(parseRobots(text, 'third').allows('/')).toBe(false)
  })

  it('knows * and $ and Crawl-delay', () => {
    const { allows, delay } = rules(
      'User-agent: *\r\nCrawl-delay: 7\r\nDisallow: /*.zarr$\r\nDisallow: /a*b*c',
    )
    expect(delay).toBe(7000)
    expect(['/x.zarr', '/x.zarr/zarr.json', '/a-b-c-d', '/acb'].map(allows)).toEqual([
      false,
      true,
      false,
      true,
    ])
  })

  it('says nothing where it is empty, no text, or forbids nothing', () => {
    for (const text of ['', '\u0000\ufffd{', 'Disallow: /', 'User-agent: *\nDisallow:', '<html>'])
      expect(rules(text).allows('/x'), text).toBe(true)
  })

  it('is read in time that its length bounds, whatever it says', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom('User-agent: *', 'Disallow: /', 'Allow: ', '*', 'a*a*', '$', '\n', ':', '#'),
          { maxLength: 300 },
        ),
        pieces => {
          expect(typeof rules(pieces.join('')).allows('/aaaaaaaaaaaa')).toBe('boolean')
        },
      ),
    )
    const spaces = `User-agent: *\nDisallow: /${' '.repeat(4000)}x\n`.repeat(120)
    const hostile = `${spaces}User-agent: *\n${`Disallow: /${'a*'.repeat(1000)}b\n`.repeat(200)}`
    const started = performance.now()
    expect(rules(hostile).allows(`/${'a'.repeat(1500)}`)).toBe(true)
    expect(performance.now() - started).toBeLessThan(2000)
  })
})
