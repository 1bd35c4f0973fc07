/** Croissant, versions 0.8, 1.0 and 1.1: schema.org's Dataset with files and record sets. https://docs.mlcommons.org/croissant/ */
import { definition, toRecordKey } from '@frost/lexicon'
import { type Agent, agentOf } from './agents.ts'
import { edtf } from './dates.ts'
import { type Draft, doiIn, entryRecord, referenceTo } from './entry.ts'
import { Fields, isObject } from './fields.ts'
import { formatOfAddress, formatOfMediaType } from './formats.ts'
import { type CatalogItem, type SourceDocument, Unusable } from './item.ts'
import { parseJson } from './json.ts'
import { rightsOf } from './licence.ts'
import { boundedModel } from './model-size.ts'
import { fundersOf, measuredOf, sourcesOf, spatialOf } from './schema-org.ts'
import { bytesOf } from './size.ts'
import { table } from './table.ts'
import { cleanMarkdown, cut, plainText } from './text.ts'

const CATALOG = 'croissant'
const FORMAL = ['@context', '@type', '@id', 'conformsTo', 'dct:conformsTo']

export function* croissant(document: SourceDocument, time: string): Iterable<CatalogItem> {
  const json = parseJson(document.text)
  if (!isObject(json)) throw new Unusable('holds no JSON object: Croissant is one')
  const type = [json['@type']].flat().map(String)
  if (!type.some(name => /(?:^|[:/])Dataset$/.test(name)))
    throw new Unusable(
      `@type is ${JSON.stringify(json['@type'])}: this importer reads Croissant, whose @type is sc:Dataset`,
    )
  const source = new Fields(json)
  const own = source.text('@id')
  const url = source.text('url')
  const name = source.text('name')
  const alternate = source.text('alternateName')
  const title = name ?? alternate ?? titleOf(document.name)
  const id = idOf(document, own, title)
  for (const field of FORMAL) source.take(field)
  const creators = agents(source, 'creator')
  const publishers = agents(source, 'publisher')
  const publisher =
    publishers[0] ?? creators.find(({ nameType }) => nameType === 'Organizational') ?? hostOf(url)
  const citation = source.text('citeAs') ?? source.text('citation')
  const files = filesOf(source, document.uri)
  const licence = source
    .list('license')
    .map(one => (isObject(one) ? String(one.url ?? one.name ?? '') : String(one)))
  const draft: Draft = {
    title,
    titles: name && alternate && alternate !== name ? [{ value: alternate, type: 'AlternativeTitle' }] : [],
    description: source.text('description'),
    descriptions: source
      .texts('rai:dataCollection')
      .map(value => ({ type: 'Methods', value: cut(cleanMarkdown(value), 20_000) })),
    creators,
    publisher,
    rights: licence
      .filter(Boolean)
      .flatMap(text => (/^https?:/.test(text) ? rightsOf({ uri: text }) : rightsOf({ text }))),
    subjects: source
      .texts('keywords')
      .flatMap(words => (/^https?:/.test(words) ? words : words.split(/\s*,\s*/)))
      .map(term => ({ term: cut(plainText(term), 256) })),
    citation: citation && cut(citation.trim(), 3000),
    identifiers: identifiers(source, citation, url),
    dates: [
      ...date('Issued', source.text('datePublished')),
      ...date('Updated', source.text('dateModified')),
      ...date('Created', source.text('dateCreated')),
    ],
    language: language(source),
    models: [...models(source, files), ...measuredOf(source)].slice(0, 16),
    coverage: coverage(source),
    distributions: files.distributions,
    derivedFrom: sourcesOf(source),
    funding: fundersOf(source),
    landingPage: url,
    image:
      typeof source.peek('image') === 'string'
        ? { $type: definition('urlRef'), uri: source.text('image') }
        : undefined,
    relatedItems: source
      .texts('sameAs')
      .map(address => ({ ref: referenceTo(address), relation: 'is-identical-to' })),
    frequency: source.peek('isLiveDataset') === true ? { kind: 'continuous' } : undefined,
  }
  const record = entryRecord(draft, {
    catalog: CATALOG,
    id,
    uri: url ?? document.uri,
    document,
    documentUri: document.uri,
    mediaType: 'application/ld+json',
    time,
    rest: { ...source.rest(), ...(files.others.length > 0 && { distribution: files.others }) },
  })
  yield { id, publisher: publisher?.name, records: [{ rkey: toRecordKey(id), record }] }
}

/** The path where files are told apart by folders, else what the document calls itself. */
function idOf(document: SourceDocument, own: string | undefined, title: string): string {
  const path = document.name.replace(/\/?(?:metadata|croissant)?\.json(?:ld)?$/i, '')
  if (path !== '' && document.uri === undefined) return path
  return own && !own.startsWith('_:') ? own : title
}

function titleOf(name: string): string {
  return (
    name
      .replace(/\/?(?:metadata|croissant)?\.json(?:ld)?$/i, '')
      .split('/')
      .at(-1) || 'Untitled'
  )
}

function agents(source: Fields, field: string): Agent[] {
  return source.list(field).flatMap(one => {
    if (typeof one === 'string') return agentOf(one) ?? []
    const agent = new Fields(one)
    const type = [agent.peek('@type')].flat().map(String).join(' ')
    const nameType = /Person/.test(type)
      ? ('Personal' as const)
      : /Organization/.test(type)
        ? ('Organizational' as const)
        : undefined
    const url = agent.text('url') ?? agent.text('sameAs')
    return agentOf(agent.text('name'), { ...(nameType && { nameType }), ...(url && { url }) }) ?? []
  })
}

/** The platform that serves the dataset, where nobody is named. */
function hostOf(url: string | undefined): Agent | undefined {
  if (!url || !URL.canParse(url)) return undefined
  const { hostname, pathname } = new URL(url)
  const owner = hostname === 'huggingface.co' ? /^\/datasets\/([^/]+)\/[^/]+/.exec(pathname)?.[1] : undefined
  return agentOf(
    owner ?? hostname.replace(/^www\./, ''),
    owner ? { url: `https://huggingface.co/${owner}` } : {},
  )
}

function identifiers(
  source: Fields,
  citation: string | undefined,
  url: string | undefined,
): Record<string, unknown>[] {
  const values = source
    .list('identifier')
    .map(one => (isObject(one) ? String(one.value ?? one['@id'] ?? one.url ?? '') : String(one)))
  // A record's own address is no identifier of the dataset.
  const found = values
    .filter(value => value && !value.startsWith('at://'))
    .map(value => {
      const doi = doiIn(value)
      return doi
        ? { scheme: 'doi', value: doi, covers: 'dataset' }
        : { scheme: /^https?:/.test(value) ? 'url' : 'accession', value }
    })
  const doi = url && /doi\.org/.test(url) ? doiIn(url) : undefined
  // What a citation names is the article as often as the data.
  const cited = citation && doiIn(citation)
  return [
    ...found,
    ...(doi ? [{ scheme: 'doi', value: doi, covers: 'dataset' }] : []),
    ...(cited && cited !== doi ? [{ scheme: 'doi', value: cited, covers: 'article' }] : []),
  ]
}

function date(type: string, text: string | undefined): { type: string; value: string }[] {
  const value = edtf(text)
  return value ? [{ type, value }] : text ? [{ type, value: cut(text, 128) }] : []
}

function language(source: Fields): string | undefined {
  const value = source.peek('inLanguage')
  if (typeof value !== 'string' || !/^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/.test(value)) return undefined
  return source.text('inLanguage')
}

function coverage(source: Fields): Record<string, unknown> | undefined {
  const text =
    typeof source.peek('temporalCoverage') === 'string' ? source.text('temporalCoverage') : undefined
  const [from, until] = (text ?? '').split('/')
  const start = edtf(from)
  const end = edtf(until)
  const temporal = start || end ? [{ start, end, ...(until === '..' && { ongoing: true }) }] : []
  return { spatial: spatialOf(source), temporal }
}

interface Files {
  readonly distributions: Record<string, unknown>[]
  /** Files without any address that leads to them. */
  readonly others: unknown[]
  /** Ids by the names that record sets call them by. */
  readonly ids: ReadonlyMap<string, string>
}

function filesOf(source: Fields, base: string | undefined): Files {
  const list = source.list('distribution').filter(isObject)
  const nameOf = (file: Record<string, unknown>) => String(file['@id'] ?? file.name ?? '')
  const byName = new Map(list.map(file => [nameOf(file), file]))
  const ids = new Map<string, string>()
  const addressOf = (file: Record<string, unknown>, depth = 0): string | undefined => {
    const own = typeof file.contentUrl === 'string' ? absolute(file.contentUrl, base) : undefined
    if (own) return own
    for (const parent of [file.containedIn].flat()) {
      const container = byName.get(isObject(parent) ? String(parent['@id'] ?? '') : String(parent ?? ''))
      const address = container && depth < 8 ? addressOf(container, depth + 1) : undefined
      if (address) return address
    }
    return undefined
  }
  const distributions: Record<string, unknown>[] = []
  const others: unknown[] = []
  for (const json of list) {
    const uri = addressOf(json)
    const name = nameOf(json)
    if (!uri) {
      others.push(json)
      continue
    }
    const file = new Fields(json)
    const id = uniqueId(name, ids)
    ids.set(name, id)
    const mediaType = file.text('encodingFormat')
    const container = [json.containedIn].flat()[0]
    const of =
      container === undefined
        ? undefined
        : ids.get(isObject(container) ? String(container['@id']) : String(container))
    const inside =
      typeof json.contentUrl === 'string' && !absolute(json.contentUrl, base) ? json.contentUrl : undefined
    const size = file.text('contentSize')
    const bytes = bytesOf(size)
    const description = cleanMarkdown(file.text('description') ?? '')
    distributions.push({
      id,
      uri,
      protocol: /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase(),
      format: (mediaType && formatOfMediaType(mediaType)) ?? formatOfAddress(inside ?? uri),
      mediaType,
      role: of ? 'part' : 'primary',
      of,
      path: inside,
      contentSize: bytes,
      digests: [
        digest('sha-256', file.text('sha256'), /^[0-9a-f]{64}$/i),
        digest('md5', file.text('md5'), /^[0-9a-f]{32}$/i),
      ],
      includes: file.texts('includes').map(pattern => ({ pattern: cut(pattern, 1024) })),
      title: name === id ? undefined : cut(plainText(name), 512),
      description: size && !bytes ? `${description} (${size})`.trim() : cut(description, 5000),
    })
  }
  return { distributions, others, ids }
}

function digest(
  algorithm: string,
  value: string | undefined,
  shape: RegExp,
): { algorithm: string; value: string } | undefined {
  return value && shape.test(value) ? { algorithm, value: value.toLowerCase() } : undefined
}

function absolute(address: string, base: string | undefined): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(address)) return address
  return base && URL.canParse(address, base) ? new URL(address, base).href : undefined
}

function uniqueId(name: string, ids: ReadonlyMap<string, string>): string {
  const base = name.slice(-60) || 'file'
  const taken = new Set(ids.values())
  let id = base
  for (let number = 2; taken.has(id); number++) id = `${base}-${number}`
  return id
}

/** schema.org's types as Arrow calls them. */
const TYPES = table<string>({
  Text: 'utf8',
  URL: 'utf8',
  Integer: 'int64',
  Int64: 'int64',
  Int32: 'int32',
  Int16: 'int16',
  Int8: 'int8',
  UInt8: 'uint8',
  Float: 'double',
  Float16: 'float16',
  Float32: 'float',
  Float64: 'double',
  Number: 'double',
  Boolean: 'bool',
  Date: 'date32',
  DateTime: 'timestamp',
  Time: 'time64',
  ImageObject: 'image',
  AudioObject: 'audio',
  VideoObject: 'video',
  BoundingBox: 'list<float>',
})

function models(source: Fields, files: Files): Record<string, unknown>[] {
  return source
    .list('recordSet')
    .filter(isObject)
    .slice(0, 16)
    .map(json => {
      const set = new Fields(json)
      const fields = set.list('field').filter(isObject)
      const name = set.text('name') ?? set.text('@id') ?? ''
      const used = new Set<string>()
      const columns = fields.map(one => {
        for (const id of filesUsed(one)) if (files.ids.has(id)) used.add(files.ids.get(id)!)
        return columnOf(one, name)
      })
      const named = new Map(fields.map((one, index) => [one['@id'], columns[index]!.name]))
      const keys = set.list('key').flatMap(key => {
        const id = isObject(key) ? String(key['@id'] ?? '') : String(key)
        return id ? [String(named.get(id) ?? localName(id, name))] : []
      })
      return boundedModel(
        {
          $type: definition('tableModel'),
          name: cut(name, 256),
          description: cut(cleanMarkdown(set.text('description') ?? ''), 5000),
          columns: columns.slice(0, 2000),
          primaryKey: keys.map(key => ({ name: cut(key, 256) })),
          distributions: [...used].map(id => ({ id })),
        },
        undefined,
      )
    })
}

function columnOf(json: Record<string, unknown>, set: string): Record<string, unknown> {
  const field = new Fields(json)
  const types = field.texts('dataType').map(type => type.replace(/^.*[:/#]/, ''))
  const known = types.map(type => TYPES[type]).find(Boolean) ?? types[0]?.toLowerCase() ?? 'unknown'
  const isList = field.flag('repeated') || field.flag('isArray')
  const parts = field.list('subField').filter(isObject)
  return {
    name: cut(localName(field.text('name') ?? field.text('@id') ?? 'column', set), 256),
    type: isList ? `list<${known}>` : parts.length > 0 ? 'struct' : known,
    description: cut(cleanMarkdown(field.text('description') ?? ''), 2000),
    fields: parts.slice(0, 256).map(part => {
      const { name, type, description } = columnOf(part, set)
      return { name, type, description }
    }),
  }
}

/** `persons/age` within `persons` is `age`. */
function localName(name: string, set: string): string {
  return name.startsWith(`${set}/`) ? name.slice(set.length + 1) : name
}

/** Ids of files and file sets that a field is read from. */
function filesUsed(field: Record<string, unknown>): string[] {
  const source = isObject(field.source) ? field.source : {}
  return ['fileObject', 'fileSet', 'distribution'].flatMap(key => {
    const value = source[key]
    return isObject(value) ? [String(value['@id'] ?? '')] : typeof value === 'string' ? [value] : []
  })
}
