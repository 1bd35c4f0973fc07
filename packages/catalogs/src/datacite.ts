/**
 * DataCite metadata as JSON: an answer of the REST API, one DOI or a list, or what content negotiation gives for a DOI.
 * https://support.datacite.org/docs/datacite-json-schema, schema 4.7
 */
import { definition, normaliseDoi, toRecordKey } from '@frost/lexicon'
import { rorAddress } from './citation/names.ts'
import { edtf } from './dates.ts'
import { decimal } from './decimal.ts'
import { type Draft, entryRecord, referenceTo } from './entry.ts'
import { Fields, isObject } from './fields.ts'
import { formatOfAddress } from './formats.ts'
import { type CatalogItem, type SourceDocument, Unusable } from './item.ts'
import { parseJson } from './json.ts'
import { type Rights, rightsOf } from './licence.ts'
import { cleanMarkdown, cut } from './text.ts'

const CATALOG = 'datacite'
/** What the API says of a DOI's registration and use, not of the dataset. */
const FORMAL =
  'schemaVersion prefix suffix state reason source isActive metadataVersion xml created registered published updated viewCount ' +
  'downloadCount referenceCount citationCount partCount partOfCount versionCount versionOfCount viewsOverTime downloadsOverTime ' +
  'citationsOverTime container agency clientId providerId id provider media relatedDoi publicationYear'

export function* datacite(document: SourceDocument, time: string): Iterable<CatalogItem> {
  const json = parseJson(document.text)
  if (!isObject(json)) throw new Unusable('holds no JSON object: DataCite metadata is one')
  const data = [json.data ?? json].flat()
  for (const one of data) {
    const attributes = isObject(one) ? (isObject(one.attributes) ? one.attributes : one) : {}
    // The document's digest is that of what describes this one.
    const part = data.length > 1 ? { ...document, text: JSON.stringify(one), uri: undefined } : document
    yield datasetOf(attributes, part, time)
  }
}

/** @throws Unusable where it has no title */
function datasetOf(json: Record<string, unknown>, document: SourceDocument, time: string): CatalogItem {
  const source = new Fields(json)
  const [first, ...titles] = source.objects('titles').flatMap(title => {
    const text = title.text('title')
    return text ? [{ text, type: title.text('titleType'), lang: language(title.text('lang')) }] : []
  })
  const doi = normaliseDoi(source.text('doi') ?? '')
  if (!first) throw new Unusable(`has no titles: DataCite metadata needs one`, doi)
  for (const name of FORMAL.split(' ')) source.take(name)
  const publisher = publisherOf(source)
  const types = source.object('types')
  const url = source.text('url')
  const related = source.objects('relatedIdentifiers').map(relatedItem)
  const descriptions = source.objects('descriptions').flatMap(described)
  const abstract = descriptions.find(({ type }) => type === 'Abstract') ?? descriptions[0]
  const resourceType = types.text('resourceType')
  const general = types.text('resourceTypeGeneral')
  const draft: Draft = {
    title: first.text,
    titles: titles.map(({ text, type, lang }) => ({ value: text, type, lang })),
    description: abstract?.value,
    descriptions: descriptions.filter(one => one !== abstract),
    resourceTypeGeneral: general === 'Dataset' ? undefined : general,
    resourceType: resourceType && resourceType !== general ? cut(resourceType, 256) : undefined,
    language: language(source.text('language')),
    creators: source.objects('creators').flatMap(person),
    contributors: source.objects('contributors').flatMap(one => {
      const role = one.text('contributorType')
      return person(one).map(agent => ({ ...agent, ...(role && { roles: [{ name: role }] }) }))
    }),
    publisher,
    rights: source.objects('rightsList').flatMap(rights),
    subjects: source.objects('subjects').flatMap(subject),
    identifiers: [
      ...(doi ? [{ scheme: 'doi', value: doi, covers: 'dataset' }] : []),
      ...[...source.objects('alternateIdentifiers'), ...source.objects('identifiers')].flatMap(one =>
        alternate(one, doi),
      ),
    ],
    dates: source.objects('dates').flatMap(date),
    coverage: coverage(source),
    distributions: source.texts('contentUrl').map((uri, index) => ({
      id: index === 0 ? 'data' : `data-${index + 1}`,
      uri,
      format: formatOfAddress(uri),
    })),
    derivedFrom: related.flatMap(({ relation, ref }) =>
      relation === 'is-derived-from' ? [{ ref, role: 'source' }] : [],
    ),
    relatedItems: related.filter(({ relation }) => relation !== 'is-derived-from'),
    funding: source.objects('fundingReferences').flatMap(funding),
    landingPage: url && /^https?:/i.test(url) ? url : undefined,
  }
  const id = doi ?? first.text
  const record = entryRecord(draft, {
    catalog: CATALOG,
    id,
    uri: doi ? `https://doi.org/${doi}` : url,
    document,
    documentUri: document.uri,
    mediaType: 'application/vnd.datacite.datacite+json',
    time,
    rest: source.rest(),
  })
  return { id, publisher: publisher?.name, records: [{ rkey: toRecordKey(id), record }] }
}

interface Agent {
  readonly name: string
  readonly [field: string]: unknown
}

function publisherOf(source: Fields): Agent | undefined {
  const name = source.text('publisher')
  if (name) return { name: cut(name, 512) }
  const publisher = source.object('publisher')
  const known = publisher.text('name')
  const ror = rorAddress(publisher.text('publisherIdentifier'))
  return known
    ? { name: cut(known, 512), ...(ror && { identifiers: [{ scheme: 'ror', value: ror }] }) }
    : undefined
}

function person(source: Fields): Agent[] {
  const [familyName, givenName] = [source.text('familyName'), source.text('givenName')]
  const name = source.text('name') ?? [familyName, givenName].filter(Boolean).join(', ')
  if (!name || name === ':unav') return []
  const nameType = source.text('nameType')
  const identifiers = source.objects('nameIdentifiers').flatMap(identifier => {
    const scheme = identifier.text('nameIdentifierScheme')?.toLowerCase()
    const value = identifier.text('nameIdentifier')
    if (!scheme || !value) return []
    if (scheme === 'orcid') return [{ scheme, value: value.replace(/^https?:\/\/orcid\.org\//i, '') }]
    return [{ scheme: cut(scheme, 64), value: scheme === 'ror' ? (rorAddress(value) ?? value) : value }]
  })
  const affiliation = source.list('affiliation').flatMap(one => {
    if (typeof one === 'string') return [{ name: cut(one, 512) }]
    const institution = new Fields(one)
    const called = institution.text('name')
    const ror = rorAddress(institution.text('affiliationIdentifier'))
    return called ? [{ name: cut(called, 512), ...(ror && { ror }) }] : []
  })
  return [
    {
      name: cut(name, 512),
      ...(nameType && { nameType }),
      ...(familyName && { familyName: cut(familyName, 256) }),
      ...(givenName && { givenName: cut(givenName, 256) }),
      ...(identifiers.length > 0 && { identifiers: identifiers.slice(0, 8) }),
      ...(affiliation.length > 0 && { affiliation: affiliation.slice(0, 16) }),
    },
  ]
}

function rights(source: Fields): Rights[] {
  const id = source.text('rightsIdentifier')
  const text = source.text('rights')
  const uri = source.text('rightsUri')
  const named = rightsOf({ ...(id && { text: id }), ...(uri && { uri }) })
  return named[0]?.spdx || !text ? named : rightsOf({ text, ...(uri && { uri }) })
}

function subject(source: Fields): object[] {
  const term = source.text('subject')
  if (!term) return []
  return [
    {
      term: cut(term, 256),
      scheme: source.text('subjectScheme'),
      schemeUri: source.text('schemeUri'),
      uri: source.text('valueUri'),
      code: source.text('classificationCode'),
      lang: language(source.text('lang')),
    },
  ]
}

/** The at-uri and CID of a record that DataCite was told of here are no identifiers of the dataset. */
function alternate(source: Fields, doi: string | undefined): object[] {
  const scheme = (source.text('alternateIdentifierType') ?? source.text('identifierType'))?.toLowerCase()
  const value = source.text('alternateIdentifier') ?? source.text('identifier')
  if (!scheme || !value || ['at-uri', 'cid'].includes(scheme)) return []
  if (scheme === 'doi' && normaliseDoi(value) === doi) return []
  return [{ scheme: cut(scheme, 64), value }]
}

function described(source: Fields): { value: string; type?: string; lang?: string }[] {
  const text = source.text('description')
  const lang = language(source.text('lang'))
  const type = source.text('descriptionType')
  return text
    ? [{ value: cut(cleanMarkdown(text), 20_000), ...(type && { type }), ...(lang && { lang }) }]
    : []
}

function date(source: Fields): object[] {
  const value = source.text('date')
  if (!value) return []
  const note = source.text('dateInformation')
  return [
    {
      type: source.text('dateType') ?? 'Other',
      value: edtf(value) ?? cut(value, 128),
      note: note && cut(note, 1000),
    },
  ]
}

function relatedItem(source: Fields): {
  ref: Record<string, unknown>
  relation: string
  relationNote?: string
} {
  const value = source.text('relatedIdentifier') ?? ''
  const scheme = (source.text('relatedIdentifierType') ?? 'url').toLowerCase()
  const note = source.text('relationTypeInformation')
  const ref =
    scheme === 'doi' || /^https?:/i.test(value)
      ? referenceTo(value)
      : { $type: definition('identifierRef'), scheme: cut(scheme, 64), value: value || '?' }
  return {
    ref,
    relation: kebab(source.text('relationType') ?? 'Other'),
    ...(note && { relationNote: cut(note, 1000) }),
  }
}

/** `IsDerivedFrom` → `is-derived-from`. */
const kebab = (term: string): string => term.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase()

function funding(source: Fields): object[] {
  const funderName = source.text('funderName')
  if (!funderName) return []
  return [
    {
      funderName: cut(funderName, 512),
      funderIdentifier: source.text('funderIdentifier'),
      awardNumber: source.text('awardNumber'),
      awardUri: source.text('awardUri'),
      awardTitle: source.text('awardTitle'),
    },
  ]
}

function coverage(source: Fields): object {
  const spatial = source.objects('geoLocations').flatMap(location => {
    const name = location.text('geoLocationPlace')
    const place = name ? { place: { term: cut(name, 256) } } : {}
    const box = sides(location.object('geoLocationBox'))
    const point = location.object('geoLocationPoint')
    const longitude = decimal(point.text('pointLongitude'))
    const latitude = decimal(point.text('pointLatitude'))
    const where = box ? { bbox: box } : longitude && latitude ? { point: { longitude, latitude } } : {}
    return [{ ...where, ...place }]
  })
  return { spatial }
}

function sides(box: Fields): object | undefined {
  const west = decimal(box.text('westBoundLongitude'))
  const east = decimal(box.text('eastBoundLongitude'))
  const south = decimal(box.text('southBoundLatitude'))
  const north = decimal(box.text('northBoundLatitude'))
  return west && east && south && north ? { west, south, east, north } : undefined
}

function language(tag: string | undefined): string | undefined {
  return tag && /^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/.test(tag) ? tag : undefined
}
