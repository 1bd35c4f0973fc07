/** A dataset's description in the forms of other catalogues. What was imported from a form goes out in it again. */
import type { Entry } from '@frost/lexicon'
import {
  type CitationStyleName,
  citableOf,
  citationStyles,
  formatCitation,
  isCitationStyle,
} from '../citation/index.ts'
import { table } from '../table.ts'
import { croissantDocument } from './croissant.ts'
import { datapackageDocument, isPackageable } from './datapackage.ts'
import { dcat } from './dcat.ts'
import { roCrate } from './ro-crate.ts'
import { schemaOrg } from './schema-org.ts'
import type { ExportSource } from './source.ts'
import { stacCollection } from './stac.ts'

export { schemaOrg } from './schema-org.ts'
export type { ExportSource } from './source.ts'

interface ExportFormat {
  readonly mediaType: string
  readonly extension: string
  /** What it is called among people. */
  readonly label: string
  readonly document: (source: ExportSource) => Record<string, unknown>
  /** Which datasets have this form; all where absent. */
  readonly isOf?: (entry: Entry) => boolean
}

const jsonLd = (profile: string) => `application/ld+json; profile="${profile}"`

/** Metadata formats, all JSON; the styles of citations are formats too. */
const documents = table<ExportFormat>({
  json: {
    mediaType: 'application/json',
    extension: 'json',
    label: 'Record',
    document: ({ entry }) => entry as unknown as Record<string, unknown>,
  },
  'schema.org': {
    mediaType: 'application/ld+json',
    extension: 'jsonld',
    label: 'schema.org',
    document: schemaOrg,
  },
  croissant: {
    mediaType: jsonLd('http://mlcommons.org/croissant/1.0'),
    extension: 'json',
    label: 'Croissant',
    document: croissantDocument,
  },
  stac: {
    mediaType: 'application/json; profile="https://stacspec.org"',
    extension: 'json',
    label: 'STAC Collection',
    document: stacCollection,
  },
  dcat: {
    mediaType: jsonLd('http://www.w3.org/ns/dcat#'),
    extension: 'jsonld',
    label: 'DCAT',
    document: dcat,
  },
  datapackage: {
    mediaType: 'application/vnd.datapackage+json',
    extension: 'json',
    label: 'Data Package',
    document: datapackageDocument,
    isOf: isPackageable,
  },
  'ro-crate': {
    mediaType: jsonLd('https://w3id.org/ro/crate'),
    extension: 'json',
    label: 'RO-Crate',
    document: roCrate,
  },
})

/** Names of the formats that describe a dataset, beside the styles that cite it. */
export const METADATA_FORMATS: readonly string[] = Object.keys(documents)

export const EXPORT_FORMATS: readonly string[] = [...METADATA_FORMATS, ...Object.keys(citationStyles)]

export interface ExportedDocument {
  readonly text: string
  /** The value, for formats that are JSON. */
  readonly json?: unknown
}

/** Media type, extension and name of a format. @throws Error for one that is not in {@link EXPORT_FORMATS} */
export function formatFacts(format: string): { mediaType: string; extension: string; label: string } {
  const known = documents[format]
  if (known) return known
  if (!isCitationStyle(format)) throw unknown(format)
  return { ...citationStyles[format], label: format }
}

/** Whether a dataset can be told in a format at all. */
export function hasForm(entry: Entry, format: string): boolean {
  return documents[format]?.isOf?.(entry) ?? EXPORT_FORMATS.includes(format)
}

/** A dataset that a format cannot tell. */
export class NoSuchForm extends Error {}

/** @throws NoSuchForm where {@link hasForm} is false; Error for a format that is not in {@link EXPORT_FORMATS} */
export function exportDataset(source: ExportSource, format: string): ExportedDocument {
  const known = documents[format]
  if (known) {
    if (!hasForm(source.entry, format))
      throw new NoSuchForm(
        `format '${format}' is no form of ${source.uri}: none of its distributions has an address that ${known.label} allows (https, ftp, or a bucket of S3, Google or Azure)`,
      )
    const json = known.document(source)
    return { text: JSON.stringify(json, null, 2), json }
  }
  if (!isCitationStyle(format)) throw unknown(format)
  const text = formatCitation(citableOf(source.entry, source), format)
  return isJson(format) ? { text, json: JSON.parse(text) } : { text }
}

const isJson = (style: CitationStyleName) => /json$/.test(citationStyles[style].mediaType)

const unknown = (format: string) =>
  new Error(`format '${format.slice(0, 40)}' is not known: choose one of ${EXPORT_FORMATS.join(', ')}`)
