/** An RO-Crate 1.1 whose data stays in the web: `ro-crate-metadata.json`. https://www.researchobject.org/ro-crate/specification/1.1/ */
import { datasetFields } from './schema-org.ts'
import { type ExportSource, licenceAddress, said } from './source.ts'

type Node = Readonly<Record<string, unknown>>

export function roCrate(source: ExportSource): Record<string, unknown> {
  const { '@id': address, distribution = [], ...fields } = datasetFields(source)
  const files = (distribution as Node[]).map(file => ({
    ...file,
    '@id': file.contentUrl,
    '@type': 'File',
  }))
  const licence = licenceAddress(source.entry)
  const root = said({
    ...fields,
    '@id': './',
    '@type': 'Dataset',
    sameAs: address,
    license: licence && { '@id': licence, '@type': 'CreativeWork', name: licence },
    hasPart: files,
  })
  return {
    '@context': 'https://w3id.org/ro/crate/1.1/context',
    '@graph': flattened({
      '@id': 'ro-crate-metadata.json',
      '@type': 'CreativeWork',
      conformsTo: { '@id': 'https://w3id.org/ro/crate/1.1' },
      about: root,
    }),
  }
}

/** A node and all within it, each once and beside the others, which name it by its `@id` alone. */
function flattened(node: Node): Node[] {
  const found = new Map<string, Node>()
  const counts = new Map<string, number>()
  /** Whoever has no address of their own is named within the crate: people by their name, all else by its turn. */
  const idOf = (one: Node): string => {
    if (typeof one['@id'] === 'string') return one['@id']
    const type = String(one['@type'])
    if (type === 'Person' || type === 'Organization')
      return `#${type}/${encodeURIComponent(String(one.name).toWellFormed())}`
    const turn = (counts.get(type) ?? 0) + 1
    counts.set(type, turn)
    return `#${type}/${turn}`
  }
  const lifted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(lifted)
    if (!isNode(value) || isReference(value)) return value
    const id = idOf(value)
    // Its place is before those that it names.
    const known = found.get(id) ?? {}
    found.set(id, known)
    const fields = Object.fromEntries(Object.entries(value).map(([name, field]) => [name, lifted(field)]))
    found.set(id, { '@id': id, ...fields, ...known })
    return { '@id': id }
  }
  lifted(node)
  return [...found.values()]
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null
const isReference = (node: Node) => Object.keys(node).join() === '@id'
