import { term, words } from '@frost/index/search/analysis'
import { queryParts } from '@frost/index/search/query-parts'
import type { FC } from 'hono/jsx'

/** What a query looks for: the terms that search compares, by the words as they were written. */
export type QueryTerms = ReadonlyMap<string, string>

const MOST_TERMS = 24

/** The terms of a query's words; what it excludes, and values of filters, are none. */
export function queryTerms(query: string): QueryTerms {
  const found = new Map<string, string>()
  for (const { field, value, excluded } of queryParts(query)) {
    if (excluded || (field && !['title', 'creator', 'variable', 'keyword'].includes(field))) continue
    for (const word of words(value)) {
      const one = term(word)
      if (one && !found.has(one) && found.size < MOST_TERMS) found.set(one, word)
    }
  }
  return found
}

/** Which of the terms a text holds, in whatever grammatical form. */
export function termsIn(text: string, terms: QueryTerms): Set<string> {
  const found = new Set<string>()
  if (terms.size > 0)
    for (const word of words(text)) {
      const one = term(word)
      if (terms.has(one)) found.add(one)
    }
  return found
}

/** Text in which the words that were asked for are marked. */
export const Highlight: FC<{ text: string; terms: QueryTerms }> = ({ text, terms }) => {
  if (terms.size === 0) return <>{text}</>
  const parts = text.split(/([\p{L}\p{M}\p{N}]+)/u)
  return (
    <>
      {parts.map((part, place) =>
        place % 2 === 1 && termsIn(part, terms).size > 0 ? <mark>{part}</mark> : part,
      )}
    </>
  )
}

/** The stretch of a long text that holds the most of the words asked for, the earliest of equals. */
export function snippet(text: string, terms: QueryTerms, length = 280): string {
  if (text.length <= length) return text
  const hits = [...text.matchAll(/[\p{L}\p{M}\p{N}]+/gu)]
    .slice(0, 3_000)
    .flatMap(({ 0: word, index }) => [...termsIn(word, terms)].map(one => ({ one, index })))
  let best = { start: 0, count: 0 }
  for (const [place, { index }] of hits.entries()) {
    const held = new Set<string>()
    for (let at = place; at < hits.length && hits[at]!.index < index + length * 0.7; at++)
      held.add(hits[at]!.one)
    if (held.size > best.count) best = { start: index, count: held.size }
  }
  if (best.start < length * 0.5) return `${text.slice(0, text.lastIndexOf(' ', length))} …`
  const start = text.indexOf(' ', Math.max(0, best.start - length / 4))
  return `… ${text.slice(start + 1, start + length)} …`
}
