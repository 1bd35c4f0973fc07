import { isCitationStyle } from '@frost/catalogs/citation/index'
import { EXPORT_FORMATS, type ExportSource, exportDataset, formatFacts } from '@frost/catalogs/export/index'
import { formatFor } from '@frost/catalogs/export/negotiate'
import type { Context } from 'hono'
import { type EntryView, Refused } from './appview.ts'
import { citationFile, citationOf, keyOf, placeOf } from './cite/citation.ts'

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
  if (isCitationStyle(format)) return citationFile(c, citationOf(entry, publicUrl), format, keyOf(entry.uri))
  const { mediaType, extension } = formatFacts(format)
  const name = keyOf(entry.uri).replace(/[^\w.-]/g, '_')
  return c.body(exportDataset(exportSource(entry, publicUrl), format).text, 200, {
    // A charset belongs to text; JSON is UTF-8, and a profile must stay the last word of its type.
    'Content-Type': /json/.test(mediaType) ? mediaType : `${mediaType}; charset=utf-8`,
    'Content-Disposition': `inline; filename="${name}.${extension}"`,
  })
}
