import { authorityOf, type LexiconFile } from './lexicon-files.ts'

/** A record type with one valid record of it; the name is without the authority, e.g. `dataset.entry`. */
export interface Example {
  readonly name: string
  readonly record: Readonly<Record<string, unknown>>
}

/** Whatever a lexicon says of a definition or a field. */
interface Schema {
  readonly type: string
  readonly description?: string
  readonly key?: string
  readonly record?: Schema
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly ref?: string
  readonly refs?: readonly string[]
  readonly closed?: boolean
  readonly format?: string
  readonly knownValues?: readonly string[]
  readonly enum?: readonly (string | number)[]
  readonly const?: string | number | boolean
  readonly default?: string | number | boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly maxGraphemes?: number
  readonly maxSize?: number
  readonly accept?: readonly string[]
  readonly parameters?: Schema
  readonly input?: Body
  readonly output?: Body
  readonly message?: { readonly schema: Schema }
  readonly errors?: readonly { readonly name: string; readonly description?: string }[]
  readonly title?: string
  readonly detail?: string
  readonly permissions?: readonly Permission[]
}

interface Body {
  readonly encoding: string
  readonly description?: string
  readonly schema?: Schema
}

interface Permission {
  readonly resource: string
  readonly collection?: readonly string[]
  readonly lxm?: readonly string[]
  readonly inheritAud?: boolean
}

const RECORD_KEYS: Readonly<Record<string, string>> = {
  tid: 'a TID, a timestamp identifier',
  any: 'any legal record key that the author chooses',
  'literal:self': 'always `self`, so that an account has one at most',
}

const SECTIONS: readonly { readonly type: string; readonly heading: string }[] = [
  { type: 'record', heading: 'Records' },
  { type: 'query', heading: 'Queries' },
  { type: 'procedure', heading: 'Procedures' },
  { type: 'subscription', heading: 'Subscriptions' },
  { type: 'permission-set', heading: 'Permission sets' },
]

/**
 * The reference of the protocol, in Markdown.
 * @param documents every lexicon; those of other authorities are only referred to
 * @param examples one valid record of each record type
 * @param preface what stands before the contents: the rules that no schema can say, in Markdown
 */
export function lexiconDocs(
  documents: readonly LexiconFile[],
  examples: readonly Example[],
  preface: string,
): string {
  const authority = authorityOf(documents)
  const own = documents.filter(({ id }) => id.startsWith(`${authority}.`))
  const sections = SECTIONS.map(({ type, heading }) => ({
    heading,
    parts: own
      .filter(({ defs }) => defs.main?.type === type)
      .map(document => ({ id: document.id, text: lexiconSection(document, examples, authority) })),
  }))
  const shared = own.filter(({ defs }) => !defs.main)
  const definitions = {
    heading: 'Shared definitions',
    parts: shared.map(({ id, description, defs }) => ({
      id,
      text: [
        `### ${id}`,
        description ?? '',
        ...Object.entries(defs).map(([name, schema]) => definitionSection(id, name, schema)),
      ].join('\n\n'),
    })),
  }
  const all = [...sections, definitions].filter(({ parts }) => parts.length > 0)
  const contents = all.map(({ heading, parts }) => {
    const lines = parts.map(({ id }) => `  - [${id.slice(authority.length + 1)}](#${anchor(id)})`)
    return [`- [${heading}](#${anchor(heading)})`, ...lines].join('\n')
  })
  return `${[
    '<!-- Generated from lexicons/ by `npm run docs`. Change the lexicons, not this page. -->',
    preface.trim(),
    '## Contents',
    contents.join('\n'),
    ...all.flatMap(({ heading, parts }) => [`## ${heading}`, ...parts.map(({ text }) => text)]),
  ].join('\n\n')}\n`
}

function lexiconSection(
  { id, description, defs }: LexiconFile,
  examples: readonly Example[],
  authority: string,
) {
  const main = defs.main as Schema
  const parts = [`### ${id}`, main.description ?? main.detail ?? description ?? '']
  if (main.record) {
    const key = main.key ?? 'any'
    parts.push(`Record key: \`${key}\` (${RECORD_KEYS[key] ?? 'as the lexicon says'}).`)
    parts.push(fieldTable(main.record, id))
    const example = examples.find(({ name }) => `${authority}.${name}` === id)
    if (example) parts.push('Example:', json(example.record))
  }
  if (main.parameters) parts.push(...labelled('Parameters', main.parameters, id))
  if (main.input) parts.push(...body('Input', main.input, id))
  if (main.output) parts.push(...body('Output', main.output, id))
  if (main.message) parts.push(`**Messages**: ${typeName(main.message.schema, id)}`)
  if (main.errors?.length) {
    const rows = main.errors.map(error => [`\`${error.name}\``, error.description ?? ''])
    parts.push('**Errors**', table(['Name', 'When'], rows))
  }
  if (main.permissions) parts.push(`Title shown to the account's holder: “${main.title}”.`, permissions(main))
  const others = Object.entries(defs).filter(([name]) => name !== 'main')
  parts.push(...others.map(([name, schema]) => definitionSection(id, name, schema)))
  return parts.join('\n\n')
}

function definitionSection(id: string, name: string, schema: Schema): string {
  return [`#### ${id}#${name}`, schema.description ?? '', fieldTable(schema, id)].join('\n\n')
}

function labelled(label: string, schema: Schema, id: string): string[] {
  return Object.keys(schema.properties ?? {}).length > 0
    ? [`**${label}**`, fieldTable(schema, id)]
    : [`**${label}**: none.`]
}

function body(label: string, { encoding, schema, description }: Body, id: string): string[] {
  const title = `**${label}** (\`${encoding}\`)`
  const words = description ? `: ${description}` : ''
  if (!schema) return [`${title}${words}`]
  if (schema.type !== 'object') return [`${title}: ${typeName(schema, id)}`]
  return Object.keys(schema.properties ?? {}).length > 0
    ? [`${title}${words}`, fieldTable(schema, id)]
    : [`${title}: an empty object.`]
}

function permissions({ permissions = [] }: Schema): string {
  return permissions
    .flatMap(({ resource, collection, lxm, inheritAud }) => [
      `- \`${resource}\`${collection ? ' (create, update and delete records)' : ''}${inheritAud ? ' (calls to the AppView that was asked for)' : ''}:`,
      ...[...(collection ?? []), ...(lxm ?? [])].map(id => `  - [${id}](#${anchor(id)})`),
    ])
    .join('\n')
}

function fieldTable({ properties = {}, required = [] }: Schema, id: string): string {
  const rows = Object.entries(properties).map(([name, field]) => [
    `\`${name}\``,
    typeName(field, id),
    required.includes(name) ? 'yes' : '',
    limits(field),
    words(field),
  ])
  return table(['Field', 'Type', 'Required', 'Limits', 'Description'], rows)
}

function typeName(field: Schema, id: string): string {
  switch (field.type) {
    case 'array':
      return field.items ? `list of ${typeName(field.items, id)}` : 'list'
    case 'ref':
      return link(field.ref ?? '', id)
    case 'union':
      return (field.refs ?? []).map(ref => link(ref, id)).join(' or ') + (field.closed ? '' : ' …')
    case 'string':
      return field.format ?? 'string'
    case 'unknown':
      return 'object'
    case 'blob':
      return `blob (${(field.accept ?? ['*/*']).join(', ')})`
    default:
      return field.type
  }
}

function link(ref: string, id: string): string {
  const full = ref.startsWith('#') ? `${id}${ref}` : ref
  const [document = '', name] = full.split('#')
  const shown = name ?? document.split('.').at(-1)
  if (document.startsWith('com.atproto.')) return `\`${document}\``
  return `[${shown}](#${anchor(full)})`
}

function limits(field: Schema): string {
  const said: string[] = []
  if (field.type === 'array') {
    if (field.minLength) said.push(`≥ ${field.minLength} items`)
    if (field.maxLength !== undefined) said.push(`≤ ${count(field.maxLength)} items`)
    if (field.items && !['ref', 'union'].includes(field.items.type)) {
      const each = limits(field.items)
      if (each) said.push(`each ${each}`)
    }
  } else {
    if (field.maxGraphemes !== undefined) said.push(`≤ ${count(field.maxGraphemes)} characters`)
    if (field.minLength) said.push(`≥ ${field.minLength} bytes`)
    if (field.maxLength !== undefined) said.push(`≤ ${count(field.maxLength)} bytes`)
  }
  if (field.minimum !== undefined && field.maximum !== undefined)
    said.push(`${count(field.minimum)} to ${count(field.maximum)}`)
  else if (field.minimum !== undefined) said.push(`≥ ${count(field.minimum)}`)
  else if (field.maximum !== undefined) said.push(`≤ ${count(field.maximum)}`)
  if (field.maxSize !== undefined) said.push(`≤ ${count(field.maxSize)} bytes`)
  if (field.default !== undefined) said.push(`default ${field.default}`)
  return said.join(', ')
}

function words(field: Schema): string {
  const known = field.knownValues ?? field.items?.knownValues
  const closed = field.enum ?? field.items?.enum
  return [
    field.description ?? '',
    known ? `Known values: ${known.map(value => `\`${value}\``).join(', ')}.` : '',
    closed ? `One of ${closed.map(value => `\`${value}\``).join(', ')}.` : '',
    field.const !== undefined ? `Always \`${field.const}\`.` : '',
  ]
    .filter(Boolean)
    .join(' ')
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(heads), `|${heads.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ')
}

function json(value: unknown): string {
  return `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** The name that GitHub gives to a heading, so that it can be linked. */
export function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')
}
