/** Assets of a STAC Collection: what can be downloaded, where its metadata lies, how it looks. */
import type { Fields } from '../fields.ts'
import { formatInWords, formatOfAddress, formatOfMediaType } from '../formats.ts'
import { cleanMarkdown, cut, plainText } from '../text.ts'

export interface Assets {
  readonly distributions: readonly Record<string, unknown>[]
  readonly services: readonly Record<string, unknown>[]
  readonly metadataLinks: readonly Record<string, unknown>[]
  readonly image?: string
}

/** Protocols of services that an asset may be instead of a file. */
const SERVICES: readonly (readonly [RegExp, string])[] = [
  [/opendap|\/dods\//i, 'opendap'],
  [/erddap/i, 'erddap'],
  [/service=wms|\/wms\b/i, 'wms'],
  [/service=wmts|\/wmts\b/i, 'wmts'],
  [/service=wcs|\/wcs\b/i, 'wcs'],
  [/search\.earthdata\.nasa\.gov|giovanni|worldview\.earthdata/i, 'explore'],
]

export function readAssets(assets: Fields, schemes: Fields): Assets {
  const distributions: Record<string, unknown>[] = []
  const services: Record<string, unknown>[] = []
  const metadataLinks: Record<string, unknown>[] = []
  let image: string | undefined
  let credentials: string | undefined
  const buckets = new Map(Object.entries(schemes.rest()))
  const all = Object.keys(assets.rest()).map(key => [key, assets.object(key)] as const)
  for (const [key, asset] of all) {
    const uri = asset.text('href')
    if (!uri) continue
    const roles = asset.texts('roles')
    const type = asset.text('type')
    const title = cut(plainText(asset.text('title') ?? ''), 512)
    const description = cleanMarkdown(asset.text('description') ?? '')
    if (/s3 ?credentials/i.test(title)) credentials = uri
    else if (roles.some(role => role === 'thumbnail' || role === 'overview' || role === 'browse')) {
      if (!image) image = uri
      else if (uri !== image) metadataLinks.push({ uri, mediaType: type, title })
    } else if (
      roles.length > 0 &&
      !roles.includes('data') &&
      roles.some(role => /metadata|documentation|iso/.test(role))
    ) {
      metadataLinks.push({ uri, mediaType: type, title })
    } else {
      const service = SERVICES.find(([pattern]) => pattern.test(uri))
      if (service && !formatOfAddress(uri)) {
        services.push({ type: service[1], uri, title: cut(plainText(description) || title, 512) })
        continue
      }
      distributions.push(
        distribution(key, uri, { asset, type, title, description, buckets, taken: distributions }),
      )
    }
  }
  if (credentials)
    for (const one of distributions) if (String(one.uri).startsWith('s3:')) one.credentialsUri = credentials
  return { distributions, services, metadataLinks, image }
}

function distribution(
  key: string,
  uri: string,
  context: {
    asset: Fields
    type: string | undefined
    title: string
    description: string
    buckets: ReadonlyMap<string, unknown>
    taken: readonly Record<string, unknown>[]
  },
): Record<string, unknown> {
  const { asset, type, title, description, buckets, taken } = context
  const [scheme] = asset
    .texts('storage:refs')
    .map(ref => buckets.get(ref) as Record<string, unknown> | undefined)
  const region = asset.text('storage:region') ?? scheme?.region
  const protocol = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase()
  const requesterPays = asset.flag('storage:requester_pays') ?? scheme?.requester_pays
  const cloud =
    protocol === 's3'
      ? 'aws'
      : protocol === 'gs'
        ? 'gcp'
        : protocol === 'abfs' || protocol === 'az'
          ? 'azure'
          : undefined
  const isProtected = /protected/.test(uri) && cloud === 'aws'
  // A bucket's own name in place of a title tells nothing that the address does not.
  const isName = /^[a-z0-9_]+$/i.test(title) && title.length > 24
  return {
    id: uniqueId(key, taken),
    uri,
    protocol,
    format:
      (type && formatOfMediaType(type)) ??
      formatOfAddress(uri) ??
      formatInWords(`${title} ${plainText(description)}`),
    mediaType: type,
    role: 'primary',
    cloud,
    region: typeof region === 'string' ? region : undefined,
    requesterPays: typeof requesterPays === 'boolean' ? requesterPays : undefined,
    access: isProtected ? { level: 'registered' } : undefined,
    contentSize: asset.text('file:size'),
    title: isName ? undefined : title,
    description: cut(description, 5000),
  }
}

function uniqueId(key: string, taken: readonly Record<string, unknown>[]): string {
  const base = key.replace(/\s+/g, ' ').slice(-60) || 'data'
  const ids = new Set(taken.map(({ id }) => id))
  let id = base
  for (let number = 2; ids.has(id); number++) id = `${base}-${number}`
  return id
}
