import { EXPORT_FORMATS, type ExportSource, exportDataset, formatFacts } from '@frost/catalogs/export/index'
import { formatFor } from '@frost/catalogs/export/negotiate'
import type { Context } from 'hono'
import { type EntryView, Refused } from './appview.ts'
import { citedFrom } from './design/cite-box.tsx'

/** What an export reads: the record with where it stands. */
export function exportSource(entry: EntryView, publicUrl: string): ExportSource {
  return { entry: entry.record, cid: entry.cid, ...citedFrom(entry, publicUrl) }
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
  const { mediaType, extension } = formatFacts(format)
  const name = entry.uri.slice(entry.uri.lastIndexOf('/') + 1).replace(/[^\w.-]/g, '_')
  return c.body(exportDataset(exportSource(entry, publicUrl), format).text, 200, {
    // A charset belongs to text; JSON is UTF-8, and a profile must stay the last word of its type.
    'Content-Type': /json/.test(mediaType) ? mediaType : `${mediaType}; charset=utf-8`,
    'Content-Disposition': `inline; filename="${name}.${extension}"`,
  })
}
