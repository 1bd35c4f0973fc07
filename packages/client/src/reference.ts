import { isValidRecordKey } from '@atproto/syntax'
import {
  type Reference as PublicReference,
  parseAtUri,
  parseReference as parsePublicReference,
} from '@frost/lexicon'
import { UsageError } from './errors.ts'

/** What a person means by REF: as everywhere, or a bare slug in one's own repository. */
export type Reference = PublicReference | { readonly kind: 'slug'; readonly slug: string }

/**
 * Reads REF: an at-uri, `handle/slug`, a DOI, an address, `@handle` or a DID, or a bare slug in one's own repository.
 * @throws UsageError that names the text and the forms there are.
 */
export function parseReference(text: string): Reference {
  const reference = parsePublicReference(text)
  if (reference) return reference
  if (!text.startsWith('@') && isValidRecordKey(text)) return { kind: 'slug', slug: text }
  throw new UsageError(
    `'${text}' is no reference: give handle/slug, an at-uri, a DOI or a web address (such as ada.example.org/cruise-12)`,
  )
}

/** The parts of an at-uri. @throws UsageError where it names no record. */
export function recordReference(uri: string): Extract<Reference, { kind: 'record' }> {
  const reference = parseAtUri(uri)
  if (reference) return reference
  throw new UsageError(`'${uri}' names no record: an at-uri reads at://did-or-handle/collection/key`)
}
