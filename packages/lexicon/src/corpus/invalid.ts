import { nsid } from '../nsid.ts'
import { examples } from './valid.ts'

/** Records that must be refused, each with what is wrong with it. */
export interface BrokenExample {
  readonly name: string
  readonly why: string
  readonly record: unknown
}

function broken(name: string, why: string, change: Record<string, unknown>): BrokenExample {
  const example = examples.find(candidate => candidate.name === name)
  if (!example) throw new Error(`no example of ${name}`)
  const record = Object.fromEntries(
    Object.entries({ ...example.record, ...change }).filter(([, value]) => value !== undefined),
  )
  return { name, why, record }
}

/** Fields of the list above that these types do not require. */
const OPTIONAL: ReadonlySet<string> = new Set([
  'actor.profile.kind',
  'dataset.collection.kind',
  'dataset.notice.text',
  'discussion.issue.text',
  'discussion.gate.subject',
])

const withoutRequired = examples.flatMap(({ name, record }) =>
  Object.keys(record)
    .filter(field =>
      [
        'title',
        'createdAt',
        'dataset',
        'subject',
        'version',
        'releasedAt',
        'kind',
        'relation',
        'text',
      ].includes(field),
    )
    .map(field => ({ field, broken: broken(name, `${field} is missing`, { [field]: undefined }) }))
    .filter(({ field }) => !OPTIONAL.has(`${name}.${field}`))
    .map(item => item.broken),
)

export const brokenExamples: readonly BrokenExample[] = [
  broken('dataset.entry', 'the title is empty', { title: '' }),
  broken('dataset.entry', 'an extension does not say of which type it is', {
    extensions: [{ name: 'nasa-cmr:ProcessingLevel', valueJson: '4' }],
  }),
  broken('actor.profile', 'the name is missing', { name: undefined }),
  broken('dataset.entry', 'the title is over 300 graphemes', { title: 'x'.repeat(301) }),
  broken('dataset.entry', 'the description is over 10,000 graphemes', { description: 'y'.repeat(10_001) }),
  broken('dataset.entry', 'createdAt is a date, not a datetime', { createdAt: '2025-03-04' }),
  broken('dataset.entry', 'text where an object is wanted', { coverage: 'global' }),
  broken('dataset.entry', 'an object where a list is wanted', { creators: { name: 'A' } }),
  broken('dataset.entry', 'a creator without a name', { creators: [{ nameType: 'Personal' }] }),
  broken('dataset.entry', 'a bare string in a list of objects', { subjects: ['oceans'] }),
  broken('dataset.entry', 'too many identifiers', {
    identifiers: Array.from({ length: 33 }, (_, place) => ({ scheme: 'doi', value: `10.1234/${place}` })),
  }),
  broken('dataset.entry', 'a bbox without its north', {
    coverage: { spatial: [{ bbox: { west: '0', south: '0', east: '1' } }] },
  }),
  broken('dataset.entry', 'a number where decimal text is wanted', {
    coverage: { spatial: [{ bbox: { west: 0, south: 0, east: 1, north: 1 } }] },
  }),
  broken('dataset.entry', 'a distribution without an address', { distributions: [{ id: 'zarr' }] }),
  broken('dataset.entry', 'a size as a number', {
    distributions: [{ id: 'a', uri: 's3://b', contentSize: 12 }],
  }),
  broken('dataset.entry', 'a DID that is none', { creators: [{ name: 'A', did: 'nasa' }] }),
  broken('dataset.entry', 'a union member without $type', {
    derivedFrom: [{ ref: { uri: 'https://example.org' } }],
  }),
  broken('dataset.version', 'the dataset is no at-uri', { dataset: 'mur-sst' }),
  broken('dataset.version', 'the entry is not pinned', {
    entry: { uri: 'at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/a.b.c/d' },
  }),
  broken('dataset.head', 'a negative sequence', { sequence: -1 }),
  broken('dataset.mirror', 'a count that is no integer', {
    verification: { at: '2025-03-04T05:06:07Z', method: 'digest', result: 'identical', sampled: 'many' },
  }),
  broken('graph.follow', 'the subject is a bare DID', { subject: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz' }),
  broken('graph.acknowledgement', 'the claim has no cid', {
    claim: { uri: 'at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/a.b.c/d' },
  }),
  broken('discussion.gate', 'locked is a word', { locked: 'yes' }),
  { name: 'dataset.entry', why: 'no object at all', record: null },
  { name: 'dataset.entry', why: 'a list', record: [] },
  {
    name: 'dataset.entry',
    why: 'the type of another record',
    record: { $type: nsid('dataset.version'), title: 'x', createdAt: '2025-03-04T05:06:07Z' },
  },
  ...withoutRequired,
]
