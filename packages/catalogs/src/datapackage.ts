/** Frictionless Data Packages, versions 1 and 2: `datapackage.json`. https://datapackage.org/standard/data-package/ */
import { definition, toRecordKey } from '@frost/lexicon'
import { type Agent, agentOf, contactOf } from './agents.ts'
import { edtf } from './dates.ts'
import { type Draft, doiIn, entryRecord, referenceTo } from './entry.ts'
import { Fields, isObject } from './fields.ts'
import { formatOfAddress, formatOfMediaType } from './formats.ts'
import { type CatalogItem, type SourceDocument, Unusable } from './item.ts'
import { parseJson } from './json.ts'
import { type Rights, rightsOf } from './licence.ts'
import { boundedModel } from './model-size.ts'
import { bytesOf } from './size.ts'
import { table } from './table.ts'
import { cleanMarkdown, cut, plainText } from './text.ts'

const CATALOG = 'datapackage'

export function* datapackage(document: SourceDocument, time: string): Iterable<CatalogItem> {
  const json = parseJson(document.text)
  if (!isObject(json) || !Array.isArray(json.resources))
    throw new Unusable('has no resources: a Data Package lists its files there')
  const source = new Fields(json)
  source.take('$schema')
  source.take('profile')
  const name = source.text('name')
  const own = source.text('id')
  const title = source.text('title') ?? name ?? document.name.split('/').at(-2) ?? 'Untitled'
  const path = document.name.replace(/\/?datapackage\.json$/i, '')
  const id = name ?? (path || own || title)
  const homepage = source.text('homepage')
  const contributors = source.objects('contributors').map(person => contributor(person))
  const having = (role: string) =>
    contributors.filter(({ roles }) => roles.includes(role)).map(({ agent }) => agent)
  const creators = having('author')
  const publisher =
    having('publisher')[0] ?? creators.find(({ nameType }) => nameType === 'Organizational') ?? creators[0]
  const { distributions, models } = resources(source.list('resources').filter(isObject), document.uri)
  const doi = own && doiIn(own)
  const draft: Draft = {
    title,
    description: source.text('description'),
    creators,
    publisher,
    contributors: contributors
      .filter(({ agent }) => !creators.includes(agent) && agent !== publisher)
      .map(({ agent, roles }) => ({ ...agent, roles: roles.map(role => ({ name: cut(role, 64) })) })),
    rights: source.objects('licenses').flatMap(licence),
    subjects: source.texts('keywords').map(term => ({ term: cut(plainText(term), 256) })),
    identifiers:
      own && !own.startsWith('at://')
        ? [
            doi
              ? { scheme: 'doi', value: doi, covers: 'dataset' }
              : { scheme: 'accession', value: cut(own, 1024) },
          ]
        : [],
    dates: (['created', 'modified'] as const).flatMap(field => {
      const value = edtf(source.text(field))
      return value ? [{ type: field === 'created' ? 'Created' : 'Updated', value }] : []
    }),
    models,
    distributions,
    derivedFrom: source.objects('sources').flatMap(one => {
      const address = one.text('path') ?? one.text('web')
      return address && /^https?:/.test(address)
        ? [
            {
              ref: referenceTo(address),
              role: 'source',
              selection: cut(plainText(one.text('title') ?? ''), 1000),
            },
          ]
        : []
    }),
    landingPage: homepage,
    image:
      typeof source.peek('image') === 'string' && /^https?:/.test(String(source.peek('image')))
        ? { $type: definition('urlRef'), uri: source.text('image') }
        : undefined,
  }
  const record = entryRecord(draft, {
    catalog: CATALOG,
    id,
    uri: homepage ?? document.uri,
    document,
    documentUri: document.uri,
    mediaType: 'application/vnd.datapackage+json',
    time,
    rest: source.rest(),
  })
  yield { id, publisher: publisher?.name, records: [{ rkey: toRecordKey(id), record }] }
}

function contributor(person: Fields): { agent: Agent; roles: string[] } {
  const organization = person.text('organization')
  const email = person.text('email')
  const url = person.text('path') ?? person.text('web')
  const roles = [...person.texts('roles'), ...person.texts('role')]
  const named =
    person.text('title') ?? [person.text('givenName'), person.text('familyName')].filter(Boolean).join(' ')
  const agent = agentOf(
    named || organization || (email && contactOf(email)?.name) || 'Unnamed',
    url ? { url } : {},
  )!
  const affiliation = organization && named ? { affiliation: [{ name: cut(organization, 512) }] } : {}
  return { agent: { ...agent, ...affiliation }, roles: roles.length > 0 ? roles : ['author'] }
}

function licence(one: Fields): Rights[] {
  const uri = one.text('path')
  const name = one.text('name')
  const title = one.text('title')
  const [named] = name ? rightsOf({ text: name, ...(uri && { uri }) }) : []
  const [titled] = rightsOf({ text: title, ...(uri && { uri }) })
  const best = named?.spdx ? named : (titled ?? named)
  return best ? [{ ...best, ...(title && !best.name && { name: cut(plainText(title), 512) }) }] : []
}

function resources(list: readonly Record<string, unknown>[], base: string | undefined) {
  const distributions: Record<string, unknown>[] = []
  const models: Record<string, unknown>[] = []
  for (const [index, json] of list.entries()) {
    const resource = new Fields(json)
    const id = cut(resource.text('name') ?? `resource-${index + 1}`, 64)
    const paths = resource.texts('path')
    const mediaType = resource.text('mediatype')
    const format = resource.text('format')
    const hash = resource.text('hash')
    for (const [part, path] of paths.entries()) {
      const uri = absolute(path, base)
      distributions.push({
        id: paths.length > 1 ? cut(`${id}-${part + 1}`, 64) : id,
        uri,
        protocol: /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase(),
        format: (mediaType && formatOfMediaType(mediaType)) ?? formatOfAddress(path) ?? format?.toLowerCase(),
        mediaType,
        role: paths.length > 1 ? 'part' : 'primary',
        contentSize: paths.length === 1 ? bytesOf(resource.text('bytes')) : undefined,
        digests: paths.length === 1 && hash ? [digestOf(hash)] : [],
        title: cut(plainText(resource.text('title') ?? ''), 512),
        description: cut(cleanMarkdown(resource.text('description') ?? ''), 5000),
        openOptions: dialect(resource),
      })
    }
    const schema = resource.object('schema')
    const fields = schema.list('fields').filter(isObject)
    if (fields.length === 0) continue
    models.push(
      boundedModel(
        {
          $type: definition('tableModel'),
          name: id,
          columns: fields.slice(0, 2000).map(columnOf),
          primaryKey: schema.texts('primaryKey').map(key => ({ name: cut(key, 256) })),
          foreignKeys: schema.objects('foreignKeys').map(key => {
            const reference = key.object('reference')
            return {
              columns: key.texts('fields').map(column => ({ name: column })),
              table: reference.text('resource'),
              references: reference.texts('fields').map(column => ({ name: column })),
            }
          }),
          distributions: paths.length > 0 ? [{ id: paths.length > 1 ? cut(`${id}-1`, 64) : id }] : [],
        },
        base,
      ),
    )
  }
  return { distributions, models }
}

/** Table Schema's types as Arrow calls them. https://datapackage.org/standard/table-schema/#field-types */
const TYPES = table<string>({
  string: 'utf8',
  number: 'double',
  integer: 'int64',
  boolean: 'bool',
  date: 'date32',
  time: 'time64',
  datetime: 'timestamp',
  year: 'int32',
  yearmonth: 'utf8',
  duration: 'duration',
  object: 'struct',
  array: 'list',
  list: 'list<utf8>',
  geojson: 'utf8',
  geopoint: 'utf8',
  any: 'utf8',
})

function columnOf(json: Record<string, unknown>): Record<string, unknown> {
  const field = new Fields(json)
  const constraints = field.object('constraints')
  const type = field.text('type') ?? 'any'
  const title = field.text('title')
  const description = cleanMarkdown(field.text('description') ?? '')
  return {
    name: cut(field.text('name') ?? 'column', 256),
    type: TYPES[type] ?? type,
    nullable: constraints.peek('required') === true ? false : undefined,
    units: field.text('unit') ?? field.text('units'),
    description: cut(title && title !== description ? `${title}. ${description}`.trim() : description, 2000),
    concept:
      typeof field.peek('rdfType') === 'string' ? { term: cut(field.text('rdfType')!, 256) } : undefined,
  }
}

function dialect(resource: Fields): { name: string; value: string }[] {
  const settings = {
    ...resource.object('dialect').rest(),
    ...(resource.has('encoding') && { encoding: resource.text('encoding') }),
  }
  return Object.entries(settings)
    .slice(0, 32)
    .map(([name, value]) => ({
      name: `csv:${name}`,
      value: typeof value === 'string' ? value : JSON.stringify(value),
    }))
}

function digestOf(hash: string): { algorithm: string; value: string } {
  const [algorithm, value] = hash.includes(':') ? (hash.split(':', 2) as [string, string]) : ['md5', hash]
  const name = algorithm.toLowerCase().replace(/^sha(\d)/, 'sha-$1')
  return { algorithm: name, value }
}

function absolute(path: string, base: string | undefined): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) return path
  return base && URL.canParse(path, base) ? new URL(path, base).href : path
}
