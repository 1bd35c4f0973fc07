import { createHash } from 'node:crypto'
import type { Read } from '../job.ts'

/** An answer as it is kept. */
export interface Entry {
  readonly mediaType: string
  readonly immutable: boolean
  readonly reads?: readonly Read[]
  /** SHA-256 of the body, base64url. */
  readonly digest: string
  readonly body: Buffer
}

const FORMAT = 'frost-gateway-entry 1'
const LONGEST_HEADER = 262_144

export function digestOf(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('base64url')
}

/** A line that names the format and holds a digest of the header, the header (a line of JSON) and the body. */
export function encodeEntry({ body, ...header }: Entry): Buffer {
  const text = JSON.stringify(header)
  return Buffer.concat([Buffer.from(`${FORMAT} ${digestOf(text)}\n${text}\n`), body])
}

/** Undefined for anything but a whole entry as it was written. */
export function decodeEntry(bytes: Buffer): Entry | undefined {
  const first = bytes.subarray(0, 200).indexOf('\n')
  const second = first < 0 ? -1 : bytes.subarray(0, first + LONGEST_HEADER).indexOf('\n', first + 1)
  if (second < 0) return undefined
  const text = bytes.toString('utf8', first + 1, second)
  if (bytes.toString('utf8', 0, first) !== `${FORMAT} ${digestOf(text)}`) return undefined
  const header = JSON.parse(text) as Omit<Entry, 'body'>
  const body = bytes.subarray(second + 1)
  return digestOf(body) === header.digest ? { ...header, body } : undefined
}
