import {
  type Citable,
  type CitationStyleName,
  citableOf,
  citationStyles,
  citedVersion,
  formatCitation,
} from '@frost/catalogs/citation/index'
import type { Context } from 'hono'
import { shownNameOf } from '../account-name.ts'
import type { EntryView, VersionView } from '../appview.ts'
import { entryPath } from '../dataset-facts.ts'

/** Reads a citation in any style from a dataset's view, of the state that it is in. */
export function citationOf({ uri, cid, author, record }: EntryView, publicUrl: string): Citable {
  return citableOf(record, { uri, cid, ...placeOf({ uri, author }, publicUrl) })
}

/**
 * The same of a version.
 * @param described the entry in the state that the version describes
 */
export function citationOfVersion(
  { uri, cid, record }: VersionView,
  { uri: entryUri, author, record: described }: Pick<EntryView, 'uri' | 'author' | 'record'>,
  publicUrl: string,
): Citable {
  const { entry, version } = citedVersion(described, record as unknown as Record<string, unknown>)
  return citableOf(entry, { uri, cid, version, ...placeOf({ uri: entryUri, author }, publicUrl) })
}

/** Where a dataset is found, and whose it is, as citations and exports say it. */
export const placeOf = ({ uri, author }: Pick<EntryView, 'uri' | 'author'>, publicUrl: string) => ({
  page: publicUrl + entryPath(author, uri),
  account: shownNameOf(author),
})

/** Names of files that other programs look for. */
const FILE_NAMES: ReadonlyMap<string, string> = new Map([['cff', 'CITATION.cff']])

/**
 * A citation in one of the styles: text to read, or a file to take.
 * @param name of the file, without extension
 */
export function citationFile(c: Context, citable: Citable, style: CitationStyleName, name: string) {
  const { mediaType, extension } = citationStyles[style]
  const file = FILE_NAMES.get(style) ?? `${name.replace(/[^\w.-]/g, '_')}.${extension}`
  return c.body(formatCitation(citable, style), 200, {
    // A charset belongs to text; JSON is UTF-8.
    'Content-Type': /json/.test(mediaType) ? mediaType : `${mediaType}; charset=utf-8`,
    'Content-Disposition': `${extension === 'txt' ? 'inline' : 'attachment'}; filename="${file}"`,
  })
}
