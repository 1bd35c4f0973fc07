/** What is no message at all, or none of this protocol: refused before anybody looks into it. */

import { commitBody, commitFrame } from './commit-parts.ts'
import { cidOf, type Encodable, encode, encodeFrame, head, Raw } from './encoding.ts'
import { altered, type Forgery, firstOf, stranger, withFields } from './forging.ts'

function float(value: number): Raw {
  const bytes = Buffer.alloc(9, 0xfb)
  bytes.writeDoubleBE(value, 1)
  return new Raw(bytes)
}

const raw = (...bytes: number[]) => new Raw(Buffer.from(bytes))

/** A field that no message has, with something in it. */
function withValue(kind: string, value: Encodable): Forgery {
  return { kind, refused: 'frame-cbor', forge: ({ parts }) => withFields(parts, { extra: value }) }
}

function withField(kind: string, field: string, value: Encodable, refused = 'frame-shape'): Forgery {
  return { kind, refused, forge: ({ parts }) => withFields(parts, { [field]: value }) }
}

export const frameForgeries: readonly Forgery[] = [
  { kind: 'frame cut off', refused: 'frame-cbor', forge: ({ parts }) => commitFrame(parts).subarray(0, -1) },
  { kind: 'nothing', refused: 'frame-cbor', forge: () => new Uint8Array() },
  {
    kind: 'bytes after the message',
    refused: 'frame-cbor',
    forge: ({ parts }) => Buffer.concat([commitFrame(parts), Buffer.from([0])]),
  },
  {
    kind: 'map key twice',
    refused: 'frame-cbor',
    forge: ({ parts }) => {
      const body = encode(commitBody(parts))
      const doubled = [Buffer.from([body[0]! + 1]), encode('ops'), encode([]), body.subarray(1)]
      return Buffer.concat([encode({ op: 1, t: '#commit' }), ...doubled])
    },
  },
  {
    kind: 'map keys out of order',
    refused: 'frame-cbor',
    forge: ({ parts }) =>
      Buffer.concat([
        head(5, 2),
        encode('op'),
        encode(1),
        encode('t'),
        encode('#commit'),
        encode(commitBody(parts)),
      ]),
  },
  withValue('number in a longer form than need be', raw(0x19, 0x00, 0x05)),
  withValue('length in a longer form than need be', raw(0x78, 0x01, 0x61)),
  withValue('integer beyond 53 bits', raw(0x1b, 0x00, 0x40, 0, 0, 0, 0, 0, 0)),
  withValue('negative integer beyond 53 bits', raw(0x3b, 0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)),
  withValue('list of indefinite length', raw(0x9f, 0x00, 0xff)),
  withValue('float', float(1.5)),
  withValue('float that is whole', float(1)),
  withValue('undefined', raw(0xf7)),
  withValue('tag other than 42', raw(0xc1, 0x00)),
  withValue(
    'link without its zero byte',
    raw(0xd8, 0x2a, 0x58, 0x24, ...Buffer.from(cidOf(stranger), 'latin1')),
  ),
  withValue('link of version 0', raw(0xd8, 0x2a, 0x58, 0x23, 0, 0x12, 0x20, ...Buffer.alloc(32))),
  withValue('text that is not UTF-8', raw(0x62, 0xc3, 0x28)),
  withValue('map key that is no text', raw(0xa1, 0x00, 0x00)),
  withValue('nesting of 20,000', new Raw(Buffer.concat([Buffer.alloc(20_000, 0x81), Buffer.from([0])]))),
  withValue('list that claims four billion items', raw(0x9a, 0xff, 0xff, 0xff, 0xff)),
  withValue('map that claims four billion pairs', raw(0xba, 0xff, 0xff, 0xff, 0xff)),
  withValue('text that claims four billion bytes', raw(0x7a, 0xff, 0xff, 0xff, 0xff)),
  withValue('bytes that claim 2^52', raw(0x5b, 0x00, 0x10, 0, 0, 0, 0, 0, 0)),
  {
    kind: 'a hundred nested lists that each claim all the bytes left',
    refused: 'frame-cbor',
    forge: ({ parts }) => {
      const claim = Buffer.from([0x9a, 0x00, 0x48, 0, 0])
      const rest = Buffer.alloc(4_900_000)
      return withFields(parts, { extra: new Raw(Buffer.concat([...Array<Buffer>(101).fill(claim), rest])) })
    },
  },
  {
    kind: 'four million empty maps',
    refused: 'frame-cbor',
    forge: ({ parts }) =>
      withFields(parts, {
        extra: new Raw(Buffer.concat([head(4, 4_000_000), Buffer.alloc(4_000_000, 0xa0)])),
      }),
  },
  withField('frame of more than 5 MB', 'extra', Buffer.alloc(5_000_000), 'frame-size'),
  withField('blocks of more than 2 MB', 'blocks', Buffer.alloc(2_000_001), 'blocks-size'),
  {
    kind: 'more than 200 writes',
    refused: 'operation-count',
    forge: ({ parts }) => {
      const op = { action: 'create', path: 'org.example.note/a', cid: cidOf(stranger), prev: undefined }
      return altered(parts, { ops: Array(201).fill(op) })
    },
  },
  withField('seq below zero', 'seq', -1),
  withField('account that is no DID', 'repo', 'did:plc:'),
  withField('rev that is no TID', 'rev', '3kzzzzzzzzzz0'),
  withField('since that is no TID', 'since', 'yesterday'),
  withField(
    'commit that is no link',
    'commit',
    'bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454',
  ),
  withField('prevData that is no link', 'prevData', Buffer.alloc(36)),
  withField('writes that are no list', 'ops', {}),
  withField('blocks that are text', 'blocks', 'blocks'),
  withField('time that is a number', 'time', 0),
  ...[
    ['path without a record key', { path: 'org.example.note' }],
    ['path with a third part', { path: 'org.example.note/a/b' }],
    ['path that climbs', { path: 'org.example.note/..' }],
    ['path with a NUL', { path: 'org.example.note/a\0' }],
    ['path in a collection that is no NSID', { path: 'note/a' }],
    ['action that nobody knows', { action: 'move' }],
    ['create with a CID before', { prev: cidOf(stranger), action: 'create' }],
  ].map(
    ([kind, change]): Forgery => ({
      kind: kind as string,
      refused: 'frame-shape',
      forge: ({ parts }) => {
        const op = firstOf(parts, 'create', 'update')
        return op && altered(parts, { ops: [{ ...op, ...(change as object) }] })
      },
    }),
  ),
  {
    kind: 'deletion with a CID',
    refused: 'frame-shape',
    forge: ({ parts }) => {
      const op = firstOf(parts, 'create', 'update')
      return op && altered(parts, { ops: [{ ...op, action: 'delete', prev: op.cid }] })
    },
  },
  {
    kind: 'message of no type',
    refused: 'frame-shape',
    forge: ({ parts }) => Buffer.concat([encode({ op: 1 }), encode(commitBody(parts))]),
  },
  {
    kind: 'message that is no map',
    refused: 'frame-shape',
    forge: () => encodeFrame('#commit', ['a', 'list']),
  },
]
