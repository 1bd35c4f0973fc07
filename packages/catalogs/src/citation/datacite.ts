import {
  type Citable,
  type CitedAgent,
  type CitedIdentifier,
  dateParts,
  orcidOf,
  personName,
} from './citable.ts'

/** DataCite's types of related identifiers that reference schemes map to. */
const IDENTIFIER_TYPES = new Map<string, string>(
  Object.entries({
    ark: 'ARK',
    arxiv: 'arXiv',
    bibcode: 'bibcode',
    doi: 'DOI',
    handle: 'Handle',
    isbn: 'ISBN',
    issn: 'ISSN',
    pmid: 'PMID',
    purl: 'PURL',
    rrid: 'RRID',
    url: 'URL',
    urn: 'URN',
  }),
)

/** Metadata as DataCite's REST API takes and gives it (schema 4, JSON). */
export function dataciteAttributes(citable: Citable): Record<string, unknown> {
  const attributes: Record<string, unknown> = {
    doi: citable.doi,
    identifiers: citable.identifiers
      .filter(({ value }) => value.toLowerCase() !== citable.doi)
      .map(({ scheme, value }) => ({ identifierType: scheme, identifier: value }))
      .concat({ identifierType: 'at-uri', identifier: citable.uri }),
    creators: citable.creators.map(agent => name(agent)),
    titles: [{ title: citable.title, ...(citable.language ? { lang: citable.language } : {}) }],
    publisher: { name: citable.publisher ?? ':unav' },
    publicationYear: dateParts(citable.issued ?? '')[0],
    subjects: citable.keywords.map(subject => ({ subject })),
    contributors: citable.contributors.map(agent => ({
      ...name(agent),
      contributorType: pascal(agent.roles?.[0]?.name ?? 'other'),
    })),
    dates: citable.dates.map(({ type, value }) => ({ date: value, dateType: pascal(type) })),
    language: citable.language,
    types: { resourceTypeGeneral: citable.resourceType, resourceType: citable.resourceType },
    relatedIdentifiers: citable.related.map(({ relation, scheme, value }) => ({
      relatedIdentifier: value,
      relatedIdentifierType: IDENTIFIER_TYPES.get(scheme.toLowerCase()) ?? 'URL',
      relationType: pascal(relation),
    })),
    sizes: citable.sizes,
    formats: citable.formats,
    version: citable.version,
    rightsList: citable.rights.map(({ spdx, uri, name: rights }) => ({
      rights: rights ?? spdx,
      rightsUri: uri ?? (spdx ? `https://spdx.org/licenses/${spdx}.html` : undefined),
      ...(spdx
        ? {
            rightsIdentifier: spdx.toLowerCase(),
            rightsIdentifierScheme: 'SPDX',
            schemeUri: 'https://spdx.org/licenses/',
          }
        : {}),
    })),
    descriptions: citable.description
      ? [{ description: citable.description, descriptionType: 'Abstract' }]
      : [],
    fundingReferences: citable.funding.map(
      ({ funderName, funderIdentifier, awardNumber, awardUri, awardTitle }) => ({
        funderName,
        funderIdentifier,
        awardNumber,
        awardUri,
        awardTitle,
      }),
    ),
    url: citable.url,
    schemaVersion: 'http://datacite.org/schema/kernel-4',
  }
  return Object.fromEntries(
    Object.entries(attributes).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  )
}

export function dataciteJson(citable: Citable): string {
  return JSON.stringify(dataciteAttributes(citable), null, 2)
}

function name(agent: CitedAgent): Record<string, unknown> {
  const person = personName(agent)
  const orcid = orcidOf(agent)
  const others = (agent.identifiers ?? []).filter(({ scheme }) => scheme.toLowerCase() !== 'orcid')
  return {
    name: person ? [person.family, person.given].filter(Boolean).join(', ') : agent.name,
    ...(person ? { nameType: 'Personal', givenName: person.given, familyName: person.family } : {}),
    ...(!person && agent.nameType ? { nameType: pascal(agent.nameType) } : {}),
    ...(agent.affiliation?.length ? { affiliation: agent.affiliation.map(affiliation) } : {}),
    nameIdentifiers: [
      ...(orcid
        ? [{ nameIdentifier: orcid, nameIdentifierScheme: 'ORCID', schemeUri: 'https://orcid.org' }]
        : []),
      ...others.map(nameIdentifier),
    ],
  }
}

function affiliation({ name: institution, ror }: { name: string; ror?: string }): Record<string, unknown> {
  return ror
    ? {
        name: institution,
        affiliationIdentifier: ror,
        affiliationIdentifierScheme: 'ROR',
        schemeUri: 'https://ror.org',
      }
    : { name: institution }
}

function nameIdentifier({ scheme, value, schemeUri }: CitedIdentifier): Record<string, unknown> {
  return {
    nameIdentifier: value,
    nameIdentifierScheme: scheme.toUpperCase(),
    ...(schemeUri ? { schemeUri } : {}),
  }
}

/** `is-derived-from` → `IsDerivedFrom`: DataCite writes its terms in Pascal case. */
function pascal(term: string): string {
  return term.replace(/(^|[-_ ]+)(\p{L})/gu, (_match, _gap, letter: string) => letter.toUpperCase())
}
