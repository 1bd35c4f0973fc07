import type { FC } from 'hono/jsx'

/** Words of a query that are worth marking: at least three letters, without the operators of the query language. */
export function queryWords(query: string): string[] {
  const words = query
    .replace(/\b\w+:(?=\S)/g, ' ')
    .split(/[^\p{L}\p{N}]+/u)
    .filter(word => word.length >= 3)
  return [...new Set(words.map(word => word.toLowerCase()))].slice(0, 12)
}

/** Text in which the words that were asked for are marked, in whatever grammatical form. */
export const Highlight: FC<{ text: string; words: readonly string[] }> = ({ text, words }) => {
  if (words.length === 0) return <>{text}</>
  // A short word takes an ending of the plural at the most, so that "sea" does not mark "seasonal".
  const forms = words.map(word =>
    word.length > 5 ? `${word.slice(0, -2)}[\\p{L}\\p{N}]*` : `${word}(?:e?s)?`,
  )
  const pattern = new RegExp(`((?<![\\p{L}\\p{N}])(?:${forms.join('|')})(?![\\p{L}\\p{N}]))`, 'giu')
  return <>{text.split(pattern).map((part, place) => (place % 2 === 1 ? <mark>{part}</mark> : part))}</>
}

/** The stretch of a long text that holds the most of the words asked for. */
export function snippet(text: string, words: readonly string[], length = 280): string {
  if (text.length <= length) return text
  const lower = text.toLowerCase()
  const first = Math.min(...words.map(word => lower.indexOf(word)).filter(place => place >= 0), Infinity)
  if (first === Infinity || first < length * 0.7) return `${text.slice(0, text.lastIndexOf(' ', length))} …`
  const start = text.indexOf(' ', Math.max(0, first - length / 3))
  return `… ${text.slice(start + 1, start + length)} …`
}
