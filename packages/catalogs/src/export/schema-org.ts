/**
 * schema.org's Dataset in JSON-LD, after Google's guidance (description of 50 to 5,000 characters) and science-on-schema.org.
 * https://developers.google.com/search/docs/appearance/structured-data/dataset
 */
import { type Agent, accessNow } from '@frost/lexicon'
import { funderAddress, webAddress } from '../address.ts'
import { orcidOf, rorAddress, rorOf } from '../citation/names.ts'
import { mediaTypeOf } from '../formats.ts'
import { keywordsOf } from '../keywords.ts'
import { cut, plainText } from '../text.ts'
import {
  addressOf,
  boxesOf,
  copiesOf,
  dateOf,
  doiAddresses,
  type ExportSource,
  imageOf,
  intervalsOf,
  licenceAddress,
  placesOf,
  relatedOf,
  said,
  sourcesOf,
  tablesOf,
  variablesOf,
} from './source.ts'

const MOST_PEOPLE = 50
const MOST_VARIABLES = 100
const MOST_DISTRIBUTIONS = 64

export function schemaOrg(source: ExportSource): Record<string, unknown> {
  return { '@context': 'https://schema.org', '@type': 'Dataset', ...datasetFields(source) }
}

/** All fields of the Dataset but its context and type, which profiles of schema.org have of their own. */
export function datasetFields(source: ExportSource): Record<string, unknown> {
  const { entry, uri, account, version } = source
  const url = addressOf(source)
  const { isOpen, level } = accessNow(entry.access)
  return said({
    '@id': url,
    url,
    name: entry.title,
    alternateName: (entry.titles ?? []).map(({ value }) => value),
    description: cut(plainText(entry.description ?? entry.title), 5000),
    identifier: [uri, ...doiAddresses(source)],
    keywords: keywordsOf(entry),
    license: licenceAddress(entry),
    creator: (entry.creators ?? []).slice(0, MOST_PEOPLE).map(agentNode),
    contributor: (entry.contributors ?? []).slice(0, MOST_PEOPLE).map(agentNode),
    publisher: entry.publisher
      ? agentNode(entry.publisher)
      : account && { '@type': 'Organization', name: account },
    datePublished: version?.releasedAt ?? dateOf(entry, 'Issued') ?? entry.createdAt,
    dateModified: dateOf(entry, 'Updated'),
    dateCreated: dateOf(entry, 'Created'),
    inLanguage: entry.language,
    version: version?.version,
    isAccessibleForFree: isOpen,
    conditionsOfAccess: isOpen ? undefined : level,
    sameAs: webAddress(entry.landingPage),
    spatialCoverage: placesNodes(source),
    temporalCoverage: intervalsOf(entry).map(({ start, end }) => `${start ?? '..'}/${end ?? '..'}`),
    variableMeasured: measured(source),
    measurementTechnique: (entry.measurementTechniques ?? []).map(({ term }) => term),
    distribution: copiesOf(entry)
      .slice(0, MOST_DISTRIBUTIONS)
      .map(copy =>
        said({
          '@type': 'DataDownload',
          name: copy.title ?? copy.id,
          description: copy.description,
          contentUrl: copy.uri,
          encodingFormat: copy.mediaType ?? mediaTypeOf(copy.format) ?? copy.format,
          contentSize: copy.contentSize && `${copy.contentSize} B`,
          sha256: sha256Of(copy),
        }),
      ),
    image: imageOf(entry),
    isBasedOn: sourcesOf(entry),
    isPartOf: relatedOf(entry, 'is-part-of'),
    citation: relatedOf(entry, 'is-described-by', 'is-cited-by', 'is-supplement-to', 'is-published-in'),
    funding: (entry.funding ?? []).map(
      ({ funderName, funderIdentifier, awardNumber, awardTitle, awardUri }) =>
        said({
          '@type': 'Grant',
          identifier: awardNumber,
          name: awardTitle,
          url: webAddress(awardUri),
          funder: said({ '@type': 'Organization', name: funderName, '@id': funderAddress(funderIdentifier) }),
        }),
    ),
  })
}

/** Boxes south-west corner first, latitude before longitude; a place without one by its name. */
function placesNodes({ entry }: ExportSource): Record<string, unknown>[] {
  const boxes = boxesOf(entry).map(([west, south, east, north]) => ({
    '@type': 'Place',
    geo:
      west === east && south === north
        ? { '@type': 'GeoCoordinates', latitude: south, longitude: west }
        : { '@type': 'GeoShape', box: `${south} ${west} ${north} ${east}` },
  }))
  return boxes.length > 0 ? boxes : placesOf(entry).map(name => ({ '@type': 'Place', name }))
}

function measured({ entry }: ExportSource): Record<string, unknown>[] {
  const all = [
    ...variablesOf(entry)
      .filter(({ role }) => role === undefined || role === 'data' || role === 'band')
      .map(({ name, longName, standardName, units, description }) => ({
        name,
        units,
        description: [...new Set([longName ?? standardName, description])].filter(Boolean).join('. '),
      })),
    ...tablesOf(entry).flatMap(({ columns }) => columns),
  ]
  return all
    .slice(0, MOST_VARIABLES)
    .map(({ name, units, description }) =>
      said({ '@type': 'PropertyValue', name, unitText: units, description }),
    )
}

export function agentNode(agent: Agent): Record<string, unknown> {
  const address = orcidOf(agent) ?? rorOf(agent)
  const isPerson =
    /^personal$/i.test(agent.nameType ?? '') || address?.startsWith('https://orcid.org/') === true
  return said({
    '@type': isPerson ? 'Person' : 'Organization',
    '@id': address,
    name: agent.name,
    givenName: isPerson ? agent.givenName : undefined,
    familyName: isPerson ? agent.familyName : undefined,
    url: webAddress(agent.url) ?? address,
    affiliation: (agent.affiliation ?? []).map(({ name, ror }) =>
      said({ '@type': 'Organization', name, '@id': rorAddress(ror) }),
    ),
  })
}

/** In hexadecimal digits, as every form wants it. */
export function sha256Of({
  digests = [],
}: {
  readonly digests?: readonly { readonly algorithm: string; readonly value: string }[]
}): string | undefined {
  return digests.find(({ algorithm, value }) => /^sha-?256$/i.test(algorithm) && /^[\da-f]{64}$/i.test(value))
    ?.value
}
