/**
 * CIDs as AT Protocol uses them: version 1, SHA-256, codec dag-cbor (blocks of a repository) or raw (blobs).
 *
 * Inside this package a CID is a *binary string*: its 36 bytes as 36 characters of Latin-1. That compares, hashes and copies
 * faster than bytes or objects do. Outside it is the usual base32 text (`bafyrei…`).
 */
import { hash } from 'node:crypto'

/** The 36 bytes of a CID, one character each. */
export type BinaryCid = string & { readonly __binaryCid?: never }

export const CID_LENGTH = 36
/** CIDv1, dag-cbor, sha2-256, 32 bytes. */
export const DAG_CBOR_PREFIX = '\x01\x71\x12\x20'
/** CIDv1, raw, sha2-256, 32 bytes. */
export const RAW_PREFIX = '\x01\x55\x12\x20'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const values = new Int8Array(128).fill(-1)
for (let i = 0; i < 32; i++) values[alphabet.charCodeAt(i)] = i
/** Where the text of a CID is written. */
const letters = Buffer.alloc(59, 'b')

/** Whether 36 bytes at `at` are a CID of the two kinds that AT Protocol knows. */
export function isCidAt(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === 1 &&
    (bytes[at + 1] === 0x71 || bytes[at + 1] === 0x55) &&
    bytes[at + 2] === 0x12 &&
    bytes[at + 3] === 0x20 &&
    at + CID_LENGTH <= bytes.length
  )
}

/** The CID that a DAG-CBOR block has. */
export function cidOfBlock(bytes: Uint8Array): BinaryCid {
  return DAG_CBOR_PREFIX + hash('sha256', bytes, 'binary')
}

/**
 * Base32 text of a binary CID, multibase prefix `b` included. It is written at one place and read as one string: a text that grew
 * letter by letter would be a tree of fifty, which garbage collection walks for as long as it waits to be stored.
 * @throws RangeError if it has not 36 bytes
 */
export function cidToText(cid: BinaryCid): string {
  if (cid.length !== CID_LENGTH) throw new RangeError(`a CID has ${CID_LENGTH} bytes, not ${cid.length}`)
  let at = 1
  let held = 0
  let bits = 0
  for (let i = 0; i < CID_LENGTH; i++) {
    held = ((held << 8) | cid.charCodeAt(i)) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      letters[at++] = alphabet.charCodeAt((held >>> bits) & 31)
    }
  }
  letters[at] = alphabet.charCodeAt((held << (5 - bits)) & 31)
  return letters.toString('latin1')
}

/**
 * The binary form of a base32 CID.
 * @throws RangeError if the text is not a CIDv1 with SHA-256 and codec dag-cbor or raw
 */
export function cidFromText(text: string): BinaryCid {
  const bytes = Buffer.alloc(CID_LENGTH)
  let at = 0
  if (text.length === 59 && text.charCodeAt(0) === 0x62) {
    let held = 0
    let bits = 0
    for (let i = 1; i < text.length; i++) {
      const value = values[text.charCodeAt(i)] ?? -1
      if (value < 0) throw new RangeError(`CID '${text}' is not base32`)
      held = ((held << 5) | value) & 0xfff
      bits += 5
      if (bits >= 8) {
        bits -= 8
        bytes[at++] = held >>> bits
      }
    }
    if (at === CID_LENGTH && (held & ((1 << bits) - 1)) === 0 && isCidAt(bytes, 0))
      return bytes.toString('latin1')
  }
  throw new RangeError(`CID '${text.slice(0, 80)}' is not a CIDv1 with SHA-256 in base32`)
}
