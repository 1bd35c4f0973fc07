/** DCAT 3 in JSON-LD, with the properties that DCAT-AP asks for. https://www.w3.org/TR/vocab-dcat-3/ */
import { type Agent, accessNow } from '@frost/lexicon'
import { iri, webAddress } from '../address.ts'
import { orcidOf, rorOf } from '../citation/names.ts'
import { mediaTypeOf } from '../formats.ts'
import { table } from '../table.ts'
import { sha256Of } from './schema-org.ts'
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
  relatedOf,
  said,
  sourcesOf,
} from './source.ts'
import { moment } from './stac.ts'

const CONTEXT = {
  adms: 'http://www.w3.org/ns/adms#',
  dcat: 'http://www.w3.org/ns/dcat#',
  dct: 'http://purl.org/dc/terms/',
  foaf: 'http://xmlns.com/foaf/0.1/',
  geo: 'http://www.opengis.net/ont/geosparql#',
  prov: 'http://www.w3.org/ns/prov#',
  spdx: 'http://spdx.org/rdf/terms#',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
}
const RIGHTS = 'http://publications.europa.eu/resource/authority/access-right/'
const IANA = 'https://www.iana.org/assignments/media-types/'
/** https://op.europa.eu/en/web/eu-vocabularies/dataset/-/resource?uri=http://publications.europa.eu/resource/dataset/frequency */
const FREQUENCIES = table<string>({
  PT1H: 'HOURLY',
  P1D: 'DAILY',
  P7D: 'WEEKLY',
  P1W: 'WEEKLY',
  P14D: 'BIWEEKLY',
  P1M: 'MONTHLY',
  P3M: 'QUARTERLY',
  P6M: 'ANNUAL_2',
  P1Y: 'ANNUAL',
})

export function dcat(source: ExportSource): Record<string, unknown> {
  const { entry, uri, account, version } = source
  const { isOpen } = accessNow(entry.access)
  const address = addressOf(source)
  return said({
    '@context': CONTEXT,
    '@id': address,
    '@type': 'dcat:Dataset',
    'dct:title': text(entry.title, entry.language),
    'dct:description': text(entry.description ?? entry.title, entry.language),
    'dct:identifier': [uri, ...doiAddresses(source)],
    'dcat:keyword': (entry.subjects ?? [])
      .filter(({ uri }) => !uri)
      .map(({ term, lang }) => text(term, lang)),
    'dcat:theme': (entry.subjects ?? []).flatMap(one => reference(webAddress(one.uri)) ?? []),
    'dct:creator': (entry.creators ?? []).map(agent),
    'dct:publisher': entry.publisher ? agent(entry.publisher) : account && agent({ name: account }),
    'dct:issued': date(version?.releasedAt ?? dateOf(entry, 'Issued') ?? entry.createdAt),
    'dct:modified': date(dateOf(entry, 'Updated')),
    'dct:language': entry.language,
    'dcat:version': version?.version,
    'dct:license': reference(licenceAddress(entry)),
    'dct:accessRights': reference(RIGHTS + (isOpen ? 'PUBLIC' : 'RESTRICTED')),
    'dct:accrualPeriodicity': frequency(source),
    'dcat:landingPage': reference(webAddress(entry.landingPage) ?? webAddress(address)),
    'foaf:depiction': reference(imageOf(entry)),
    'dct:spatial': boxesOf(entry).map(([west, south, east, north]) => ({
      '@type': 'dct:Location',
      'dcat:bbox': {
        '@type': 'geo:wktLiteral',
        '@value': `POLYGON((${west} ${south},${east} ${south},${east} ${north},${west} ${north},${west} ${south}))`,
      },
    })),
    'dct:temporal': intervalsOf(entry).map(({ start, end }) =>
      said({
        '@type': 'dct:PeriodOfTime',
        'dcat:startDate': time(moment(start, 'start')),
        'dcat:endDate': time(moment(end, 'end')),
      }),
    ),
    'prov:wasDerivedFrom': sourcesOf(entry).map(reference),
    'dct:isPartOf': relatedOf(entry, 'is-part-of').map(reference),
    'dct:isReferencedBy': relatedOf(entry, 'is-described-by', 'is-cited-by').map(reference),
    'foaf:page': relatedOf(entry, 'is-documented-by').map(reference),
    'dcat:distribution': copiesOf(entry).map(copy => {
      const mediaType = copy.mediaType ?? mediaTypeOf(copy.format)
      return said({
        '@id': `${address}#${encodeURIComponent(copy.id)}`,
        '@type': 'dcat:Distribution',
        'dct:title': copy.title ?? copy.id,
        'dct:description': copy.description,
        'dcat:accessURL': reference(copy.uri),
        'dcat:downloadURL': reference(webAddress(copy.uri)),
        'dcat:mediaType': mediaType && reference(iri(IANA + mediaType.split(';')[0]!.trim())),
        'dct:format': copy.format,
        'dcat:byteSize': copy.contentSize && {
          '@type': 'xsd:nonNegativeInteger',
          '@value': copy.contentSize,
        },
        'dct:license': reference(licenceAddress(entry)),
        'spdx:checksum': sha256Of(copy) && {
          '@type': 'spdx:Checksum',
          'spdx:algorithm': reference('http://spdx.org/rdf/terms#checksumAlgorithm_sha256'),
          'spdx:checksumValue': { '@type': 'xsd:hexBinary', '@value': sha256Of(copy) },
        },
      })
    }),
  })
}

const reference = (address: string | undefined) => (address ? { '@id': address } : undefined)

const text = (value: string, language: string | undefined) =>
  language ? { '@value': value, '@language': language } : value

const time = (value: string | undefined) => value && { '@type': 'xsd:dateTime', '@value': value }

/** A date in the type that its precision has; what XML Schema has no type for stays a text. */
function date(value: string | undefined): unknown {
  if (!value) return undefined
  if (/^\d{4}-\d{2}-\d{2}T/.test(value)) return { '@type': 'xsd:dateTime', '@value': value }
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return { '@type': 'xsd:date', '@value': value }
  if (/^\d{4}$/.test(value)) return { '@type': 'xsd:gYear', '@value': value }
  return value
}

function frequency({ entry }: ExportSource): unknown {
  const { kind, interval } = entry.frequency ?? {}
  const known = kind === 'continuous' ? 'CONT' : interval && FREQUENCIES[interval]
  return known ? reference(`http://publications.europa.eu/resource/authority/frequency/${known}`) : undefined
}

function agent(one: Agent): Record<string, unknown> {
  return said({
    '@id': orcidOf(one) ?? rorOf(one),
    '@type': /^personal$/i.test(one.nameType ?? '') ? 'foaf:Person' : 'foaf:Agent',
    'foaf:name': one.name,
    'foaf:homepage': reference(webAddress(one.url)),
  })
}
