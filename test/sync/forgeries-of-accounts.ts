/** Forgeries of an account itself, or of its host: everything is signed with the right key. */

import { CidLink } from '@frost/sync/cbor'
import { type BinaryCid, RAW_PREFIX } from '@frost/sync/cid'
import { parseCommit } from '@frost/sync/commit'
import { EMPTY_TREE, encodeNode, keyLevel } from '@frost/sync/mst-node'
import { formatTid } from '@frost/sync/tid'
import { commitBlock, commitFrame } from './commit-parts.ts'
import { cidOf, type Encodable, encode, head, Raw } from './encoding.ts'
import {
  type Base,
  dataOf,
  type Forgery,
  firstOf,
  resigned,
  stranger,
  withBlocks,
  withCommitBlock,
} from './forging.ts'
import { type Leaf, Tree } from './tree.ts'

/** First commit of a tree: everything in it is created. `root` may be no tree at all. */
function firstCommit(
  { parts, signer }: Base,
  root: BinaryCid,
  blocks: ReadonlyMap<BinaryCid, Uint8Array>,
  created: readonly Leaf[],
): Uint8Array | undefined {
  if (!signer) return undefined
  const block = commitBlock({ did: parts.repo, rev: parts.rev, data: root }, signer.sign)
  const commit = cidOf(block)
  return commitFrame({
    ...parts,
    commit,
    since: undefined,
    prevData: undefined,
    blocks: new Map([...blocks, [commit, block], [cidOf(stranger), stranger]]),
    ops: created.map(({ key, value }) => ({ action: 'create', path: key, cid: value, prev: undefined })),
  })
}

/** Keys of the level, in order. */
function keysOf(level: number, count: number, from = 0): Leaf[] {
  const keys: Leaf[] = []
  for (let number = from; keys.length < count; number++) {
    const key = `org.example.note/k${number.toString().padStart(6, '0')}`
    if (keyLevel(key) === level) keys.push({ key, level, value: cidOf(stranger) })
  }
  return keys
}

type Entry = { key: string; value: BinaryCid; tree: BinaryCid | undefined }

const entry = ({ key, value }: Leaf, tree?: BinaryCid): Entry => ({ key, value, tree })

/** A tree of the leaves made of one node that is written as `write` says. */
function oneNode(kind: string, write: (leaves: readonly Leaf[]) => Encodable, level = 0): Forgery {
  return {
    kind,
    refused: 'operations',
    forge: base => {
      const leaves = keysOf(level, 3)
      const block = encode(write(leaves))
      return firstCommit(base, cidOf(block), new Map([[cidOf(block), block]]), leaves)
    },
  }
}

function written(leaf: Leaf, prefix: number): Encodable {
  return { k: Buffer.from(leaf.key.slice(prefix)), p: prefix, t: null, v: new CidLink(leaf.value) }
}

function shared(a: string, b: string): number {
  let length = 0
  while (a[length] === b[length]) length++
  return length
}

/** A tree of nodes written by hand, and the leaves that it says are created. */
function tree(
  kind: string,
  make: () => { nodes: Uint8Array[]; leaves: readonly Leaf[] },
  refused = 'operations',
): Forgery {
  return {
    kind,
    refused,
    forge: base => {
      const { nodes, leaves } = make()
      return firstCommit(base, cidOf(nodes[0]!), new Map(nodes.map(node => [cidOf(node), node])), leaves)
    },
  }
}

/** A commit block that is signed, but written as `write` says. */
function commitWritten(
  kind: string,
  write: (unsigned: Encodable, signed: Encodable, sign: (bytes: Uint8Array) => Buffer) => Uint8Array,
): Forgery {
  return {
    kind,
    refused: 'commit-block',
    forge: ({ parts, signer }) => {
      if (!signer) return undefined
      const { did, rev, data } = parseCommit(parts.blocks.get(parts.commit)!)
      const unsigned = { did, rev, data: new CidLink(data), version: 3, prev: null }
      const signed = { ...unsigned, sig: signer.sign(encode(unsigned)) }
      return withCommitBlock(parts, write(unsigned, signed, signer.sign))
    },
  }
}

/** The record of a create, written as the account pleases: the commit stands, the record is malformed. */
function record(kind: string, block: Uint8Array, refused = 'malformed', prefix?: string): Forgery {
  return {
    kind,
    refused,
    forge: base => {
      const cid = prefix === undefined ? cidOf(block) : prefix + cidOf(block).slice(4)
      const [leaf] = keysOf(0, 1)
      const made = new Tree([{ ...leaf!, value: cid }])
      return firstCommit(base, made.root, new Map([...made.blocks(), [cid, block]]), [
        { ...leaf!, value: cid },
      ])
    },
  }
}

const pair = (key: string, value: Uint8Array) => Buffer.concat([encode(key), value])

export const accountForgeries: readonly Forgery[] = [
  {
    kind: 'rev six minutes ahead',
    refused: 'rev-future',
    forge: base => {
      const rev = formatTid((Date.now() + 6 * 60_000) * 1000)
      return resigned(base, { rev }, { rev })
    },
  },
  {
    kind: 'commit of another account, signed by this one',
    refused: 'did-mismatch',
    forge: base => resigned(base, { did: 'did:plc:zzzzzzzzzzzzzzzzzzzzzzzz' }),
  },
  {
    kind: 'another rev inside',
    refused: 'rev-mismatch',
    forge: base => resigned(base, { rev: formatTid(1_700_000_000_000_000) }),
  },
  {
    kind: 'rev inside that is no TID',
    refused: 'commit-block',
    forge: base => resigned(base, { rev: 'yesterday' }),
  },
  { kind: 'version 2', refused: 'commit-block', forge: base => resigned(base, { version: 2 }) },
  { kind: 'no rev', refused: 'commit-block', forge: base => resigned(base, { rev: undefined } as never) },
  {
    kind: 'commit block of 5 kB',
    refused: 'commit-block',
    forge: base => resigned(base, { padding: 'x'.repeat(5000) }),
  },
  {
    kind: 'float in the commit block',
    refused: 'commit-block',
    forge: base => resigned(base, { odd: new Raw(Buffer.from([0xf9, 0, 0])) }),
  },
  {
    kind: 'tree that is no DAG-CBOR',
    refused: 'commit-block',
    forge: base => resigned(base, { data: RAW_PREFIX + dataOf(base.parts).slice(4) }),
  },
  commitWritten('commit block with a field twice', (_, signed) => {
    const bytes = encode(signed)
    return Buffer.concat([head(5, 7), pair('did', encode('did:plc:a')), bytes.subarray(1)])
  }),
  commitWritten('commit block with fields out of order', (_, signed) => {
    const fields = Object.entries(signed as Record<string, Encodable>)
    return Buffer.concat([
      head(5, fields.length),
      ...fields.reverse().map(([key, value]) => pair(key, encode(value))),
    ])
  }),
  commitWritten('commit block with bytes after it', (_, signed) =>
    Buffer.concat([encode(signed), Buffer.from([0])]),
  ),
  commitWritten('commit block with a long form', (_, signed) => {
    const bytes = encode(signed)
    return Buffer.concat([Buffer.from([0xb8, 6]), bytes.subarray(1)])
  }),
  {
    kind: 'tree other than the writes make it',
    refused: 'operations',
    forge: base => {
      if (!firstOf(base.parts, 'create', 'update')) return undefined
      const other = new Tree(keysOf(0, 1))
      const blocks = withBlocks(base.parts, all => {
        for (const [cid, block] of other.blocks()) all.set(cid, block)
      })
      return resigned(base, { data: other.root }, { blocks })
    },
  },
  oneNode('node with a prefix not compressed', leaves => ({
    e: leaves.map(leaf => written(leaf, 0)),
    l: null,
  })),
  oneNode('node with a prefix cut short', leaves => ({
    e: leaves.map((leaf, at) => written(leaf, at === 0 ? 0 : shared(leaves[at - 1]!.key, leaf.key) - 1)),
    l: null,
  })),
  oneNode('node with a prefix longer than the key before', ([a, b]) => ({
    e: [written(a!, 0), { k: Buffer.from(b!.key), p: 500, t: null, v: new CidLink(b!.value) }],
    l: null,
  })),
  oneNode('node with keys out of order', ([a, b]) => ({
    e: [written(b!, 0), written(a!, shared(a!.key, b!.key))],
    l: null,
  })),
  oneNode('node with a key twice', ([a]) => ({
    e: [written(a!, 0), { k: Buffer.alloc(0), p: a!.key.length, t: null, v: new CidLink(a!.value) }],
    l: null,
  })),
  oneNode('node with a third field', leaves => ({ e: [written(leaves[0]!, 0)], l: null, x: null })),
  oneNode('node that is a record', () => ({ $type: 'org.example.note' })),
  oneNode(
    'node that claims a billion entries',
    () => new Raw(Buffer.concat([head(5, 2), encode('e'), head(4, 1e9)])),
  ),
  oneNode(
    'node whose subtree is a blob',
    ([a]) => ({
      e: [{ ...(written(a!, 0) as object), t: new CidLink(RAW_PREFIX + a!.value.slice(4)) }],
      l: null,
    }),
    1,
  ),
  tree('key at a level too low', () => {
    const [high] = keysOf(2, 1)
    const [low] = keysOf(0, 1)
    const leaves = [high!, low!].sort((a, b) => (a.key < b.key ? -1 : 1))
    return { nodes: [encodeNode({ left: undefined, entries: leaves.map(leaf => entry(leaf)) })], leaves }
  }),
  tree('root above the levels of its keys', () => {
    const [low] = keysOf(0, 1)
    const leaf = encodeNode({ left: undefined, entries: [entry(low!)] })
    return { nodes: [encodeNode({ left: cidOf(leaf), entries: [] }), leaf], leaves: [low!] }
  }),
  tree(
    'empty leaf below a key',
    () => {
      const [high] = keysOf(1, 1)
      const empty = encodeNode({ left: undefined, entries: [] })
      return { nodes: [encodeNode({ left: EMPTY_TREE, entries: [entry(high!)] }), empty], leaves: [high!] }
    },
    'operations',
  ),
  tree('subtree that hangs without the levels between', () => {
    const [high] = keysOf(3, 1)
    const [low] = keysOf(0, 1)
    const below = encodeNode({ left: undefined, entries: [entry(low!)] })
    const [left, right] = low!.key < high!.key ? [cidOf(below), undefined] : [undefined, cidOf(below)]
    return { nodes: [encodeNode({ left, entries: [entry(high!, right)] }), below], leaves: [high!, low!] }
  }),
  tree('node below level 0', () => {
    const [a, b] = keysOf(0, 2)
    const below = encodeNode({ left: undefined, entries: [entry(b!)] })
    return {
      nodes: [encodeNode({ left: undefined, entries: [entry(a!, cidOf(below))] }), below],
      leaves: [a!, b!],
    }
  }),
  tree('key in the subtree on the wrong side', () => {
    const [high] = keysOf(1, 1, 500)
    const [low] = keysOf(0, 1)
    const below = encodeNode({ left: undefined, entries: [entry(low!)] })
    return {
      nodes: [encodeNode({ left: undefined, entries: [entry(high!, cidOf(below))] }), below],
      leaves: [high!, low!],
    }
  }),
  tree('one subtree in two hundred places, so that undoing lays it out two hundred times', () => {
    const high = keysOf(1, 200, 100_000)
    const below = encodeNode({ left: undefined, entries: keysOf(0, 15_000).map(leaf => entry(leaf)) })
    const top = encodeNode({ left: cidOf(below), entries: high.map(leaf => entry(leaf, cidOf(below))) })
    return { nodes: [top, below], leaves: high }
  }),
  {
    kind: 'record over 1 MB',
    refused: 'record-size',
    forge: base =>
      record('', encode({ $type: 'org.example.note', text: 'x'.repeat(1_000_001) }), '').forge(base),
  },
  record(
    'record with a float',
    encode({ $type: 'org.example.note', n: new Raw(Buffer.from([0xfb, ...Buffer.alloc(8)])) }),
  ),
  record('record with a key twice', Buffer.concat([head(5, 2), pair('a', encode(1)), pair('a', encode(2))])),
  record(
    'record with keys out of order',
    Buffer.concat([head(5, 2), pair('b', encode(1)), pair('a', encode(2))]),
  ),
  record('record in a long form', Buffer.concat([head(5, 1), pair('a', Buffer.from([0x18, 1]))])),
  record('record that is a list', encode(['org.example.note'])),
  record('record that is empty', Buffer.alloc(0)),
  record('record that is followed by more', Buffer.concat([stranger, Buffer.from([0])])),
  record(
    'record that nests too deep',
    encode({ a: new Raw(Buffer.concat([Buffer.alloc(9000, 0x81), Buffer.from([0])])) }),
  ),
  record('record that is named as a blob', stranger, 'malformed', RAW_PREFIX),
]
