/**
 * One analysis of text for all engines: what is indexed, what is asked and what is re-ranked are the same terms. Text is
 * folded (compatibility forms, diacritics, case), cut at everything that is neither letter nor digit and where camel case
 * changes, freed of English stop words and stemmed.
 */
import { stem } from './stemmer.ts'

/** A word longer than this is cut: it is an identifier or noise. */
const longestWord = 40

const stopWords = new Set(
  (
    'a about after again all also an and any are as at be because been before being between both but by can ' +
    'did do does doing down during each few for from further had has have having he her here hers him his how i if in ' +
    'into is it its itself just me more most my no nor not now of off on once only or other our ours out over own s same ' +
    'she should so some such t than that the their theirs them then there these they this those through to too ' +
    'until up very was we were what when where which while whom why will with within would you your yours via using ' +
    'upon et al'
  ).split(' '),
)

/** Lower case without diacritics; compatibility forms such as `ﬁ` and `²` written out. */
export function fold(text: string): string {
  // ASCII is the common case and needs neither normal form nor the search for marks.
  for (let at = 0; at < text.length; at++)
    if (text.charCodeAt(at) > 127)
      return text
        .normalize('NFKD')
        .replace(/\p{M}+/gu, '')
        .toLowerCase()
  return text.toLowerCase()
}

const boundary = /(\p{Ll})(\p{Lu})/gu
const wordPattern = /[\p{L}\p{N}]+/gu

/** The words of a text, folded, in order, stop words included. `seaSurface_temp` → `sea surface temp`. */
export function words(text: string): string[] {
  return asciiWords(text) ?? anyWords(text)
}

/** The definition of {@link words}. */
export function anyWords(text: string): string[] {
  return (fold(text.replace(boundary, '$1 $2')).match(wordPattern) ?? []).map(word =>
    word.length > longestWord ? word.slice(0, longestWord) : word,
  )
}

/** What {@link anyWords} says of ASCII, the common case, in one pass; undefined for other texts. */
function asciiWords(text: string): string[] | undefined {
  const found: string[] = []
  const folded = text.toLowerCase()
  const end = text.length
  /** Where the word begins that is being read; -1 between words. */
  let start = -1
  let isLowerBefore = false
  for (let at = 0; at <= end; at++) {
    const unit = at < end ? text.charCodeAt(at) : 32
    if (unit > 127) return undefined
    const isLower = unit >= 97 && unit <= 122
    const isUpper = unit >= 65 && unit <= 90
    const isInWord = isLower || isUpper || (unit >= 48 && unit <= 57)
    if (start >= 0 && (!isInWord || (isUpper && isLowerBefore))) {
      found.push(folded.slice(start, Math.min(at, start + longestWord)))
      start = -1
    }
    if (isInWord && start < 0) start = at
    isLowerBefore = isLower
  }
  return found
}

/** What stands in the index for a word. */
export interface Term {
  /** '' for a stop word. */
  readonly text: string
  readonly hash: number
}

const cacheLimit = 100_000
const termOf = new Map<string, Term>()

function analysed(word: string): Term {
  let known = termOf.get(word)
  if (known === undefined) {
    const text = stopWords.has(word) ? '' : stem(word)
    known = { text, hash: hashTerm(text) }
    if (termOf.size >= cacheLimit) termOf.clear()
    termOf.set(word, known)
  }
  return known
}

/** The term that a folded word is indexed under, or '' for a stop word. */
export const term = (word: string): string => analysed(word).text

/**
 * The terms of a text in order, stop words left out.
 * @param most terms beyond this many are dropped
 */
export function hashedTerms(text: string, most = Number.POSITIVE_INFINITY): Term[] {
  const found: Term[] = []
  for (const word of words(text)) {
    const one = analysed(word)
    if (!one.text) continue
    if (found.length >= most) break
    found.push(one)
  }
  return found
}

export const terms = (text: string): string[] => hashedTerms(text).map(one => one.text)

/** FNV-1a over UTF-16 units with a final mix: 32 bits stand for a term in re-ranking and statistics. */
export function hashTerm(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}

/** How filter and facet values are compared. */
export function normaliseValue(value: string): string {
  return value.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase().slice(0, 512)
}
