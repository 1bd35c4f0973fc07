import MarkdownIt from 'markdown-it'
import sanitize from 'sanitize-html'

/** Raw HTML in a description is text: only Markdown's own elements come out. */
const markdown = new MarkdownIt({ html: false, linkify: true })

/** Longest description that is laid out; the lexicon allows 10,000 characters. */
const LONGEST = 20_000

/**
 * Turns a record's Markdown into HTML that is safe to show: no scripts, no images of third parties, links only to
 * http(s) and mailto, headings kept below the page's own.
 */
export function renderMarkdown(text: string): string {
  return sanitize(markdown.render(text.slice(0, LONGEST)), {
    allowedTags: [
      'h3',
      'h4',
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
      h1: 'h3',
      h2: 'h3',
      h5: 'h4',
      h6: 'h4',
      a: (tagName, attribs) => ({ tagName, attribs: { ...attribs, rel: 'nofollow ugc noopener' } }),
    },
  })
}

/** The same text without marks, for snippets and descriptions in the page's head. */
export function plainText(text: string): string {
  return sanitize(markdown.render(text.slice(0, LONGEST)), { allowedTags: [], allowedAttributes: {} })
    .replace(/&amp;/g, '&')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/\s+/g, ' ')
    .trim()
}

/** Addresses that may stand in a link; anything else (`javascript:`, `data:`, `s3:`) is shown as text. */
export function linkable(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined
  return /^(https?|mailto):$/.test(new URL(address).protocol) ? address : undefined
}
