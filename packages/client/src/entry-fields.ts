import type { LexMap, TypedLexMap } from '@atproto/lex'
import { definition, edtfRange, normaliseDoi, nsid, parseBbox } from '@frost/lexicon'
import { fundingFrom, imageFrom } from './entry-links.ts'
import { UsageError } from './errors.ts'
import { formatOfLocation } from './formats.ts'
import { agentFromText } from './people.ts'
import { nameFromUrl } from './slug.ts'

/** What a person says of a dataset in a few words; everything else is written as a record. */
export interface EntryFields {
  /** Where the data is. */
  readonly url?: string
  readonly title?: string
  readonly description?: string
  /** SPDX ids, addresses of licences, or their names. */
  readonly licenses?: readonly string[]
  readonly format?: string
  readonly keywords?: readonly string[]
  readonly creators?: readonly string[]
  /** `W,S,E,N` in degrees. */
  readonly bbox?: string
  /** ISO 8601 times; `until` may be `..` or `now` for data that goes on. */
  readonly from?: string
  readonly until?: string
  /** `name:units` or `name`. */
  readonly variables?: readonly string[]
  readonly doi?: string
  readonly landingPage?: string
  /** Level of `defs#access`; `embargoUntil` alone means `embargoed`. */
  readonly access?: string
  readonly embargoUntil?: string
  readonly accessRequest?: string
  /** Text, or the address of a page. */
  readonly terms?: string
  /** Already normalised references. */
  readonly derivedFrom?: readonly LexMap[]
  readonly related?: readonly { readonly relation: string; readonly ref: LexMap }[]
  /** `Funder; award number; address of the award`. */
  readonly funding?: readonly string[]
  /** Address of a picture. */
  readonly image?: string
}

/** A new `dataset.entry` record from fields. @throws UsageError that names the option, its value and the remedy. */
export function entryFromFields(fields: EntryFields, now = new Date()): TypedLexMap {
  const title = fields.title ?? (fields.url && nameFromUrl(fields.url))
  if (!title) throw new UsageError('a dataset needs --title or the URL of its data')
  const entry: TypedLexMap = { $type: nsid('dataset.entry'), title, createdAt: now.toISOString() }
  return withFields(entry, { ...fields, title })
}

/** A record with the fields given put in place of what it said; fields left out stay as they are. */
export function withFields(entry: TypedLexMap, fields: EntryFields): TypedLexMap {
  const changed: Record<string, LexMap[string]> = { ...entry }
  if (fields.title !== undefined) changed.title = fields.title
  if (fields.description !== undefined) changed.description = fields.description
  if (fields.landingPage !== undefined) changed.landingPage = fields.landingPage
  if (fields.licenses) changed.rights = fields.licenses.map(rightsFrom)
  if (fields.keywords) changed.subjects = [...new Set(fields.keywords)].map(term => ({ term }))
  if (fields.creators) changed.creators = fields.creators.map(agentFromText)
  if (fields.doi !== undefined) {
    const others = listOf(entry.identifiers).filter(({ scheme }) => scheme !== 'doi')
    changed.identifiers = [{ scheme: 'doi', value: doiFrom(fields.doi), covers: 'dataset' }, ...others]
  }
  if (fields.derivedFrom) changed.derivedFrom = fields.derivedFrom.map(ref => ({ ref, role: 'source' }))
  if (fields.related) changed.relatedItems = fields.related.map(({ relation, ref }) => ({ ref, relation }))
  if (fields.funding) changed.funding = fields.funding.map(fundingFrom)
  if (fields.image !== undefined) changed.image = imageFrom(fields.image)
  if (fields.variables) changed.models = modelsWith(listOf(entry.models), fields.variables)
  const access = accessWith(entry.access, fields)
  if (access) changed.access = access
  const coverage = coverageWith(entry.coverage, fields)
  if (coverage) changed.coverage = coverage
  if (fields.url !== undefined || fields.format !== undefined) {
    changed.distributions = distributionsWith(listOf(entry.distributions), fields)
  }
  return changed as TypedLexMap
}

/** West, south, east and north as decimal strings, as written. @throws UsageError for what is no box. */
export function bboxFrom(text: string): { west: string; south: string; east: string; north: string } {
  try {
    parseBbox(text)
  } catch (error) {
    throw new UsageError(`--${(error as Error).message}`, { cause: error })
  }
  const [west = '', south = '', east = '', north = ''] = text.split(',').map(part => part.trim())
  return { west, south, east, north }
}

function coverageWith(coverage: unknown, { bbox, from, until }: EntryFields): LexMap | undefined {
  if (bbox === undefined && from === undefined && until === undefined) return undefined
  const changed: Record<string, LexMap[string]> = { ...((coverage as LexMap | undefined) ?? {}) }
  if (bbox !== undefined) changed.spatial = [{ bbox: bboxFrom(bbox) }]
  if (from !== undefined || until !== undefined) {
    const [period = {}] = listOf(changed.temporal)
    const isOngoing = until === '..' || until === 'now'
    const { end: _end, ongoing: _ongoing, ...rest } = period
    const kept = until === undefined ? period : rest
    changed.temporal = [
      {
        ...kept,
        ...(from === undefined ? {} : { start: timeFrom('--from', from) }),
        ...(until === undefined ? {} : isOngoing ? { ongoing: true } : { end: timeFrom('--until', until) }),
      },
    ]
  }
  return changed
}

const ACCESS_LEVELS = ['open', 'registered', 'restricted', 'embargoed', 'metadata-only', 'commercial']

function accessWith(access: unknown, fields: EntryFields): LexMap | undefined {
  const { access: level, embargoUntil, accessRequest, terms } = fields
  if ([level, embargoUntil, accessRequest, terms].every(value => value === undefined)) return undefined
  if (level !== undefined && !ACCESS_LEVELS.includes(level))
    throw new UsageError(`--access is '${level}': give one of ${ACCESS_LEVELS.join(', ')}`)
  const before = (access as LexMap | undefined) ?? {}
  const now = level ?? (embargoUntil === undefined ? String(before.level ?? 'open') : 'embargoed')
  if (embargoUntil !== undefined && now !== 'embargoed')
    throw new UsageError(`--embargo goes with --access embargoed, not with '${now}'`)
  if (accessRequest !== undefined && !/^(https?:\/\/|mailto:)\S+$/i.test(accessRequest))
    throw new UsageError(
      `--access-request is '${accessRequest}': give an address, such as https://… or mailto:…`,
    )
  const { embargoUntil: earlier, ...kept } = before
  return {
    ...kept,
    level: now,
    ...(now === 'embargoed' && earlier !== undefined && { embargoUntil: earlier }),
    ...(embargoUntil !== undefined && { embargoUntil: timeFrom('--embargo', embargoUntil) }),
    ...(accessRequest !== undefined && { requestUri: accessRequest }),
    ...(terms !== undefined && (/^https?:\/\/\S+$/i.test(terms) ? { termsUri: terms } : { terms })),
  }
}

/** A time as records hold it. @throws UsageError that names the option */
export function timeFrom(option: string, text: string): string {
  if (edtfRange(text)) return text
  throw new UsageError(
    `${option} is '${text}': write a time as ISO 8601, such as 1979, 1979-01 or 1979-01-01T00:00:00Z`,
  )
}

function modelsWith(models: readonly LexMap[], variables: readonly string[]): LexMap[] {
  const type = definition('arrayModel')
  const described = variables.map(text => {
    const [name = '', ...units] = text.split(':')
    if (name.trim() === '')
      throw new UsageError(`--variable is '${text}': write it as name:units, such as sst:kelvin`)
    return { name: name.trim(), role: 'data', ...(units.length > 0 ? { units: units.join(':').trim() } : {}) }
  })
  const model = models.find(({ $type }) => $type === type)
  const others = models.filter(other => other !== model)
  return [...others, { ...(model ?? { $type: type }), variables: described, variableCount: described.length }]
}

function distributionsWith(distributions: readonly LexMap[], { url, format }: EntryFields): LexMap[] {
  const [first, ...rest] = distributions
  const uri = url ?? first?.uri
  if (typeof uri !== 'string')
    throw new UsageError('--format says how data is stored: give the URL of the data too')
  const known = formatOfLocation(uri)
  return [
    {
      ...(first ?? { id: 'data', role: 'primary' }),
      uri,
      ...(format ? { format: format.toLowerCase() } : url && known ? known : {}),
    },
    ...rest,
  ]
}

/** A licence by its SPDX id, address or name. */
export function rightsFrom(license: string): LexMap {
  if (/^https?:\/\//i.test(license)) return { uri: license }
  // SPDX ids have no spaces; a name such as 'Public domain' does.
  return /\s/.test(license) ? { name: license } : { spdx: license }
}

/** @throws UsageError for what is no DOI */
export function doiFrom(text: string): string {
  const doi = normaliseDoi(text)
  if (doi) return doi
  throw new UsageError(`--doi is '${text}': a DOI reads 10.1234/abcd`)
}

function listOf(value: unknown): LexMap[] {
  return Array.isArray(value) ? (value as LexMap[]) : []
}
