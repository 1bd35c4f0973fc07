import { COLOUR_MAPS, type SelectionRequest } from '@frost/reader'
import type { Job, Source } from '../job.ts'
import { Refusal } from './refusal.ts'

const SOURCE = ['url', 'pin', 'endpoint', 'region']
const REQUEST = ['select', 'var', 'columns', 'where', 'offset', 'limit']
const KNOWN: Readonly<Record<Job['kind'], readonly string[]>> = {
  describe: SOURCE,
  preview: [...SOURCE, ...REQUEST, 'side', 'picture'],
  picture: [...SOURCE, ...REQUEST, 'side', 'map'],
  diff: ['url', 'from', 'to', 'endpoint', 'region'],
  list: ['url', 'path', 'cursor', 'endpoint', 'region'],
  export: [...SOURCE, ...REQUEST, 'to', 'side', 'map'],
}
const LONGEST = 10_000
const LONGEST_URL = 4_000

/**
 * The job that a query asks for. `var` and `columns` may be repeated; `columns` also takes names with commas between them, in double
 * quotes where they hold one.
 * @throws {Refusal} 400, naming the parameter, its value and what belongs there
 */
export function jobOf(kind: 'export', query: URLSearchParams): Extract<Job, { kind: 'export' }>
export function jobOf(
  kind: Exclude<Job['kind'], 'export'>,
  query: URLSearchParams,
): Exclude<Job, { kind: 'export' }>
export function jobOf(kind: Job['kind'], query: URLSearchParams): Job {
  for (const name of query.keys())
    if (!KNOWN[kind].includes(name))
      throw invalid(name, query.get(name)!, `is no parameter here: there are ${KNOWN[kind].join(', ')}`)
  const source = sourceOf(query)
  if (kind === 'diff')
    return {
      kind,
      source: { ...source, pin: required(query, 'to', 'the later version') },
      from: required(query, 'from', 'the earlier version'),
    }
  if (kind === 'describe') return { kind, source }
  if (kind === 'list') {
    const cursor = one(query, 'cursor', LONGEST_URL)
    return { kind, source, path: folderOf(query), ...(cursor === undefined ? {} : { cursor }) }
  }
  const request = requestOf(query)
  const side = integer(query, 'side', 1, 4096)
  const sized = side === undefined ? {} : { side }
  if (kind === 'preview') {
    const picture = oneOf(query, 'picture', ['auto', ...COLOUR_MAPS])
    return { kind, source, request, ...sized, ...(picture === undefined ? {} : { picture }) }
  }
  const map = oneOf(query, 'map', COLOUR_MAPS)
  const drawn = { ...sized, ...(map === undefined ? {} : { map }) }
  if (kind === 'picture') return { kind, source, request, ...drawn }
  const to = one(query, 'to')
  if (to === undefined) throw missing('to', 'the format to export to, such as csv; /formats lists them')
  return { kind, source, request, to, ...drawn }
}

function sourceOf(query: URLSearchParams): Source {
  const location = one(query, 'url', LONGEST_URL)
  if (location === undefined) throw missing('url', 'where the data lies, such as https://… or s3://BUCKET/…')
  const pin = pinOf(query, 'pin')
  const endpoint = one(query, 'endpoint', LONGEST_URL)
  if (endpoint !== undefined && !/^https?:\/\//.test(endpoint))
    throw invalid('endpoint', endpoint, 'is no address of an object store: write https://…')
  const region = one(query, 'region', 60)
  return {
    location,
    ...(pin === undefined ? {} : { pin }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
  }
}

/** A path below the location, with a slash at its end where it is not the location itself. */
function folderOf(query: URLSearchParams): string {
  const path = one(query, 'path', 1_000) ?? ''
  if (path === '') return ''
  if (path.startsWith('/') || path.split('/').some(part => part === '.' || part === '..'))
    throw invalid('path', path, 'is no path below the location: write it as in a listing, such as 2024/01/')
  return path.endsWith('/') ? path : `${path}/`
}

function pinOf(query: URLSearchParams, name: string): string | undefined {
  const pin = one(query, name, 300)
  if (pin === undefined || /^(branch|tag|snapshot):./.test(pin)) return pin
  throw invalid(name, pin, 'is no version: write branch:NAME, tag:NAME or snapshot:ID')
}

function required(query: URLSearchParams, name: string, what: string): string {
  const pin = pinOf(query, name)
  if (pin !== undefined) return pin
  throw missing(name, `${what}, as branch:NAME, tag:NAME or snapshot:ID`)
}

function requestOf(query: URLSearchParams): SelectionRequest {
  const select = one(query, 'select')
  const where = one(query, 'where')
  const variables = query.getAll('var').filter(Boolean)
  const columns = query.getAll('columns').flatMap(namesOf)
  const offset = integer(query, 'offset', 0, Number.MAX_SAFE_INTEGER)
  const limit = integer(query, 'limit', 0, Number.MAX_SAFE_INTEGER)
  return {
    ...(select === undefined ? {} : { select }),
    ...(variables.length === 0 ? {} : { variables }),
    ...(columns.length === 0 ? {} : { columns }),
    ...(where === undefined ? {} : { where }),
    ...(offset === undefined ? {} : { offset }),
    ...(limit === undefined ? {} : { limit }),
  }
}

/** Names between commas; one in double quotes may hold commas, and doubled quotes. */
function namesOf(text: string): string[] {
  if (text.length > LONGEST) throw tooLong('columns', text, LONGEST)
  return [...text.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(?:,|$)/g)]
    .map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!.trim())
    .filter(Boolean)
}

function one(query: URLSearchParams, name: string, longest = LONGEST): string | undefined {
  const [text, ...others] = query.getAll(name)
  if (others.length > 0) throw invalid(name, text!, `is given ${others.length + 1} times: give it once`)
  if (text !== undefined && text.length > longest) throw tooLong(name, text, longest)
  return text?.trim() || undefined
}

function oneOf(query: URLSearchParams, name: string, maps: readonly string[]): string | undefined {
  const map = one(query, name)
  if (map === undefined || maps.includes(map)) return map
  throw invalid(name, map, `is no colour map: there are ${maps.join(', ')}`)
}

function integer(query: URLSearchParams, name: string, least: number, most: number): number | undefined {
  const text = one(query, name)
  if (text === undefined) return undefined
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most))
    throw invalid(name, text, `is no whole number from ${least}${most < 1e9 ? ` to ${most}` : ''}`)
  return value
}

function invalid(name: string, value: string, why: string): Refusal {
  return new Refusal(400, 'InvalidRequest', `${name}=${value.slice(0, 100)} ${why}`, { parameter: name })
}

function missing(name: string, what: string): Refusal {
  return new Refusal(400, 'InvalidRequest', `${name}= is missing: ${what}`, { parameter: name })
}

function tooLong(name: string, text: string, longest: number): Refusal {
  return new Refusal(
    400,
    'InvalidRequest',
    `${name} is ${text.length} characters long: at most ${longest} are read`,
    { parameter: name },
  )
}
