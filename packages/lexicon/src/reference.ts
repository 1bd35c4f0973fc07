import { isValidDid, isValidHandle, isValidNsid, isValidRecordKey } from '@atproto/syntax'
import { nsid } from './nsid.ts'
import { withoutEnd } from './text-end.ts'

/** What somebody means by a text: a record, an identifier of another system, an address, an account. */
export type Reference =
  | {
      readonly kind: 'record'
      readonly authority: string
      readonly collection: string
      readonly rkey: string
    }
  | { readonly kind: 'identifier'; readonly scheme: string; readonly value: string }
  | { readonly kind: 'url'; readonly uri: string }
  | { readonly kind: 'account'; readonly authority: string }

const LONGEST = 8192

/**
 * Reads an at-uri, `handle/slug`, a DOI in any spelling, an ARK, the site's address of a dataset (`…/d/handle/slug`), any
 * other address, a handle or a DID.
 * @returns undefined where the text is none of these
 */
export function parseReference(text: string): Reference | undefined {
  const trimmed = text.trim()
  if (trimmed.length === 0 || trimmed.length > LONGEST) return undefined
  if (trimmed.startsWith('at://')) return parseAtUri(trimmed)
  const doi = normaliseDoi(trimmed)
  if (doi) return { kind: 'identifier', scheme: 'doi', value: doi }
  const ark = /^(?:https?:\/\/[^/]+\/)?(ark:\/?\d{5,9}\/\S+)$/i.exec(trimmed)
  if (ark) return { kind: 'identifier', scheme: 'ark', value: ark[1] as string }
  const page = /^https?:\/\/[^/]+\/d\/([^/?#]+)\/([^/?#]+)\/?(?:[?#].*)?$/i.exec(trimmed)
  if (page) {
    const record = entryReference(decode(page[1] as string), decode(page[2] as string))
    if (record) return record
  }
  if (/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(trimmed)) return { kind: 'url', uri: trimmed }
  const authority = trimmed.replace(/^@/, '')
  if (isAuthority(authority))
    return {
      kind: 'account',
      authority: authority.toLowerCase() === authority ? authority : lowerHandle(authority),
    }
  const parts = trimmed.replace(/^@/, '').split('/')
  return parts.length === 2 ? entryReference(parts[0] as string, parts[1] as string) : undefined
}

/** The parts of an at-uri that names a record (https://atproto.com/specs/at-uri-scheme). */
export function parseAtUri(uri: string): Extract<Reference, { kind: 'record' }> | undefined {
  const [authority = '', collection = '', rkey = '', ...rest] = uri.replace(/^at:\/\//, '').split('/')
  if (rest.length > 0 || !isAuthority(authority) || !isValidNsid(collection) || !isValidRecordKey(rkey))
    return undefined
  return { kind: 'record', authority: lowerHandle(authority), collection, rkey }
}

/** The last part of an at-uri: the record's key. */
export const rkeyOf = (uri: string): string => uri.slice(uri.lastIndexOf('/') + 1)

export function atUri(did: string, collection: string, rkey: string): string {
  return `at://${did}/${collection}/${rkey}`
}

/** The bare DOI in lower case, from any spelling of it: `10.…`, `doi:10.…`, `https://doi.org/10.…`. */
export function normaliseDoi(text: string): string | undefined {
  const match = /^(?:https?:\/\/(?:dx\.|www\.)?doi\.org\/|(?:info:)?doi[:/]\s*)?(10\.\d{4,9}\/\S+)$/i.exec(
    text.trim(),
  )
  return match ? withoutEnd(decode(match[1] as string).toLowerCase(), '.,;') : undefined
}

function entryReference(authority: string, rkey: string) {
  if (!isAuthority(authority) || !isValidRecordKey(rkey)) return undefined
  return {
    kind: 'record' as const,
    authority: lowerHandle(authority),
    collection: nsid('dataset.entry'),
    rkey,
  }
}

const isAuthority = (text: string) => isValidDid(text) || isValidHandle(text)
const lowerHandle = (text: string) => (text.startsWith('did:') ? text : text.toLowerCase())

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
