/** One STAC Collection (1.0, 1.1) as an entry. https://github.com/radiantearth/stac-spec/tree/v1.1.0/collection-spec */
import { definition, toRecordKey } from '@frost/lexicon'
import { type Agent, agentOf } from '../agents.ts'
import { decimal } from '../decimal.ts'
import { type Draft, doiIn, entryRecord, prune, referenceTo } from '../entry.ts'
import { Fields } from '../fields.ts'
import { type CatalogItem, type SourceDocument, Unusable } from '../item.ts'
import { licenceId, type Rights, rightsOf } from '../licence.ts'
import { boundedModel } from '../model-size.ts'
import { table } from '../table.ts'
import { cleanMarkdown, cut, linksIn, plainText } from '../text.ts'
import { readAssets } from './assets.ts'
import { coverageOf } from './extent.ts'
import { readLinks } from './links.ts'
import { modelsOf } from './model.ts'

/** Values of `license` that name no licence. */
const NO_LICENCE = /^(?:proprietary|various|other|not-?provided|unknown|none|proprietary_non_commercial)$/i

/** Fields that say what kind of document it is, and are implied by the record. */
const FORMAL = ['type', 'stac_version', 'stac_extensions']

/**
 * @param base address by which relative links are resolved, where the document has no `self` link
 * @throws Unusable where `id` is missing
 */
export function collectionItem(
  json: Record<string, unknown>,
  document: SourceDocument,
  time: string,
  base = document.uri,
): CatalogItem {
  const source = new Fields(json)
  const id = source.text('id')
  if (!id) throw new Unusable(`id is ${JSON.stringify(json.id)}: a STAC Collection needs one`)
  for (const name of FORMAL) source.take(name)
  const links = readLinks(source.objects('links'), base)
  const assets = readAssets(source.object('assets'), source.object('storage:schemes'))
  const summaries = source.object('summaries')
  const models = modelsOf(source, summaries)
  const { coverage, odd } = coverageOf(source.object('extent'))
  const providers = [...source.objects('providers'), ...source.objects('provider')].flatMap(agentOfProvider)
  const publisher = principal(providers)
  const isEarthEngine = source.has('gee:type')
  const catalog = isEarthEngine
    ? 'earth-engine'
    : /cmr\.earthdata\.nasa\.gov/.test(links.self ?? '')
      ? 'nasa-cmr'
      : 'stac'
  const dois = [...new Set([...doisOf(source), ...links.dois])]
  const citation = source.text('sci:citation')
  const draft: Draft = {
    title: source.text('title') ?? id,
    description: source.text('description'),
    descriptions:
      source.peek('gee:status') === 'deprecated' || source.flag('deprecated') === true
        ? [{ type: 'Other', value: 'Deprecated by its catalogue.' }]
        : [],
    creators: [],
    publisher,
    contributors: providers.filter(agent => agent !== publisher),
    rights: rights(source, links.license),
    subjects: [
      ...source.texts('keywords').map(term => ({ term: cut(plainText(term), 256) })),
      ...source.texts('gee:categories').map(term => ({ term, scheme: 'Earth Engine category' })),
    ].filter(({ term }) => term !== ''),
    identifiers: [
      // One DOI is given to several of these collections: it need not name this one alone.
      ...dois.map(value => ({ scheme: 'doi', value, ...(!isEarthEngine && { covers: 'dataset' }) })),
      ...source.texts('gee:provider_ids').map(value => ({ scheme: 'concept-id', value })),
      ...conceptId(links.landingPage),
    ],
    citation: citation && cut(plainText(citation), 3000),
    models: models.map(({ $type, ...model }) =>
      boundedModel(
        { $type: definition($type === 'table' ? 'tableModel' : 'arrayModel'), ...model },
        links.self ?? document.uri,
      ),
    ),
    coverage: { ...coverage, ...resolution(summaries, source) },
    distributions: [...assets.distributions, ...earthEngine(isEarthEngine, id)],
    services: [...links.services, ...assets.services],
    derivedFrom: links.derivedFrom,
    relatedItems: [...links.relatedItems, ...publications(source)],
    platforms: subjects(summaries, 'platform'),
    instruments: subjects(summaries, 'instruments'),
    landingPage: links.landingPage ?? earthEnginePage(isEarthEngine, id),
    image:
      links.image || assets.image
        ? { $type: definition('urlRef'), uri: links.image ?? assets.image }
        : undefined,
    metadataLinks: [...links.metadataLinks, ...assets.metadataLinks],
  }
  const left = prune({
    ...source.rest(),
    ...odd,
    summaries: summaries.rest(),
    links: links.others,
    children: links.children,
  }) as Record<string, unknown>
  const record = entryRecord(draft, {
    catalog,
    id,
    uri: links.self,
    document,
    documentUri: links.self ?? document.uri,
    mediaType: 'application/json',
    time,
    rest: left,
  })
  return { id, publisher: publisher?.name, records: [{ rkey: toRecordKey(id), record }] }
}

function agentOfProvider(provider: Fields): Agent[] {
  const roles = provider.texts('roles').map(name => ({ name: cut(name, 64) }))
  const agent = agentOf(provider.text('name'), {
    nameType: 'Organizational',
    url: provider.text('url'),
    roles,
  })
  return agent ? [agent] : []
}

/** Who publishes: the producer, else the licensor, else whoever does not merely host. */
function principal(providers: readonly Agent[]): Agent | undefined {
  const having = (role: string) =>
    providers.find(({ roles }) => roles?.some(({ name }) => name.toLowerCase() === role))
  const notHost = providers.find(({ roles }) => !roles?.some(({ name }) => name.toLowerCase() === 'host'))
  return having('producer') ?? having('licensor') ?? notHost ?? providers[0]
}

function rights(source: Fields, uri: string | undefined): Rights[] {
  const licence = source.text('license') ?? ''
  const terms = source.text('gee:terms_of_use')
  if (!NO_LICENCE.test(licence)) {
    const [named] = rightsOf({ text: licence })
    const text = terms && cut(cleanMarkdown(terms), 5000)
    return [{ ...named, ...(uri && { uri }), ...(text && text.length > 40 && { text }) }]
  }
  if (!terms) return uri ? [{ uri, name: licence === '' ? undefined : 'Terms of the provider' }] : []
  const said = cleanMarkdown(terms)
  const id = licenceId(said)
  const plain = plainText(said)
  return [
    {
      ...(id && { spdx: id }),
      ...(uri || linksIn(said)[0] ? { uri: uri ?? linksIn(said)[0]!.url } : {}),
      name: cut(plain, 160),
      ...(plain.length > 160 && { text: cut(said, 5000) }),
    },
  ]
}

function doisOf(source: Fields): string[] {
  const doi = source.text('sci:doi')
  return doi ? [doiIn(doi) ?? doi] : []
}

function conceptId(page: string | undefined): { scheme: string; value: string }[] {
  const id = /\/concepts\/(C\d+-[A-Z0-9_]+)/.exec(page ?? '')?.[1]
  return id ? [{ scheme: 'concept-id', value: id }] : []
}

function publications(source: Fields): Record<string, unknown>[] {
  return source.objects('sci:publications').flatMap(publication => {
    const doi = publication.text('doi')
    const citation = cut(plainText(publication.text('citation') ?? ''), 3000)
    const address = doi ? (doiIn(doi) ?? doi) : (doiIn(citation) ?? linksIn(citation)[0]?.url)
    if (!address && !citation) return []
    return {
      ref: address
        ? referenceTo(address)
        : { $type: definition('identifierRef'), scheme: 'citation', value: cut(citation, 1024) },
      relation: 'is-described-by',
      resourceType: 'JournalArticle',
      citation,
    }
  })
}

function subjects(summaries: Fields, name: string): { term: string }[] {
  const terms = summaries.texts(name).filter(term => !/^not (?:provided|applicable|available)$/i.test(term))
  return [...new Set(terms)].map(term => ({ term: cut(plainText(term), 256) }))
}

function resolution(summaries: Fields, source: Fields): Record<string, unknown> {
  const gsd = summaries.list('gsd').flatMap(value => decimal(value) ?? [])
  const interval = source.object('gee:interval')
  const duration = durationOf(interval.text('interval'), interval.text('unit'))
  return {
    resolution: gsd.slice(0, 8).map(value => ({ value, units: 'm' })),
    temporalResolution: duration,
  }
}

const DURATIONS = table<readonly [string, string]>({
  minute: ['PT', 'M'],
  hour: ['PT', 'H'],
  day: ['P', 'D'],
  week: ['P', 'W'],
  month: ['P', 'M'],
  year: ['P', 'Y'],
})

/** ISO 8601 duration of `1`, `day`. */
function durationOf(count: string | undefined, unit: string | undefined): string | undefined {
  const parts = unit === undefined ? undefined : DURATIONS[unit]
  return count && parts ? `${parts[0]}${count}${parts[1]}` : undefined
}

function earthEngine(isEarthEngine: boolean, id: string): Record<string, unknown>[] {
  if (!isEarthEngine) return []
  return [
    {
      id: 'earth-engine',
      uri: `ee://${id}`,
      protocol: 'earth-engine',
      role: 'primary',
      cloud: 'gcp',
      access: { level: 'registered' },
      title: 'Earth Engine asset',
    },
  ]
}

function earthEnginePage(isEarthEngine: boolean, id: string): string | undefined {
  return isEarthEngine
    ? `https://developers.google.com/earth-engine/datasets/catalog/${id.replaceAll('/', '_')}`
    : undefined
}
