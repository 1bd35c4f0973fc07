/**
 * DAG-CBOR as AT Protocol's data model has it, read strictly: shortest forms, map keys sorted and unique, valid UTF-8, no
 * floats, no tags but 42, 53-bit integers, bounded depth. One value has exactly one encoding, so a reader that accepts
 * another would let two readers disagree on what was signed.
 * https://atproto.com/specs/data-model, https://ipld.io/specs/codecs/dag-cbor/spec/
 */
import { isUtf8 } from 'node:buffer'
import { type BinaryCid, CID_LENGTH, cidToText, isCidAt } from './cid.ts'

/** Deeper values are refused: no lexicon nests that far, and recursive readers downstream must not overflow. */
export const MAX_DEPTH = 100

/** More lists and maps than a record of 1 MB can hold with anything in them. */
const MAX_CONTAINERS = 500_000

export class CborError extends Error {
  override readonly name = 'CborError'
}

/** A link to another block. */
export class CidLink {
  readonly cid: BinaryCid
  constructor(cid: BinaryCid) {
    this.cid = cid
  }
  toString(): string {
    return cidToText(this.cid)
  }
}

/** What {@link decodeCbor} gives: bytes are views of the input, not copies. */
export type CborValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | CidLink
  | CborValue[]
  | { [key: string]: CborValue }

/** JSON-style data model: links are `{$link}`, bytes are `{$bytes}` (base64 without padding). */
export type LexValue = null | boolean | number | string | LexValue[] | { [key: string]: LexValue }

/** Keys of maps that are remembered, a power of two of them, each in one place only; bytes of the longest. */
const KNOWN_KEYS = 1024
const LONGEST_KNOWN_KEY = 32
const knownKeys: string[] = new Array(KNOWN_KEYS).fill('')

type Make = (kind: 'link' | 'bytes', bytes: Buffer, start: number, end: number) => unknown

const asValues: Make = (kind, bytes, start, end) =>
  kind === 'link' ? new CidLink(bytes.toString('latin1', start, end)) : bytes.subarray(start, end)

const asJson: Make = (kind, bytes, start, end) =>
  kind === 'link'
    ? { $link: cidToText(bytes.toString('latin1', start, end)) }
    : { $bytes: bytes.toString('base64', start, end).replace(/=+$/, '') }

/** A position in bytes from which strict DAG-CBOR is read. The low-level reads are used by the MST and commit parsers. */
export class CborReader {
  readonly bytes: Buffer
  at: number
  readonly end: number
  /** How deep lists and maps lie in each other, now and at most. */
  private depth = 0
  deepest = 0
  /** Lists and maps that may still come: an empty one takes a byte here and a hundred in memory. */
  private containers: number

  constructor(bytes: Uint8Array, at = 0, containers = MAX_CONTAINERS) {
    this.bytes = asBuffer(bytes)
    this.at = at
    this.end = bytes.length
    this.containers = containers
  }

  /** Reads a head of the given major type (0–7 without 7) and gives its argument. */
  head(major: number): number {
    const initial = this.byte()
    if (initial >> 5 !== major) throw new CborError(`expected CBOR type ${major}, found ${initial >> 5}`)
    return this.argument(initial & 31)
  }

  byte(): number {
    if (this.at >= this.end) throw new CborError('CBOR ends too early')
    return this.bytes[this.at++]!
  }

  argument(info: number): number {
    if (info < 24) return info
    const { bytes, at } = this
    if (info === 24) {
      const value = this.byte()
      if (value < 24) throw new CborError('CBOR number is not in its shortest form')
      return value
    }
    const size = info === 25 ? 2 : info === 26 ? 4 : info === 27 ? 8 : 0
    if (size === 0)
      throw new CborError(`CBOR head ${info} is not allowed (indefinite lengths are not DAG-CBOR)`)
    if (at + size > this.end) throw new CborError('CBOR ends too early')
    this.at += size
    if (size === 2) {
      const value = (bytes[at]! << 8) | bytes[at + 1]!
      if (value < 0x100) throw new CborError('CBOR number is not in its shortest form')
      return value
    }
    const high = bytes.readUInt32BE(at)
    if (size === 4) {
      if (high < 0x10000) throw new CborError('CBOR number is not in its shortest form')
      return high
    }
    if (high === 0) throw new CborError('CBOR number is not in its shortest form')
    if (high > 0x1fffff) throw new CborError('CBOR integer is beyond 53 bits')
    return high * 0x1_0000_0000 + bytes.readUInt32BE(at + 4)
  }

  /** Takes `length` bytes and gives where they start. */
  take(length: number): number {
    const start = this.at
    if (length > this.end - start) throw new CborError('CBOR ends too early')
    this.at = start + length
    return start
  }

  /** A text of the given byte length, which the head has announced. */
  text(length: number): string {
    const start = this.take(length)
    const { bytes } = this
    const end = start + length
    if (length < 64) {
      let high = 0
      for (let i = start; i < end; i++) high |= bytes[i]!
      if (high < 0x80) return bytes.toString('latin1', start, end)
    }
    if (!isUtf8(bytes.subarray(start, end))) throw new CborError('CBOR text is not valid UTF-8')
    return bytes.toString('utf8', start, end)
  }

  /** The key of a map: few, and the same in every record. Known ones are recognised where they stand, and made once. */
  private key(length: number): string {
    if (length > LONGEST_KNOWN_KEY || length > this.end - this.at) return this.text(length)
    const { bytes, at } = this
    let hash = length
    for (let i = at; i < at + length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
    const slot = (hash ^ (hash >>> 15)) & (KNOWN_KEYS - 1)
    const known = knownKeys[slot]!
    if (known.length === length) {
      let same = 0
      while (same < length && known.charCodeAt(same) === bytes[at + same]) same++
      if (same === length) {
        this.at = at + length
        return known
      }
    }
    const key = this.text(length)
    // ASCII alone, which has a byte a character. As a name of a field, so that it need not be looked for among all names again.
    if (key.length === length && key !== '__proto__') knownKeys[slot] = Object.keys({ [key]: 0 })[0]!
    return key
  }

  /** The CID behind tag 42, whose head was not read yet; gives where its 36 bytes start. */
  link(): number {
    if (this.head(6) !== 42) throw new CborError('CBOR tag is not 42 (a link), which is the only one allowed')
    return this.linkBody()
  }

  /** Past the head of tag 42. */
  private linkBody(): number {
    const length = this.head(2)
    const start = this.take(length)
    if (length !== CID_LENGTH + 1 || this.bytes[start] !== 0 || !isCidAt(this.bytes, start + 1))
      throw new CborError('CBOR link is not a CIDv1 with SHA-256 and codec dag-cbor or raw')
    return start + 1
  }

  value(make: Make): unknown {
    const initial = this.byte()
    const major = initial >> 5
    if (major === 7) {
      if (initial === 0xf4) return false
      if (initial === 0xf5) return true
      if (initial === 0xf6) return null
      throw notInModel(initial)
    }
    const argument = this.argument(initial & 31)
    switch (major) {
      case 0:
        return argument
      case 1:
        if (argument >= Number.MAX_SAFE_INTEGER) throw new CborError('CBOR integer is beyond 53 bits')
        return -1 - argument
      case 2: {
        const start = this.take(argument)
        return make('bytes', this.bytes, start, start + argument)
      }
      case 3:
        return this.text(argument)
      case 4:
        return this.list(argument, make)
      case 5:
        return this.map(argument, make)
      default: {
        if (argument !== 42) throw new CborError(`CBOR tag ${argument} is not allowed, only 42`)
        const start = this.linkBody()
        return make('link', this.bytes, start, start + CID_LENGTH)
      }
    }
  }

  /** Reads a value with every check of {@link value}, and makes nothing of it: a third of the time. */
  skip(): void {
    const initial = this.byte()
    const major = initial >> 5
    if (major === 7) {
      if (initial === 0xf4 || initial === 0xf5 || initial === 0xf6) return
      throw notInModel(initial)
    }
    const argument = this.argument(initial & 31)
    switch (major) {
      case 0:
        return
      case 1:
        if (argument >= Number.MAX_SAFE_INTEGER) throw new CborError('CBOR integer is beyond 53 bits')
        return
      case 2:
        this.take(argument)
        return
      case 3:
        return this.skipText(argument)
      case 4:
        this.enterList(argument)
        for (let i = 0; i < argument; i++) this.skip()
        this.depth--
        return
      case 5: {
        this.enterMap(argument)
        let lastStart = 0
        let lastLength = -1
        for (let i = 0; i < argument; i++) {
          const length = this.head(3)
          const start = this.at
          this.skipText(length)
          if (!isKeyAfter(this.bytes, lastStart, lastLength, start, length))
            throw new CborError('a CBOR map key is doubled or out of order')
          lastStart = start
          lastLength = length
          this.skip()
        }
        this.depth--
        return
      }
      default:
        if (argument !== 42) throw new CborError(`CBOR tag ${argument} is not allowed, only 42`)
        this.linkBody()
    }
  }

  private skipText(length: number): void {
    const start = this.take(length)
    const { bytes } = this
    const end = start + length
    if (length < 256) {
      let high = 0
      for (let i = start; i < end; i++) high |= bytes[i]!
      if (high < 0x80) return
    }
    if (!isUtf8(bytes.subarray(start, end))) throw new CborError('CBOR text is not valid UTF-8')
  }

  private enterList(count: number): void {
    // Every item takes at least one byte: a claimed count beyond that is a lie that must not be allocated.
    if (count > this.end - this.at) throw new CborError('CBOR list is longer than its bytes')
    this.deeper()
  }

  private enterMap(count: number): void {
    if (count * 2 > this.end - this.at) throw new CborError('CBOR map is longer than its bytes')
    this.deeper()
  }

  private list(count: number, make: Make): unknown[] {
    this.enterList(count)
    // Grown as the items come: nested lists that each claim all the bytes left must not each take memory for them.
    const items: unknown[] = []
    for (let i = 0; i < count; i++) items.push(this.value(make))
    this.depth--
    return items
  }

  private map(count: number, make: Make): Record<string, unknown> {
    this.enterMap(count)
    const { bytes } = this
    const object: Record<string, unknown> = {}
    let lastStart = 0
    let lastLength = -1
    for (let i = 0; i < count; i++) {
      const length = this.head(3)
      const start = this.at
      const key = this.key(length)
      if (!isKeyAfter(bytes, lastStart, lastLength, start, length))
        throw new CborError(`CBOR map key '${key.slice(0, 64)}' is doubled or out of order`)
      lastStart = start
      lastLength = length
      const value = this.value(make)
      if (key === '__proto__') {
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
      } else object[key] = value
    }
    this.depth--
    return object
  }

  private deeper(): void {
    if (++this.depth > MAX_DEPTH) throw new CborError(`CBOR nests deeper than ${MAX_DEPTH}`)
    if (this.depth > this.deepest) this.deepest = this.depth
    if (--this.containers < 0) throw new CborError('CBOR has too many lists and maps')
  }

  finish(): void {
    if (this.at !== this.end) throw new CborError(`${this.end - this.at} bytes follow the CBOR value`)
  }
}

function notInModel(initial: number): CborError {
  return new CborError(
    initial === 0xfb || initial === 0xfa || initial === 0xf9
      ? 'CBOR float: the data model has none'
      : `CBOR simple value ${initial & 31} is not in the data model`,
  )
}

/** DAG-CBOR's order of map keys: shorter first, then bytewise. */
export function isKeyAfter(bytes: Buffer, a: number, aLength: number, b: number, bLength: number): boolean {
  if (aLength !== bLength) return bLength > aLength
  for (let i = 0; i < aLength; i++) {
    const difference = bytes[b + i]! - bytes[a + i]!
    if (difference !== 0) return difference > 0
  }
  return false
}

/** The same memory as a Buffer, whose string methods are native. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/**
 * Decodes exactly one strict DAG-CBOR value.
 * @throws CborError if it is malformed, not canonical, outside the data model, or followed by more
 */
export function decodeCbor(bytes: Uint8Array): CborValue {
  const reader = new CborReader(bytes)
  const value = reader.value(asValues)
  reader.finish()
  return value as CborValue
}

/**
 * Decodes the first of several concatenated values; `next` is where the following one starts.
 * @param containers lists and maps that it may have in all
 */
export function decodeFirstCbor(
  bytes: Uint8Array,
  at = 0,
  containers = MAX_CONTAINERS,
): { value: CborValue; next: number } {
  const reader = new CborReader(bytes, at, containers)
  const value = reader.value(asValues) as CborValue
  return { value, next: reader.at }
}

/**
 * A record's DAG-CBOR block as JSON-style data (`{$link}`, `{$bytes}`), ready for `JSON.stringify`.
 * @param deepest lists and maps in each other, at most
 * @throws CborError if the bytes are not one canonical map of the data model: such a record is malformed
 */
export function decodeRecord(bytes: Uint8Array, deepest = MAX_DEPTH): { [key: string]: LexValue } {
  const reader = new CborReader(bytes)
  const value = reader.value(asJson)
  reader.finish()
  if (reader.deepest > deepest) throw new CborError(`CBOR nests deeper than ${deepest}`)
  if (typeof value !== 'object' || value === null || Array.isArray(value) || bytes[0]! >> 5 !== 5)
    throw new CborError('a record is a map, this block is not')
  return value as { [key: string]: LexValue }
}

/** Whether the bytes are one canonical map of the data model, as a record must be. */
export function isWellFormedRecord(bytes: Uint8Array): boolean {
  if (bytes.length === 0 || bytes[0]! >> 5 !== 5) return false
  try {
    const reader = new CborReader(bytes)
    reader.skip()
    reader.finish()
    return true
  } catch {
    return false
  }
}

/**
 * `$type` of a record's block, undefined if it has none or is no canonical map up to there. Only what comes before it in the
 * order of keys is read, whatever `$type`s lie deeper.
 */
export function recordType(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0 || bytes[0]! >> 5 !== 5) return undefined
  try {
    const reader = new CborReader(bytes)
    for (let left = reader.head(5); left > 0; left--) {
      const length = reader.head(3)
      if (length > TYPE.length) return undefined
      if (reader.text(length) === TYPE) return reader.text(reader.head(3))
      reader.skip()
    }
  } catch {
    // not a record
  }
  return undefined
}

const TYPE = '$type'
