/** The Registry of Open Data on AWS: one YAML file a dataset. https://github.com/awslabs/open-data-registry */
import { toRecordKey, withoutEnd } from '@frost/lexicon'
import { agentsIn, authorsIn, contactOf } from './agents.ts'
import { frequencyOf } from './dates.ts'
import { type Draft, doiIn, entryRecord, referenceTo } from './entry.ts'
import { Fields, isObject } from './fields.ts'
import { formatInWords, formatOfAddress } from './formats.ts'
import { type CatalogItem, type SourceDocument, Unusable } from './item.ts'
import { rightsOf } from './licence.ts'
import { cleanMarkdown, cut, linksIn, plainText } from './text.ts'
import { parseYaml } from './yaml.ts'

const CATALOG = 'aws-open-data'

/** Prefixes of DOIs that archives of data give: such a DOI in a citation names the dataset and not an article. */
const DATA_DOI =
  /^10\.(?:5281|5061|7910|5067|5065|5066|24381|1594|25921|7289|25584|25919|17190|17632|6084|15468|7937|13012|48670|57967|26008|6073|5285|7914|7272|3334|5439)\//

export function* awsOpenData(document: SourceDocument, time: string): Iterable<CatalogItem> {
  const parsed = parseYaml(document.text)
  if (!isObject(parsed)) throw new Unusable('holds no mapping with Name, Description, License and Resources')
  const id = document.name
    .split('/')
    .at(-1)!
    .replace(/\.ya?ml$/i, '')
  const source = new Fields(parsed)
  const title = source.text('Name')
  if (!title) throw new Unusable(`Name is ${JSON.stringify(parsed.Name)}: a dataset needs a name`, id)
  const managers = agentsIn(source.text('ManagedBy') ?? '', { nameType: 'Organizational' })
  const tags = source.texts('Tags')
  const citation = source.text('Citation')
  const doi = citation && doiIn(citation)
  const updates = source.text('UpdateFrequency')
  const { distributions, services } = resources(source.objects('Resources'), tags)
  const documentation = source.text('Documentation') ?? ''
  const deprecated = source.flag('Deprecated')
  const notice = source.text('DeprecatedNotice')
  const draft: Draft = {
    title,
    description: source.text('Description'),
    publisher: managers[0],
    contributors: managers.slice(1).map(agent => ({ ...agent, roles: [{ name: 'DataManager' }] })),
    landingPage: linksIn(documentation)[0]?.url,
    descriptions: [
      ...(saysMoreThanAnAddress(documentation)
        ? [{ type: 'TechnicalInfo', value: cut(cleanMarkdown(documentation), 20_000) }]
        : []),
      ...(deprecated || notice
        ? [{ type: 'Other', value: `Deprecated. ${cut(cleanMarkdown(notice ?? ''), 10_000)}`.trim() }]
        : []),
    ],
    contacts: [contactOf(source.text('Contact') ?? '')],
    rights: rightsOf({ text: source.text('License') }),
    subjects: [
      ...tags.map(term => ({ term })),
      ...source.texts('ADXCategories').map(term => ({ term, scheme: 'AWS Data Exchange category' })),
    ],
    citation: citation && cut(plainText(citation), 3000),
    identifiers: doi && DATA_DOI.test(doi) ? [{ scheme: 'doi', value: doi, covers: 'dataset' }] : [],
    frequency: updates ? frequencyOf(plainText(updates)) : undefined,
    distributions,
    services,
    relatedItems: dataAtWork(source.object('DataAtWork')),
  }
  const record = entryRecord(draft, {
    catalog: CATALOG,
    id,
    uri: `https://registry.opendata.aws/${encodeURIComponent(id)}/`,
    document,
    documentUri: `https://raw.githubusercontent.com/awslabs/open-data-registry/main/datasets/${encodeURIComponent(id)}.yaml`,
    mediaType: 'application/yaml',
    time,
    rest: { ...source.rest(), ...(deprecated !== undefined && { Deprecated: deprecated }) },
  })
  yield { id, publisher: managers[0]?.name, records: [{ rkey: toRecordKey(id), record }] }
}

function saysMoreThanAnAddress(text: string): boolean {
  return text !== '' && (linksIn(text).length !== 1 || /\s/.test(plainText(text)))
}

function resources(list: readonly Fields[], tags: readonly string[]) {
  const distributions: Record<string, unknown>[] = []
  const services: Record<string, unknown>[] = []
  const formatOfTags = formatInWords(tags.filter(tag => tag !== 'csv' || tags.length < 4).join(' '))
  for (const resource of list) {
    const arn = resource.text('ARN')
    const host = resource.text('Host')
    const type = resource.text('Type') ?? ''
    const region = resource.text('Region')
    const words = resource.text('Description') ?? ''
    const name = arn?.split(':').slice(5).join(':') ?? ''
    const title = cut(plainText(words), 512)
    if (!arn?.startsWith('arn:aws:s3:') && !arn?.startsWith('arn:aws-us-gov:s3:')) {
      const kind = /sns/i.test(type) ? 'sns' : 'api'
      const uri = arn ?? (host ? `https://${host}` : '')
      if (uri) services.push({ type: kind, uri, title: title || type, region, ...left(resource) })
      continue
    }
    const id = uniqueId(name, distributions)
    const controlled = resource.text('ControlledAccess')
    const account = resource.flag('AccountRequired')
    const isLong = plainText(words).length > 160 || linksIn(words).length > 0
    distributions.push({
      id,
      uri: `s3://${name.replace(/\/?\*$/, '/')}`,
      protocol: 's3',
      format: formatOfAddress(name) ?? formatInWords(plainText(words)) ?? formatOfTags,
      role: 'primary',
      cloud: 'aws',
      region,
      requesterPays: resource.flag('RequesterPays'),
      access: controlled
        ? { level: 'restricted', requestUri: linksIn(controlled)[0]?.url ?? controlled }
        : account
          ? { level: 'registered' }
          : undefined,
      title: isLong ? cut(title, 160) : title,
      description: isLong ? cut(cleanMarkdown(words), 5000) : undefined,
      ...left(resource),
    })
    for (const explore of resource.texts('Explore')) {
      const [link] = linksIn(explore)
      if (link)
        services.push({ type: 'explore', uri: link.url, title: link.label || 'Browse', distribution: id })
    }
  }
  return { distributions, services }
}

/** What a resource has beside, as options that say what they are. */
function left(resource: Fields): { openOptions?: { name: string; value: string }[] } {
  const options = Object.entries(resource.rest())
    .filter(([name]) => name !== 'Explore')
    .map(([name, value]) => ({ name, value: typeof value === 'string' ? value : JSON.stringify(value) }))
  return options.length > 0 ? { openOptions: options } : {}
}

/** At most 64 characters, told apart by a number where two buckets end alike. */
function uniqueId(name: string, others: readonly Record<string, unknown>[]): string {
  const base = withoutEnd(name, '/*').slice(-60) || 'bucket'
  const taken = new Set(others.map(({ id }) => id))
  let id = base
  for (let number = 2; taken.has(id); number++) id = `${base}-${number}`
  return id
}

const KINDS = [
  ['Tutorials', 'is-documented-by', 'Text'],
  ['Tools & Applications', 'is-referenced-by', 'Software'],
  ['Publications', 'is-cited-by', 'JournalArticle'],
] as const

/** Tutorials, tools and publications that use the dataset. */
function dataAtWork(work: Fields): Record<string, unknown>[] {
  const items: Record<string, unknown>[] = []
  for (const [kind, relation, resourceType] of KINDS) {
    for (const one of work.objects(kind)) {
      const url = one.text('URL')
      const notebook = one.text('NotebookURL')
      const services = one.texts('Services')
      const address = url ?? notebook
      const title = cut(plainText(one.text('Title') ?? ''), 1000)
      if (!address && !title) continue
      const creators = authorsIn(one.text('AuthorName') ?? '', linksIn(one.text('AuthorURL') ?? '')[0]?.url)
      items.push({
        ref: referenceTo(address ?? title),
        relation,
        relationNote: services.length > 0 ? `Uses ${services.join(', ')}` : undefined,
        resourceType: notebook ? 'ComputationalNotebook' : resourceType,
        title,
        creators,
        url: notebook && notebook !== address ? notebook : doiIn(address ?? '') ? address : undefined,
      })
    }
  }
  return items
}
