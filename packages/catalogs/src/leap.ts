/** The catalogue of LEAP-Pangeo: a JSON list of datasets with their Zarr stores. https://catalog.leap.columbia.edu */
import { toRecordKey } from '@frost/lexicon'
import { agentOf } from './agents.ts'
import { edtf } from './dates.ts'
import { type Draft, doiIn, entryRecord, referenceTo } from './entry.ts'
import { Fields, isObject } from './fields.ts'
import { formatInWords, formatOfAddress } from './formats.ts'
import { type CatalogItem, type SourceDocument, Unusable } from './item.ts'
import { parseJson } from './json.ts'
import { licenceId, rightsOf } from './licence.ts'
import { table } from './table.ts'
import { cut, plainText } from './text.ts'

const CATALOG = 'leap'

/** Providers' roles that DataCite and STAC name otherwise. */
const ROLES = table<string>({ distributor: 'Distributor' })

export function* leap(document: SourceDocument, time: string): Iterable<CatalogItem> {
  const json = parseJson(document.text)
  if (!Array.isArray(json)) throw new Unusable('holds no list: the LEAP catalogue is a JSON list of datasets')
  for (const [index, one] of json.entries()) {
    const name = isObject(one) && typeof one.title === 'string' ? one.title : `${document.name}[${index}]`
    try {
      yield leapItem(one, document, time)
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
      yield { id: name, records: [], problem: error.message }
    }
  }
}

function leapItem(json: unknown, document: SourceDocument, time: string): CatalogItem {
  if (!isObject(json)) throw new Unusable('a dataset is no object')
  const source = new Fields(json)
  const title = source.text('title')
  if (!title) throw new Unusable(`title is ${JSON.stringify(json.title)}: a dataset needs one`)
  const recipe = source.text('ncviewjs:meta_yaml_url')
  const id = recipe?.match(/github\.com\/([^/]+\/[^/]+)\//)?.[1]?.replace(/^leap-stc\//, '') ?? title
  const provenance = source.object('provenance')
  const licence = provenance.text('license')
  const licenceLink = provenance.object('license_link')
  const linkUrl = licenceLink.text('url')
  const isDoi = licence !== undefined && doiIn(licence) !== undefined && !licenceId(licence)
  const providers = provenance.objects('providers').flatMap(provider => {
    const roles = provider.texts('roles').map(role => ({ name: ROLES[role] ?? role }))
    const url = provider.text('url')
    const agent = agentOf(provider.text('name'), { nameType: 'Organizational', roles, ...(url && { url }) })
    const about = provider.text('description')
    return agent ? [{ agent, about }] : []
  })
  const producers = providers.filter(({ agent }) => agent.roles?.some(({ name }) => name === 'producer'))
  const distributions = source.objects('stores').flatMap(store => {
    const uri = store.text('url')
    if (!uri) return []
    const engine = store.object('xarray_open_kwargs')
    const options = Object.entries(engine.rest()).map(([option, value]) => ({
      name: `xarray:${option}`,
      value: typeof value === 'string' ? value : JSON.stringify(value),
    }))
    const others = ['rechunking', 'public', 'geospatial'].flatMap(option => {
      const value = store.take(option)
      return value === undefined
        ? []
        : [{ name: `leap:${option}`, value: typeof value === 'string' ? value : JSON.stringify(value) }]
    })
    const updated = edtf(store.text('last_updated'))
    return {
      id: cut(store.text('id') ?? uri, 64),
      uri,
      protocol: /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase(),
      format: formatOfAddress(uri) ?? formatInWords(options.map(({ value }) => value).join(' ')),
      role: 'primary',
      cloud: /osn\.mghpcc\.org|osn\.xsede\.org/.test(uri)
        ? 'osn'
        : /^gs:|storage\.googleapis/.test(uri)
          ? 'gcp'
          : undefined,
      title: cut(plainText(store.text('name') ?? ''), 512),
      description: updated && `Last updated ${updated}.`,
      openOptions: [...options, ...others],
    }
  })
  const draft: Draft = {
    title,
    description: source.text('description'),
    publisher: agentOf('LEAP-Pangeo', { nameType: 'Organizational', url: 'https://leap.columbia.edu' }),
    creators: producers.map(({ agent }) => agent),
    contributors: [
      ...providers.filter(one => !producers.includes(one)).map(({ agent }) => agent),
      ...source.objects('maintainers').flatMap(person => {
        const github = person.text('github')
        const maintainer = agentOf(person.text('name'), {
          nameType: 'Personal',
          roles: [{ name: 'DataManager' }],
          ...(github && { url: `https://github.com/${github}` }),
        })
        return maintainer ?? []
      }),
    ],
    rights: isDoi
      ? [
          {
            uri: licence.startsWith('http') ? licence : `https://doi.org/${doiIn(licence)}`,
            name: 'Terms of the product',
          },
        ]
      : rightsOf({ text: licence ?? licenceLink.text('title'), ...(linkUrl && { uri: linkUrl }) }),
    identifiers: isDoi ? [{ scheme: 'doi', value: doiIn(licence), covers: 'collection' }] : [],
    subjects: source.texts('tags').map(term => ({ term })),
    distributions,
    image: undefined,
    relatedItems: [
      ...source.objects('links').flatMap(link => {
        const url = link.text('url')
        return url
          ? [
              {
                ref: referenceTo(url),
                relation: 'is-documented-by',
                title: cut(plainText(link.text('label') ?? ''), 1000),
              },
            ]
          : []
      }),
      ...(recipe
        ? [
            {
              ref: referenceTo(recipe),
              relation: 'is-compiled-by',
              resourceType: 'Software',
              title: 'Recipe',
            },
          ]
        : []),
    ],
    landingPage: 'https://catalog.leap.columbia.edu/',
  }
  const abouts = Object.fromEntries(
    providers.flatMap(({ agent, about }) => (about ? [[agent.name, about]] : [])),
  )
  const record = entryRecord(draft, {
    catalog: CATALOG,
    id,
    uri: recipe,
    document: { ...document, text: JSON.stringify(json) },
    documentUri: document.uri,
    mediaType: 'application/json',
    time,
    rest: {
      ...source.rest(),
      ...provenance.rest(),
      ...(Object.keys(abouts).length > 0 && { providers: abouts }),
    },
  })
  return { id, publisher: 'LEAP-Pangeo', records: [{ rkey: toRecordKey(id), record }] }
}
