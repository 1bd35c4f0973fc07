/**
 * By what the items of a record's arrays are known from one state to the next: variables by group and name, distributions by id,
 * identifiers by scheme and value, people by DID, ORCID or name. Arrays whose items nothing names (shapes, chunk sizes) are
 * compared as one value.
 */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The keys of an array's items, each once, or undefined where an item has none. @param field name of the array */
export function keysOf(field: string, items: readonly Json[]): readonly string[] | undefined {
  const naming = NAMES.get(field)
  if (naming === undefined) return undefined
  const keys: string[] = []
  const taken = new Set<string>()
  const met = new Map<string, number>()
  for (const item of items) {
    const name = isObject(item) ? naming(item) : undefined
    if (name === undefined || name === '') return undefined
    // Two of one name are told apart by their order.
    let count = met.get(name) ?? 0
    let key: string
    do key = ++count === 1 ? name : `${name}#${count}`
    while (taken.has(key))
    met.set(name, count)
    taken.add(key)
    keys.push(key)
  }
  return keys
}

type Naming = (item: JsonObject) => string | undefined

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** Several fields as one key; those that are absent are left out. */
const by =
  (...fields: readonly string[]): Naming =>
  item =>
    fields.flatMap(field => text(item[field]) ?? []).join(' ') || undefined

const first =
  (...namings: readonly Naming[]): Naming =>
  item => {
    for (const naming of namings) {
      const name = naming(item)
      if (name !== undefined) return name
    }
    return undefined
  }

const inGroup: Naming = item => [text(item.group), text(item.name)].filter(Boolean).join('/') || undefined

const person: Naming = first(by('did'), orcid, by('name'))

function orcid({ identifiers }: JsonObject): string | undefined {
  if (!Array.isArray(identifiers)) return undefined
  const found = identifiers.find(one => isObject(one) && /^(orcid|ror|isni)$/i.test(text(one.scheme) ?? ''))
  return isObject(found) ? by('scheme', 'value')(found) : undefined
}

/** A reference: an at-uri or address, else an identifier. */
const reference: Naming = item => first(by('uri'), by('scheme', 'value'))(item)
const byReference: Naming = ({ ref }) => (isObject(ref) ? reference(ref) : undefined)

/** The kind of a member of a union, without its authority, and its name where it has one. */
const kindAndName: Naming = item => {
  const kind = text(item.$type)
  return (
    kind &&
    [kind.slice(Math.max(kind.lastIndexOf('.'), kind.lastIndexOf('#')) + 1), text(item.name)]
      .filter(Boolean)
      .join(' ')
  )
}

const subject = by('term', 'scheme', 'lang')
const words = by('type', 'lang')
const named = by('name')

const NAMES: ReadonlyMap<string, Naming> = new Map(
  Object.entries<Naming>({
    titles: first(words, by('value')),
    descriptions: first(words, by('value')),
    creators: person,
    contributors: person,
    contacts: person,
    affiliation: first(by('ror'), by('did'), named),
    roles: named,
    rights: first(by('spdx'), by('uri'), named),
    subjects: subject,
    measurementTechniques: subject,
    platforms: subject,
    instruments: subject,
    identifiers: by('scheme', 'value'),
    dates: by('type', 'value'),
    models: kindAndName,
    dims: inGroup,
    variables: inGroup,
    columns: named,
    fields: named,
    attributes: named,
    extents: named,
    distributions: by('id'),
    digests: by('algorithm'),
    pins: ({ distribution, pin }) =>
      [text(distribution), isObject(pin) ? text(pin.scheme) : undefined].filter(Boolean).join(' ') ||
      undefined,
    services: by('type', 'uri'),
    derivedFrom: byReference,
    processes: by('id'),
    parameters: named,
    relatedItems: item => [byReference(item), text(item.relation)].filter(Boolean).join(' ') || undefined,
    funding: by('funderName', 'awardNumber'),
    metadataLinks: by('uri'),
    extensions: kindAndName,
  }),
)
