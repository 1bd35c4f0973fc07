import { type Citable, dateParts } from './citable.ts'
import { citationKey } from './keys.ts'
import { personName } from './names.ts'
import { recordNote } from './note.ts'
import { nameOf } from './text.ts'

/** A CSL-JSON item (https://github.com/citation-style-language/schema), which every reference manager reads. */
export function cslItem(citable: Citable, key = citationKey(citable)): Record<string, unknown> {
  const issued = dateParts(citable.issued ?? '')
  const item: Record<string, unknown> = {
    id: key,
    type: 'dataset',
    title: citable.title,
    author: citable.creators.map(agent => personName(agent) ?? { literal: nameOf(agent) }),
    issued: issued.length > 0 ? { 'date-parts': [issued] } : undefined,
    publisher: citable.publisher,
    version: citable.version,
    DOI: citable.doi,
    URL: citable.url,
    abstract: citable.description,
    keyword: citable.keywords.join(', ') || undefined,
    language: citable.language,
    license: citable.rights[0]?.spdx ?? citable.rights[0]?.uri ?? citable.rights[0]?.name,
    note: recordNote(citable),
  }
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined))
}
