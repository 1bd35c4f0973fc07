import type { LexMap } from '@atproto/lex'
import { isObject, listOf, textOf } from './values.ts'

/** A place where the data lies. */
export interface PlaceRow {
  /** Index in the record that the form was filled from; empty for a new one. */
  readonly of: string
  readonly url: string
  readonly format: string
}

export interface PersonRow {
  readonly of: string
  readonly name: string
  /** ORCID iD or ROR id. */
  readonly id: string
  readonly affiliation: string
}

export interface SourceRow {
  readonly of: string
  readonly ref: string
  readonly role: string
}

/** Another work, and how the dataset relates to it. */
export interface LinkRow {
  readonly of: string
  readonly relation: string
  readonly ref: string
  readonly title: string
}

export interface FundingRow {
  readonly of: string
  readonly funder: string
  readonly award: string
  /** Page of the award. */
  readonly uri: string
}

/** What the form for a dataset holds: texts, as somebody types them. */
export interface EntryForm {
  readonly title: string
  readonly description: string
  readonly license: string
  readonly access: string
  /** Of access: when an embargo ends, where to ask, and the terms. */
  readonly embargoUntil: string
  readonly requestUri: string
  readonly terms: string
  readonly keywords: string
  readonly publisher: string
  readonly publisherId: string
  readonly west: string
  readonly south: string
  readonly east: string
  readonly north: string
  readonly from: string
  readonly until: string
  /** `yes` where data goes on. */
  readonly ongoing: string
  /** One a line, `name:units`; only of data that was not read. */
  readonly variables: string
  readonly doi: string
  readonly landingPage: string
  readonly places: readonly PlaceRow[]
  readonly people: readonly PersonRow[]
  readonly sources: readonly SourceRow[]
  /** Address of a picture; one that lies in the repository is not for typing. */
  readonly image: string
  readonly links: readonly LinkRow[]
  readonly funding: readonly FundingRow[]
}

export type TextField = { [K in keyof EntryForm]: EntryForm[K] extends string ? K : never }[keyof EntryForm]

/** Longest text that a field takes, in UTF-16 units: never less than its lexicon allows in bytes. */
export const TEXT_FIELDS: Readonly<Record<TextField, number>> = {
  title: 3_000,
  description: 100_000,
  license: 8_192,
  access: 640,
  embargoUntil: 128,
  requestUri: 8_192,
  terms: 50_000,
  keywords: 400_000,
  publisher: 5_120,
  publisherId: 200,
  west: 64,
  south: 64,
  east: 64,
  north: 64,
  from: 128,
  until: 128,
  ongoing: 3,
  variables: 100_000,
  doi: 2_000,
  landingPage: 8_192,
  image: 8_192,
}

export const ROW_FIELDS = {
  places: { of: 4, url: 8_192, format: 640 },
  people: { of: 4, name: 5_120, id: 1_024, affiliation: 5_120 },
  sources: { of: 4, ref: 10_240, role: 640 },
  links: { of: 4, relation: 640, ref: 10_240, title: 5_120 },
  funding: { of: 4, funder: 5_120, award: 2_560, uri: 8_192 },
} as const
export type RowList = keyof typeof ROW_FIELDS

/** As many rows as the longest list of an entry has. */
const MOST_ROWS = 256

export const ROLES = [
  'source',
  'ancillary',
  'mask',
  'training',
  'validation',
  'boundary-condition',
  'calibration',
]

/** The form as a record fills it. */
export function formOf(record: LexMap): EntryForm {
  return cleaned(rawForm(record))
}

function rawForm(record: LexMap): EntryForm {
  const [right] = listOf(record.rights)
  const publisher = isObject(record.publisher) ? record.publisher : {}
  const access = isObject(record.access) ? record.access : {}
  const { spatial, temporal } = coverageParts(record)
  const bbox = isObject(spatial?.bbox) ? spatial.bbox : {}
  return {
    title: textOf(record.title),
    description: textOf(record.description),
    license: textOf(right?.spdx) || textOf(right?.uri) || textOf(right?.name),
    access: textOf(access.level),
    embargoUntil: textOf(access.embargoUntil),
    requestUri: textOf(access.requestUri),
    terms: textOf(access.terms),
    keywords: joined(keywords(record).map(({ term }) => textOf(term))),
    publisher: textOf(publisher.name),
    publisherId: identifierText(publisher),
    west: textOf(bbox.west),
    south: textOf(bbox.south),
    east: textOf(bbox.east),
    north: textOf(bbox.north),
    from: textOf(temporal?.start),
    until: textOf(temporal?.end),
    ongoing: temporal?.ongoing === true ? 'yes' : '',
    variables: '',
    doi: textOf(ownDoi(record)?.value),
    landingPage: textOf(record.landingPage),
    places: listOf(record.distributions).map(({ uri, format }, index) => ({
      of: String(index),
      url: textOf(uri),
      format: textOf(format),
    })),
    people: listOf(record.creators).map((agent, index) => ({
      of: String(index),
      name: textOf(agent.name),
      id: identifierText(agent),
      affiliation: textOf(listOf(agent.affiliation)[0]?.name),
    })),
    sources: listOf(record.derivedFrom).map(({ ref, role }, index) => ({
      of: String(index),
      ref: isObject(ref) ? referenceText(ref) : '',
      role: textOf(role) || 'source',
    })),
    image: isObject(record.image) ? textOf(record.image.uri) : '',
    links: listOf(record.relatedItems).map(({ ref, relation, title }, index) => ({
      of: String(index),
      relation: textOf(relation),
      ref: isObject(ref) ? referenceText(ref) : '',
      title: textOf(title),
    })),
    funding: listOf(record.funding).map(({ funderName, awardNumber, awardUri }, index) => ({
      of: String(index),
      funder: textOf(funderName),
      award: textOf(awardNumber),
      uri: textOf(awardUri),
    })),
  }
}

/** The form as a browser sends it; texts are cut at their limits. */
export function readForm(data: FormData): EntryForm {
  const text = (name: string, most: number) => {
    const value = data.get(name)
    return typeof value === 'string' ? value.slice(0, most) : ''
  }
  const texts = Object.fromEntries(
    Object.entries(TEXT_FIELDS).map(([name, most]) => [name, text(name, most)]),
  )
  const rows = (list: RowList) => {
    const fields = Object.entries(ROW_FIELDS[list])
    return rowNumbers(data, list).map(number =>
      Object.fromEntries(fields.map(([name, most]) => [name, text(`${list}-${number}-${name}`, most)])),
    )
  }
  return cleaned({
    ...texts,
    places: rows('places'),
    people: rows('people'),
    sources: rows('sources'),
    links: rows('links'),
    funding: rows('funding'),
  } as unknown as EntryForm)
}

const MULTILINE: ReadonlySet<string> = new Set<TextField>(['description', 'variables'])

/** As a browser gives texts back: what nobody has touched must compare as the same. */
function cleaned<Form extends object>(form: Form): Form {
  return Object.fromEntries(
    Object.entries(form).map(([name, value]) => [
      name,
      typeof value === 'string'
        ? clean(value, MULTILINE.has(name))
        : (value as readonly object[]).map(row => cleaned(row)),
    ]),
  ) as Form
}

function clean(text: string, isMultiline: boolean): string {
  const lines = text.toWellFormed().replaceAll('\0', '\uFFFD')
  return (isMultiline ? lines.replace(/\r\n?/g, '\n') : lines.replace(/[\r\n]/g, '')).trim()
}

function rowNumbers(data: FormData, list: RowList): number[] {
  const numbers = new Set<number>()
  for (const name of data.keys()) {
    const number = new RegExp(`^${list}-(\\d{1,4})-`).exec(name)?.[1]
    if (number !== undefined && numbers.size < MOST_ROWS) numbers.add(Number(number))
  }
  return [...numbers].sort((a, b) => a - b)
}

/** What a row always says, because it is chosen from a list. */
const CHOSEN: ReadonlySet<string> = new Set(['of', 'role', 'relation'])

/** A row in which nothing is said: what it stood for is taken away. */
export const isEmptyRow = (row: object): boolean =>
  Object.entries(row).every(([name, text]) => CHOSEN.has(name) || text === '')

/** Keywords as one types them: by commas, or by semicolons where one of them holds a comma. */
export function keywordsIn(text: string): string[] {
  const parts = text.split(/[;\n]/.test(text) ? /[;\n]/ : ',')
  return [...new Set(parts.map(part => part.trim()).filter(Boolean))]
}

function joined(terms: readonly string[]): string {
  return terms.join(terms.some(term => /[,;\n]/.test(term)) ? '; ' : ', ')
}

/** Subjects that are plain keywords; terms of vocabularies are not for typing. */
export function keywords(record: LexMap): LexMap[] {
  return listOf(record.subjects).filter(isKeyword)
}

export const isKeyword = ({ scheme, schemeUri, uri, code }: LexMap): boolean =>
  [scheme, schemeUri, uri, code].every(part => part === undefined)

/** The parts of the coverage that the form shows: the first box on Earth, the first period. */
export function coverageParts(record: LexMap): { spatial?: LexMap; temporal?: LexMap } {
  const coverage = isObject(record.coverage) ? record.coverage : {}
  const spatial = listOf(coverage.spatial).find(
    ({ bbox, body }) => isObject(bbox) && (body ?? 'earth') === 'earth',
  )
  const [temporal] = listOf(coverage.temporal)
  return { ...(spatial && { spatial }), ...(temporal && { temporal }) }
}

/** The DOI of the dataset itself, not of an article about it. */
export function ownDoi(record: LexMap): LexMap | undefined {
  return listOf(record.identifiers).find(
    ({ scheme, covers }) => textOf(scheme).toLowerCase() === 'doi' && (covers ?? 'dataset') === 'dataset',
  )
}

export function identifierText(agent: LexMap): string {
  const found = listOf(agent.identifiers).find(({ scheme }) => /^(orcid|ror)$/i.test(textOf(scheme)))
  return textOf(found?.value)
}

/** A reference as one types it. */
export function referenceText({ uri, value }: LexMap): string {
  return textOf(uri) || textOf(value)
}
