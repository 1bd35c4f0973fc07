/** Catalogues of others, read whole: each dataset becomes one valid record; what cannot be carried over is reported. */
import { awsOpenData } from './aws-open-data.ts'
import { croissant } from './croissant.ts'
import { datacite } from './datacite.ts'
import { datapackage } from './datapackage.ts'
import { type CatalogItem, type SourceDocument, Unusable } from './item.ts'
import { leap } from './leap.ts'
import { owidDag } from './owid-dag.ts'
import { readSource, type Unreadable } from './read.ts'
import { stac, walk } from './stac/index.ts'
import { table } from './table.ts'

export type { CatalogItem, CatalogRecord, Home, RecordJson, SourceDocument } from './item.ts'

interface Catalog {
  readonly extensions: readonly string[]
  readonly read: (document: SourceDocument, time: string) => Iterable<CatalogItem>
  /** Reads all documents as one, where what one says is only understood beside the others. */
  readonly readAll?: (documents: readonly SourceDocument[], time: string) => Iterable<CatalogItem>
  /** Reads what an address leads to, where that is more than one document. */
  readonly walk?: (address: string) => AsyncIterable<SourceDocument | Unreadable>
  /** Which files of a folder belong to the catalogue; all of the extensions where absent. */
  readonly accepts?: (name: string) => boolean
}

const catalogs = table<Catalog>({
  'aws-open-data': { extensions: ['.yaml', '.yml'], read: awsOpenData },
  stac: { extensions: ['.json', '.ndjson', '.jsonl'], read: stac, walk },
  croissant: { extensions: ['.json', '.jsonld'], read: croissant },
  'schema.org': { extensions: ['.json', '.jsonld'], read: croissant },
  datacite: { extensions: ['.json'], read: datacite },
  leap: { extensions: ['.json'], read: leap },
  datapackage: {
    extensions: ['.json'],
    read: datapackage,
    accepts: name => /(?:^|\/)datapackage\.json$/i.test(name),
  },
  'owid-dag': {
    extensions: ['.yaml', '.yml'],
    read: (document, time) => owidDag([document], time),
    readAll: owidDag,
  },
})

export const CATALOGS: readonly string[] = Object.keys(catalogs)

/**
 * The datasets of a catalogue, one after the other.
 * @param name one of {@link CATALOGS}
 * @param source a folder, file or http(s) address
 * @param time ISO 8601 time that records are said to be made at
 * @throws Error where the catalogue is not known, or the source cannot be read at all
 */
export async function* readCatalog(
  name: string,
  source: string,
  time = new Date().toISOString(),
): AsyncGenerator<CatalogItem> {
  const catalog = catalogs[name]
  if (!catalog) throw new Error(`catalogue '${name}' is not known: choose one of ${CATALOGS.join(', ')}`)
  const isAddress = /^https?:\/\//i.test(source)
  const documents = isAddress && catalog.walk ? catalog.walk(source) : readSource(source, catalog.extensions)
  const together: SourceDocument[] = []
  for await (const document of documents) {
    if ('problem' in document) {
      yield { id: document.name, records: [], problem: document.problem }
      continue
    }
    if (!isAddress && document.name.includes('/') && catalog.accepts?.(document.name) === false) continue
    if (catalog.readAll) together.push(document)
    else yield* understood(document.name, () => catalog.read(document, time))
  }
  const { readAll } = catalog
  if (readAll && together.length > 0) yield* understood(source, () => readAll(together, time))
}

/** Items, or why there are none: one document that cannot be read must not end the others. */
function* understood(name: string, read: () => Iterable<CatalogItem>): Iterable<CatalogItem> {
  try {
    yield* read()
  } catch (error) {
    const problem =
      error instanceof Unusable ? error.message : `could not be understood: ${(error as Error).message}`
    const id = (error instanceof Unusable && error.id) || name
    yield { id, records: [], problem }
  }
}
