/** Branches, tags and history: of a version 2 repository in one file, of version 1 in a file for each and in snapshots. */
import { ReaderError } from '../../errors.ts'
import type { StoreVersion } from '../../model.ts'
import type { Objects, ReadOptions } from '../../objects.ts'
import { parseObject } from '../zarr/json.ts'
import { readDocument } from './envelope.ts'
import type { Table } from './flatbuffer.ts'
import { idText, SNAPSHOT_ID } from './object-id.ts'
import { versionOf } from './snapshot.ts'
import { containersOf } from './virtual-chunks.ts'

/** What a snapshot's place in history is. */
export interface Commit {
  readonly version: StoreVersion
  /** Logs of ancestors that expired, oldest first: part of what this commit changed against its parent. */
  readonly prunedLogs: readonly string[]
}

export interface Repository {
  readonly specification: 1 | 2
  /** `branch:NAME` and `tag:NAME` with their snapshots, as far as the store can tell without a listing. */
  readonly refs: ReadonlyMap<string, string>
  /** All snapshots by id; version 1 keeps them in the snapshots themselves. */
  readonly commits: ReadonlyMap<string, Commit> | undefined
  /** URLs that names of containers of virtual chunks stand for. */
  readonly containers: ReadonlyMap<string, string>
  readonly warnings: readonly string[]
  /** @throws {ReaderError} `NotFound`, `InvalidSelection`. */
  snapshotOf(pin: string | undefined): Promise<string>
}

const MAX_COMMITS = 1_000_000

/**
 * @param mayHaveFile false where a listing shows that there is no file of version 2
 * @throws {ReaderError} `NotFound` where no repository lies, `Corrupt`, `Unsupported`.
 */
export async function openRepository(
  objects: Objects,
  options: ReadOptions,
  mayHaveFile = true,
): Promise<Repository> {
  const document = mayHaveFile ? await readDocument(objects, 'repo', 'repository', options) : undefined
  return document === undefined ? openVersion1(objects, options) : openVersion2(document.root, objects.name)
}

function pinOf(pin: string | undefined): { kind: 'branch' | 'tag' | 'snapshot'; name: string } {
  const [, kind, name = ''] = /^(branch|tag|snapshot):(.+)$/s.exec(pin ?? 'branch:main') ?? []
  if (kind === undefined)
    throw new ReaderError(
      'InvalidSelection',
      `'${pin}' is no version: give branch:NAME, tag:NAME or snapshot:ID`,
      { pin },
    )
  if (kind === 'snapshot' && !SNAPSHOT_ID.test(name))
    throw new ReaderError(
      'InvalidSelection',
      `'${name}' is no snapshot id: it has 20 characters of Crockford's base 32`,
      { pin },
    )
  return { kind: kind as 'branch' | 'tag' | 'snapshot', name }
}

function unknown(kind: string, name: string, refs: Iterable<string>): ReaderError {
  const known = [...refs].filter(ref => ref.startsWith(`${kind}:`)).slice(0, 20)
  return new ReaderError(
    'NotFound',
    `there is no ${kind} '${name}'${known.length > 0 ? `: there are ${known.join(', ')}` : ''}`,
    { [kind]: name },
  )
}

function openVersion2(root: Table, location: string): Repository {
  const corrupt = (what: string) =>
    new ReaderError('Corrupt', `the repository's file at '${location}' ${what}`)
  const snapshots = root.tables(4)
  if (snapshots.length > MAX_COMMITS) throw corrupt(`lists ${snapshots.length} snapshots`)
  const idAt = (index: number) => {
    const id = snapshots.table(index).struct(0, 12)
    if (id === undefined) throw corrupt(`lists a snapshot without an id`)
    return idText(id)
  }
  const commits = new Map<string, Commit>()
  for (let i = 0; i < snapshots.length; i++) {
    const info = snapshots.table(i)
    const parent = info.int32(1)
    const id = idAt(i)
    commits.set(id, {
      version: versionOf(id, parent < 0 ? undefined : idAt(parent), info.uint64(2), info.string(3)),
      prunedLogs: Array.from(info.vector(5, 12)?.eachStruct() ?? [], idText),
    })
  }
  const refs = new Map<string, string>()
  for (const [kind, field] of [
    ['tag', 1],
    ['branch', 2],
  ] as const)
    for (const ref of root.tables(field).eachTable())
      refs.set(`${kind}:${ref.string(0)}`, idAt(ref.uint32(1)))
  const deleted = root.tables(3)
  const deletedTags = new Set(Array.from({ length: deleted.length }, (_, i) => deleted.string(i)))
  return {
    specification: 2,
    refs,
    commits,
    containers: containersOf(root.bytes(9)),
    warnings: statusWarnings(root.table(5)),
    async snapshotOf(pin) {
      const { kind, name } = pinOf(pin)
      if (kind === 'snapshot') return name
      if (kind === 'tag' && deletedTags.has(name)) throw deletedTag(name)
      const id = refs.get(`${kind}:${name}`)
      if (id === undefined) throw unknown(kind, name, refs.keys())
      return id
    },
  }
}

function deletedTag(name: string): ReaderError {
  return new ReaderError('NotFound', `tag '${name}' was deleted`, { tag: name })
}

function statusWarnings(status: Table | undefined): string[] {
  const reason = status?.string(2)
  return status?.uint8(0) === 2
    ? [`its owner marks the repository as offline${reason ? `: ${reason}` : ''}`]
    : []
}

async function openVersion1(objects: Objects, options: ReadOptions): Promise<Repository> {
  const main = await refAt(objects, 'branch', 'main', options)
  if (main === undefined)
    throw new ReaderError(
      'NotFound',
      `'${objects.name}' holds neither 'repo' nor 'refs/branch.main/ref.json'`,
    )
  const refs = new Map([['branch:main', main]])
  return {
    specification: 1,
    refs,
    commits: undefined,
    containers: new Map(),
    warnings: [],
    async snapshotOf(pin) {
      const { kind, name } = pinOf(pin)
      if (kind === 'snapshot') return name
      const id = refs.get(`${kind}:${name}`) ?? (await refAt(objects, kind, name, options))
      if (id === undefined) throw unknown(kind, name, refs.keys())
      refs.set(`${kind}:${name}`, id)
      return id
    },
  }
}

async function refAt(
  objects: Objects,
  kind: 'branch' | 'tag',
  name: string,
  options: ReadOptions,
): Promise<string | undefined> {
  if (name.includes('/')) return undefined
  const path = `refs/${kind}.${name}/ref.json`
  const bytes = await objects.get(path, options)
  if (bytes === undefined) return undefined
  if (kind === 'tag' && (await objects.getRange(`${path}.deleted`, 0, 1, options)) !== undefined)
    throw deletedTag(name)
  const { snapshot } = parseObject(bytes, path)
  if (typeof snapshot !== 'string' || !SNAPSHOT_ID.test(snapshot))
    throw new ReaderError('Corrupt', `'${path}' names no snapshot`, { path })
  return snapshot
}

/** Requests that a description may spend on finding refs. */
const REQUESTS_FOR_REFS = 4
/** A tag also takes the look whether it was deleted. */
const REQUESTS = { branch: 1, tag: 2 }

/**
 * Version 1 keeps each branch and tag in a folder: where the store can list, a few more of those are found.
 * @returns the refs, and the names of those that were not looked up
 */
export async function listedRefs(
  objects: Objects,
  repository: Repository,
  options: ReadOptions,
): Promise<{ readonly refs: ReadonlyMap<string, string>; readonly others: readonly string[] }> {
  if (repository.specification === 2 || objects.list === undefined)
    return { refs: repository.refs, others: [] }
  const names = (await objects.list('refs', options)).flatMap(folder => {
    const [, kind, name] = /^(branch|tag)\.(.+)\/$/s.exec(folder) ?? []
    return kind === undefined || repository.refs.has(`${kind}:${name}`)
      ? []
      : [{ kind: kind as 'branch' | 'tag', name: name! }]
  })
  const refs = new Map(repository.refs)
  const others: string[] = []
  let left = REQUESTS_FOR_REFS
  for (const { kind, name } of names) {
    if (left < REQUESTS[kind]) {
      others.push(`${kind}:${name}`)
      continue
    }
    left -= REQUESTS[kind]
    try {
      const id = await refAt(objects, kind, name, options)
      if (id !== undefined) refs.set(`${kind}:${name}`, id)
    } catch (error) {
      // A deleted tag is none; a broken ref does not hide the others.
      if (!(error instanceof ReaderError)) throw error
    }
  }
  return { refs, others }
}
