/** Forgeries of whoever passes messages on: a relay, a host, someone in between. None needs the account's key. */
import { CidLink } from '@frost/sync/cbor'
import { parseCommit } from '@frost/sync/commit'
import { formatTid } from '@frost/sync/tid'
import { commitBlock } from './commit-parts.ts'
import { carHeader, cidOf, encode, encodeCar, section } from './encoding.ts'
import {
  altered,
  type Base,
  dataOf,
  type Forgery,
  firstOf,
  replaced,
  resigned,
  stranger,
  withBlocks,
  withCommitBlock,
  withFields,
} from './forging.ts'
import { otherS } from './signer.ts'

export const messageForgeries: readonly Forgery[] = [
  {
    kind: 'block swapped under its CID',
    refused: 'blocks',
    forge: ({ parts }) => {
      const op = firstOf(parts, 'create', 'update')
      return op && altered(parts, { blocks: withBlocks(parts, blocks => blocks.set(op.cid!, stranger)) })
    },
  },
  {
    kind: 'block named by a hash of another kind',
    refused: 'blocks',
    forge: ({ parts }) => {
      const odd = `\x01\x71\x11\x14${'x'.repeat(20)}${'y'.repeat(12)}`
      return withFields(parts, {
        blocks: Buffer.concat([encodeCar(parts.commit, parts.blocks), section(odd, stranger)]),
      })
    },
  },
  {
    kind: 'CAR cut off inside a block',
    refused: 'blocks',
    forge: ({ parts }) =>
      withFields(parts, { blocks: encodeCar(parts.commit, parts.blocks).subarray(0, -3) }),
  },
  {
    kind: 'CAR without its commit block',
    refused: 'commit-block',
    forge: ({ parts }) =>
      altered(parts, { blocks: withBlocks(parts, blocks => blocks.delete(parts.commit)) }),
  },
  {
    kind: 'CAR whose root is another block',
    refused: 'commit-block',
    forge: ({ parts }) => withFields(parts, { blocks: encodeCar(dataOf(parts), parts.blocks) }),
  },
  {
    kind: 'CAR header that is no CAR header',
    refused: 'blocks',
    forge: ({ parts }) => {
      const header = encode({ version: 2, roots: [new CidLink(parts.commit)] })
      const rest = encodeCar(parts.commit, parts.blocks).subarray(carHeader(parts.commit).length)
      return withFields(parts, { blocks: Buffer.concat([Buffer.from([header.length]), header, rest]) })
    },
  },
  {
    kind: 'CAR that claims a block of 200 MB',
    refused: 'blocks',
    forge: ({ parts }) => {
      const claim = Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0x5f]), stranger])
      return withFields(parts, { blocks: Buffer.concat([encodeCar(parts.commit, parts.blocks), claim]) })
    },
  },
  {
    kind: 'message names another commit',
    refused: 'commit-block',
    forge: ({ parts }) => withFields(parts, { commit: new CidLink(dataOf(parts)) }),
  },
  {
    kind: 'message names another account',
    refused: 'did-mismatch',
    forge: ({ parts }) => altered(parts, { repo: 'did:plc:zzzzzzzzzzzzzzzzzzzzzzzz' }),
  },
  {
    kind: 'old commit under a new rev',
    refused: 'rev-mismatch',
    forge: ({ parts }) => altered(parts, { rev: formatTid(Date.now() * 1000) }),
  },
  {
    kind: 'write left out',
    refused: 'previous-data',
    forge: ({ parts }) => (parts.ops.length === 0 ? undefined : altered(parts, { ops: parts.ops.slice(1) })),
  },
  {
    kind: 'write added whose record is not in the tree',
    refused: 'operations',
    forge: ({ parts }) => {
      const op = firstOf(parts, 'create', 'update')
      const cid = cidOf(stranger)
      const blocks = withBlocks(parts, all => all.set(cid, stranger))
      const added = { action: 'create', path: `${op?.path}0`, cid, prev: undefined }
      return op && altered(parts, { blocks, ops: [...parts.ops, added] })
    },
  },
  {
    kind: 'deletion added of what never was',
    refused: 'previous-data',
    forge: ({ parts }) => {
      const op = {
        action: 'delete',
        path: `${firstOf(parts, 'create', 'update')?.path}0`,
        cid: undefined,
        prev: cidOf(stranger),
      }
      return firstOf(parts, 'create', 'update') && altered(parts, { ops: [...parts.ops, op] })
    },
  },
  {
    kind: 'create passed off as deletion',
    refused: 'operations',
    forge: ({ parts }) => {
      const op = firstOf(parts, 'create')
      const lie = op && { action: 'delete', path: op.path, cid: undefined, prev: op.cid }
      return lie && altered(parts, { ops: replaced(parts, op, lie) })
    },
  },
  {
    kind: 'create over what is there: an update passed off as create',
    refused: 'previous-data',
    forge: ({ parts }) => {
      const op = firstOf(parts, 'update')
      return op && altered(parts, { ops: replaced(parts, op, { ...op, action: 'create', prev: undefined }) })
    },
  },
  {
    kind: 'create passed off as update',
    refused: 'previous-data',
    forge: ({ parts }) => {
      const op = firstOf(parts, 'create')
      return (
        op && altered(parts, { ops: replaced(parts, op, { ...op, action: 'update', prev: cidOf(stranger) }) })
      )
    },
  },
  {
    kind: 'update to the CID that was there before',
    refused: 'operations',
    forge: ({ parts }) => {
      const op = firstOf(parts, 'create', 'update')
      return op && altered(parts, { ops: replaced(parts, op, { ...op, action: 'update', prev: op.cid }) })
    },
  },
  {
    kind: 'another CID before',
    refused: 'previous-data',
    forge: ({ parts }) => {
      const op = firstOf(parts, 'update', 'delete')
      return op && altered(parts, { ops: replaced(parts, op, { ...op, prev: cidOf(stranger) }) })
    },
  },
  {
    kind: 'no CID before, as in the older protocol',
    refused: 'operations',
    forge: ({ parts }) => {
      const op = firstOf(parts, 'update', 'delete')
      return op && altered(parts, { ops: replaced(parts, op, { ...op, prev: undefined }) })
    },
  },
  {
    kind: 'record under another path',
    refused: 'operations',
    forge: ({ parts }) => {
      const op = firstOf(parts, 'create', 'update')
      return op && altered(parts, { ops: replaced(parts, op, { ...op, path: `${op.path}x` }) })
    },
  },
  {
    kind: 'records of two paths exchanged',
    refused: 'operations',
    forge: ({ parts }) => {
      const [a, b] = parts.ops.filter(({ cid }) => cid !== undefined)
      if (!a || !b || a.cid === b.cid || a.cid === b.prev || b.cid === a.prev) return undefined
      const ops = parts.ops.map(op =>
        op === a ? { ...a, cid: b.cid } : op === b ? { ...b, cid: a.cid } : op,
      )
      return altered(parts, { ops })
    },
  },
  {
    kind: 'path written twice',
    refused: 'operations',
    forge: ({ parts }) => {
      const op = firstOf(parts, 'create')
      return op && altered(parts, { ops: [...parts.ops, op] })
    },
  },
  {
    kind: 'CID in the message other than in the tree',
    refused: 'operations',
    forge: ({ parts }) => {
      const op = firstOf(parts, 'create', 'update')
      const cid = cidOf(stranger)
      const blocks = withBlocks(parts, all => all.set(cid, stranger))
      return op && altered(parts, { blocks, ops: replaced(parts, op, { ...op, cid }) })
    },
  },
  {
    kind: 'record not sent',
    refused: 'record-missing',
    forge: ({ parts }) => {
      const op = firstOf(parts, 'create', 'update')
      return op && altered(parts, { blocks: withBlocks(parts, blocks => blocks.delete(op.cid!)) })
    },
  },
  {
    kind: 'proof block not sent',
    refused: 'proof-incomplete',
    forge: ({ parts }) =>
      parts.ops.length === 0
        ? undefined
        : altered(parts, { blocks: withBlocks(parts, blocks => blocks.delete(dataOf(parts))) }),
  },
  {
    kind: 'another state before',
    refused: 'previous-data',
    forge: ({ parts }) =>
      altered(parts, { prevData: dataOf(parts) === cidOf(stranger) ? undefined : cidOf(stranger) }),
  },
  {
    kind: 'later commit passed off as the first',
    refused: 'previous-data',
    forge: ({ parts }) =>
      parts.prevData ? altered(parts, { since: undefined, prevData: undefined }) : undefined,
  },
  {
    kind: 'state before not said',
    refused: 'previous-data',
    forge: ({ parts }) => (parts.since ? altered(parts, { prevData: undefined }) : undefined),
  },
  {
    kind: 'signature of another account',
    refused: 'signature',
    forge: ({ parts, other }) => {
      const { did, rev, data } = parseCommit(parts.blocks.get(parts.commit)!)
      return withCommitBlock(parts, commitBlock({ did, rev, data }, other.sign))
    },
  },
  {
    kind: 'signature with the other, high s',
    refused: 'signature',
    forge: ({ parts, signer }) => {
      const block = Buffer.from(parts.blocks.get(parts.commit)!)
      const { signature } = parseCommit(block)
      const high = otherS(signature, signer?.curve ?? 'k256')
      block.set(high, block.indexOf(signature))
      return withCommitBlock(parts, block)
    },
  },
  {
    kind: 'signature of 65 bytes',
    refused: 'signature',
    forge: base => {
      const { signer } = base
      if (!signer) return undefined
      const longer: Base = {
        ...base,
        signer: { ...signer, sign: m => Buffer.concat([signer.sign(m), Buffer.from([1])]) },
      }
      return resigned(longer, {})
    },
  },
  {
    kind: 'signature of zeros',
    refused: 'signature',
    forge: base => {
      const { signer } = base
      return signer && resigned({ ...base, signer: { ...signer, sign: () => Buffer.alloc(64) } }, {})
    },
  },
]
