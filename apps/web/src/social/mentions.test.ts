import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderMarkdown } from '../markdown.ts'
import { withMentions } from './mentions.ts'

const did = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
const facetOf = (text: string, mention: string) => {
  const byteStart = Buffer.byteLength(text.slice(0, text.indexOf(mention)))
  return { byteStart, byteEnd: byteStart + Buffer.byteLength(mention), did }
}

describe('mentions', () => {
  it('are links to the account, wherever they stand', () => {
    const text = 'Grüße 🧊 @ada.example.org and @bob.example.org!'
    expect(withMentions(text, [facetOf(text, '@ada.example.org'), facetOf(text, '@bob.example.org')])).toBe(
      `Grüße 🧊 [@ada.example.org](/p/${did}) and [@bob.example.org](/p/${did})!`,
    )
  })

  it.each([
    ['see `@ada.example.org`', '@ada.example.org', did],
    ['click here', 'click here', did],
    ['@ada.example.org', '@ada.example.org', 'javascript:alert(1)'],
    ['@a](javascript:x) [b', '@a](javascript:x) [b', did],
  ])('put no link where none belongs: %s', (text, mention, who) => {
    expect(withMentions(text, [{ ...facetOf(text, mention), did: who }])).toBe(text)
  })

  it('law: whatever facets say, no text is lost and nothing runs', () => {
    const facet = fc.record({
      byteStart: fc.nat(60),
      byteEnd: fc.nat(60),
      did: fc.constantFrom(did, 'x', ''),
    })
    const text = fc.string({ unit: fc.constantFrom('@', 'a', '.', 'é', '🧊', '`', ' ', '[', ')', '<') })
    fc.assert(
      fc.property(text, fc.array(facet, { maxLength: 5 }), (said, facets) => {
        const linked = withMentions(said, facets)
        expect(linked.replaceAll(/\[(@[^\]]*)\]\(\/p\/did:plc:ewvi7nxzyoun6zhxrhs64oiz\)/g, '$1')).toBe(said)
        expect(renderMarkdown(linked)).not.toMatch(/<(script|img)|javascript:/)
      }),
    )
  })
})
