import { createHash, randomInt } from 'node:crypto'
import { isValidRecordKey } from '@atproto/syntax'
import { withoutEnd } from './text-end.ts'

/** Record keys made from content, so that importing or releasing again writes nothing new. */

const LONGEST_SLUG = 100
const BASE32 = '234567abcdefghijklmnopqrstuvwxyz'

/**
 * The record key of a source's id: the id itself where it is legal, otherwise a slug of it and a short hash, so that two
 * ids never share a key.
 */
export function toRecordKey(id: string): string {
  if (isValidRecordKey(id) && id.length <= LONGEST_SLUG) return id
  const plain = id
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/[^A-Za-z0-9._~-]+/g, '-')
    .replace(/^[-.]+/, '')
  const slug = withoutEnd(plain.slice(0, LONGEST_SLUG - 11), '-.')
  return slug ? `${slug}-${shortHash(id)}` : `x-${shortHash(id)}`
}

/** The record key of what is wholly determined by its parts, e.g. a follow by its subject: 26 characters of SHA-256. */
export function hashRkey(...parts: string[]): string {
  return base32(digestOf(parts)).slice(0, 26)
}

export interface VersionIdentity {
  /** at-uri of the entry. */
  readonly dataset: string
  /** What fixes the state: the pin's value, or the version's label where nothing is pinned. */
  readonly pin: string
  /** ISO 8601 time of the release. */
  readonly releasedAt: string
}

/** Microseconds that `releasedAt` leaves open: those of a millisecond, or of a day where it is midnight and so says the day alone. */
const MILLISECOND = 1_000n
const DAY = 86_400_000_000n

/**
 * The TID of a version: its time is `releasedAt`; what that leaves open and the clock id come from a hash of dataset and pin, so that
 * releasing the same state twice writes one record, and thousands of releases of one day have keys of their own.
 * Source: https://atproto.com/specs/tid
 * @throws RangeError if `releasedAt` is no time since 1970
 */
export function versionRkey({ dataset, pin, releasedAt }: VersionIdentity): string {
  const milliseconds = Date.parse(releasedAt)
  if (!Number.isFinite(milliseconds) || milliseconds < 0) {
    throw new RangeError(
      `releasedAt is '${releasedAt}': give an ISO 8601 time since 1970, such as 2024-05-01T00:00:00Z`,
    )
  }
  const digest = digestOf([dataset, pin])
  const clockId = BigInt(digest.readUInt16BE(0) & 0x3ff)
  const time = BigInt(milliseconds) * MILLISECOND
  const open = BigInt(digest.readUIntBE(2, 6)) % (time % DAY === 0n ? DAY : MILLISECOND)
  return tidOf(time + open, clockId)
}

let lastTime = 0n

/** The TID of this moment, later than any that this process was given before. */
export function newTid(): string {
  const now = BigInt(Date.now()) * MILLISECOND
  lastTime = now > lastTime ? now : lastTime + 1n
  return tidOf(lastTime, BigInt(randomInt(1024)))
}

function tidOf(microseconds: bigint, clockId: bigint): string {
  let bits = (microseconds << 10n) | clockId
  let tid = ''
  for (let place = 0; place < 13; place++) {
    tid = BASE32[Number(bits & 31n)] + tid
    bits >>= 5n
  }
  return tid
}

function shortHash(text: string): string {
  return base32(digestOf([text])).slice(0, 10)
}

function digestOf(parts: readonly string[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest()
}

function base32(bytes: Buffer): string {
  let bits = BigInt(`0x${bytes.toString('hex')}`)
  let text = ''
  for (let place = 0; place < 51; place++) {
    text = BASE32[Number(bits & 31n)] + text
    bits >>= 5n
  }
  return text
}
