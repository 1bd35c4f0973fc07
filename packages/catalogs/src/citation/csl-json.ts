import { bibtexKey } from './bibtex.ts'
import { type Citable, dateParts, personName } from './citable.ts'

/** A CSL-JSON item (https://github.com/citation-style-language/schema), which every reference manager reads. */
export function cslItem(citable: Citable): Record<string, unknown> {
  const issued = dateParts(citable.issued ?? '')
  const item: Record<string, unknown> = {
    id: bibtexKey(citable),
    type: 'dataset',
    title: citable.title,
    author: citable.creators.map(agent => personName(agent) ?? { literal: agent.name }),
    issued: issued.length > 0 ? { 'date-parts': [issued] } : undefined,
    publisher: citable.publisher,
    version: citable.version,
    DOI: citable.doi,
    URL: citable.url,
    abstract: citable.description,
    keyword: citable.keywords.join(', ') || undefined,
    language: citable.language,
    license: citable.rights[0]?.spdx ?? citable.rights[0]?.uri,
  }
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined))
}

/** CSL-JSON as text: a list of one item, as reference managers export it. */
export function cslJson(citable: Citable): string {
  return JSON.stringify([cslItem(citable)], null, 2)
}
