/**
 * The Merkle Search Tree of a repository: keys `collection/rkey` in order, each at the level that the leading zeros of its
 * SHA-256 give it, four-way on average. https://atproto.com/specs/repository#mst-structure
 */
import { hash } from 'node:crypto'
import { CborReader } from './cbor.ts'
import { type BinaryCid, CID_LENGTH, DAG_CBOR_PREFIX } from './cid.ts'

export class MstError extends Error {
  override readonly name = 'MstError'
}

/** A block that the proof needs is not among those given. */
export class MissingBlockError extends MstError {}

export interface MstEntry {
  readonly key: string
  readonly value: BinaryCid
  /** Subtree of the keys after this one. */
  readonly tree: BinaryCid | undefined
}

export interface MstNode {
  /** Subtree of the keys before the first entry. */
  readonly left: BinaryCid | undefined
  readonly entries: readonly MstEntry[]
}

export type Blocks = { get(cid: BinaryCid): Uint8Array | undefined }

/** Longest key: NSID 317, slash, record key 512. */
const MAX_KEY = 830
/** No SHA-256 has more pairs of leading zeros; in practice levels stay below 20. */
const MAX_LEVEL = 128

/** The level of a key: leading zero bits of its SHA-256, by twos. */
export function keyLevel(key: string): number {
  const digest = hash('sha256', key, 'binary')
  let level = 0
  for (let i = 0; i < digest.length; i++) {
    const byte = digest.charCodeAt(i)
    if (byte === 0) level += 4
    else return level + (byte < 4 ? 3 : byte < 16 ? 2 : byte < 64 ? 1 : 0)
  }
  return level
}

function field(reader: CborReader, name: number): void {
  if (reader.byte() !== 0x61 || reader.byte() !== name)
    throw new MstError(`MST node: expected field '${String.fromCharCode(name)}'`)
}

function optionalLink(reader: CborReader): BinaryCid | undefined {
  if (reader.bytes[reader.at] === 0xf6) {
    reader.at++
    return undefined
  }
  return treeLink(reader)
}

function treeLink(reader: CborReader): BinaryCid {
  const cid = valueLink(reader)
  if (cid.charCodeAt(1) !== 0x71) throw new MstError('MST node: a link is not to DAG-CBOR')
  return cid
}

function valueLink(reader: CborReader): BinaryCid {
  const start = reader.link()
  return reader.bytes.toString('latin1', start, start + CID_LENGTH)
}

/**
 * Parses one node in its only encoding: fields in order, keys ascending, prefixes compressed as far as they go.
 * @throws MstError or CborError
 */
export function parseNode(block: Uint8Array): MstNode {
  const reader = new CborReader(block)
  const { bytes } = reader
  if (reader.head(5) !== 2) throw new MstError('MST node: expected the two fields e and l')
  field(reader, 0x65)
  const count = reader.head(4)
  if (count * 50 > block.length) throw new MstError('MST node: more entries than bytes')
  const entries = new Array<MstEntry>(count)
  let last = ''
  for (let i = 0; i < count; i++) {
    if (reader.head(5) !== 4) throw new MstError('MST entry: expected the four fields k, p, t, v')
    field(reader, 0x6b)
    const length = reader.head(2)
    const start = reader.take(length)
    const suffix = bytes.toString('latin1', start, start + length)
    field(reader, 0x70)
    const prefix = reader.head(0)
    if (prefix > last.length) throw new MstError('MST entry: the prefix is longer than the key before')
    if (length === 0 || (prefix < last.length && suffix.charCodeAt(0) <= last.charCodeAt(prefix)))
      throw new MstError('MST entry: keys out of order, doubled or not compressed')
    const key = prefix === 0 ? suffix : last.slice(0, prefix) + suffix
    if (key.length > MAX_KEY) throw new MstError(`MST entry: key longer than ${MAX_KEY} bytes`)
    field(reader, 0x74)
    const tree = optionalLink(reader)
    field(reader, 0x76)
    entries[i] = { key, value: valueLink(reader), tree }
    last = key
  }
  field(reader, 0x6c)
  const left = optionalLink(reader)
  reader.finish()
  return { left, entries }
}

let scratch = Buffer.allocUnsafe(16_384)

function writeHead(at: number, major: number, value: number): number {
  if (value < 24) {
    scratch[at] = major | value
    return at + 1
  }
  if (value < 0x100) {
    scratch[at] = major | 24
    scratch[at + 1] = value
    return at + 2
  }
  scratch[at] = major | 25
  scratch[at + 1] = value >> 8
  scratch[at + 2] = value & 0xff
  return at + 3
}

function writeLink(at: number, cid: BinaryCid | undefined): number {
  if (cid === undefined) {
    scratch[at] = 0xf6
    return at + 1
  }
  scratch[at] = 0xd8
  scratch[at + 1] = 0x2a
  scratch[at + 2] = 0x58
  scratch[at + 3] = CID_LENGTH + 1
  scratch[at + 4] = 0
  scratch.write(cid, at + 5, 'latin1')
  return at + 5 + CID_LENGTH
}

/** The node's bytes, in memory that the next call overwrites. */
function writeNode({ left, entries }: MstNode): Buffer {
  let most = 64
  for (const entry of entries) most += entry.key.length + 110
  if (most > scratch.length) scratch = Buffer.allocUnsafe(most * 2)
  scratch[0] = 0xa2
  scratch[1] = 0x61
  scratch[2] = 0x65
  let at = writeHead(3, 0x80, entries.length)
  let last = ''
  for (const { key, value, tree } of entries) {
    let prefix = 0
    const shared = Math.min(key.length, last.length)
    while (prefix < shared && key.charCodeAt(prefix) === last.charCodeAt(prefix)) prefix++
    scratch[at] = 0xa4
    scratch[at + 1] = 0x61
    scratch[at + 2] = 0x6b
    at = writeHead(at + 3, 0x40, key.length - prefix)
    at += scratch.write(prefix === 0 ? key : key.slice(prefix), at, 'latin1')
    scratch[at] = 0x61
    scratch[at + 1] = 0x70
    at = writeHead(at + 2, 0, prefix)
    scratch[at] = 0x61
    scratch[at + 1] = 0x74
    at = writeLink(at + 2, tree)
    scratch[at] = 0x61
    scratch[at + 1] = 0x76
    at = writeLink(at + 2, value)
    last = key
  }
  scratch[at] = 0x61
  scratch[at + 1] = 0x6c
  at = writeLink(at + 2, left)
  return scratch.subarray(0, at)
}

/** A node's canonical DAG-CBOR. */
export function encodeNode(node: MstNode): Uint8Array {
  return Buffer.from(writeNode(node))
}

function nodeCid(node: MstNode): BinaryCid {
  return DAG_CBOR_PREFIX + hash('sha256', writeNode(node), 'binary')
}

/** The root of a tree without keys. */
export const EMPTY_TREE: BinaryCid = nodeCid({ left: undefined, entries: [] })

function loadNode(blocks: Blocks, cid: BinaryCid): MstNode {
  const block = blocks.get(cid)
  if (block === undefined)
    throw new MissingBlockError('an MST node that the proof needs is not among the blocks')
  return parseNode(block)
}

/** One write of a commit, as the proof needs it. */
export interface MstOperation {
  readonly key: string
  /** Value after the commit; absent where the record was deleted. */
  readonly value?: BinaryCid
  /** Value before the commit; absent where the record was created. */
  readonly previous?: BinaryCid
}

/** A key, or a subtree that nobody needed to look into, in the order of the tree. */
interface Item {
  readonly level: number
  /** Absent for a subtree. */
  readonly key?: string
  /** The record, or the root of the subtree. */
  readonly cid: BinaryCid
}

/**
 * Undoes a commit's writes in a partial tree and gives the root that the tree had before: the proof that exactly these writes
 * were made. Only nodes on the way to the written keys, and those that must be joined, are looked into.
 *
 * The tree is laid out flat as keys and unopened subtrees, the writes are undone in that list, and the canonical tree over
 * it is built again. Keys keep the level of the node in which they lie (only written keys are hashed), so a root that equals
 * that of a canonical tree shows by induction that this tree is canonical too. The order of the writes does not matter.
 * Source: https://atproto.com/specs/sync#validating-commits (operation inversion)
 * @param blocks holds every node on the way
 * @param expected the root that is hoped for, which spares opening it
 * @throws MstError where a write is not in the tree as it claims; MissingBlockError where the blocks do not suffice
 */
export function invertOps(
  root: BinaryCid,
  blocks: Blocks,
  operations: readonly MstOperation[],
  expected?: BinaryCid,
): BinaryCid {
  const sorted = operations.length < 2 ? operations : [...operations].sort((a, b) => (a.key < b.key ? -1 : 1))
  for (let i = 1; i < sorted.length; i++)
    if (sorted[i]!.key === sorted[i - 1]!.key) throw new MstError(`'${sorted[i]!.key}' is written twice`)
  const inversion = new Inversion(blocks, sorted)
  return inversion.run(root, expected)
}

class Inversion {
  private readonly blocks: Blocks
  private readonly operations: readonly MstOperation[]
  private readonly items: Item[] = []

  constructor(blocks: Blocks, operations: readonly MstOperation[]) {
    this.blocks = blocks
    this.operations = operations
  }

  run(root: BinaryCid, expected: BinaryCid | undefined): BinaryCid {
    const top = loadNode(this.blocks, root)
    const first = top.entries[0]
    if (first === undefined && top.left !== undefined)
      throw new MstError('MST root is an empty node above others: it should have been trimmed')
    const level = first === undefined ? 0 : keyLevel(first.key)
    this.expand(top, level, 0, this.operations.length)
    return this.build(expected)
  }

  /** Lays out the node; operations `from` up to `to` fall into its range of keys. */
  private expand(node: MstNode, level: number, from: number, to: number): void {
    const { operations } = this
    let next = from
    let subtree = node.left
    for (const entry of node.entries) {
      const start = next
      while (next < to && operations[next]!.key < entry.key) next++
      this.gap(subtree, level, start, next)
      const operation = next < to ? operations[next]! : undefined
      if (operation?.key === entry.key) {
        next++
        if (operation.value === undefined) throw new MstError(`'${entry.key}' is not deleted in the tree`)
        if (operation.value !== entry.value) throw new MstError(`'${entry.key}' has another CID in the tree`)
        if (keyLevel(entry.key) !== level) throw new MstError(`'${entry.key}' lies at the wrong level`)
        if (operation.previous !== undefined) this.push({ level, key: entry.key, cid: operation.previous })
      } else this.push({ level, key: entry.key, cid: entry.value })
      subtree = entry.tree
    }
    this.gap(subtree, level, next, to)
  }

  /** Between two keys of a node: what lies there is looked into only where an operation falls into it. */
  private gap(subtree: BinaryCid | undefined, level: number, from: number, to: number): void {
    if (subtree !== undefined) {
      if (level === 0) throw new MstError('MST has a node below level 0')
      if (from === to) return this.push({ level: level - 1, cid: subtree })
      const node = loadNode(this.blocks, subtree)
      if (node.entries.length === 0 && node.left === undefined) throw new MstError('MST has an empty leaf')
      return this.expand(node, level - 1, from, to)
    }
    for (let i = from; i < to; i++) {
      const { key, value, previous } = this.operations[i]!
      if (value !== undefined) throw new MstError(`'${key}' is not in the tree`)
      if (previous === undefined) throw new MstError(`'${key}': a write without a value before or after`)
      this.push({ level: keyLevel(key), key, cid: previous })
    }
  }

  /**
   * Appends in order. A subtree may stay unopened only between keys of higher levels; otherwise the tree before the commit
   * had it joined with its neighbour, and it is laid out.
   */
  private push(item: Item): void {
    const { items } = this
    for (;;) {
      const last = items.at(-1)
      if (last === undefined) break
      if (item.key === undefined) {
        if (last.key === undefined && last.level >= item.level) {
          items.pop()
          this.open(last)
          continue
        }
        if (last.level <= item.level) return this.open(item)
      } else if (last.key === undefined && last.level >= item.level) {
        items.pop()
        this.open(last)
        continue
      }
      break
    }
    items.push(item)
  }

  private open(subtree: Item): void {
    const node = loadNode(this.blocks, subtree.cid)
    if (node.entries.length === 0 && node.left === undefined) throw new MstError('MST has an empty leaf')
    this.expand(node, subtree.level, 0, 0)
  }

  private build(expected: BinaryCid | undefined): BinaryCid {
    const { items } = this
    // A lone subtree is the whole tree, less empty nodes on top.
    while (items.length === 1 && items[0]!.key === undefined) {
      const only = items[0]!
      if (only.cid === expected) return only.cid
      const node = loadNode(this.blocks, only.cid)
      if (node.entries.length > 0) return only.cid
      items.pop()
      if (only.level === 0) throw new MstError('MST has an empty leaf')
      this.open(only)
    }
    if (items.length === 0) return EMPTY_TREE
    let level = 0
    for (const item of items) if (item.level > level) level = item.level
    return this.node(0, items.length, level)
  }

  private node(from: number, to: number, level: number): BinaryCid {
    const { items } = this
    const entries: { key: string; value: BinaryCid; tree: BinaryCid | undefined }[] = []
    let left: BinaryCid | undefined
    let start = from
    for (let i = from; i <= to; i++) {
      const item = i < to ? items[i]! : undefined
      if (item !== undefined && (item.key === undefined || item.level !== level)) continue
      const subtree = start === i ? undefined : this.subtree(start, i, level - 1)
      if (entries.length === 0) left = subtree
      else entries.at(-1)!.tree = subtree
      if (item !== undefined) entries.push({ key: item.key!, value: item.cid, tree: undefined })
      start = i + 1
    }
    return nodeCid({ left, entries })
  }

  private subtree(from: number, to: number, level: number): BinaryCid {
    const only = this.items[from]!
    if (to - from === 1 && only.key === undefined && only.level === level) return only.cid
    return this.node(from, to, level)
  }
}

/**
 * Walks a whole tree in the order of its keys and checks all of it: every node present and canonical, every key at its level
 * and in order, no empty node but where levels are skipped.
 * @throws MstError, MissingBlockError, or CborError of a node
 */
export function* walkTree(root: BinaryCid, blocks: Blocks): Generator<{ key: string; cid: BinaryCid }> {
  const top = loadNode(blocks, root)
  if (top.entries.length === 0) {
    if (top.left !== undefined) throw new MstError('MST root is an empty node above others')
    return
  }
  let last = ''
  const stack: { node: MstNode; level: number; next: number }[] = []
  const enter = (node: MstNode, level: number) => {
    for (const { key } of node.entries)
      if (keyLevel(key) !== level) throw new MstError(`'${key}' lies at the wrong level`)
    stack.push({ node, level, next: -1 })
  }
  const descend = (cid: BinaryCid, level: number) => {
    if (level < 0) throw new MstError('MST has a node below level 0')
    const node = loadNode(blocks, cid)
    if (node.entries.length === 0 && node.left === undefined) throw new MstError('MST has an empty leaf')
    enter(node, level)
  }
  const level = keyLevel(top.entries[0]!.key)
  if (level > MAX_LEVEL) throw new MstError('MST is too deep')
  enter(top, level)
  while (stack.length > 0) {
    const frame = stack.at(-1)!
    const { node } = frame
    if (frame.next === -1) {
      frame.next = 0
      if (node.left !== undefined) descend(node.left, frame.level - 1)
      continue
    }
    const entry = node.entries[frame.next]
    if (entry === undefined) {
      stack.pop()
      continue
    }
    if (entry.key <= last) throw new MstError(`'${entry.key}' is doubled or out of order`)
    last = entry.key
    frame.next++
    yield { key: entry.key, cid: entry.value }
    if (entry.tree !== undefined) descend(entry.tree, frame.level - 1)
  }
}
