import MarkdownIt from 'markdown-it'
import sanitize from 'sanitize-html'

/** Raw HTML in a description is text: only Markdown's own elements come out. */
const markdown = new MarkdownIt({ html: false, linkify: true })

/** Path of an account's page, by its DID. */
const ACCOUNT = /^\/p\/did:[a-z]+:[\w.:%-]+$/

interface Place {
  /** Level of the heading that the text stands below. */
  readonly below?: number
}

/** Headings go on from that of the page, one level at a time, whatever their authors skipped. */
markdown.core.ruler.push('headings', ({ tokens, env }) => {
  const { below = 1 } = env as Place
  const open: number[] = []
  for (const token of tokens) {
    if (token.type !== 'heading_open' && token.type !== 'heading_close') continue
    const level = Number(token.tag.slice(1))
    while (open.length > 0 && open.at(-1)! >= level) open.pop()
    open.push(level)
    token.tag = `h${Math.min(below + open.length, 6)}`
  }
})

/** Longest description that is laid out; the lexicon allows 10,000 characters. */
export const LONGEST_TEXT = 20_000

/**
 * Turns a record's Markdown into HTML that is safe to show: no scripts, no images of third parties, links only to
 * http(s) and mailto.
 * @param below level of the heading that it stands below: headings of its own come after that
 */
export function renderMarkdown(text: string, below = 1): string {
  return sanitize(markdown.render(text.slice(0, LONGEST_TEXT), { below }), {
    allowedTags: [
      'h2',
      'h3',
      'h4',
      'h5',
      'h6',
      'p',
      'a',
      'ul',
      'ol',
      'li',
      'em',
      'strong',
      'code',
      'pre',
      'blockquote',
      'table',
      'thead',
      'tbody',
      'tr',
      'th',
      'td',
      'hr',
      'br',
      'del',
      'sub',
      'sup',
    ],
    allowedAttributes: { a: ['href', 'rel'] },
    allowedSchemes: ['http', 'https', 'mailto'],
    transformTags: {
      a: (tagName, { href = '' }) => ({
        tagName,
        // An address without a host would lead to a page of the site: only accounts are named so, by mentions.
        attribs: { ...((linkable(href) || ACCOUNT.test(href)) && { href }), rel: 'nofollow ugc noopener' },
      }),
    },
  })
}

/** The same text without marks, for snippets and descriptions in the page's head. */
export function plainText(text: string): string {
  return stripped(markdown.render(text.slice(0, LONGEST_TEXT)))
}

const stripped = (html: string): string =>
  sanitize(html, { allowedTags: [], allowedAttributes: {} })
    .replace(/&amp;/g, '&')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/\s+/g, ' ')
    .trim()

/** Blocks that are no sentences: they would run into those around them. */
const NO_SENTENCES = new Set(['fence', 'code_block', 'hr'])

/** What a text says in its sentences, without headings, tables and code; all of it where it has no others. */
export function excerpt(text: string): string {
  let within = 0
  const kept = markdown.parse(text.slice(0, LONGEST_TEXT), {}).filter(({ type, nesting }) => {
    const isOther = type.startsWith('heading_') || type.startsWith('table_')
    if (isOther) within += nesting
    return within === 0 && !isOther && !NO_SENTENCES.has(type)
  })
  const html = markdown.renderer.render(kept, markdown.options, {})
  return stripped(html.replace(/<\/li>\s*<li>/g, '; ')) || plainText(text)
}

/** Addresses that may stand in a link; anything else (`javascript:`, `data:`, `s3:`) is shown as text. */
export function linkable(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined
  return /^(https?|mailto):$/.test(new URL(address).protocol) ? address : undefined
}
