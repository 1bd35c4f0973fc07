/** The last step of every importer: a draft becomes a `dataset.entry` that keeps to its lexicon's limits, and loses nothing. */
import { createHash } from 'node:crypto'
import { definition, nsid, withoutEnd } from '@frost/lexicon'
import type { RecordJson, SourceDocument } from './item.ts'
import { cleanMarkdown, cut, plainText } from './text.ts'

/** Most items of each list of an entry; what is beyond becomes an extension. */
const MOST: Readonly<Record<string, number>> = {
  titles: 16,
  descriptions: 16,
  creators: 200,
  contributors: 100,
  contacts: 16,
  rights: 16,
  subjects: 128,
  identifiers: 32,
  dates: 32,
  models: 16,
  distributions: 64,
  services: 32,
  derivedFrom: 256,
  relatedItems: 128,
  funding: 64,
  measurementTechniques: 32,
  platforms: 64,
  instruments: 64,
  metadataLinks: 32,
}
const MOST_EXTENSIONS = 64
const EXTENSION_GRAPHEMES = 19_000
const DESCRIPTION_GRAPHEMES = 10_000
/** Bytes of extensions beyond which those that the linked source document holds anyway are left out, largest first. */
const EXTENSION_BYTES = 32_000

export type Draft = Record<string, unknown> & { readonly title: string }

export interface Origin {
  /** Name of the catalogue, e.g. `aws-open-data`. */
  readonly catalog: string
  /** The dataset's id there. */
  readonly id: string
  /** Page or document of the dataset there. */
  readonly uri?: string
  readonly document: SourceDocument
  /** Public address of the document itself, which then holds what has no field here. */
  readonly documentUri?: string
  readonly mediaType: string
  /** ISO 8601 time at which the source was read, and the record made. */
  readonly time: string
  /** Fields of the source that no field of the entry takes. */
  readonly rest: Readonly<Record<string, unknown>>
}

/** Makes the record. Texts are cut at the end of a sentence, lists at their limit; what is cut is linked or kept as an extension. */
export function entryRecord(draft: Draft, origin: Origin): RecordJson {
  const { catalog, id, uri, document, documentUri, mediaType, time } = origin
  const digest = { algorithm: 'sha-256', value: createHash('sha256').update(document.text).digest('hex') }
  const links = documentUri
    ? [{ uri: documentUri, mediaType, profile: catalog, digest }, ...listOf(draft.metadataLinks)]
    : listOf(draft.metadataLinks)
  const rest: Record<string, unknown> = { ...origin.rest }
  const record: Record<string, unknown> = { ...draft, metadataLinks: links }

  record.title = cut(plainText(draft.title), 300)
  const description = typeof draft.description === 'string' ? cleanMarkdown(draft.description) : ''
  record.description = cut(description, DESCRIPTION_GRAPHEMES)
  if (record.description !== description && !documentUri) rest.description = description
  for (const [field, most] of Object.entries(MOST)) {
    const all = listOf(record[field])
    const list = all.filter(item => !isTooLong(item))
    if (list.length < all.length) rest[`oversized:${field}`] = all.filter(isTooLong)
    record[field] = list.slice(0, most)
    if (list.length > most) rest[`more:${field}`] = list.slice(most)
  }
  if (documentUri === undefined && document.uri === undefined) record.metadataLinks = links
  return {
    $type: nsid('dataset.entry'),
    ...(prune(record) as Record<string, unknown>),
    source: prune({ catalog, id, uri: uri ?? documentUri, retrievedAt: time, digest }) as object,
    ...extensionsOf(catalog, rest, documentUri !== undefined),
    createdAt: time,
  }
}

function extensionsOf(
  catalog: string,
  rest: Readonly<Record<string, unknown>>,
  isLinked: boolean,
): { extensions?: Extension[] } {
  const named = Object.entries(prune(rest) as Record<string, unknown>).map(([key, value]) => ({
    name: cut(key.includes(':') ? key : `${catalog}:${key}`, 256),
    valueJson: JSON.stringify(value),
  }))
  if (isLinked) {
    let bytes = named.reduce((sum, { valueJson }) => sum + valueJson.length, 0)
    for (const one of [...named].sort((a, b) => b.valueJson.length - a.valueJson.length)) {
      if (bytes <= EXTENSION_BYTES && one.valueJson.length <= EXTENSION_GRAPHEMES) break
      named.splice(named.indexOf(one), 1)
      bytes -= one.valueJson.length
    }
  }
  const extensions = named.flatMap(inParts).map(typed)
  if (extensions.length === 0) return {}
  if (extensions.length <= MOST_EXTENSIONS) return { extensions }
  // More keys than extensions: the last one holds all that are left.
  const last = extensions.slice(MOST_EXTENSIONS - 1)
  const others = JSON.stringify(Object.fromEntries(last.map(({ name, valueJson }) => [name, valueJson])))
  const packed = inParts({ name: `${catalog}:others`, valueJson: others }).map(typed)
  return {
    extensions: [...extensions.slice(0, MOST_EXTENSIONS - packed.length), ...packed].slice(
      0,
      MOST_EXTENSIONS,
    ),
  }
}

interface Extension {
  $type: string
  name: string
  valueJson: string
}

function typed(fact: { name: string; valueJson: string }): Extension {
  return { $type: definition('extension'), ...fact }
}

/** A value that is too long for one extension comes as numbered pieces of its JSON text, each itself a JSON string. */
function inParts({
  name,
  valueJson,
}: {
  name: string
  valueJson: string
}): { name: string; valueJson: string }[] {
  if (valueJson.length <= EXTENSION_GRAPHEMES) return [{ name, valueJson }]
  const parts: string[] = []
  // Escaping can double a piece.
  for (let at = 0; at < valueJson.length; at += EXTENSION_GRAPHEMES / 2)
    parts.push(valueJson.slice(at, at + EXTENSION_GRAPHEMES / 2))
  return parts.map((part, index) => ({
    name: `${name} [${index + 1}/${parts.length}]`,
    valueJson: JSON.stringify(part.toWellFormed()),
  }))
}

/** Addresses and identifiers cannot be cut: an item with one that no field takes stays among the extensions. */
function isTooLong(item: unknown): boolean {
  const { uri, url, value } = item as { uri?: unknown; url?: unknown; value?: unknown }
  const isIdentifier = typeof value === 'string' && 'scheme' in (item as object)
  return (
    (typeof uri === 'string' && uri.length > 8192) ||
    (typeof url === 'string' && url.length > 8192) ||
    (isIdentifier && value.length > 1024)
  )
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value.filter(item => item !== undefined && item !== null) : []
}

/** Without fields that are absent, empty texts, empty lists and empty objects; texts well-formed. */
export function prune(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(prune).filter(item => item !== undefined)
  if (typeof value === 'object' && value !== null) {
    const kept = Object.entries(value).flatMap(([key, field]) => {
      const pruned = prune(field)
      const isNothing =
        pruned === undefined ||
        pruned === null ||
        pruned === '' ||
        (Array.isArray(pruned) && pruned.length === 0) ||
        (typeof pruned === 'object' && Object.keys(pruned as object).length === 0)
      return isNothing ? [] : [[key, pruned] as const]
    })
    return Object.fromEntries(kept)
  }
  return value
}

/** A reference as the lexicons write it: a DOI where the address or text is one, otherwise the address. */
export function referenceTo(address: string): Record<string, unknown> {
  const doi = doiIn(address)
  return doi && isWholly(address, doi)
    ? { $type: definition('identifierRef'), scheme: 'doi', value: doi }
    : { $type: definition('urlRef'), uri: address.slice(0, 8192) }
}

/** The first DOI in a text, in lower case. https://www.crossref.org/blog/dois-and-matching-regular-expressions/ */
export function doiIn(text: string): string | undefined {
  const found = /\b10\.\d{4,9}\/[^\s"'<>[\]{}|\\^`]+/.exec(text)?.[0]
  // A closing bracket belongs to the text unless the DOI itself opened one.
  if (found === undefined) return undefined
  const whole = withoutEnd(found, '.,;:')
  return withoutEnd(found.includes('(') ? whole : withoutEnd(whole, ')'), '.,;:').toLowerCase()
}

function isWholly(address: string, doi: string): boolean {
  const bare = address
    .trim()
    .replace(/^doi:\s*/i, '')
    .replace(/^https?:\/\/(?:dx\.)?doi\.org\//i, '')
  return decodeURI(encodeURI(bare)).toLowerCase() === doi
}
