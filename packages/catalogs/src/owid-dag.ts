/**
 * The derivation graph of Our World in Data: which step of its ETL is built from which. https://docs.owid.io/projects/etl/architecture/workflow/
 *
 * A step `data://garden/faostat/2025-03-17/faostat_fs` is one version (`2025-03-17`) of one dataset (`garden.faostat.faostat_fs`). What
 * is called `latest` is living: it has no version, and its dataset itself says what it is made from.
 */
import { definition, nsid, toRecordKey, versionRkey } from '@frost/lexicon'
import { entryRecord } from './entry.ts'
import { type CatalogItem, type CatalogRecord, type Home, type SourceDocument, Unusable } from './item.ts'
import { inOrder, type Problem, type Step, stepsOf } from './owid-dag-steps.ts'

const CATALOG = 'owid-dag'
const PUBLISHER = { name: 'Our World in Data', nameType: 'Organizational', url: 'https://ourworldindata.org' }
const DATA = 'https://catalog.ourworldindata.org'

/** A step that is a state of a dataset of Our World in Data. */
interface State extends Step {
  /** Record key of its dataset. */
  readonly dataset: string
  /** The version's label; undefined for what is living. */
  readonly label?: string
}

/** Steps with their sources before them, so that any beginning of them is a graph without holes. */
export function* owidDag(documents: readonly SourceDocument[], time: string): Iterable<CatalogItem> {
  const problems: Problem[] = []
  const steps = stepsOf(documents, problems)
  if (steps.size === 0 && problems.length === 0)
    throw new Unusable("holds no 'steps': a graph of Our World in Data lists its steps under that key")
  yield* problems.map(({ id, problem }) => ({ id, records: [], problem }))

  const datasets = new Map<string, State[]>()
  const { ordered, cyclic } = inOrder(steps)
  for (const step of ordered) {
    const state = stateOf(step)
    if (!state) continue
    const held = datasets.get(state.dataset)
    if (held) held.push(state)
    else datasets.set(state.dataset, [state])
  }
  const begun = new Set<string>()
  for (const step of ordered) {
    const state = stateOf(step)
    if (!state) continue
    const isFirst = !begun.has(state.dataset)
    begun.add(state.dataset)
    yield {
      id: step.id,
      publisher: PUBLISHER.name,
      records: [],
      *recordsIn(home) {
        if (isFirst) yield datasetOf(datasets.get(state.dataset)!, steps, home, time)
        if (state.label !== undefined) yield versionOf(state, steps, home)
      },
    }
  }
  for (const id of cyclic)
    yield { id, records: [], problem: 'is made from itself, by way of other steps: mend its dependencies' }
}

/** A step's dataset and label; undefined for what others hold (`github://…`, `etag://…`). */
function stateOf(step: Step): State | undefined {
  if (addressOf(step)) return undefined
  const { scheme, path } = step
  const label = path.at(-2)!
  const names = [...(scheme === 'data' ? [] : [scheme]), ...path.slice(0, -2), path.at(-1)!]
  const dataset = toRecordKey(names.join('.'))
  return releaseOf(label) === undefined ? { ...step, dataset } : { ...step, dataset, label }
}

/** Where something lies that Our World in Data only reads. */
function addressOf({ scheme, path }: Step): string | undefined {
  if (scheme === 'github') return `https://github.com/${path.join('/')}`
  return scheme === 'etag' ? `https://${path.join('/')}` : undefined
}

/** `2025-03-17` and `2014` are dates of release; undefined for `latest`. */
function releaseOf(label: string): string | undefined {
  if (!/^\d{4}(?:-\d{2}-\d{2})?$/.test(label)) return undefined
  const time = Date.parse(label)
  return Number.isFinite(time) && time >= 0 ? new Date(time).toISOString() : undefined
}

function datasetOf(
  states: readonly State[],
  steps: ReadonlyMap<string, Step>,
  home: Home,
  time: string,
): CatalogRecord {
  const [first] = states as readonly [State]
  const { path, scheme, dataset } = first
  const kind = scheme === 'data' ? path[0]! : scheme
  const living = states.filter(({ label }) => label === undefined)
  const files = [...new Set(states.flatMap(state => state.files))].sort()
  const said = states.map(({ id, sources }) => [id, [...sources]])
  const record = entryRecord(
    {
      title: `${inWords(path.at(-1)!)} (${kind})`,
      description: `A dataset of Our World in Data's ETL: ${KINDS[kind] ?? `a step of kind '${kind}'`}.`,
      resourceType: `${kind} step`,
      publisher: PUBLISHER,
      access: states.every(({ isPrivate }) => isPrivate) ? { level: 'restricted' } : undefined,
      subjects: [
        ...files.map(file => ({
          term: inWords(
            file
              .split('/')
              .at(-1)!
              .replace(/\.ya?ml$/i, ''),
          ),
        })),
        { term: path.at(-3)!, scheme: 'Our World in Data namespace' },
      ],
      frequency: living.length > 0 ? { kind: 'irregular' } : undefined,
      distributions: living.flatMap(distributionsOf),
      derivedFrom: derivations(living, steps, home),
      landingPage: living.length > 0 ? undefined : distributionsOf(states.at(-1)!)[0]?.uri,
    },
    {
      catalog: CATALOG,
      id: dataset,
      document: { name: dataset, text: JSON.stringify(said) },
      mediaType: 'application/yaml',
      time,
      rest: { files, archived: files.every(file => file.startsWith('archive/')) ? true : undefined },
    },
  )
  return { rkey: dataset, record }
}

const KINDS: Readonly<Record<string, string>> = {
  snapshot: 'a file as its producer published it',
  walden: 'a file as its producer published it',
  meadow: "a producer's data in a common format, otherwise unchanged",
  garden: 'data harmonised and described',
  grapher: 'data as the charts show it',
  explorers: 'data as an explorer shows it',
  export: 'data as it leaves the ETL',
  backport: 'data of an earlier system',
}

function versionOf(state: State, steps: ReadonlyMap<string, Step>, home: Home): CatalogRecord {
  const dataset = entryUri(home, state.dataset)
  const releasedAt = releaseOf(state.label!)!
  const distributions = distributionsOf(state)
  const derivedFrom = derivations([state], steps, home)
  return {
    rkey: versionRkey({ dataset, pin: state.label!, releasedAt }),
    record: {
      $type: nsid('dataset.version'),
      dataset,
      version: state.label,
      releasedAt,
      entry: { uri: dataset, cid: home.cid(dataset) },
      ...(distributions.length > 0 && { distributions }),
      ...(derivedFrom.length > 0 && { derivedFrom }),
    },
  }
}

/** What states were made from: a version with the state it has, a living dataset, or an address. */
function derivations(states: readonly State[], steps: ReadonlyMap<string, Step>, home: Home) {
  const refs = new Map<string, object>()
  for (const id of states.flatMap(({ sources }) => [...sources])) {
    const step = steps.get(id)!
    const address = addressOf(step)
    const source = stateOf(step)
    if (address) refs.set(id, { $type: definition('urlRef'), uri: address })
    else if (source) {
      const uri = uriOf(source, home)
      const cid = source.label === undefined ? undefined : home.cid(uri)
      refs.set(id, { $type: definition('recordRef'), uri, ...(cid && { cid }) })
    }
  }
  return [...refs.values()].map(ref => ({ ref, role: 'source' }))
}

function uriOf({ dataset, label }: State, home: Home): string {
  const entry = entryUri(home, dataset)
  if (label === undefined) return entry
  const rkey = versionRkey({ dataset: entry, pin: label, releasedAt: releaseOf(label)! })
  return `at://${home.did}/${nsid('dataset.version')}/${rkey}`
}

const entryUri = ({ did }: Home, dataset: string) => `at://${did}/${nsid('dataset.entry')}/${dataset}`

/** The public catalogue holds a folder for each step of kind `data`. */
function distributionsOf({ scheme, path, isPrivate }: Step) {
  if (scheme !== 'data' || isPrivate) return []
  return [{ id: 'catalog', uri: `${DATA}/${path.join('/')}/index.json`, protocol: 'https', role: 'primary' }]
}

/** `un_sdg.feather` → `un sdg.feather` */
const inWords = (name: string) => name.replaceAll(/_+/g, ' ').trim()
