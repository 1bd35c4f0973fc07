import { hash } from 'node:crypto'
import { normaliseDoi, nsid, withoutEnd } from '@frost/lexicon'

/** One name for one thing, so that what refers to it in different spellings meets. */

/** A reference as it stands in records: one of the open union of `recordRef`, `identifierRef`, `urlRef`. */
export interface Reference {
  readonly uri?: unknown
  readonly cid?: unknown
  readonly scheme?: unknown
  readonly value?: unknown
  readonly pin?: unknown
}

/**
 * Bytes of a key: an index of PostgreSQL holds no row above 2,704, and a row names a record beside it. No record of AT Protocol has
 * a longer uri.
 */
const LONGEST_KEY = 1200

/** The key of a reference: an at-uri, `doi:10.…`, `scheme:value`, or a normalised address; undefined for unknown shapes. */
export function referenceKey(reference: unknown): string | undefined {
  if (typeof reference !== 'object' || reference === null) return undefined
  const { uri, scheme, value } = reference as Reference
  if (typeof uri === 'string') return boundedKey(uri.startsWith('at://') ? uri : addressKey(uri))
  if (typeof scheme === 'string' && typeof value === 'string') return boundedKey(identifierKey(scheme, value))
  return undefined
}

export function identifierKey(scheme: string, value: string): string {
  const name = scheme.trim().toLowerCase()
  const doi = name === 'doi' || name === '' ? normaliseDoi(value) : undefined
  return doi ? `doi:${doi}` : `${name}:${value.trim().toLowerCase()}`
}

/**
 * An address with its bucket in one spelling: `https://b.s3.eu-west-1.amazonaws.com/k`, `https://s3.amazonaws.com/b/k`,
 * `arn:aws:s3:::b/k` and `s3://b/k` are one; so are Google's. DOIs in their resolver's form become `doi:`.
 */
export function addressKey(address: string): string {
  const doi = normaliseDoi(address)
  if (doi) return `doi:${doi}`
  const trimmed = withoutEnd(address.trim(), '/')
  const arn = /^arn:aws[\w-]*:s3:::(.+)$/i.exec(trimmed)
  if (arn) return `s3://${arn[1]}`
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]+)([^?#]*)/i.exec(trimmed)
  if (!match) return trimmed
  const [, scheme = '', host = '', path = ''] = match
  const lowerHost = host.toLowerCase()
  if (!/^https?$/i.test(scheme)) return `${scheme.toLowerCase()}://${host}${path}`
  const virtualHost = /^(.+)\.s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com$/.exec(lowerHost)
  if (virtualHost) return `s3://${virtualHost[1]}${path}`
  if (/^s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com$/.test(lowerHost)) return `s3:/${path}`
  if (lowerHost === 'storage.googleapis.com' || lowerHost === 'storage.cloud.google.com') return `gs:/${path}`
  const google = /^(.+)\.storage\.googleapis\.com$/.exec(lowerHost)
  if (google) return `gs://${google[1]}${path}`
  return `https://${lowerHost.replace(/^www\./, '')}${path}`
}

/** Text that any engine can hold and index: PostgreSQL refuses NUL. What is too long is cut, and stays unlike all others. */
export function boundedKey(key: string): string {
  const plain = key.replaceAll('\0', '')
  if (plain.length * 3 <= LONGEST_KEY || Buffer.byteLength(plain) <= LONGEST_KEY) return plain
  const digest = hash('sha256', plain, 'base64url')
  const beginning = Buffer.from(plain).toString('utf8', 0, LONGEST_KEY - digest.length - 8)
  return `${beginning.replace(/\uFFFD$/, '')}#${digest}`
}

const ENTRY = nsid('dataset.entry')
const VERSION = nsid('dataset.version')

export const isEntryUri = (key: string): boolean => key.startsWith('at://') && key.includes(`/${ENTRY}/`)
export const isVersionUri = (key: string): boolean => key.startsWith('at://') && key.includes(`/${VERSION}/`)

/** The DID of an at-uri, or undefined for other keys. */
export function ownerOf(key: string): string | undefined {
  return /^at:\/\/(did:[^/]+)\//.exec(key)?.[1]
}
