/**
 * Nodes of the Merkle Search Tree of a repository: keys `collection/rkey` in order, each at the level that the leading zeros of
 * its SHA-256 give it, four-way on average. https://atproto.com/specs/repository#mst-structure
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

/** The CID of a node's canonical DAG-CBOR. */
export function nodeCid(node: MstNode): BinaryCid {
  return DAG_CBOR_PREFIX + hash('sha256', writeNode(node), 'binary')
}

/** The root of a tree without keys. */
export const EMPTY_TREE: BinaryCid = nodeCid({ left: undefined, entries: [] })

/**
 * Finds and parses a node.
 * @throws MissingBlockError, MstError or CborError
 */
export function loadNode(blocks: Blocks, cid: BinaryCid): MstNode {
  const block = blocks.get(cid)
  if (block === undefined)
    throw new MissingBlockError('an MST node that the proof needs is not among the blocks')
  return parseNode(block)
}
