/** Finds the groups and arrays below a location: in one consolidated document, by listing, or by what attributes name. */
import { ReaderError } from '../../errors.ts'
import type { Objects, ReadOptions } from '../../objects.ts'
import { isObject, type JsonObject, parseObject } from './json.ts'
import { limiterOf } from './limiter.ts'
import { MAX_NODES } from './limits.ts'
import { namedChildren } from './multiscales.ts'
import { checkPath, childPath, type Hierarchy, type Node } from './node.ts'

/** Documents that are read one by one where nothing consolidates them. */
const MAX_VISITED = 512
const MAX_DEPTH = 16
const CONCURRENT_VISITS = 8

const V2_DOCUMENT = /^(?:(.*)\/)?(\.zarray|\.zgroup)$/

/**
 * @param names what lies directly below the root, where that is known: documents that are not among them are not asked for
 * @throws {ReaderError} `NotFound` where no Zarr hierarchy lies, `Corrupt`, `Unsupported`.
 */
export async function discover(
  objects: Objects,
  options: ReadOptions,
  names?: ReadonlySet<string>,
): Promise<Hierarchy> {
  const documentAt: DocumentAt = async path => {
    if (names !== undefined && !path.includes('/') && !names.has(path)) return undefined
    const bytes = await objects.get(path, options)
    return bytes === undefined ? undefined : parseObject(bytes, path)
  }
  const document = await documentAt('zarr.json')
  if (document !== undefined) return discoverV3(objects, documentAt, document, options, names)
  const consolidated = await documentAt('.zmetadata')
  if (consolidated !== undefined) return consolidatedV2(consolidated)
  // Of a group that a listing shows, the document itself says nothing more.
  const root: Node | undefined = names?.has('.zgroup')
    ? {
        path: '',
        kind: 'group',
        zarrFormat: 2,
        document: { zarr_format: 2 },
        attributes: (await documentAt('.zattrs')) ?? {},
      }
    : undefined
  const visited = await walk(objects, documentAt, 2, root, options, names)
  if (visited.nodes.length === 0)
    throw new ReaderError(
      'NotFound',
      `'${objects.name}' holds neither zarr.json, .zmetadata, .zgroup nor .zarray`,
    )
  return visited
}

type DocumentAt = (path: string) => Promise<JsonObject | undefined>

function consolidatedV2(document: JsonObject): Hierarchy {
  const metadata = isObject(document.metadata) ? document.metadata : undefined
  if (metadata === undefined) throw new ReaderError('Corrupt', `'.zmetadata': 'metadata' is not an object`)
  const nodes: Node[] = []
  for (const [key, value] of Object.entries(metadata)) {
    const [, path = '', name] = V2_DOCUMENT.exec(key) ?? []
    if (name === undefined || !isObject(value)) continue
    const attributes = metadata[childPath(path, '.zattrs')]
    nodes.push({
      path: checkPath(path),
      kind: name === '.zarray' ? 'array' : 'group',
      zarrFormat: 2,
      document: value,
      attributes: isObject(attributes) ? attributes : {},
    })
  }
  const { record_size: recordSize } = document
  return {
    zarrFormat: 2,
    consolidated: true,
    nodes: bounded(nodes),
    warnings: [],
    ...(typeof recordSize === 'number' ? { recordSize } : {}),
  }
}

function discoverV3(
  objects: Objects,
  documentAt: DocumentAt,
  document: JsonObject,
  options: ReadOptions,
  names?: ReadonlySet<string>,
): Promise<Hierarchy> | Hierarchy {
  if (typeof document.zarr_format === 'string')
    throw new ReaderError(
      'Unsupported',
      `'zarr.json' is of a draft of Zarr v3 (${document.zarr_format}): only the final version is read`,
    )
  const root = nodeV3('', document)
  const consolidated = document.consolidated_metadata
  if (root.kind === 'array') return { zarrFormat: 3, consolidated: true, nodes: [root], warnings: [] }
  if (!isObject(consolidated) || !isObject(consolidated.metadata))
    return walk(objects, documentAt, 3, root, options, names)
  const children = Object.entries(consolidated.metadata).map(([path, value]) => {
    if (!isObject(value))
      throw new ReaderError('Corrupt', `'zarr.json': metadata of '${path}' is not an object`)
    return nodeV3(checkPath(path), value)
  })
  return { zarrFormat: 3, consolidated: true, nodes: bounded([root, ...children]), warnings: [] }
}

function nodeV3(path: string, document: JsonObject): Node {
  const { node_type: kind, attributes } = document
  if (kind !== 'array' && kind !== 'group')
    throw new ReaderError(
      'Corrupt',
      `'${childPath(path, 'zarr.json')}': 'node_type' is ${JSON.stringify(kind)}`,
      { path },
    )
  return { path, kind, zarrFormat: 3, document, attributes: isObject(attributes) ? attributes : {} }
}

function bounded(nodes: Node[]): Node[] {
  if (nodes.length > MAX_NODES)
    throw new ReaderError(
      'OverBudget',
      `${nodes.length} groups and arrays, more than the ${MAX_NODES} that are described`,
    )
  return nodes
}

/** Visits what a listing shows; where the store cannot list, what the attributes of groups name. */
async function walk(
  objects: Objects,
  documentAt: DocumentAt,
  zarrFormat: 2 | 3,
  root: Node | undefined,
  options: ReadOptions,
  rootNames?: ReadonlySet<string>,
): Promise<Hierarchy> {
  const nodes: Node[] = []
  const warnings: string[] = []
  const limiter = limiterOf(CONCURRENT_VISITS)
  const seen = new Set<string>()
  let listed = true

  async function visit(path: string, depth: number, known?: Node): Promise<void> {
    if (seen.has(path) || depth > MAX_DEPTH) return
    if (seen.size >= MAX_VISITED) {
      if (warnings.length === 0)
        warnings.push(
          `only the first ${MAX_VISITED} groups and arrays are described: the store has no consolidated metadata`,
        )
      return
    }
    seen.add(path)
    const node = known ?? (await limiter(() => nodeAt(documentAt, path, zarrFormat)))
    if (node === undefined) return
    nodes.push(node)
    if (node.kind === 'group')
      await Promise.all((await childrenOf(node)).map(child => visit(child, depth + 1)))
  }

  async function childrenOf(node: Node): Promise<readonly string[]> {
    const named = namedChildren(node.path, node.attributes).filter(isPath)
    const names =
      node.path === '' && rootNames !== undefined
        ? [...rootNames]
        : await limiter(() => listing(objects, node.path, options))
    if (names === undefined) {
      listed = false
      return named
    }
    const folders = names
      .filter(name => name.endsWith('/'))
      .map(name => childPath(node.path, name.slice(0, -1)))
    return folders.filter(isPath)
  }

  await visit('', 0, root)
  if (!listed)
    warnings.push(
      `the store cannot be listed and has no consolidated metadata: only arrays that its attributes name are found (zarr.consolidate_metadata mends it)`,
    )
  nodes.sort((a, b) => (a.path < b.path ? -1 : 1))
  return { zarrFormat, consolidated: false, nodes, warnings }
}

async function listing(
  objects: Objects,
  path: string,
  options: ReadOptions,
): Promise<readonly string[] | undefined> {
  try {
    return await objects.list?.(path, options)
  } catch (error) {
    // A bucket that may be read but not listed is no failure.
    if (error instanceof ReaderError && error.code === 'Forbidden') return undefined
    throw error
  }
}

function isPath(path: string): boolean {
  try {
    return checkPath(path) === path
  } catch {
    return false
  }
}

async function nodeAt(documentAt: DocumentAt, path: string, zarrFormat: 2 | 3): Promise<Node | undefined> {
  if (zarrFormat === 3) {
    const document = await documentAt(childPath(path, 'zarr.json'))
    return document === undefined ? undefined : nodeV3(path, document)
  }
  // A location is more often a group than an array; what lies in it is more often an array.
  const names = path === '' ? ['.zgroup', '.zarray'] : ['.zarray', '.zgroup']
  for (const name of names) {
    const document = await documentAt(childPath(path, name))
    if (document === undefined) continue
    const attributes = (await documentAt(childPath(path, '.zattrs'))) ?? {}
    return { path, kind: name === '.zarray' ? 'array' : 'group', zarrFormat: 2, document, attributes }
  }
  return undefined
}
