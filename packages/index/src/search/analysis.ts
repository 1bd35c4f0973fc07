/**
 * One analysis of text for all engines: what is indexed, what is asked and what is re-ranked are the same terms. Text is
 * folded (compatibility forms, diacritics, case), cut at everything that is neither letter nor digit and where camel case
 * changes, freed of English stop words and stemmed.
 */
import { stem } from './stemmer.ts'
import { fnv, WordTerms } from './word-terms.ts'

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
  const isAscii = scanAscii(text, (start, end) => {
    found.push(folded.slice(start, end))
    return true
  })
  return isAscii ? found : undefined
}

/**
 * Tells where the words of an ASCII text are, in one pass, until `word` answers false.
 * @returns false where another character was met
 */
function scanAscii(text: string, word: (start: number, end: number) => boolean): boolean {
  /** Where the word begins that is being read; -1 between words. */
  let start = -1
  let isLowerBefore = false
  for (let at = 0; at <= text.length; at++) {
    const unit = at < text.length ? text.charCodeAt(at) : 32
    if (unit > 127) return false
    const isLower = unit >= 97 && unit <= 122
    const isUpper = unit >= 65 && unit <= 90
    const isInWord = isLower || isUpper || (unit >= 48 && unit <= 57)
    if (start >= 0 && (!isInWord || (isUpper && isLowerBefore))) {
      if (!word(start, Math.min(at, start + longestWord))) return true
      start = -1
    }
    if (isInWord && start < 0) start = at
    isLowerBefore = isLower
  }
  return true
}

/** The term that a folded word is indexed under, or '' for a stop word. */
export const term = (word: string): string => (stopWords.has(word) ? '' : stem(word))

/** The terms of a text in order, stop words left out. */
export const terms = (text: string): string[] => words(text).flatMap(word => term(word) || [])

const known = new WordTerms(word => {
  const found = term(word)
  return found === '' ? 0 : hashTerm(found)
})

/**
 * Writes the hashes of a text's terms into an array, in order, stop words left out; those that find no room are dropped.
 * @param from place of the first
 * @param end place after the last that may be written
 * @returns the place after the last that was
 */
export function hashInto(text: string, into: Uint32Array, from: number, end: number): number {
  return hashAscii(text, into, from, end) ?? hashAny(text, into, from, end)
}

/** The definition of {@link hashInto}. */
export function hashAny(text: string, into: Uint32Array, from: number, end: number): number {
  let at = from
  for (const word of words(text)) {
    const hash = known.of(word, 0, word.length)
    if (hash === 0) continue
    if (at >= end) break
    into[at++] = hash
  }
  return at
}

/** The same of ASCII, the common case, without making words; undefined for other texts. */
function hashAscii(text: string, into: Uint32Array, from: number, end: number): number | undefined {
  let at = from
  const isAscii = scanAscii(text, (start, stop) => {
    const hash = known.of(text, start, stop)
    if (hash === 0) return true
    if (at >= end) return false
    into[at++] = hash
    return true
  })
  return isAscii ? at : undefined
}

/** 32 bits stand for a term, and never nought: FNV-1a with a final mix. */
export function hashTerm(text: string): number {
  let hash = fnv(text)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0 || 1
}

/** How filter and facet values are compared. */
export function normaliseValue(value: string): string {
  return value.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase().slice(0, 512)
}
