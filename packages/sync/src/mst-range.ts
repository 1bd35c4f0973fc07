/**
 * The part of a tree that lies in a range of keys. A tree follows from its keys alone, so who holds all records of the range need
 * keep only the nodes by which the tree enters and leaves it: at most two a level. The others are made anew.
 */
import { type BinaryCid, cidOfBlock } from './cid.ts'
import {
  type Blocks,
  encodeNode,
  keyLevel,
  MissingBlockError,
  type MstEntry,
  MstError,
  parseNode,
} from './mst-node.ts'

/** Keys from `from` to before `to`, in the order of their bytes. */
export interface KeyRange {
  readonly from: string
  readonly to: string
}

/** All keys that begin with a text of ASCII, such as `org.example.`. */
export function keysWith(prefix: string): KeyRange {
  const last = prefix.charCodeAt(prefix.length - 1)
  return { from: prefix, to: prefix.slice(0, -1) + String.fromCharCode(last + 1) }
}

/** A link to a subtree, and the keys between which it lies. */
interface Branch {
  readonly cid: BinaryCid
  readonly level: number
  readonly after: string | undefined
  readonly before: string | undefined
}

type Place = 'inside' | 'outside' | 'edge'

function placeOf({ after, before }: Branch, { from, to }: KeyRange): Place {
  if ((before !== undefined && before <= from) || (after !== undefined && after >= to)) return 'outside'
  return after !== undefined && after >= from && before !== undefined && before <= to ? 'inside' : 'edge'
}

interface Node {
  readonly entries: readonly MstEntry[]
  readonly branches: readonly Branch[]
}

function open(block: Uint8Array, { level, after, before }: Pick<Branch, 'level' | 'after' | 'before'>): Node {
  const { left, entries } = parseNode(block)
  const own = entries[0] ? keyLevel(entries[0].key) : level
  const branches: Branch[] = []
  const add = (cid: BinaryCid | undefined, from: string | undefined, to: string | undefined) => {
    if (cid !== undefined) branches.push({ cid, level: own - 1, after: from, before: to })
  }
  add(left, after, entries[0]?.key ?? before)
  for (const [at, { key, tree }] of entries.entries()) add(tree, key, entries[at + 1]?.key ?? before)
  return { entries, branches }
}

const WHOLE = { level: Number.MAX_SAFE_INTEGER, after: undefined, before: undefined }

/**
 * The nodes by which a tree enters and leaves a range, as far as they are to be had; copies.
 * @throws MstError or CborError of a node
 */
export function edgeNodes(root: BinaryCid, range: KeyRange, blocks: Blocks): Map<BinaryCid, Uint8Array> {
  const found = new Map<BinaryCid, Uint8Array>()
  const visit = (branch: Branch): void => {
    const block = blocks.get(branch.cid)
    if (block === undefined) return
    found.set(branch.cid, Buffer.from(block))
    for (const next of open(block, branch).branches) if (placeOf(next, range) === 'edge') visit(next)
  }
  visit({ cid: root, ...WHOLE })
  return found
}

/** A record of the range: its key and state. */
export interface RangeRecord {
  readonly key: string
  readonly cid: BinaryCid
}

/**
 * Every node of a tree that meets a range, from the nodes of its edge and the records in it.
 * @param records of the range, in the order of their keys
 * @param only keys whose way is wanted; all of the range where left out
 * @throws MissingBlockError where the edge is not whole, or the records are not those of the tree
 */
export function rangeNodes(
  root: BinaryCid,
  range: KeyRange,
  edge: Blocks,
  records: readonly RangeRecord[],
  only?: string,
): Map<BinaryCid, Uint8Array> {
  const found = new Map<BinaryCid, Uint8Array>()
  const visit = (branch: Branch): void => {
    if (only !== undefined && !holds(branch, only)) return
    const place = placeOf(branch, range)
    if (place === 'outside') return
    if (place === 'inside') {
      const within = between(records, branch)
      if (subtree(within, branch.level, found) !== branch.cid)
        throw new MissingBlockError('the records held are not those of the tree')
      return
    }
    const block = edge.get(branch.cid)
    if (block === undefined) throw new MissingBlockError('a node at the edge of the range is not held')
    found.set(branch.cid, block)
    for (const next of open(block, branch).branches) visit(next)
  }
  visit({ cid: root, ...WHOLE })
  return found
}

/**
 * Every record of a range, told from the nodes of {@link rangeNodes}: nothing of the range can be left out. What is read of the tree
 * is checked as a whole tree is: every key in order and at its level.
 * @throws MissingBlockError where a node is not given; MstError or CborError of a node
 */
export function rangeRecords(root: BinaryCid, range: KeyRange, blocks: Blocks): RangeRecord[] {
  const records: RangeRecord[] = []
  const visit = (branch: Branch): void => {
    if (placeOf(branch, range) === 'outside') return
    const block = blocks.get(branch.cid)
    if (block === undefined) throw new MissingBlockError('a node of the range is not among the blocks')
    const { entries, branches } = open(block, branch)
    checkPlaces(entries, branches, branch)
    const steps = [
      ...entries.map(({ key, value }) => ({ key, cid: value })),
      ...branches.map(next => ({ key: next.after ?? '', next })),
    ].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 'cid' in a ? -1 : 1))
    for (const step of steps) {
      if ('next' in step) visit(step.next)
      else if (step.key >= range.from && step.key < range.to) records.push(step)
    }
  }
  visit({ cid: root, ...WHOLE })
  return records
}

function checkPlaces(entries: Node['entries'], branches: Node['branches'], branch: Branch): void {
  const { level, after, before } = branch
  const isRoot = level === WHOLE.level
  if (entries.length === 0 && (isRoot ? branches.length > 0 : branches.length === 0 || level < 1))
    throw new MstError('MST has an empty node where none may be')
  const own = isRoot && entries[0] ? keyLevel(entries[0].key) : level
  for (const { key } of entries) {
    if (keyLevel(key) !== own) throw new MstError(`'${key}' lies at the wrong level`)
    if ((after !== undefined && key <= after) || (before !== undefined && key >= before))
      throw new MstError(`'${key}' is doubled or out of order`)
  }
}

function holds({ after, before }: Branch, key: string): boolean {
  return (after === undefined || after < key) && (before === undefined || key < before)
}

function between(records: readonly RangeRecord[], { after, before }: Branch): readonly RangeRecord[] {
  const first = (text: string, isAfter: boolean): number => {
    let [low, high] = [0, records.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const { key } = records[middle]!
      if (key < text || (isAfter && key === text)) low = middle + 1
      else high = middle
    }
    return low
  }
  return records.slice(
    after === undefined ? 0 : first(after, true),
    before === undefined ? records.length : first(before, false),
  )
}

/** The one tree over the records, its top at a level; its nodes are added to `into`. */
function subtree(
  records: readonly RangeRecord[],
  level: number,
  into: Map<BinaryCid, Uint8Array>,
): BinaryCid | undefined {
  if (records.length === 0) return undefined
  const leaves = records.map(record => ({ ...record, level: keyLevel(record.key) }))
  const build = (from: number, to: number, at: number): BinaryCid | undefined => {
    if (from === to || at < 0) return undefined
    const entries: { key: string; value: BinaryCid; tree: BinaryCid | undefined }[] = []
    let left: BinaryCid | undefined
    let start = from
    for (let next = from; next <= to; next++) {
      const leaf = next < to ? leaves[next]! : undefined
      if (leaf && leaf.level !== at) continue
      const child = build(start, next, at - 1)
      const last = entries.at(-1)
      if (last) last.tree = child
      else left = child
      if (leaf) entries.push({ key: leaf.key, value: leaf.cid, tree: undefined })
      start = next + 1
    }
    const block = encodeNode({ left, entries })
    const cid = cidOfBlock(block)
    into.set(cid, block)
    return cid
  }
  return build(0, leaves.length, level)
}

/** The whole tree over records in the order of their keys. */
export function treeOf(records: readonly RangeRecord[]): {
  readonly root: BinaryCid
  readonly nodes: ReadonlyMap<BinaryCid, Uint8Array>
} {
  const nodes = new Map<BinaryCid, Uint8Array>()
  const top = Math.max(0, ...records.map(({ key }) => keyLevel(key)))
  const root = subtree(records, top, nodes)
  if (root !== undefined) return { root, nodes }
  const empty = encodeNode({ left: undefined, entries: [] })
  return { root: cidOfBlock(empty), nodes: new Map([[cidOfBlock(empty), empty]]) }
}
