/** Addresses in strangers' records, as other catalogues may take them: whoever shows one makes a link of it. */
import { normaliseDoi, parseAtUri } from '@frost/lexicon'
import { rorAddress } from './citation/names.ts'

/** Schemes whose addresses run as code, carry their own content or name something on the reader's machine. */
const REFUSED = new Set([
  'about:',
  'blob:',
  'data:',
  'file:',
  'filesystem:',
  'javascript:',
  'vbscript:',
  'view-source:',
])

/** An absolute address as URL parsers write it, `s3:` and at-uris among them; undefined for what is none, or does harm. */
export function iri(address: unknown): string | undefined {
  if (typeof address !== 'string') return undefined
  // The authority of an at-uri is a DID, whose colons no URL allows there.
  if (address.startsWith('at://')) return parseAtUri(address) && address
  const url = URL.parse(address)
  return url && !REFUSED.has(url.protocol) ? url.href : undefined
}

/** An identifier as it stands; undefined where it is an address that {@link iri} refuses. */
export function harmless(identifier: string | undefined): string | undefined {
  return identifier && URL.canParse(identifier) && !iri(identifier) ? undefined : identifier
}

/** An address that leads somewhere in the web; undefined for `javascript:`, `s3:` and what is no address. */
export function webAddress(address: unknown): string | undefined {
  const found = iri(address)
  return found && /^https?:/.test(found) ? found : undefined
}

/** Where a DOI leads, in whatever spelling a record names it; undefined for what is no DOI. */
export function doiAddress(text: string): string | undefined {
  const doi = normaliseDoi(text)
  return doi && `https://doi.org/${encodeURI(doi.toWellFormed()).replace(/[?#]/g, encodeURIComponent)}`
}

/** The address that a reference leads to; a DOI's is that of its resolver. Undefined for one that {@link iri} refuses. */
export function addressOfReference(ref: unknown): string | undefined {
  const { scheme, value, uri } = (ref ?? {}) as { scheme?: unknown; value?: unknown; uri?: unknown }
  if (typeof uri === 'string') return doiAddress(uri) ?? iri(uri)
  if (typeof scheme !== 'string' || typeof value !== 'string') return undefined
  const name = scheme.trim().toLowerCase()
  if (name === 'doi') return doiAddress(value)
  if (name === 'url' || name === 'uri' || value.toLowerCase().startsWith(`${name}:`)) return iri(value)
  return webAddress(value) ?? (harmless(value) && iri(`${name}:${value}`))
}

/** ROR and Crossref Funder IDs are given as addresses, or bare. https://www.crossref.org/documentation/funder-registry/ */
export function funderAddress(identifier: string | undefined): string | undefined {
  if (identifier === undefined) return undefined
  return rorAddress(identifier) ?? doiAddress(identifier) ?? webAddress(identifier)
}

/** Where a copy of the data lies, as its record says. */
export interface Located {
  readonly uri: string
  readonly endpoint?: string
  readonly region?: string
}

/**
 * The address at which programs that know the web alone find a copy: buckets by their cloud's host.
 * @returns undefined for other schemes, and for `az:` without its account
 */
export function overHttp({ uri, endpoint, region }: Located): string | undefined {
  const address = iri(uri) ?? ''
  if (/^(?:https?|ftps?):/.test(address)) return address
  const [, scheme = '', authority = '', path = ''] = /^([a-z0-9]+):\/\/([^/?#]+)\/?(.*)$/s.exec(address) ?? []
  const host = hostOf(scheme, authority, endpoint, region)
  // In a key both are characters like others.
  return host && iri(`${host}/${path.replace(/[?#]/g, encodeURIComponent)}`)
}

function hostOf(scheme: string, authority: string, endpoint = '', region = ''): string | undefined {
  switch (scheme) {
    case 's3':
    case 's3a': {
      const own = webAddress(/^https?:/i.test(endpoint) ? endpoint : endpoint && `https://${endpoint}`)
      if (own && !/amazonaws\.com\/?$/.test(own)) return `${new URL(own).origin}/${authority}`
      const host = `${/^[a-z]{2}(-[a-z]+)+-\d$/.test(region) ? `s3.${region}` : 's3'}.amazonaws.com`
      // Dots in a bucket's name do not fit Amazon's certificates.
      return authority.includes('.') ? `https://${host}/${authority}` : `https://${authority}.${host}`
    }
    case 'gs':
    case 'gcs':
      return `https://storage.googleapis.com/${authority}`
    case 'az':
    case 'abfs':
    case 'abfss': {
      const [container, account] = authority.split('@')
      const name = account?.replace(/\.(?:blob|dfs)\.core\.windows\.net$/, '')
      return name && `https://${name}.blob.core.windows.net/${container}`
    }
    default:
      return undefined
  }
}
