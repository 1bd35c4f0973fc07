/** A Data Package, version 2: `datapackage.json`. https://datapackage.org/standard/data-package/ */
import { type Agent, type Entry, rkeyOf } from '@frost/lexicon'
import { overHttp, webAddress } from '../address.ts'
import { mediaTypeOf } from '../formats.ts'
import { keywordsOf } from '../keywords.ts'
import { table } from '../table.ts'
import { sha256Of } from './schema-org.ts'
import {
  type Column,
  doiAddresses,
  type ExportSource,
  imageOf,
  said,
  sourcesOf,
  tablesOf,
  uniqueNames,
} from './source.ts'

/** Arrow's types as Table Schema calls them. */
const TYPES: readonly (readonly [RegExp, string])[] = [
  [/^u?int\d+$/, 'integer'],
  [/^(?:float\d*|double|halffloat|decimal.*)$/, 'number'],
  [/^bool/, 'boolean'],
  [/^date/, 'date'],
  [/^time(?:32|64)/, 'time'],
  [/^timestamp/, 'datetime'],
  [/^duration/, 'duration'],
  [/^struct|^map/, 'object'],
  [/list/, 'array'],
  [/^(?:large_)?(?:utf8|string)/, 'string'],
]
const ROLES = table<string>({
  datacurator: 'wrangler',
  datacollector: 'wrangler',
  contactperson: 'maintainer',
})

export function datapackageDocument(source: ExportSource): Record<string, unknown> {
  const { entry, uri, page, version } = source
  const [doi] = doiAddresses(source)
  return said({
    $schema: 'https://datapackage.org/profiles/2.0/datapackage.json',
    name: nameOf(rkeyOf(source.uri)),
    id: doi ?? uri,
    title: entry.title,
    description: entry.description,
    homepage: webAddress(entry.landingPage) ?? webAddress(page),
    version: version?.version,
    created: entry.createdAt,
    keywords: keywordsOf(entry),
    image: imageOf(entry),
    licenses: (entry.rights ?? []).flatMap(({ spdx, uri, name }) => {
      const path = webAddress(uri)
      const id = spdx && /^[-\w.]+$/.test(spdx) ? spdx : undefined
      return id || path ? [said({ name: id, path, title: name ?? spdx })] : []
    }),
    contributors: [
      ...(entry.creators ?? []).map(agent => contributor(agent, ['author'])),
      ...(entry.publisher ? [contributor(entry.publisher, ['publisher'])] : []),
      ...(entry.contributors ?? []).map(agent =>
        contributor(
          agent,
          (agent.roles ?? []).map(({ name }) => ROLES[name.toLowerCase()] ?? name),
        ),
      ),
    ],
    sources: sourcesOf(entry).map(address => said({ title: address, path: webAddress(address) })),
    resources: resources(entry),
  })
}

/** Lower case, and nothing but what a path may hold. */
const nameOf = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9._/-]+/g, '-')
    .replace(/^-+|-+$/g, '') || 'dataset'

function contributor(agent: Agent, roles: readonly string[]): Record<string, unknown> {
  return said({
    title: agent.name,
    givenName: agent.givenName,
    familyName: agent.familyName,
    path: webAddress(agent.url),
    organization: agent.affiliation?.[0]?.name,
    roles: roles.length > 0 ? roles : ['contributor'],
  })
}

/** Whether there is anything to package: a Data Package demands a file, and paths of its profile lead to the web alone. */
export function isPackageable({ distributions = [] }: Entry): boolean {
  return distributions.some(file => overHttp(file) !== undefined)
}

function resources(entry: Entry): Record<string, unknown>[] {
  const files = entry.distributions ?? []
  const tables = tablesOf(entry)
  const unique = uniqueNames()
  return files.flatMap(file => {
    const path = overHttp(file)
    if (path === undefined) return []
    const table =
      tables.find(({ distributions }) => distributions.includes(file.id)) ??
      (files.length === 1 && tables.length === 1 ? tables[0] : undefined)
    const size = Number(file.contentSize)
    const sha256 = sha256Of(file)
    const mediatype = file.mediaType ?? mediaTypeOf(file.format)
    return said({
      name: unique(nameOf(file.id)),
      path,
      title: file.title,
      description: file.description,
      format: file.format,
      mediatype: mediatype && /.\/./.test(mediatype) ? mediatype : undefined,
      bytes: file.contentSize && Number.isSafeInteger(size) ? size : undefined,
      hash: sha256 && `sha256:${sha256}`,
      schema: table && {
        fields: table.columns.map(field),
        ...(table.primaryKey.length > 0 && { primaryKey: table.primaryKey }),
      },
    })
  })
}

function field({ name, type, nullable, units, description }: Column): Record<string, unknown> {
  return said({
    name,
    type: TYPES.find(([pattern]) => pattern.test(type.toLowerCase()))?.[1] ?? 'any',
    description,
    unit: units,
    constraints: nullable === false ? { required: true } : undefined,
  })
}
