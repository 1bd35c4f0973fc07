import { stringify } from 'yaml'
import { type Citable, dateParts, orcidOf, personName } from './citable.ts'

/** A CITATION.cff file, version 1.2.0 (https://citation-file-format.github.io). */
export function cff(citable: Citable): string {
  const isFullDate = dateParts(citable.issued ?? '').length === 3
  const document = {
    'cff-version': '1.2.0',
    message: 'If you use this dataset, please cite it as below.',
    type: 'dataset',
    title: citable.title,
    authors: citable.creators.map(agent => {
      const person = personName(agent)
      const orcid = orcidOf(agent)
      const affiliation = agent.affiliation?.[0]?.name
      return person
        ? {
            'family-names': person.family,
            ...(person.given ? { 'given-names': person.given } : {}),
            ...(orcid ? { orcid } : {}),
            ...(affiliation ? { affiliation } : {}),
          }
        : { name: agent.name }
    }),
    ...(citable.version ? { version: citable.version } : {}),
    ...(citable.doi ? { doi: citable.doi } : {}),
    ...(isFullDate ? { 'date-released': citable.issued } : {}),
    ...(/^https?:/.test(citable.url) ? { url: citable.url } : {}),
    ...(citable.rights[0]?.spdx ? { license: citable.rights[0].spdx } : {}),
    ...(citable.keywords.length > 0 ? { keywords: [...new Set(citable.keywords)] } : {}),
    ...(citable.description ? { abstract: citable.description } : {}),
    identifiers: [{ type: 'other', value: citable.uri, description: 'AT Protocol record' }],
  }
  return stringify(document, { lineWidth: 100 }).trimEnd()
}
