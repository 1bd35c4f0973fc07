import { accessNow, edtfRange, rkeyOf } from '@frost/lexicon'
import { type Fields, items, text } from './projection.ts'
import type { Box, SearchDocument } from './search/engine.ts'

/** What the index knows of an entry beside its record. */
export interface EntryContext {
  readonly uri: string
  readonly did: string
  readonly sortAt: string
  /** Name of the account's profile, and its handle. */
  readonly account: string
  /** How often others build on it. */
  readonly used: number
  /** Kinds of offers of others and its own. */
  readonly offers?: readonly string[]
  /** The time at which an embargo may have ended; now when absent. */
  readonly now?: Date
}

const MOST_VARIABLES = 2000
/** Characters of all names of variables together. */
const LONGEST_NAMES = 200_000
const LONGEST_TEXT = 20_000

/** Makes what search knows of a dataset from its record; records are open, so every field is looked at before it is used. */
export function searchDocument(record: Fields, context: EntryContext): SearchDocument {
  const distributions = items(record.distributions)
  const publisher = items([record.publisher])[0]
  const { from, until } = timeRange(record)
  return {
    uri: context.uri,
    did: context.did,
    title: text(record.title) ?? '',
    slugWords: rkeyOf(context.uri).replace(/[-_.~:]+/g, ' '),
    subjects: texts(items(record.subjects), 'term'),
    creators: texts([...items(record.creators), ...items(record.contributors)].slice(0, 100), 'name'),
    publisher: [text(publisher?.name), context.account].filter(Boolean).join(' '),
    distributionTitles: distinct(
      distributions.flatMap(({ title, uri, id }) => [text(title), text(id), bucketOf(text(uri))]),
    ),
    variables: variableNames(record),
    description: descriptionOf(record),
    formats: distinct(distributions.map(({ format, mediaType }) => text(format) ?? text(mediaType))),
    licenses: distinct(items(record.rights).map(({ spdx, name }) => text(spdx) ?? text(name))),
    models: distinct(items(record.models).map(modelKind)),
    keywords: distinct(texts(items(record.subjects), 'term').map(term => term.toLowerCase())),
    ...(context.offers && { offers: context.offers }),
    access: accessLevels(record, context.now),
    publisherId: context.did,
    boxes: boxes(record),
    ...(from !== undefined && { from }),
    ...(until !== undefined && { until }),
    createdAt: Date.parse(context.sortAt),
    used: context.used,
  }
}

/** `science…defs#arrayModel` → `array`; by its fields where the type is another's. */
function modelKind(model: Fields): string | undefined {
  const type = text(model.$type) ?? ''
  if (/#arrayModel$/.test(type) || Array.isArray(model.variables)) return 'array'
  if (/#tableModel$/.test(type) || Array.isArray(model.columns)) return 'table'
  return /#fileModel$/.test(type) ? 'file' : undefined
}

function variableNames(record: Fields): string[] {
  const names = items(record.models).flatMap(model => [
    ...items(model.variables)
      .filter(({ role }) => role !== 'bounds')
      .flatMap(({ name, longName, standardName }) => [text(name), text(standardName), text(longName)]),
    ...items(model.columns).flatMap(({ name }) => [text(name)]),
  ])
  let characters = 0
  return distinct(names)
    .slice(0, MOST_VARIABLES)
    .filter(({ length }) => {
      characters += length
      return characters <= LONGEST_NAMES
    })
}

function descriptionOf(record: Fields): string {
  const others = items(record.descriptions).map(({ value }) => text(value))
  const columns = items(record.models).flatMap(model =>
    items(model.columns).map(({ description }) => text(description)),
  )
  return [
    text(record.description),
    ...texts(items(record.titles), 'value'),
    ...others,
    ...columns.slice(0, 200),
  ]
    .filter(Boolean)
    .join('\n')
    .slice(0, LONGEST_TEXT)
}

function boxes(record: Fields): Box[] {
  const spatial = items(items([record.coverage])[0]?.spatial)
  return spatial.flatMap(({ bbox, point, body }) => {
    if (text(body) && text(body) !== 'earth') return []
    const { west, south, east, north } = (items([bbox])[0] ?? {}) as Record<string, unknown>
    const { longitude, latitude } = (items([point])[0] ?? {}) as Record<string, unknown>
    const box = bbox
      ? { west: Number(west), south: Number(south), east: Number(east), north: Number(north) }
      : { west: Number(longitude), south: Number(latitude), east: Number(longitude), north: Number(latitude) }
    return isBox(box) ? [box] : []
  })
}

function isBox({ west, south, east, north }: Box): boolean {
  return (
    [west, east].every(degrees => Math.abs(degrees) <= 180) &&
    [south, north].every(degrees => Math.abs(degrees) <= 90) &&
    south <= north
  )
}

/** Of every copy, which may differ from the record's; an embargo that has ended is open. */
export function accessLevels(record: Fields, now?: Date): string[] {
  const copies = items(record.distributions)
  const said = copies.length === 0 ? [record.access] : copies.map(({ access }) => access ?? record.access)
  return distinct(said.map(access => accessNow(access, now).level.toLowerCase()))
}

/** The whole time that the record covers; an end that is missing without "ongoing" is taken as open. */
function timeRange(record: Fields): { from?: number; until?: number } {
  const ranges = items(items([record.coverage])[0]?.temporal).flatMap(({ start, end, ongoing }) => {
    const first = edtfRange(text(start) ?? '')
    const last = edtfRange(text(end) ?? '')
    if (!first && !last) return []
    return [{ from: first?.start ?? -Infinity, until: last && !ongoing ? last.end : Infinity }]
  })
  if (ranges.length === 0) return {}
  return {
    from: Math.min(...ranges.map(({ from }) => from)),
    until: Math.max(...ranges.map(({ until }) => until)),
  }
}

/** The bucket's name says much: `s3://noaa-goes16/…` → `noaa-goes16`. */
function bucketOf(uri: string | undefined): string | undefined {
  return /^(?:s3|gs|az):\/\/([^/]+)/.exec(uri ?? '')?.[1]
}

function texts(list: readonly Fields[], field: string): string[] {
  return list.flatMap(item => text(item[field]) ?? [])
}

function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter(value => value !== undefined && value !== ''))] as string[]
}
