/** What every export reads from a dataset's record, in the terms of no format yet. */
import type { Entry } from '@frost/lexicon'
import { addressOfReference, doiAddress, iri, webAddress } from '../address.ts'
import { type CitationContext, ownDois } from '../citation/citable.ts'
import { licenceId } from '../licence.ts'

/** A record with where it stands. Records are strangers': every field may hold anything its lexicon allows. */
export interface ExportSource extends CitationContext {
  readonly entry: Entry
}

export type Copy = NonNullable<Entry['distributions']>[number]
type Model = NonNullable<Entry['models']>[number]
type Coverage = NonNullable<Entry['coverage']>
type Variable = {
  readonly name: string
  readonly role?: string
  readonly dtype?: string
  readonly dims?: readonly { readonly name: string }[]
  readonly shape?: readonly number[]
  readonly longName?: string
  readonly standardName?: string
  readonly units?: string
  readonly description?: string
}
export type Column = {
  readonly name: string
  readonly type: string
  readonly nullable?: boolean
  readonly units?: string
  readonly description?: string
}

/** A box on Earth in degrees, in GeoJSON's order: west, south, east, north; west > east crosses 180°. */
export type Box = readonly [west: number, south: number, east: number, north: number]

/** The page that people read, else the record's own address. */
export const addressOf = ({ page, uri }: ExportSource): string => page ?? uri

/** Distinct bare DOIs by which the dataset itself is known, the version's own first. */
export function doisOf({ entry, version }: ExportSource): string[] {
  return ownDois([...(version?.identifiers ?? []), ...(entry.identifiers ?? [])])
}

/** The same as addresses of their resolver. */
export function doiAddresses(source: ExportSource): string[] {
  return doisOf(source).flatMap(doi => doiAddress(doi) ?? [])
}

/** Copies of the data, each by an address that may be passed on; those without one are left out. */
export function copiesOf({ distributions = [] }: Entry): Copy[] {
  return distributions.flatMap(copy => {
    const uri = iri(copy.uri)
    return uri ? [{ ...copy, uri }] : []
  })
}

/** Address of the first licence that has one: its own where that names the licence to everybody, else SPDX's. */
export function licenceAddress({ rights = [] }: Entry): string | undefined {
  const known = rights.find(({ spdx, uri }) => spdx || webAddress(uri))
  if (!known?.spdx) return webAddress(known?.uri)
  const own = webAddress(known.uri)
  return own && licenceId('', own) === known.spdx ? own : `https://spdx.org/licenses/${known.spdx}`
}

/** What it was made from. */
export function sourcesOf({ derivedFrom = [] }: Entry): string[] {
  return derivedFrom.flatMap(({ ref }) => addressOfReference(ref) ?? [])
}

/** Other works, by how the dataset relates to them. */
export function relatedOf({ relatedItems = [] }: Entry, ...relations: readonly string[]): string[] {
  return relatedItems.flatMap(({ relation, ref, url }) =>
    relations.includes(relation) ? (addressOfReference(ref) ?? iri(url) ?? []) : [],
  )
}

/** A date of the record by its DataCite type, e.g. `Updated`. */
export function dateOf({ dates = [] }: Entry, type: string): string | undefined {
  return dates.find(date => date.type.toLowerCase() === type.toLowerCase())?.value
}

/** Places on Earth; malformed ones are left out, places of other bodies too. */
export function boxesOf({ coverage }: Entry): Box[] {
  return spatial(coverage).flatMap(({ bbox, point }) => {
    const sides = bbox
      ? [bbox.west, bbox.south, bbox.east, bbox.north]
      : point && [point.longitude, point.latitude, point.longitude, point.latitude]
    const numbers = (sides ?? []).map(Number)
    return numbers.length === 4 && numbers.every(Number.isFinite) ? [numbers as unknown as Box] : []
  })
}

export function placesOf({ coverage }: Entry): string[] {
  return spatial(coverage).flatMap(({ place }) => place?.term ?? [])
}

const spatial = (coverage: Coverage | undefined) =>
  (coverage?.spatial ?? []).filter(({ body }) => !body || body === 'earth')

/** Times as records say them; an absent end is `..` where the data goes on, and where nobody says. */
export function intervalsOf({ coverage }: Entry): { start?: string; end?: string }[] {
  return (coverage?.temporal ?? []).map(({ start, end }) => ({
    ...(start && { start }),
    ...(end && { end }),
  }))
}

const fieldOf = <Item>(model: Model, field: string): readonly Item[] => {
  const value = (model as Record<string, unknown>)[field]
  return Array.isArray(value) ? (value as Item[]) : []
}

/** Variables of all array models. */
export function variablesOf({ models = [] }: Entry): Variable[] {
  return models.flatMap(model => fieldOf<Variable>(model, 'variables'))
}

/** Sizes of the dimensions of all array models. */
export function dimensionsOf({ models = [] }: Entry): { name: string; size?: number }[] {
  return models.flatMap(model => fieldOf<{ name: string; size?: number }>(model, 'dims'))
}

/** Tables with columns, each with the ids of the distributions that it lies in. */
export function tablesOf({ models = [] }: Entry) {
  return models
    .map(model => ({
      name: (model as { name?: string }).name,
      description: (model as { description?: string }).description,
      columns: fieldOf<Column>(model, 'columns'),
      primaryKey: fieldOf<{ name: string }>(model, 'primaryKey').map(({ name }) => name),
      distributions: fieldOf<{ id: string }>(model, 'distributions').map(({ id }) => id),
    }))
    .filter(({ columns }) => columns.length > 0)
}

/** The picture's address; one that lies in the repository is told by whoever knows where that is. */
export function imageOf({ image }: Entry): string | undefined {
  return webAddress((image as { uri?: unknown } | undefined)?.uri)
}

/** An object without fields that say nothing. */
export function said<Fields extends object>(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0),
    ),
  ) as Fields
}

/** A list of one is that one: how JSON-LD is usually read. */
export const oneOrAll = <Item>(items: readonly Item[]): Item | readonly Item[] | undefined =>
  items.length > 1 ? items : items[0]

/** Names of which each is given once: what is asked for again gets a number. */
export function uniqueNames(): (name: string) => string {
  const used = new Set<string>()
  return base => {
    let name = base
    for (let number = 2; used.has(name); number++) name = `${base}-${number}`
    used.add(name)
    return name
  }
}
