/** Writes what `packages/sync` reads: DAG-CBOR, CAR, frames. Honest by itself; what is forged is forged by who uses it. */
import { hash } from 'node:crypto'
import { CidLink } from '@frost/sync/cbor'
import { type BinaryCid, CID_LENGTH, DAG_CBOR_PREFIX } from '@frost/sync/cid'

/** Bytes that stand for themselves, whatever the rules of DAG-CBOR say. */
export class Raw {
  readonly bytes: Uint8Array
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}

export type Encodable =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | CidLink
  | Raw
  | readonly Encodable[]
  | { readonly [key: string]: Encodable | undefined }

export function head(major: number, value: number): Buffer {
  const type = major << 5
  if (value < 24) return Buffer.from([type | value])
  if (value < 0x100) return Buffer.from([type | 24, value])
  if (value < 0x10000) return Buffer.from([type | 25, value >> 8, value & 0xff])
  if (value < 0x1_0000_0000) {
    const bytes = Buffer.from([type | 26, 0, 0, 0, 0])
    bytes.writeUInt32BE(value, 1)
    return bytes
  }
  const bytes = Buffer.alloc(9, type | 27)
  bytes.writeBigUInt64BE(BigInt(value), 1)
  return bytes
}

/** Canonical DAG-CBOR; fields that are undefined are left out. */
export function encode(value: Encodable): Buffer {
  const parts: Uint8Array[] = []
  write(value, parts)
  return Buffer.concat(parts)
}

function write(value: Encodable, parts: Uint8Array[]): void {
  if (value === null) parts.push(Buffer.from([0xf6]))
  else if (typeof value === 'boolean') parts.push(Buffer.from([value ? 0xf5 : 0xf4]))
  else if (typeof value === 'number') parts.push(value < 0 ? head(1, -1 - value) : head(0, value))
  else if (typeof value === 'string') {
    const bytes = Buffer.from(value)
    parts.push(head(3, bytes.length), bytes)
  } else if (value instanceof Uint8Array) parts.push(head(2, value.length), value)
  else if (value instanceof Raw) parts.push(value.bytes)
  else if (value instanceof CidLink)
    parts.push(Buffer.from([0xd8, 0x2a, 0x58, CID_LENGTH + 1, 0]), Buffer.from(value.cid, 'latin1'))
  else if (Array.isArray(value)) {
    parts.push(head(4, value.length))
    for (const item of value) write(item, parts)
  } else {
    const fields = Object.entries(value as { [key: string]: Encodable | undefined })
      .filter(([, field]) => field !== undefined)
      .map(([key, field]) => [Buffer.from(key), field as Encodable] as const)
      .sort(([a], [b]) => a.length - b.length || Buffer.compare(a, b))
    parts.push(head(5, fields.length))
    for (const [key, field] of fields) {
      parts.push(head(3, key.length), key)
      write(field, parts)
    }
  }
}

export function cidOf(block: Uint8Array): BinaryCid {
  return DAG_CBOR_PREFIX + hash('sha256', block, 'binary')
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80)
  return Buffer.from([...bytes, value])
}

/** One section of a CAR: what names it need not be its hash. */
export function section(cid: BinaryCid, block: Uint8Array): Buffer {
  return Buffer.concat([varint(CID_LENGTH + block.length), Buffer.from(cid, 'latin1'), block])
}

export function carHeader(root: BinaryCid): Buffer {
  const header = encode({ version: 1, roots: [new CidLink(root)] })
  return Buffer.concat([varint(header.length), header])
}

export function encodeCar(root: BinaryCid, blocks: Iterable<readonly [BinaryCid, Uint8Array]>): Buffer {
  return Buffer.concat([carHeader(root), ...[...blocks].map(([cid, block]) => section(cid, block))])
}

/** A frame of `subscribeRepos`. */
export function encodeFrame(type: string, body: Encodable): Buffer {
  return Buffer.concat([encode({ op: 1, t: type }), encode(body)])
}
