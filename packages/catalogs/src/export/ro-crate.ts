/** An RO-Crate 1.1 whose data stays in the web: `ro-crate-metadata.json`. https://www.researchobject.org/ro-crate/specification/1.1/ */
import { datasetFields } from './schema-org.ts'
import { type ExportSource, licenceAddress, said } from './source.ts'

type Node = Record<string, unknown>

export function roCrate(source: ExportSource): Record<string, unknown> {
  const { entry } = source
  const {
    '@id': address,
    distribution = [],
    creator = [],
    contributor = [],
    publisher,
    ...fields
  } = datasetFields(source)
  const files = (distribution as Node[]).map(file => ({
    ...file,
    '@id': file.contentUrl,
    '@type': 'File',
  }))
  const people = [
    ...(creator as Node[]),
    ...(contributor as Node[]),
    ...(publisher ? [publisher as Node] : []),
  ]
  const named = new Map(people.map(agent => [nodeId(agent), { ...agent, '@id': nodeId(agent) }]))
  const references = (agents: readonly Node[]) => agents.map(agent => ({ '@id': nodeId(agent) }))
  const licence = licenceAddress(entry)
  return {
    '@context': 'https://w3id.org/ro/crate/1.1/context',
    '@graph': [
      {
        '@id': 'ro-crate-metadata.json',
        '@type': 'CreativeWork',
        conformsTo: { '@id': 'https://w3id.org/ro/crate/1.1' },
        about: { '@id': './' },
      },
      said({
        ...fields,
        '@id': './',
        '@type': 'Dataset',
        sameAs: address,
        license: licence && { '@id': licence },
        creator: references(creator as Node[]),
        contributor: references(contributor as Node[]),
        publisher: publisher && { '@id': nodeId(publisher as Node) },
        hasPart: files.map(({ '@id': id }) => ({ '@id': id })),
      }),
      ...files,
      ...named.values(),
      ...(licence ? [{ '@id': licence, '@type': 'CreativeWork', name: licence }] : []),
    ],
  }
}

/** Whoever has no address of their own is named within the crate. */
const nodeId = (agent: Node): string => String(agent['@id'] ?? `#${encodeURIComponent(String(agent.name))}`)
