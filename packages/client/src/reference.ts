import { isValidDid, isValidHandle, isValidNsid, isValidRecordKey } from '@atproto/syntax'
import { nsid } from '@frost/lexicon'
import { UsageError } from './errors.ts'

/** What a person means by REF: a record, a persistent identifier, or an address. */
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
  | { readonly kind: 'slug'; readonly slug: string }

/**
 * Reads REF: an at-uri, `handle/slug`, a DOI (`10.…`, `doi:…`, `https://doi.org/…`), an address, `@handle` or a DID, or a
 * bare slug in one's own repository.
 * @throws UsageError that names the text and the forms there are.
 */
export function parseReference(text: string): Reference {
  const trimmed = text.trim()
  if (trimmed.startsWith('at://')) return recordReference(trimmed)

  const doi = /^(?:https?:\/\/(?:dx\.)?doi\.org\/|doi:\s*)?(10\.\d{4,9}\/\S+)$/i.exec(trimmed)
  if (doi) return { kind: 'identifier', scheme: 'doi', value: doi[1]!.toLowerCase() }
  const ark = /^(?:https?:\/\/[^/]+\/)?(ark:\/?\d{5,9}\/\S+)$/i.exec(trimmed)
  if (ark) return { kind: 'identifier', scheme: 'ark', value: ark[1]! }

  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)) return { kind: 'url', uri: trimmed }
  const authority = trimmed.replace(/^@/, '')
  if (isValidDid(authority) || (trimmed.startsWith('@') && isValidHandle(authority)))
    return { kind: 'account', authority }

  const [name = '', slug, ...rest] = trimmed.split('/')
  if (slug !== undefined && rest.length === 0 && isAuthority(name) && isValidRecordKey(slug)) {
    return { kind: 'record', authority: name, collection: nsid('dataset.entry'), rkey: slug }
  }
  if (slug === undefined && isValidHandle(name)) return { kind: 'account', authority: name }
  if (slug === undefined && isValidRecordKey(name)) return { kind: 'slug', slug: name }
  throw new UsageError(
    `'${text}' is no reference: give handle/slug, an at-uri, a DOI or a web address (such as ada.example.org/cruise-12)`,
  )
}

/** The parts of an at-uri. @throws UsageError where it names no record. */
export function recordReference(uri: string): Extract<Reference, { kind: 'record' }> {
  const [authority = '', collection = '', rkey = '', ...rest] = uri.slice('at://'.length).split('/')
  const isRecord =
    rest.length === 0 && isAuthority(authority) && isValidNsid(collection) && isValidRecordKey(rkey)
  if (!isRecord)
    throw new UsageError(`'${uri}' names no record: an at-uri reads at://did-or-handle/collection/key`)
  return { kind: 'record', authority, collection, rkey }
}

/** The text that queries such as `resolveEntry` take for a reference. */
export function referenceText(reference: Reference): string {
  switch (reference.kind) {
    case 'record':
      return `at://${reference.authority}/${reference.collection}/${reference.rkey}`
    case 'identifier':
      return reference.scheme === 'doi' ? `https://doi.org/${reference.value}` : reference.value
    case 'url':
      return reference.uri
    case 'account':
      return reference.authority
    case 'slug':
      return reference.slug
  }
}

function isAuthority(text: string): boolean {
  return isValidDid(text) || isValidHandle(text)
}
