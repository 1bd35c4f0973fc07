/** Times as catalogues write them, as ISO 8601-2 (EDTF) text. */

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** `2024-05-01T00:00:00.000Z` → `2024-05-01`; other valid times stay as they are; undefined for what is no time. */
export function edtf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 10_000)
    return String(value).padStart(4, '0')
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  const midnight = /^(-?\d{4}-\d{2}-\d{2})[T ]00:00:00(?:\.0+)?(?:Z|\+00:00)?$/.exec(text)
  if (midnight) return midnight[1]
  if (
    /^-?\d{4}(?:-\d{2}(?:-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?)?)?$/.test(text)
  )
    return text
  const spoken = /^(?:(\d{1,2})\s+)?([A-Za-z]{3})[a-z]*\.?\s+(?:(\d{1,2}),?\s+)?(\d{4})$/.exec(text)
  const month = spoken ? MONTHS.indexOf(spoken[2]!.toLowerCase()) + 1 : 0
  if (spoken && month > 0) {
    const day = spoken[1] ?? spoken[3]
    return `${spoken[4]}-${String(month).padStart(2, '0')}${day ? `-${day.padStart(2, '0')}` : ''}`
  }
  return undefined
}

export interface Frequency {
  readonly kind?: string
  readonly interval?: string
  readonly note?: string
}

const INTERVALS: readonly (readonly [RegExp, string])[] = [
  [/\bevery (?:5|five) minutes?\b/, 'PT5M'],
  [/\bevery (?:10|ten) minutes?\b/, 'PT10M'],
  [/\bevery (?:15|fifteen) minutes?\b/, 'PT15M'],
  [/\bhourly\b|\bevery hour\b/, 'PT1H'],
  [/\bevery (?:3|three) hours?\b|3-hourly/, 'PT3H'],
  [/\bevery (?:6|six) hours?\b|6-hourly|four times (?:a|per) day/, 'PT6H'],
  [/\bevery (?:12|twelve) hours?\b|twice (?:a|per) day|twice daily/, 'PT12H'],
  [/\bdaily\b|\bevery day\b|once (?:a|per) day/, 'P1D'],
  [/\bbi-?weekly\b|every (?:2|two) weeks/, 'P14D'],
  [/\bweekly\b|\bevery week\b|once (?:a|per) week/, 'P7D'],
  [/\bmonthly\b|\bevery month\b|once (?:a|per) month/, 'P1M'],
  [/\bquarterly\b|every (?:3|three) months/, 'P3M'],
  [/\bsemi-?annual|twice (?:a|per) year|bi-?annual|every (?:6|six) months/, 'P6M'],
  [/\bannual|\byearly\b|\bevery year\b|once (?:a|per) year/, 'P1Y'],
]

/** How often a dataset changes, as a sentence says it; the sentence itself is kept as a note. */
export function frequencyOf(sentence: string): Frequency {
  const text = sentence.toLowerCase()
  const note = sentence.slice(0, 1000)
  if (
    /\b(?:not (?:be )?updated|no (?:future )?updates?|never|static|none|n\/a|not planned|one[- ]time|complete[d]?)\b/.test(
      text,
    )
  )
    return { kind: 'not-planned', note }
  const matching = INTERVALS.filter(([phrase]) => phrase.test(text))
  const [interval] = matching
  if (interval && matching.length === 1) return { kind: 'periodic', interval: interval[1], note }
  if (interval) return { kind: 'periodic', note }
  if (
    /\b(?:continuous|real[- ]time|as (?:soon as )?(?:they|it) (?:become|arrive)|on[- ]going basis)\b/.test(
      text,
    )
  )
    return { kind: 'continuous', note }
  if (
    /\b(?:as needed|as required|when available|as available|as new|periodic(?:ally)?|irregular|ad[- ]hoc|upon|occasional)/.test(
      text,
    )
  )
    return { kind: /periodic|irregular|occasional/.test(text) ? 'irregular' : 'as-needed', note }
  return { note }
}
