/** What pages say of a dataset, read from its record. Every field may be missing; strangers write records. */

import { type Entry, rkeyOf } from '@frost/lexicon'
import { nameOf } from './account-name.ts'
import type { Box } from './design/extent-map.tsx'

export function entryPath(author: { handle?: string; did: string }, uri: string): string {
  return `/d/${nameOf(author)}/${encodeURIComponent(rkeyOf(uri))}`
}

/** The page of one of its versions. */
export function versionPath(author: { handle?: string; did: string }, entryUri: string, uri: string): string {
  return `${entryPath(author, entryUri)}/v/${encodeURIComponent(rkeyOf(uri))}`
}

/** Where a DOI leads, in whatever form a record names it. */
export const doiAddress = (doi: string): string =>
  `https://doi.org/${doi.trim().replace(/^(https?:\/\/(dx\.)?doi\.org\/|doi:)/i, '')}`

/** Distinct formats of the dataset's distributions, the owner's main copy first. */
export function formatsOf(record: Entry): string[] {
  return distinct((record.distributions ?? []).map(({ format, mediaType }) => format ?? mediaType))
}

/** Licences, by SPDX identifier where there is one. */
export function licencesOf(record: Entry): string[] {
  return distinct((record.rights ?? []).map(({ spdx, name, uri }) => spdx ?? name ?? uri))
}

export function keywordsOf(record: Entry): string[] {
  return distinct((record.subjects ?? []).map(({ term }) => term))
}

/** Names that a search may have matched: variables with their long names, columns. */
export interface NamedVariable {
  readonly name: string
  /** What it is called where it has a longer name. */
  readonly label?: string
  /** All that it can be found by. */
  readonly text: string
}

export function variablesOf(record: Entry): NamedVariable[] {
  return (record.models ?? []).flatMap(model => {
    const { variables, columns } = model as {
      variables?: { name: string; longName?: string; standardName?: string }[]
      columns?: { name: string; description?: string }[]
    }
    return [
      ...(variables ?? []).map(({ name, longName, standardName }) => ({
        name,
        ...(longName && { label: longName }),
        text: [name, longName, standardName].filter(Boolean).join(' '),
      })),
      ...(columns ?? []).map(({ name, description }) => ({ name, text: `${name} ${description ?? ''}` })),
    ]
  })
}

/** Whether variables stand in a record of their own, too many for this one. */
export const hasModelApart = (record: Entry): boolean => (record.models ?? []).some(model => 'ref' in model)

/** Boxes on Earth that the dataset covers, in degrees; malformed ones are left out. */
export function boxesOf(record: Entry): Box[] {
  return (record.coverage?.spatial ?? []).flatMap(({ bbox, point, body }) => {
    if (body && body !== 'earth') return []
    if (bbox) return numbers({ west: bbox.west, south: bbox.south, east: bbox.east, north: bbox.north })
    if (point)
      return numbers({
        west: point.longitude,
        south: point.latitude,
        east: point.longitude,
        north: point.latitude,
      })
    return []
  })
}

function numbers(texts: Record<'west' | 'south' | 'east' | 'north', string>): Box[] {
  const box = {
    west: Number(texts.west),
    south: Number(texts.south),
    east: Number(texts.east),
    north: Number(texts.north),
  }
  return Object.values(box).every(Number.isFinite) ? [box] : []
}

/** Time coverage in words: `1979 – 2023`, `2002-06-01 – now`. */
export function timesOf(record: Entry): string[] {
  return (record.coverage?.temporal ?? []).map(({ start, end, ongoing }) => {
    const day = (time: string) => time.replace(/T.*$/, '')
    const last = end ? day(end) : ongoing ? 'now' : '?'
    return start ? (day(start) === last ? last : `${day(start)} – ${last}`) : `until ${last}`
  })
}

export function publisherOf(record: Entry): string | undefined {
  return record.publisher?.name
}

function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter(value => value !== undefined && value !== ''))] as string[]
}
