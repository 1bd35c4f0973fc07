import { withoutEnd } from '@frost/lexicon'
import { type Distribution, formatOf, type Pin, pinOf } from '../preview/readable-copy.ts'

/** Where and what a copy of the data is: everything that a program must know to open it. */
export interface Place {
  /** One of the formats that readers know. */
  readonly format: string
  readonly scheme: 'http' | 's3' | 'gs' | 'az'
  /** As recorded. */
  readonly uri: string
  /** Of an object store. */
  readonly bucket?: string
  readonly key?: string
  /** Of the object store, where it is not the cloud's own. */
  readonly endpoint?: string
  readonly region?: string
  /** Whoever reads pays, so that reading needs an account. */
  readonly requesterPays: boolean
  /** Group or table inside the store. */
  readonly path?: string
  readonly pin?: { readonly by: 'snapshot' | 'branch' | 'tag'; readonly name: string }
  /** Bytes of all its files, where the record says. */
  readonly size?: number
  /** Whether the address is of one file, not of a folder. */
  readonly isFile: boolean
  /** Whether the record says that it is rows and columns. */
  readonly isTable: boolean
}

const ENDING = /\.[a-z0-9]{1,10}$/i
const FOLDERS = ['zarr', 'icechunk', 'ome-zarr', 'iceberg']

/** Undefined for copies that no program opens by their address: other formats, schemes and access, address templates. */
export function placeOf(
  copy: Distribution,
  { pin = copy.pin, isTable = false }: { readonly pin?: Pin; readonly isTable?: boolean } = {},
): Place | undefined {
  const format = formatOf(copy)
  const uri = copy.uri.trim()
  if (format === undefined || /[{}\s]/.test(uri) || !URL.canParse(uri)) return undefined
  const [, word = ''] = /^([a-z][a-z0-9+]*):/i.exec(uri) ?? []
  const scheme = SCHEMES.get(word.toLowerCase())
  if (scheme === undefined) return undefined
  const { requesterPays = false, endpoint, region, path, contentSize } = copy
  const [, bucket, key] = /^[a-z0-9]+:\/\/([^/?#]+)\/?([^?#]*)$/i.exec(uri) ?? []
  const [by, ...name] = (pinOf(pin) ?? '').split(':')
  const size = Number(contentSize)
  return {
    format,
    scheme,
    uri,
    ...(scheme !== 'http' && bucket && { bucket, key: withoutEnd(key ?? '', '/') }),
    ...(endpoint && /^https?:\/\//.test(endpoint) && { endpoint }),
    ...(region && /^[\w-]{1,60}$/.test(region) && { region }),
    requesterPays,
    ...(path && { path: path.replace(/^\/+/, '') }),
    ...(by === 'snapshot' && { pin: { by, name: name.join(':') } }),
    ...(contentSize && Number.isFinite(size) && { size }),
    isTable,
    isFile: !FOLDERS.includes(format) && ENDING.test(uri.replace(/[?#].*$/, '')),
  }
}

const SCHEMES = new Map<string, Place['scheme']>([
  ['http', 'http'],
  ['https', 'http'],
  ['s3', 's3'],
  ['gs', 'gs'],
  ['az', 'az'],
  ['abfs', 'az'],
  ['abfss', 'az'],
])

/**
 * The address at which anybody reads it over HTTP: as it is, or as the cloud's own, path inside included. Undefined where the
 * reader pays or the cloud has none.
 */
export function webAddress({
  scheme,
  uri,
  bucket,
  key,
  endpoint,
  region,
  requesterPays,
  path,
  format,
}: Place) {
  const inside = path && format === 'zarr' ? `/${path}` : ''
  if (requesterPays) return undefined
  if (scheme === 'http') return withoutEnd(uri, '/') + inside
  const object = `${encodeURI(key ?? '')}${inside}`
  if (scheme === 'gs') return `https://storage.googleapis.com/${bucket}/${object}`
  if (scheme !== 's3') return undefined
  if (endpoint) return `${withoutEnd(endpoint, '/')}/${bucket}/${object}`
  const host = region ? `s3.${region}.amazonaws.com` : 's3.amazonaws.com'
  // A dot in a bucket's name does not match the certificate of its host.
  return bucket?.includes('.') ? `https://${host}/${bucket}/${object}` : `https://${bucket}.${host}/${object}`
}
