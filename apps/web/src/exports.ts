import { isCitationStyle } from '@frost/catalogs/citation/index'
import {
  EXPORT_FORMATS,
  type ExportSource,
  exportDataset,
  formatFacts,
  hasForm,
} from '@frost/catalogs/export/index'
import { formatFor } from '@frost/catalogs/export/negotiate'
import { doiAddresses, licenceAddress } from '@frost/catalogs/export/source'
import { rkeyOf } from '@frost/lexicon'
import type { Context } from 'hono'
import { type EntryView, Refused } from './appview.ts'
import { citationFile, citationOf, placeOf } from './cite/citation.ts'

/** What an export reads: the record with where it stands. */
export function exportSource(entry: EntryView, publicUrl: string): ExportSource {
  const { uri, cid, record, latestVersion } = entry
  return {
    entry: record,
    uri,
    cid,
    ...placeOf(entry, publicUrl),
    ...(latestVersion && {
      version: { version: latestVersion.version, releasedAt: latestVersion.releasedAt },
    }),
  }
}

/** The form that a request for a dataset's page asks for, by `?format=` or by its `Accept` header; undefined for the page. */
export function wantedFormat(c: Context): string | undefined {
  c.header('Vary', 'Accept', { append: true })
  return c.req.query('format') || formatFor(c.req.header('Accept'))
}

/**
 * The dataset in another form: the record itself, a description after another catalogue's rules, or a citation.
 * @throws Refused that names the forms there are
 */
export function exported(c: Context, entry: EntryView, format: string, publicUrl: string) {
  if (!EXPORT_FORMATS.includes(format))
    throw new Refused(
      'InvalidFormat',
      `format is '${format.slice(0, 40)}': there are ${EXPORT_FORMATS.join(', ')}`,
    )
  if (!hasForm(entry.record, format))
    throw new Refused(
      'InvalidFormat',
      `format is '${format}', of which this dataset has no document: none of its files has an address that the form allows`,
    )
  if (isCitationStyle(format)) return citationFile(c, citationOf(entry, publicUrl), format, rkeyOf(entry.uri))
  const { mediaType, extension } = formatFacts(format)
  const name = rkeyOf(entry.uri).replace(/[^\w.-]/g, '_')
  return c.body(exportDataset(exportSource(entry, publicUrl), format).text, 200, {
    // A charset belongs to text; JSON is UTF-8, and a profile must stay the last word of its type.
    'Content-Type': /json/.test(mediaType) ? mediaType : `${mediaType}; charset=utf-8`,
    'Content-Disposition': `inline; filename="${name}.${extension}"`,
  })
}

/** Where programs find what the page is about, without reading it (https://signposting.org/FAIR, level 1). */
export function signposts(c: Context, entry: EntryView, publicUrl: string): void {
  const source = exportSource(entry, publicUrl)
  const page = source.page ?? publicUrl
  const doi = doiAddresses(source)[0]
  const links = [
    [doi ?? page, 'cite-as'],
    ['https://schema.org/Dataset', 'type'],
    ['https://schema.org/AboutPage', 'type'],
    [licenceAddress(entry.record), 'license'],
    ...SIGNPOSTED.map(format => [`${page}?format=${format}`, 'describedby', formatFacts(format).mediaType]),
  ] as const
  // Addresses of strangers stand in a header: only what a URL allows there.
  for (const [address, rel, type] of links)
    if (address && URL.canParse(address))
      c.header('Link', `<${new URL(address).href}>; rel="${rel}"${type ? `; type="${quoted(type)}"` : ''}`, {
        append: true,
      })
}

const SIGNPOSTED = ['schema.org', 'datacite', 'croissant', 'dcat']

/** A media type's own quotes, within those of a parameter. */
const quoted = (text: string) => text.replaceAll('"', '\\"')
