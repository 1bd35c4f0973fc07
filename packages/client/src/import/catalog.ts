import { type JsonValue, jsonToLex, type TypedLexMap } from '@atproto/lex'
import { CATALOGS, type CatalogRecord, readCatalog as read } from '@frost/catalogs'
import { FrostError, UsageError } from '../errors.ts'
import type { ImportItem, ImportRecord } from './importer.ts'

/**
 * The datasets of a catalogue as records that can be written.
 * @throws UsageError for a catalogue that is not known; FrostError where the source cannot be read at all
 */
export function readCatalog(catalog: string, source: string): AsyncIterable<ImportItem> {
  if (!CATALOGS.includes(catalog))
    throw new UsageError(`catalogue '${catalog}' is not known: choose one of ${CATALOGS.join(', ')}`)
  return items(catalog, source)
}

async function* items(catalog: string, source: string): AsyncGenerator<ImportItem> {
  try {
    for await (const { records, recordsIn, ...item } of read(catalog, source)) {
      yield {
        ...item,
        records: records.map(inLex),
        *recordsIn(home) {
          for (const record of recordsIn?.(home) ?? []) yield inLex(record)
        },
      }
    }
  } catch (error) {
    throw new FrostError('SourceUnreadable', (error as Error).message)
  }
}

const inLex = ({ rkey, record }: CatalogRecord): ImportRecord => ({
  rkey,
  record: jsonToLex(record as JsonValue) as TypedLexMap,
})
