import { accessWords } from './access.ts'
import { shownNameOf } from './account-name.ts'
import type { EntryView, VersionView } from './appview.ts'
import { boxesOf, entryPath, keywordsOf, variablesOf } from './dataset-facts.ts'
import { linkable, plainText } from './markdown.ts'
import { truncate } from './text.ts'

/**
 * schema.org/Dataset for search engines, after Google's guidance and science-on-schema.org: name, description (50 to 5,000
 * characters), identifiers, creators, licence, coverage, variables, distributions.
 */
export function datasetJsonLd(entry: EntryView, versions: readonly VersionView[], publicUrl: string) {
  const { record, author } = entry
  const url = publicUrl + entryPath(author, entry.uri)
  const dois = (record.identifiers ?? []).filter(({ scheme }) => scheme.toLowerCase() === 'doi')
  const licence = (record.rights ?? []).find(({ spdx, uri }) => spdx || uri)
  return withoutEmpty({
    '@context': 'https://schema.org',
    '@type': 'Dataset',
    '@id': url,
    url,
    name: record.title,
    description: truncate(plainText(record.description ?? record.title), 5000),
    identifier: [entry.uri, ...dois.map(({ value }) => `https://doi.org/${value}`)],
    keywords: keywordsOf(record),
    license: licence?.uri ?? (licence?.spdx && `https://spdx.org/licenses/${licence.spdx}`),
    creator: (record.creators ?? []).slice(0, 50).map(agent),
    publisher: record.publisher
      ? agent(record.publisher)
      : { '@type': 'Organization', name: shownNameOf(author) },
    datePublished: record.createdAt,
    version: versions[0]?.record.version,
    isAccessibleForFree: accessWords(record.access).isOpen,
    conditionsOfAccess: accessWords(record.access).sentence,
    sameAs: record.landingPage && linkable(record.landingPage),
    spatialCoverage: boxesOf(record).map(({ west, south, east, north }) => ({
      '@type': 'Place',
      geo: { '@type': 'GeoShape', box: `${south} ${west} ${north} ${east}` },
    })),
    temporalCoverage: (record.coverage?.temporal ?? []).map(
      ({ start, end }) => `${start ?? '..'}/${end ?? '..'}`,
    ),
    variableMeasured: variablesOf(record)
      .slice(0, 100)
      .map(({ name, text }) => ({ '@type': 'PropertyValue', name, description: text })),
    distribution: (record.distributions ?? []).slice(0, 50).map(copy =>
      withoutEmpty({
        '@type': 'DataDownload',
        name: copy.title ?? copy.id,
        contentUrl: copy.uri,
        encodingFormat: copy.mediaType ?? copy.format,
        contentSize: copy.contentSize && `${copy.contentSize} B`,
      }),
    ),
    isBasedOn: (record.derivedFrom ?? []).map(({ ref }) => {
      const { uri, value } = ref as { uri?: string; value?: string }
      return uri ?? value
    }),
  })
}

function agent({ name, nameType, identifiers, url }: NonNullable<EntryView['record']['publisher']>) {
  const id = identifiers?.find(({ scheme }) => ['orcid', 'ror'].includes(scheme.toLowerCase()))
  return withoutEmpty({
    '@type': nameType?.toLowerCase() === 'personal' ? 'Person' : 'Organization',
    name,
    '@id':
      id && (/^https?:/.test(id.value) ? id.value : `https://${id.scheme.toLowerCase()}.org/${id.value}`),
    url: url && linkable(url),
  })
}

function withoutEmpty(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(
      ([, item]) => item !== undefined && item !== '' && !(Array.isArray(item) && item.length === 0),
    ),
  )
}
