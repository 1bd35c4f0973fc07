/** Foreign text made fit to read: HTML and odd Markdown cleaned, bounded without cutting a word. */

import { withoutEnd } from '@frost/lexicon'
import { table } from './table.ts'

const ENTITIES = table<string>({
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  deg: '°',
  micro: 'µ',
  plusmn: '±',
  sup2: '²',
  sup3: '³',
  times: '×',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  copy: '©',
  reg: '®',
  trade: '™',
  middot: '·',
  bull: '•',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  eacute: 'é',
  uuml: 'ü',
  ouml: 'ö',
  auml: 'ä',
  Aring: 'Å',
  alpha: 'α',
  beta: 'β',
  gamma: 'γ',
  delta: 'δ',
  lambda: 'λ',
  mu: 'μ',
  sigma: 'σ',
  le: '≤',
  ge: '≥',
  ne: '≠',
  permil: '‰',
  prime: '′',
})

/** Text without character references: `&deg;C` → `°C`. */
export function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{1,8}));/g,
    (whole, decimal, hex, name) => {
      if (name) return ENTITIES[name] ?? whole
      const code = decimal ? Number(decimal) : Number.parseInt(hex, 16)
      const isText =
        code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) && (code >= 32 || code === 10 || code === 9)
      return isText ? String.fromCodePoint(code) : ''
    },
  )
}

/** Control characters, lone surrogates and odd line ends out; at most one empty line. */
function tidy(text: string): string {
  return (
    text
      .toWellFormed()
      .replace(/\r\n?|\u2028|\u2029/g, '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufeff]/g, '')
      // From the first blank on: else each blank of many would look through the rest of them.
      .replace(/(?<![ \t\u00a0])[ \t\u00a0]+$/gm, '')
      .replace(/\n{3,}/g, '\n\n')
      .trim()
  )
}

/**
 * Markdown without HTML: paragraphs, breaks, lists, links and emphasis of HTML become Markdown's, comments, scripts and other
 * tags go. Angle brackets that are no tags stay.
 */
export function cleanMarkdown(text: string): string {
  const html = text
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/<(script|style|iframe|object)\b[\s\S]*?<\/\1\s*>/gi, '')
    .replace(
      /<a\b[^>]*?\bhref\s*=\s*["']?(https?:[^"'\s>]+)["']?[^>]*>([\s\S]*?)<\/a\s*>/gi,
      (_, href, label) => {
        const words = label.replace(/<[^>]*>/g, '').trim()
        return words === '' || words === href ? href : `[${words}](${href})`
      },
    )
    .replace(/<li\b[^>]*>\s*/gi, '\n- ')
    .replace(/<br\s*\/?>/gi, '\n')
    .replace(/<h([1-6])\b[^>]*>/gi, (_, level) => `\n\n${'#'.repeat(Math.max(3, Number(level)))} `)
    .replace(/<\/?(?:p|div|ul|ol|table|section|h[1-6]|blockquote)\b[^>]*>/gi, '\n\n')
    .replace(/<\/?(?:b|strong)\b[^>]*>/gi, '**')
    .replace(/<\/?(?:i|em)\b[^>]*>/gi, '*')
    .replace(/<\/?[a-z][a-z0-9-]*(?:\s[^<>]*)?\/?>/gi, '')
  return tidy(decodeEntities(html))
}

/** One line of text without Markdown and HTML: for titles and names. */
export function plainText(text: string): string {
  return tidy(decodeEntities(cleanMarkdown(text)))
    .replace(/!?\[([^\]]*)\]\((?:[^()]|\([^()]*\))*\)/g, '$1')
    .replace(/(\*\*|__|`)/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}

export interface MarkdownLink {
  readonly label: string
  readonly url: string
}

/** The links of a Markdown text, and its bare addresses. */
export function linksIn(text: string): MarkdownLink[] {
  const links: MarkdownLink[] = []
  const rest = text.replace(
    /\[([^\]]*)\]\(\s*<?(https?:\/\/(?:[^\s()<>]|\([^\s()<>]*\))+)>?[^)]*\)/g,
    (_, label, url) => {
      links.push({ label: plainText(label), url })
      return ' '
    },
  )
  for (const [url] of rest.matchAll(/https?:\/\/[^\s<>"'`\]]+/g))
    links.push({ label: '', url: withoutEnd(url, ').,;:') })
  return links
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/**
 * The text if it has at most `most` graphemes; otherwise its beginning, up to the end of a sentence or word, and an ellipsis.
 */
export function cut(text: string, most: number): string {
  // A grapheme has at least one code unit: short texts need no segmenting.
  if (text.length <= most) return text
  let count = 0
  let end = 0
  for (const { index } of segmenter.segment(text)) {
    if (count === most - 1) end = index
    if (++count > most) break
  }
  if (count <= most) return text
  const head = text.slice(0, end)
  const sentence = Math.max(head.lastIndexOf('. '), head.lastIndexOf('.\n'), head.lastIndexOf('\n\n'))
  const word = head.search(/\s\S*$/)
  const at = sentence > end * 0.8 ? sentence + 1 : word > end * 0.8 ? word : end
  return `${head.slice(0, at).trimEnd()}…`
}
