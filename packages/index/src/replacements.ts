import { nsid } from '@frost/lexicon'
import { inParts } from './in-parts.ts'
import { parseRecord } from './record-text.ts'
import { isEntryUri, isVersionUri, ownerOf, referenceKey } from './reference-key.ts'
import type { Database } from './schema.ts'

const ENTRY = nsid('dataset.entry')
const VERSION = nsid('dataset.version')

/** A dataset or version that is to be used instead of another, with what it takes to lead there. */
export interface Replacement {
  readonly [name: string]: string | undefined
  readonly uri: string
  readonly dataset: string
  readonly title: string
  readonly version?: string
}

/** Of some references, the records that are held here and visible, by their at-uri. */
export async function replacementsOf(
  db: Database,
  references: readonly unknown[],
): Promise<ReadonlyMap<string, Replacement>> {
  const named = new Set(references.flatMap(reference => referenceKey(reference) ?? []))
  const records = await recordsOf(
    db,
    [...named].filter(key => isEntryUri(key) || isVersionUri(key)),
  )
  const versions = [...records].filter(([, { collection }]) => collection === VERSION)
  const entries = await recordsOf(
    db,
    versions.flatMap(([uri, { value }]) => datasetOf(uri, value) ?? []),
  )
  return new Map(
    [...records].flatMap(([uri, { collection, value }]): [string, Replacement][] => {
      const dataset = collection === VERSION ? datasetOf(uri, value) : uri
      const entry = collection === VERSION ? entries.get(dataset ?? '') : records.get(uri)
      if (dataset === undefined || entry?.collection !== ENTRY) return []
      const title = String(entry.value.title)
      return [
        [uri, { uri, dataset, title, ...(collection === VERSION && { version: String(value.version) }) }],
      ]
    }),
  )
}

/** A version belongs to a dataset of its own account only. */
function datasetOf(uri: string, { dataset }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof dataset === 'string' && ownerOf(dataset) === ownerOf(uri) ? dataset : undefined
}

async function recordsOf(db: Database, uris: readonly string[]) {
  const rows = await inParts(uris, part =>
    db
      .selectFrom('record')
      .select(['uri', 'collection', 'json'])
      .where('uri', 'in', part)
      .where('collection', 'in', [ENTRY, VERSION])
      .where('visible', '=', 1)
      .execute(),
  )
  return new Map(rows.map(({ uri, collection, json }) => [uri, { collection, value: parseRecord(json) }]))
}
