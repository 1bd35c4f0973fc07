import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { JsonValue } from '@atproto/lex-json'
import { type PlannedRecord, recordCid } from './publish.ts'

/** One file of the carried content: an account, its profile and its records (see `seed/README.md`). */
export interface SeedFile {
  readonly account: { readonly handle: string; readonly pds: string }
  readonly profile?: JsonObject
  readonly records: readonly SeedRecord[]
}

/** `collection` without the authority, `record` without its `$type`. */
export interface SeedRecord {
  readonly collection: string
  readonly rkey: string
  readonly record: JsonObject
}

type JsonObject = { [key: string]: JsonValue }

/** What the placeholders of the content stand for in a running network. */
export interface SeedTargets {
  /** NSID authority, e.g. `org.example`. */
  readonly authority: string
  /** DIDs by the handle that the content uses. */
  readonly dids: ReadonlyMap<string, string>
  readonly storeUrl: (path: string) => string
}

/** What is to be written: groups of records by account handle. No record refers to one of its own group or of a later one by CID. */
export type SeedPlan = readonly ReadonlyMap<string, readonly PlannedRecord[]>[]

/**
 * Reads the content of a folder, in the order of the file names.
 * @throws Error that names the file and what is wrong with it
 */
export async function readSeed(folder: string): Promise<SeedFile[]> {
  const names = (await readdir(folder)).filter(name => name.endsWith('.json')).sort()
  return Promise.all(
    names.map(async name => {
      const path = join(folder, name)
      const problem = (text: string) => new Error(`${path}: ${text}`)
      let file: SeedFile
      try {
        file = JSON.parse(await readFile(path, 'utf8'))
      } catch (error) {
        throw problem(`is not JSON: ${(error as Error).message}`)
      }
      const { account, records } = file
      if (typeof account?.handle !== 'string' || typeof account.pds !== 'string') {
        throw problem('account must have a handle and a pds')
      }
      if (account.handle !== basename(name, '.json'))
        throw problem(`account.handle must be the name of the file`)
      if (!Array.isArray(records)) throw problem('records must be an array')
      for (const [index, { collection, rkey, record }] of records.entries()) {
        if (typeof collection === 'string' && typeof rkey === 'string' && isObject(record)) continue
        throw problem(`records[${index}] must have collection, rkey and record`)
      }
      return file
    }),
  )
}

interface Node {
  readonly key: string
  readonly handle: string
  readonly collection: string
  readonly rkey: string
  readonly record: JsonObject
  level?: number
  planned?: PlannedRecord
}

/**
 * Replaces the placeholders and orders the records so that whatever is referred to by CID comes first.
 * @throws Error that names the record whose reference has no target, or the circle
 */
export async function planSeed(files: readonly SeedFile[], targets: SeedTargets): Promise<SeedPlan> {
  const nodes = new Map<string, Node>()
  for (const { account, profile, records } of files) {
    const all = profile
      ? [{ collection: 'actor.profile', rkey: 'self', record: profile }, ...records]
      : records
    for (const entry of all) {
      const key = `${account.handle}/${entry.collection}/${entry.rkey}`
      if (nodes.has(key)) throw new Error(`seed ${key}: there are two of it`)
      nodes.set(key, { key, handle: account.handle, ...entry })
    }
  }
  const levels: Map<string, PlannedRecord[]>[] = []
  for (const node of nodes.values()) await settle(node, nodes, targets, levels, [])
  return levels
}

/** Plans a record after all that it refers to by CID; `path` leads to it. */
async function settle(
  node: Node,
  nodes: ReadonlyMap<string, Node>,
  targets: SeedTargets,
  levels: Map<string, PlannedRecord[]>[],
  path: readonly string[],
): Promise<Node> {
  if (node.planned) return node
  if (path.includes(node.key))
    throw new Error(`seed ${[...path, node.key].join(' → ')}: references go in a circle`)
  const here = [...path, node.key]
  let level = 0
  for (const key of strongReferences(node.record)) {
    const target = nodes.get(key)
    if (!target) throw new Error(`seed ${node.key}: $seedRef '${key}' has no target`)
    const settled = await settle(target, nodes, targets, levels, here)
    level = Math.max(level, settled.level! + 1)
  }
  const collection = `${targets.authority}.${node.collection}`
  const value = { $type: collection, ...(resolve(node.record, node, nodes, targets) as JsonObject) }
  node.planned = { collection, rkey: node.rkey, value, cid: await recordCid(value) }
  node.level = level
  const groups = levels[level] ?? new Map<string, PlannedRecord[]>()
  levels[level] = groups
  const group = groups.get(node.handle)
  if (group) group.push(node.planned)
  else groups.set(node.handle, [node.planned])
  return node
}

function* strongReferences(value: JsonValue): Generator<string> {
  if (Array.isArray(value)) for (const item of value) yield* strongReferences(item)
  else if (isObject(value)) {
    if (typeof value.$seedRef === 'string') yield value.$seedRef
    for (const item of Object.values(value)) yield* strongReferences(item)
  }
}

function resolve(
  value: JsonValue,
  node: Node,
  nodes: ReadonlyMap<string, Node>,
  targets: SeedTargets,
): JsonValue {
  if (Array.isArray(value)) return value.map(item => resolve(item, node, nodes, targets))
  if (!isObject(value)) return value
  const { $seed, $seedRef, $did, $store } = value
  const did = (handle: string, key: string): string => {
    const found = targets.dids.get(handle)
    if (found === undefined) throw new Error(`seed ${node.key}: '${key}' names an account that there is not`)
    return found
  }
  const uri = (key: string): string => {
    const target = nodes.get(key)
    if (!target) throw new Error(`seed ${node.key}: '${key}' has no target`)
    return `at://${did(target.handle, key)}/${targets.authority}.${target.collection}/${target.rkey}`
  }
  if (typeof $seed === 'string') return uri($seed)
  if (typeof $seedRef === 'string') return { uri: uri($seedRef), cid: nodes.get($seedRef)!.planned!.cid }
  if (typeof $did === 'string') return did($did, $did)
  if (typeof $store === 'string') return targets.storeUrl($store)
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) =>
      name === '$type' && typeof item === 'string'
        ? [name, item.replace(/^@/, `${targets.authority}.`)]
        : [name, resolve(item, node, nodes, targets)],
    ),
  )
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
