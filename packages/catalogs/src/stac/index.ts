/** STAC in the forms in which it lies about: single collections, lists of an API, lines, and trees of catalogues. */
import { isObject } from '../fields.ts'
import { type CatalogItem, type SourceDocument, Unusable } from '../item.ts'
import { parseJson } from '../json.ts'
import { fetchDocument, type Unreadable } from '../read.ts'
import { collectionItem } from './collection.ts'

/** Documents that a walk through a remote catalogue may read. */
const MOST_DOCUMENTS = 20_000

/** The collections in one document; a catalogue without any, and a single item, give none. */
export function* stac(document: SourceDocument, time: string): Iterable<CatalogItem> {
  for (const [json, text] of valuesOf(document)) {
    const part = text === undefined ? document : { ...document, text }
    if (!isObject(json)) throw new Unusable('holds no JSON object: a STAC Collection is one')
    if (json.type === 'Catalog' || json.type === 'Feature') continue
    if (Array.isArray(json.collections)) {
      for (const one of json.collections) {
        try {
          if (!isObject(one)) throw new Unusable('a member of collections is no object')
          yield collectionItem(one, { ...document, text: JSON.stringify(one) }, time)
        } catch (error) {
          if (!(error instanceof Unusable)) throw error
          yield { id: error.id ?? document.name, records: [], problem: error.message }
        }
      }
      continue
    }
    if (json.type !== 'Collection' && !('extent' in json))
      throw new Unusable(`type is ${JSON.stringify(json.type)}: this importer reads STAC Collections`)
    yield collectionItem(json, part, time)
  }
}

function* valuesOf({ name, text }: SourceDocument): Iterable<readonly [unknown, string?]> {
  if (/\.(?:ndjson|jsonl)$/i.test(name)) {
    for (const line of text.split('\n')) if (line.trim() !== '') yield [parseJson(line), line]
    return
  }
  yield [parseJson(text)]
}

/** A remote catalogue: the document, and all that its `child`, `data` and `next` links lead to on the same host. */
export async function* walk(address: string): AsyncGenerator<SourceDocument | Unreadable> {
  const queue = [address]
  const seen = new Set(queue)
  const { host } = new URL(address)
  let read = 0
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (++read > MOST_DOCUMENTS)
      throw new Error(`'${address}' leads to more than ${MOST_DOCUMENTS} documents`)
    let document: SourceDocument
    try {
      document = await fetchDocument(next)
    } catch (error) {
      if (next === address) throw error
      yield { name: next, problem: (error as Error).message }
      continue
    }
    yield document
    for (const link of linksOf(document)) {
      if (seen.has(link) || new URL(link).host !== host) continue
      seen.add(link)
      queue.push(link)
    }
  }
}

function linksOf({ text, uri }: SourceDocument): string[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return []
  }
  const isApi = isObject(json) && (Array.isArray(json.collections) || Array.isArray(json.conformsTo))
  const wanted = isApi ? ['data', 'next'] : ['child']
  const links = isObject(json) && Array.isArray(json.links) ? json.links.filter(isObject) : []
  return links.flatMap(({ rel, href }) =>
    wanted.includes(String(rel)) && typeof href === 'string' && URL.canParse(href, uri)
      ? new URL(href, uri).href
      : [],
  )
}
