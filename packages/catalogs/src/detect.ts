/** Tells which catalogue's form one document has, and reads the datasets in it. */
import { croissant } from './croissant.ts'
import { datacite } from './datacite.ts'
import { datapackage } from './datapackage.ts'
import { isObject } from './fields.ts'
import { type CatalogItem, type SourceDocument, Unusable } from './item.ts'
import { parseJson } from './json.ts'
import { stac } from './stac/index.ts'

export interface DatasetsIn {
  /** What the document is, as people call it. */
  readonly form: string
  readonly items: readonly CatalogItem[]
}

interface Form {
  readonly form: string
  readonly is: (json: Record<string, unknown>) => boolean
  readonly read: (document: SourceDocument, time: string) => Iterable<CatalogItem>
}

const isLinkedData = (json: Record<string, unknown>) =>
  [json['@type']].flat().some(type => /(?:^|[:/])Dataset$/.test(String(type)))

const isDatacite = (json: Record<string, unknown>) => {
  const [first] = [json.data ?? json].flat()
  const attributes = isObject(first) ? (first.attributes ?? first) : undefined
  return (
    isObject(attributes) &&
    Array.isArray(attributes.titles) &&
    ('doi' in attributes || 'schemaVersion' in attributes)
  )
}

/** The first that fits counts. */
const FORMS: readonly Form[] = [
  {
    form: 'Croissant',
    is: json =>
      isLinkedData(json) && /mlcommons|\bcr:/.test(JSON.stringify([json['@context'], json.conformsTo])),
    read: croissant,
  },
  { form: 'schema.org', is: isLinkedData, read: croissant },
  { form: 'DataCite', is: isDatacite, read: datacite },
  {
    form: 'STAC',
    is: json => 'stac_version' in json || Array.isArray(json.collections) || json.type === 'Collection',
    read: stac,
  },
  { form: 'Data Package', is: json => Array.isArray(json.resources), read: datapackage },
]

/**
 * The datasets that a document describes; a web page is read by the JSON-LD in it.
 * @param time ISO 8601 time that records are said to be made at
 */
export function datasetsIn(document: SourceDocument, time: string): DatasetsIn {
  try {
    const json = described(document.text)
    const found = FORMS.find(({ is }) => is(json))
    if (!found)
      throw new Unusable(
        'is in no form that is known: STAC Collection, Croissant, schema.org Dataset, DataCite and Data Package are',
      )
    return { form: found.form, items: [...found.read({ ...document, text: JSON.stringify(json) }, time)] }
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    return { form: 'unknown', items: [{ id: document.name, records: [], problem: error.message }] }
  }
}

/** The object that describes a dataset: the document itself, or the one in its graph, or in its page. @throws Unusable */
function described(text: string): Record<string, unknown> {
  const isPage = /^\s*</.test(text)
  const values = isPage ? scriptsOf(text) : [parseJson(text)]
  const objects = values
    .flatMap(value => [value].flat())
    .flatMap(value => {
      if (!isObject(value)) return []
      const graph = Array.isArray(value['@graph']) ? value['@graph'].filter(isObject) : []
      return [value, ...graph.map(node => ({ '@context': value['@context'], ...node }))]
    })
  const found = objects.find(isLinkedData) ?? (isPage ? undefined : objects[0])
  if (found) return found
  throw new Unusable(isPage ? 'is a web page without JSON-LD of a Dataset' : 'holds no JSON object')
}

const LONGEST_TAG = 1000

/** What is in a page's elements `script` of type JSON-LD. Pages are hostile: every character is looked at a bounded number of times. */
function scriptsOf(page: string): unknown[] {
  const found: unknown[] = []
  const lower = page.toLowerCase()
  for (
    let at = lower.indexOf('<script');
    at >= 0 && found.length < 50;
    at = lower.indexOf('<script', at + 1)
  ) {
    const open = lower.indexOf('>', at)
    const end = open < 0 ? -1 : lower.indexOf('</script', open)
    if (end < 0) break
    const isLinkedData = /\btype\s*=\s*["']?application\/ld\+json/.test(
      lower.slice(at, Math.min(open, at + LONGEST_TAG)),
    )
    if (isLinkedData) found.push(...parsed(page.slice(open + 1, end)))
    at = end
  }
  return found
}

/** One script that is broken must not hide the others. */
function parsed(text: string): unknown[] {
  try {
    return [parseJson(text)]
  } catch {
    return []
  }
}
