import type { LexMap } from '@atproto/lex'
import { definition } from '@frost/lexicon'
import { FrostError } from './errors.ts'
import { findRecord, type LookupOptions } from './lookup.ts'
import { parseReference } from './reference.ts'

/**
 * A reference as records hold it: a `recordRef` with DID and the CID of the state referred to, an `identifierRef`, or a
 * `urlRef`. An address that the AppView knows as a dataset becomes a `recordRef`.
 */
export async function referenceFrom(text: string, options: LookupOptions): Promise<LexMap> {
  const reference = parseReference(text)
  if (reference.kind === 'identifier') {
    return { $type: definition('identifierRef'), scheme: reference.scheme, value: reference.value }
  }
  if (reference.kind === 'url') {
    const known = await findRecord(text, options).catch((error: unknown) => {
      if (error instanceof FrostError && (error.code === 'NotFound' || error.code === 'Unreachable'))
        return undefined
      throw error
    })
    if (!known) return { $type: definition('urlRef'), uri: reference.uri }
    return { $type: definition('recordRef'), uri: known.uri, cid: known.cid }
  }
  const { uri, cid } = await findRecord(text, options)
  return { $type: definition('recordRef'), uri, cid }
}

/** A whole record in which every at-uri that names a handle names the DID instead: handles change hands. */
export async function withDids<T>(value: T, resolve: (handle: string) => Promise<string>): Promise<T> {
  if (typeof value === 'string') return (await didUri(value, resolve)) as T
  if (Array.isArray(value)) {
    const items: unknown[] = []
    for (const item of value) items.push(await withDids(item, resolve))
    return items as T
  }
  if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    const entries: [string, unknown][] = []
    for (const [name, member] of Object.entries(value)) {
      // Prose may speak of handles; only references are rewritten.
      entries.push([name, PROSE.has(name) ? member : await withDids(member, resolve)])
    }
    return Object.fromEntries(entries) as T
  }
  return value
}

const PROSE = new Set(['title', 'description', 'text', 'note', 'citation', 'value', 'name'])

async function didUri(text: string, resolve: (handle: string) => Promise<string>): Promise<string> {
  const match = /^at:\/\/([^/:]+)(\/[^\s]*)$/.exec(text)
  return match ? `at://${await resolve(match[1]!)}${match[2]}` : text
}
