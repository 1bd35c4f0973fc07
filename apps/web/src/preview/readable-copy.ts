import type { Entry } from '@frost/lexicon'
import { accessWords } from '../access.ts'
import type { EntryView } from '../appview.ts'
import type { Source } from '../gateway.ts'

export type Distribution = NonNullable<Entry['distributions']>[number]
export type Pin = NonNullable<Distribution['pin']>

/** A copy of the data that a gateway can read. */
export interface ReadableCopy {
  readonly id: string
  readonly label: string
  readonly source: Source
}

/** The copies that can be previewed, the best first; where there is none, why. */
export interface Previewable {
  readonly copies: readonly ReadableCopy[]
  readonly why?: string
  /** Where to ask for data that is not open. */
  readonly askAt?: string
}

/** The one word that a reader knows a format by; undefined for formats that FROST does not read. */
export function formatOf({ format = '', mediaType = '' }: Distribution): string | undefined {
  const word = format.toLowerCase()
  const known = FORMATS.get(word)
  if (known !== undefined || word !== '') return known
  return MEDIA_TYPES.find(([pattern]) => pattern.test(mediaType))?.[1]
}

const FORMATS = new Map<string, string>([
  ...[
    'zarr',
    'icechunk',
    'kerchunk',
    'netcdf',
    'hdf5',
    'geotiff',
    'ome-zarr',
    'parquet',
    'iceberg',
    'csv',
    'tsv',
    'json',
    'ndjson',
    'geojson',
    'arrow',
  ].map((name): [string, string] => [name, name]),
  ['zarr-v3', 'zarr'],
  ['zarr-v2', 'zarr'],
  ['cog', 'geotiff'],
  ['tiff', 'geotiff'],
  ['geoparquet', 'parquet'],
  ['netcdf4', 'netcdf'],
  ['nwb', 'hdf5'],
  ['h5ad', 'hdf5'],
  ['feather', 'arrow'],
  ['jsonl', 'ndjson'],
  ['jsonlines', 'ndjson'],
])

const MEDIA_TYPES: readonly (readonly [RegExp, string])[] = [
  [/netcdf/i, 'netcdf'],
  [/hdf5?\b/i, 'hdf5'],
  [/zarr/i, 'zarr'],
  [/parquet/i, 'parquet'],
  [/geo\+json/i, 'geojson'],
  [/ndjson|jsonl/i, 'ndjson'],
  [/^application\/json/i, 'json'],
  [/tab-separated/i, 'tsv'],
  [/text\/csv/i, 'csv'],
  [/arrow/i, 'arrow'],
  [/tiff/i, 'geotiff'],
]

const ROLES = ['primary', 'alternate-encoding', 'virtual', 'replica', 'subset', 'sample', 'part']
const SCHEMES = /^(?:https?|s3|gs|az|abfss?):/i
/** A path inside one of these is no part of an address. */
const CONTAINERS = ['icechunk', 'hdf5', 'netcdf', 'iceberg', 'kerchunk']

/** Where the bytes are: for formats that are folders, with the path inside. */
export function locationOf(copy: Distribution): string {
  const { uri, path } = copy
  if (!path || CONTAINERS.includes(formatOf(copy) ?? '')) return uri
  return `${uri.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`
}

/** `snapshot:ID` where a pin names a state that the store itself keeps. */
export function pinOf(pin: Pin | undefined): string | undefined {
  return pin?.scheme.endsWith('-snapshot') ? `snapshot:${pin.value}` : undefined
}

/** Copies that did not answer when they were last looked at. */
export function silentCopies({ availability = [] }: Pick<EntryView, 'availability'>): ReadonlySet<string> {
  return new Set(
    availability.flatMap(({ state, distribution }) =>
      state === 'down' && distribution ? [distribution] : [],
    ),
  )
}

/**
 * @param pins of a version, by the id of the distribution that they fix
 * @param down ids of the copies that do not answer: they come last
 */
export function previewable(
  record: Entry,
  pins: ReadonlyMap<string, Pin> = new Map(),
  down: ReadonlySet<string> = new Set(),
): Previewable {
  const all = record.distributions ?? []
  if (all.length === 0) return { copies: [], why: 'The record names no place where the data lies.' }
  const accessOf = ({ access }: Distribution) => access ?? record.access
  const open = all.filter(copy => accessWords(accessOf(copy)).isOpen)
  if (open.length === 0) return closed(accessOf(all[0]!))
  const free = open.filter(({ requesterPays }) => !requesterPays)
  if (free.length === 0)
    return {
      copies: [],
      why: 'Whoever reads this data pays for the requests, so nothing of it is read here. The command line does, with --requester-pays and your own credentials.',
    }
  const within = free.filter(({ uri }) => SCHEMES.test(uri))
  const known = within.filter(copy => isPreviewed(formatOf(copy)) && !copy.uri.includes('{'))
  if (known.length === 0) return { copies: [], why: whyNone(free, within) }
  const copies = [...known]
    .sort((a, b) => Number(down.has(a.id)) - Number(down.has(b.id)) || roleRank(a) - roleRank(b))
    .slice(0, 12)
    .map(copy => {
      const pin = pinOf(pins.get(copy.id) ?? copy.pin)
      const { endpoint, region } = copy
      return {
        id: copy.id,
        label: labelOf(copy),
        source: {
          url: locationOf(copy),
          ...(pin && { pin }),
          ...(endpoint && /^https?:\/\//.test(endpoint) && { endpoint }),
          ...(region && /^[\w-]{1,60}$/.test(region) && { region }),
        },
      }
    })
  return { copies }
}

function labelOf({ id, title, format }: Distribution): string {
  const name = title ?? id
  return format && !name.toLowerCase().includes(format.toLowerCase()) ? `${name} (${format})` : name
}

/** Shapes are no table to the reader: they are opened, not previewed. */
export function isPreviewed(format: string | undefined): boolean {
  return format !== undefined && format !== 'geojson'
}

/** A preview reads what anybody could: of other data it says how to get it. */
function closed(access: Entry['access']): Previewable {
  const { sentence = '' } = accessWords(access)
  return {
    copies: [],
    why: `${sentence} A preview shows what anybody may read, so nothing of it is read here.`,
    ...(access?.requestUri && { askAt: access.requestUri }),
  }
}

function roleRank({ role = 'primary' }: Distribution): number {
  const rank = ROLES.indexOf(role)
  return rank < 0 ? ROLES.length : rank
}

function whyNone(free: readonly Distribution[], within: readonly Distribution[]): string {
  if (within.length === 0)
    return `The data lies where it cannot be read from here (${[...new Set(free.map(({ uri }) => uri.split(':')[0]!.slice(0, 20)))].slice(0, 3).join(', ')}).`
  const formats = [...new Set(within.map(({ format, mediaType }) => format ?? mediaType ?? 'unknown'))]
  return `There is no preview of ${formats.slice(0, 3).join(', ')} data yet.`
}
