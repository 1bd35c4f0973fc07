/**
 * CAR version 1, as commits and repositories travel: a header with one root or more, then blocks, each with its CID. Every
 * block is hashed and held against its CID: what comes out is what was named.
 * https://ipld.io/specs/transport/car/carv1/
 */
import { hash } from 'node:crypto'
import { asBuffer, type CborError, CidLink, decodeCbor } from './cbor.ts'
import { type BinaryCid, CID_LENGTH, isCidAt } from './cid.ts'

export class CarError extends Error {
  override readonly name = 'CarError'
}

export interface Car {
  /** First root: the commit. */
  readonly root: BinaryCid
  readonly blocks: ReadonlyMap<BinaryCid, Uint8Array>
}

export interface CarLimits {
  /** Blocks in all. */
  readonly maxBlocks?: number
  /** Bytes of one block. */
  readonly maxBlockBytes?: number
  /** Bytes of the whole CAR (of a stream). */
  readonly maxBytes?: number
}

const MAX_HEADER = 4096
const DEFAULT_BLOCK = 2 ** 20 + 1024

function rootOf(header: Uint8Array): BinaryCid {
  let value: unknown
  try {
    value = decodeCbor(header)
  } catch (error) {
    throw new CarError(`CAR header: ${(error as CborError).message}`)
  }
  const { version, roots } = (value ?? {}) as { version?: unknown; roots?: unknown }
  if (version !== 1) throw new CarError(`CAR version ${String(version)} is not 1`)
  const root = Array.isArray(roots) ? roots[0] : undefined
  if (!(root instanceof CidLink)) throw new CarError('CAR names no root')
  return root.cid
}

/** An unsigned LEB128 of at most four bytes, minimal. Gives the value × 8 + bytes read, or -1 where the input ends. */
function varint(bytes: Uint8Array, at: number, end: number): number {
  let value = 0
  for (let i = 0; i < 4; i++) {
    if (at + i >= end) return -1
    const byte = bytes[at + i]!
    value |= (byte & 0x7f) << (7 * i)
    if (byte < 0x80) {
      if (byte === 0 && i > 0) throw new CarError('CAR length is not in its shortest form')
      return value * 8 + i + 1
    }
  }
  throw new CarError('CAR block claims more than 256 MB')
}

function checkBlock(bytes: Buffer, start: number, end: number, maxBlock: number): BinaryCid {
  if (end - start < CID_LENGTH || !isCidAt(bytes, start))
    throw new CarError('CAR block is not named by a CIDv1 with SHA-256 and codec dag-cbor or raw')
  if (end - start - CID_LENGTH > maxBlock) throw new CarError(`CAR block is larger than ${maxBlock} bytes`)
  const cid = bytes.toString('latin1', start, start + CID_LENGTH)
  const digest = hash('sha256', bytes.subarray(start + CID_LENGTH, end), 'binary')
  if (!cid.startsWith(digest, CID_LENGTH - digest.length))
    throw new CarError('CAR block does not hash to its CID')
  return cid
}

/**
 * Reads a CAR held in memory; blocks are views of it. A block given twice counts once.
 * @throws CarError if it is malformed, truncated, beyond the limits, or a block does not hash to its CID
 */
export function readCar(car: Uint8Array, limits: CarLimits = {}): Car {
  const bytes = asBuffer(car)
  const maxBlocks = limits.maxBlocks ?? 100_000
  const maxBlock = limits.maxBlockBytes ?? DEFAULT_BLOCK
  const end = bytes.length
  const head = varint(bytes, 0, end)
  if (head < 0) throw new CarError('CAR is truncated')
  let at = (head & 7) + Math.floor(head / 8)
  if (at > end || at > MAX_HEADER) throw new CarError('CAR header is truncated or too long')
  const root = rootOf(bytes.subarray(head & 7, at))
  const blocks = new Map<BinaryCid, Uint8Array>()
  while (at < end) {
    const length = varint(bytes, at, end)
    if (length < 0) throw new CarError('CAR is truncated')
    const start = at + (length & 7)
    at = start + Math.floor(length / 8)
    if (at > end) throw new CarError('CAR is truncated')
    const cid = checkBlock(bytes, start, at, maxBlock)
    blocks.set(cid, bytes.subarray(start + CID_LENGTH, at))
    if (blocks.size > maxBlocks) throw new CarError(`CAR has more than ${maxBlocks} blocks`)
  }
  return { root, blocks }
}

/**
 * Reads a CAR as it arrives, keeping the blocks for which `keep` says so: a repository of any size in bounded memory.
 * @throws CarError as {@link readCar} does; errors of the stream and of `keep` pass through
 */
export async function readCarStream(
  stream: AsyncIterable<Uint8Array>,
  limits: CarLimits = {},
  keep: (block: Uint8Array, cid: BinaryCid) => boolean = () => true,
): Promise<Car> {
  const maxBlocks = limits.maxBlocks ?? 20_000_000
  const maxBlock = limits.maxBlockBytes ?? DEFAULT_BLOCK
  const maxBytes = limits.maxBytes ?? Number.MAX_SAFE_INTEGER
  const blocks = new Map<BinaryCid, Uint8Array>()
  let root: BinaryCid | undefined
  let count = 0
  let total = 0
  // What is not a whole section yet, as it came: joined once enough is there, whatever the size of the pieces.
  let parts: Uint8Array[] = []
  let held = 0
  let needed = 1
  for await (const chunk of stream) {
    total += chunk.length
    if (total > maxBytes) throw new CarError(`CAR is larger than ${maxBytes} bytes`)
    parts.push(chunk)
    held += chunk.length
    if (held < needed) continue
    const bytes = asBuffer(parts.length === 1 ? chunk : Buffer.concat(parts, held))
    let at = 0
    for (;;) {
      const length = varint(bytes, at, bytes.length)
      needed = bytes.length - at + 1
      if (length < 0) break
      const start = at + (length & 7)
      const next = start + Math.floor(length / 8)
      const most = root === undefined ? MAX_HEADER : maxBlock + CID_LENGTH
      if (next - start > most) throw new CarError(`CAR section is larger than ${most} bytes`)
      needed = next - at
      if (next > bytes.length) break
      if (root === undefined) root = rootOf(bytes.subarray(start, next))
      else {
        const cid = checkBlock(bytes, start, next, maxBlock)
        if (++count > maxBlocks) throw new CarError(`CAR has more than ${maxBlocks} blocks`)
        const block = bytes.subarray(start + CID_LENGTH, next)
        // A copy: a view would keep the whole chunk alive.
        if (keep(block, cid)) blocks.set(cid, Buffer.from(block))
      }
      at = next
    }
    held = bytes.length - at
    // A copy, where little is left of much: a view would keep it all alive.
    parts = held === 0 ? [] : [held * 2 < bytes.length ? Buffer.from(bytes.subarray(at)) : bytes.subarray(at)]
  }
  if (held > 0 || root === undefined) throw new CarError('CAR is truncated')
  return { root, blocks }
}
