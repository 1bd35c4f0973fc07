/**
 * Porter's stemmer for English (M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980). Words with
 * anything but a–z are returned as they are: chemical formulae, identifiers and other languages keep their form.
 */

const consonant = (word: string, at: number): boolean => {
  switch (word[at]) {
    case 'a':
    case 'e':
    case 'i':
    case 'o':
    case 'u':
      return false
    case 'y':
      return at === 0 || !consonant(word, at - 1)
    default:
      return true
  }
}

/** Porter's m: how many vowel–consonant sequences the stem has. */
function measure(stem: string): number {
  let count = 0
  let vowelBefore = false
  for (let at = 0; at < stem.length; at++) {
    const isConsonant = consonant(stem, at)
    if (isConsonant && vowelBefore) count++
    vowelBefore = !isConsonant
  }
  return count
}

function hasVowel(stem: string): boolean {
  for (let at = 0; at < stem.length; at++) if (!consonant(stem, at)) return true
  return false
}

const endsDouble = (word: string) =>
  word.length > 1 && word.at(-1) === word.at(-2) && consonant(word, word.length - 1)

const endsShort = (word: string) => {
  const last = word.length - 1
  return (
    last >= 2 &&
    consonant(word, last) &&
    !consonant(word, last - 1) &&
    consonant(word, last - 2) &&
    !'wxy'.includes(word[last]!)
  )
}

const step2: readonly (readonly [string, string])[] = [
  ['ational', 'ate'],
  ['tional', 'tion'],
  ['enci', 'ence'],
  ['anci', 'ance'],
  ['izer', 'ize'],
  ['abli', 'able'],
  ['alli', 'al'],
  ['entli', 'ent'],
  ['eli', 'e'],
  ['ousli', 'ous'],
  ['ization', 'ize'],
  ['ation', 'ate'],
  ['ator', 'ate'],
  ['alism', 'al'],
  ['iveness', 'ive'],
  ['fulness', 'ful'],
  ['ousness', 'ous'],
  ['aliti', 'al'],
  ['iviti', 'ive'],
  ['biliti', 'ble'],
]

const step3: readonly (readonly [string, string])[] = [
  ['icate', 'ic'],
  ['ative', ''],
  ['alize', 'al'],
  ['iciti', 'ic'],
  ['ical', 'ic'],
  ['ful', ''],
  ['ness', ''],
]

const step4 = 'al ance ence er ic able ible ant ement ment ent ion ou ism ate iti ous ive ize'.split(' ')

function replaceSuffix(word: string, rules: readonly (readonly [string, string])[]): string {
  for (const [suffix, replacement] of rules) {
    if (!word.endsWith(suffix)) continue
    const stem = word.slice(0, -suffix.length)
    return measure(stem) > 0 ? stem + replacement : word
  }
  return word
}

function removePlural(word: string): string {
  if (word.endsWith('sses') || word.endsWith('ies')) return word.slice(0, -2)
  return word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word
}

function removePast(word: string): string {
  if (word.endsWith('eed')) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word
  const stem = word.endsWith('ed') ? word.slice(0, -2) : word.endsWith('ing') ? word.slice(0, -3) : undefined
  if (stem === undefined || !hasVowel(stem)) return word
  if (/(?:at|bl|iz)$/.test(stem)) return `${stem}e`
  if (endsDouble(stem) && !/[lsz]$/.test(stem)) return stem.slice(0, -1)
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem
}

function removeDerivation(word: string): string {
  let longest = ''
  for (const suffix of step4) if (suffix.length > longest.length && word.endsWith(suffix)) longest = suffix
  if (!longest) return word
  const stem = word.slice(0, -longest.length)
  if (measure(stem) <= 1 || (longest === 'ion' && !/[st]$/.test(stem))) return word
  return stem
}

/** The stem of a lower-case word: `temperatures` → `temperatur`. */
export function stem(word: string): string {
  if (word.length < 3 || !/^[a-z]+$/.test(word)) return word
  let result = removePast(removePlural(word))
  if (result.endsWith('y') && hasVowel(result.slice(0, -1))) result = `${result.slice(0, -1)}i`
  result = removeDerivation(replaceSuffix(replaceSuffix(result, step2), step3))
  if (result.endsWith('e')) {
    const shorter = result.slice(0, -1)
    const length = measure(shorter)
    if (length > 1 || (length === 1 && !endsShort(shorter))) result = shorter
  }
  return result.endsWith('ll') && measure(result) > 1 ? result.slice(0, -1) : result
}
