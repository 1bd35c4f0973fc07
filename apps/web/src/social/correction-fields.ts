import type { LexMap, TypedLexMap } from '@atproto/lex'
import { type EntryFields, withFields } from '@frost/client/entry-fields'

/** A field of a dataset that a correction may change, as text that one types. */
export interface CorrectionField {
  readonly name: string
  readonly label: string
  readonly hint?: string
  /** More than one line. */
  readonly rows?: number
  readonly isMarkdown?: boolean
  /** As the record says it now. */
  readonly read: (record: LexMap) => string
  /** As the client's library takes it. */
  readonly change: (text: string, all: Readonly<Record<string, string>>) => EntryFields
  /** A field of the record that an emptied text takes away. */
  readonly removes?: string
}

/** What people correct most: the fields that say what a dataset is, where and when, by whom, under which terms. */
export const CORRECTION_FIELDS: readonly CorrectionField[] = [
  { name: 'title', label: 'Title', read: ({ title }) => textOf(title), change: title => ({ title }) },
  {
    name: 'description',
    label: 'Description',
    rows: 6,
    isMarkdown: true,
    read: ({ description }) => textOf(description),
    change: description => ({ description }),
    removes: 'description',
  },
  {
    name: 'creators',
    label: 'Creators, one a line',
    hint: 'Family, Given (0000-0002-1825-0097)',
    rows: 3,
    read: ({ creators }) => listOf(creators).map(creatorText).join('\n'),
    change: text => ({ creators: linesOf(text) }),
    removes: 'creators',
  },
  {
    name: 'license',
    label: 'Licence',
    hint: 'An SPDX id such as CC-BY-4.0, an address, or a name',
    read: ({ rights }) => listOf(rights).map(licenceText).join('\n'),
    change: text => ({ licenses: linesOf(text) }),
    removes: 'rights',
  },
  {
    name: 'keywords',
    label: 'Keywords, one a line',
    rows: 3,
    read: ({ subjects }) =>
      listOf(subjects)
        .map(({ term }) => textOf(term))
        .join('\n'),
    change: text => ({ keywords: linesOf(text) }),
    removes: 'subjects',
  },
  {
    name: 'doi',
    label: 'DOI',
    read: ({ identifiers }) =>
      textOf(listOf(identifiers).find(({ scheme }) => textOf(scheme).toLowerCase() === 'doi')?.value),
    change: doi => ({ doi }),
  },
  {
    name: 'landingPage',
    label: 'Home page',
    read: ({ landingPage }) => textOf(landingPage),
    change: landingPage => ({ landingPage }),
    removes: 'landingPage',
  },
  {
    name: 'bbox',
    label: 'Box on the map: west, south, east, north in degrees',
    read: record => {
      const { west, south, east, north } = mapOf(listOf(mapOf(record.coverage).spatial)[0]?.bbox)
      return west === undefined ? '' : [west, south, east, north].map(textOf).join(',')
    },
    change: bbox => ({ bbox }),
  },
  {
    name: 'from',
    label: 'Begins',
    hint: 'ISO 8601, such as 1979 or 1979-01-01',
    read: record => textOf(listOf(mapOf(record.coverage).temporal)[0]?.start),
    change: from => ({ from }),
  },
  {
    name: 'until',
    label: 'Ends',
    hint: 'now for data that goes on',
    read: record => {
      const { end, ongoing } = listOf(mapOf(record.coverage).temporal)[0] ?? {}
      return ongoing === true ? 'now' : textOf(end)
    },
    change: until => ({ until }),
  },
]

/** The texts of the form, as a record fills it. */
export function correctionTexts(record: LexMap): Record<string, string> {
  return Object.fromEntries(CORRECTION_FIELDS.map(({ name, read }) => [name, read(record).trim()]))
}

/**
 * The record with what somebody typed in place of what it said; what they have not touched stays as it is.
 * @throws UsageError that says what is wrong with a text
 */
export function withCorrections(record: TypedLexMap, texts: Readonly<Record<string, string>>): TypedLexMap {
  const before = correctionTexts(record)
  return CORRECTION_FIELDS.reduce<TypedLexMap>((now, { name, change, removes }) => {
    const text = texts[name]
    if (text === undefined || text === before[name]) return now
    if (text === '' && removes !== undefined) {
      const { [removes]: _, ...rest } = now
      return rest as TypedLexMap
    }
    return keptItems(record, withFields(now, change(text, texts)))
  }, record)
}

/** Lists in which what reads the same as before stays what it was, with all that the form does not show of it. */
function keptItems(before: TypedLexMap, after: TypedLexMap): TypedLexMap {
  const lists: readonly (readonly [name: string, read: (item: LexMap) => string])[] = [
    ['creators', creatorText],
    ['rights', licenceText],
    ['subjects', ({ term }) => textOf(term)],
  ]
  const kept = lists.flatMap(([name, read]) => {
    if (after[name] === before[name] || after[name] === undefined) return []
    const known = new Map(listOf(before[name]).map(item => [read(item), item]))
    return [[name, listOf(after[name]).map(item => known.get(read(item)) ?? item)]]
  })
  return { ...after, ...Object.fromEntries(kept) } as TypedLexMap
}

function creatorText(agent: LexMap): string {
  const orcid = listOf(agent.identifiers).find(({ scheme }) => textOf(scheme).toLowerCase() === 'orcid')
  const id = textOf(orcid?.value).replace(/^https?:\/\/orcid\.org\//, '')
  return [textOf(agent.name), id && `(${id})`].filter(Boolean).join(' ')
}

const licenceText = ({ spdx, uri, name }: LexMap): string => textOf(spdx) || textOf(uri) || textOf(name)

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map(line => line.trim())
    .filter(Boolean)

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const mapOf = (value: unknown): LexMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as LexMap) : {}
const listOf = (value: unknown): LexMap[] => (Array.isArray(value) ? value.map(mapOf) : [])
