/**
 * A STAC 1.1 Collection. https://github.com/radiantearth/stac-spec/tree/v1.1.0/collection-spec — STAC demands an extent: where the
 * record names no place it is the whole Earth, and where it names no time an interval open on both sides.
 */
import { edtfRange, rkeyOf } from '@frost/lexicon'
import { addressOfReference, iri, webAddress } from '../address.ts'
import { mediaTypeOf } from '../formats.ts'
import { keywordsOf } from '../keywords.ts'
import { table } from '../table.ts'
import {
  type Box,
  boxesOf,
  copiesOf,
  doiAddresses,
  doisOf,
  type ExportSource,
  imageOf,
  intervalsOf,
  licenceAddress,
  said,
  sourcesOf,
  tablesOf,
} from './source.ts'
import { cubeOf } from './stac-cube.ts'

const EXTENSIONS = {
  file: 'https://stac-extensions.github.io/file/v2.1.0/schema.json',
  storage: 'https://stac-extensions.github.io/storage/v1.0.0/schema.json',
  scientific: 'https://stac-extensions.github.io/scientific/v1.0.0/schema.json',
  datacube: 'https://stac-extensions.github.io/datacube/v2.2.0/schema.json',
  table: 'https://stac-extensions.github.io/table/v1.2.0/schema.json',
  version: 'https://stac-extensions.github.io/version/v1.2.0/schema.json',
}
const PREFIXES: readonly (readonly [RegExp, string])[] = [
  [/"file:/, EXTENSIONS.file],
  [/"storage:/, EXTENSIONS.storage],
  [/"sci:/, EXTENSIONS.scientific],
  [/"cube:/, EXTENSIONS.datacube],
  [/"table:/, EXTENSIONS.table],
]

export function stacCollection(source: ExportSource): Record<string, unknown> {
  const { entry, version } = source
  const spdx = (entry.rights ?? []).length === 1 ? entry.rights![0]!.spdx : undefined
  const columns = tablesOf(entry).flatMap(one => one.columns)
  const fields = said({
    id: stacId(source),
    title: entry.title,
    // STAC demands a description.
    description: entry.description || entry.title,
    keywords: keywordsOf(entry),
    license: spdx ?? 'other',
    version: version?.version,
    providers: providers(source),
    extent: extentOf(source),
    links: links(source),
    assets: assets(source),
    summaries: summaries(source),
    ...cubeOf(entry),
    'table:columns': columns.map(({ name, type, description }) => said({ name, type, description })),
    'sci:doi': doisOf(source)[0],
    'sci:citation': entry.citation,
  })
  const text = JSON.stringify(fields)
  const used = PREFIXES.flatMap(([prefix, address]) => (prefix.test(text) ? [address] : []))
  return {
    type: 'Collection',
    stac_version: '1.1.0',
    stac_extensions: version ? [...used, EXTENSIONS.version] : used,
    ...fields,
  }
}

/** Unique over all accounts, without a slash, which clients of STAC APIs stumble over. */
export function stacId(source: ExportSource): string {
  return `${source.uri.split('/')[2]}:${rkeyOf(source.uri)}`
}

function providers({ entry, account }: ExportSource): Record<string, unknown>[] {
  const named = [
    ...(entry.publisher ? [{ agent: entry.publisher, roles: ['producer', 'licensor'] }] : []),
    ...(entry.contributors ?? []).map(agent => ({
      agent,
      roles: (agent.roles ?? []).map(({ name }) => name.toLowerCase()),
    })),
  ]
  const list = named.map(({ agent, roles }) =>
    said({
      name: agent.name,
      url: webAddress(agent.url),
      roles: roles.filter(role => ['licensor', 'producer', 'processor', 'host'].includes(role)),
    }),
  )
  return list.length > 0 || !account ? list : [{ name: account, roles: ['licensor'] }]
}

/** The hull of all, then each where there are several. */
function extentOf({ entry }: ExportSource): Record<string, unknown> {
  const boxes = boxesOf(entry)
  const intervals = intervalsOf(entry).flatMap(({ start, end }) => {
    const [from, until] = [moment(start, 'start'), moment(end, 'end')]
    return from || until ? [[from ?? null, until ?? null] as const] : []
  })
  const all = boxes.length > 1 ? [hull(boxes), ...boxes] : boxes
  const starts = intervals.map(([from]) => from)
  const ends = intervals.map(([, until]) => until)
  const whole = [
    starts.includes(null) ? null : (starts.sort()[0] ?? null),
    ends.includes(null) ? null : (ends.sort().at(-1) ?? null),
  ]
  return {
    spatial: { bbox: all.length > 0 ? all : [[-180, -90, 180, 90]] },
    temporal: { interval: intervals.length > 1 ? [whole, ...intervals] : [intervals[0] ?? whole] },
  }
}

function hull(boxes: readonly Box[]): Box {
  const crosses = boxes.some(([west, , east]) => west > east)
  return [
    crosses ? -180 : Math.min(...boxes.map(([west]) => west)),
    Math.min(...boxes.map(([, south]) => south)),
    crosses ? 180 : Math.max(...boxes.map(([, , east]) => east)),
    Math.max(...boxes.map(([, , , north]) => north)),
  ]
}

/** The first or last second that a time names; undefined where RFC 3339 cannot say it, as before year 0. */
export function moment(text: string | undefined, side: 'start' | 'end'): string | undefined {
  if (!text || !edtfRange(text)) return undefined
  const plain = text.replace(/[~?%]/g, '')
  const date = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(plain)
  if (!date) {
    const time = /^\d{4}-\d{2}-\d{2}T/.test(plain)
      ? new Date(/(?:Z|[+-]\d{2}:?\d{2})$/.test(plain) ? plain : `${plain}Z`)
      : undefined
    return time && !Number.isNaN(time.getTime()) ? time.toISOString() : undefined
  }
  const [, year, month, day] = date
  if (side === 'start') return `${year}-${month ?? '01'}-${day ?? '01'}T00:00:00Z`
  const last = String(new Date(Date.UTC(Number(year), Number(month ?? 12), 0)).getUTCDate())
  return `${year}-${month ?? '12'}-${day ?? last}T23:59:59Z`
}

function links(source: ExportSource): Record<string, unknown>[] {
  const { entry, page, uri } = source
  const licence = licenceAddress(entry)
  const about = webAddress(entry.landingPage)
  const [doi] = doiAddresses(source)
  const html = 'text/html'
  const found: (Record<string, unknown> | undefined)[] = [
    webAddress(page) ? { rel: 'self', href: `${page}?format=stac`, type: 'application/json' } : undefined,
    webAddress(page) ? { rel: 'alternate', href: page, type: html, title: 'Dataset in FROST' } : undefined,
    about ? { rel: 'about', href: about, type: html } : undefined,
    licence ? { rel: 'license', href: licence, type: html } : undefined,
    doi ? { rel: 'cite-as', href: doi, type: html } : undefined,
    imageOf(entry) ? { rel: 'preview', href: imageOf(entry), type: 'image/*' } : undefined,
    { rel: 'via', href: uri, type: 'application/json', title: 'Record on AT Protocol' },
    ...sourcesOf(entry).map(href => ({ rel: 'derived_from', href, type: html })),
    ...(entry.relatedItems ?? []).flatMap(({ relation, ref, title, url }) => {
      const href = addressOfReference(ref) ?? iri(url)
      return href ? [said({ rel: RELATIONS[relation] ?? 'related', href, type: html, title })] : []
    }),
  ]
  return found.filter(link => link !== undefined)
}

const RELATIONS = table<string>({
  'is-described-by': 'describedby',
  'is-documented-by': 'describedby',
  'is-previous-version-of': 'successor-version',
  'is-new-version-of': 'predecessor-version',
})

function assets({ entry }: ExportSource): Record<string, unknown> {
  return Object.fromEntries(
    copiesOf(entry).map(copy => {
      const size = Number(copy.contentSize)
      return [
        copy.id,
        said({
          href: copy.uri,
          title: copy.title,
          description: copy.description,
          type: copy.mediaType ?? mediaTypeOf(copy.format),
          roles: ['data'],
          'file:size': copy.contentSize && Number.isSafeInteger(size) ? size : undefined,
          'storage:region': copy.region,
          'storage:requester_pays': copy.requesterPays,
        }),
      ] as const
    }),
  )
}

function summaries({ entry }: ExportSource): Record<string, unknown> | undefined {
  const terms = (list: readonly { readonly term: string }[] = []) => list.map(({ term }) => term)
  const found = said({ platform: terms(entry.platforms), instruments: terms(entry.instruments) })
  return Object.keys(found).length > 0 ? found : undefined
}
