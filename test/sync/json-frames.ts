/** Frames from fixtures that write messages as JSON: links as `{$link}`, bytes as `{$bytes}`. */
import { CidLink } from '@frost/sync/cbor'
import { cidFromText } from '@frost/sync/cid'
import { type Encodable, encode } from './encoding.ts'

export function frameOfJson(header: object, body: object): Buffer {
  return Buffer.concat([encode(fromJson(header)), encode(fromJson(body))])
}

function fromJson(value: unknown): Encodable {
  if (Array.isArray(value)) return value.map(fromJson)
  if (typeof value !== 'object' || value === null) return value as Encodable
  const { $link, $bytes } = value as { $link?: string; $bytes?: string }
  if ($link !== undefined) return new CidLink(cidFromText($link))
  if ($bytes !== undefined) return Buffer.from($bytes, 'base64')
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromJson(item)]))
}
