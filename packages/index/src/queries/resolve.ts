import { atUri, nsid, parseReference, type Reference } from '@frost/lexicon'
import { QueryError } from '../errors.ts'
import { answer, type JsonText } from '../json-text.ts'
import { replacementOf } from '../notice-facts.ts'
import { addressKey, identifierKey } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { findAccount } from './accounts.ts'

const ENTRY = nsid('dataset.entry')
const MOST_CANDIDATES = 50

interface Found {
  readonly uri: string
  readonly via: string
  readonly candidates?: readonly string[]
}

/**
 * The key under which the tables know what an identifier means: the at-uri of a dataset where one is held, else the normalised
 * identifier or address itself.
 * @throws QueryError InvalidIdentifier
 */
export async function keyOf(db: Database, id: string): Promise<{ name: string; isHeld: boolean }> {
  const reference = readReference(id)
  const found = await find(db, reference, id)
  if (found) {
    const row = await db
      .selectFrom('record')
      .select('uri')
      .where('uri', '=', found.uri)
      .where('visible', '=', 1)
      .executeTakeFirst()
    return { name: found.uri, isHeld: row !== undefined }
  }
  if (reference.kind === 'identifier')
    return { name: identifierKey(reference.scheme, reference.value), isHeld: false }
  return { name: reference.kind === 'url' ? addressKey(reference.uri) : id.trim(), isHeld: false }
}

function readReference(id: string): Reference {
  const reference = parseReference(id)
  if (reference) return reference
  throw new QueryError(
    'InvalidIdentifier',
    `id '${id.slice(0, 100)}' is no identifier: give an at-uri, handle/slug, DOI or address`,
  )
}

/** Finds the dataset that an identifier means; where several claim it, the one known for longest, and the others as candidates. */
export async function resolveEntry(db: Database, { id }: { id: string }): Promise<JsonText> {
  const found = await find(db, readReference(id), id)
  const row =
    found &&
    (await db
      .selectFrom('record')
      .select(['uri', 'cid', 'did'])
      .where('uri', '=', found.uri)
      .where('visible', '=', 1)
      .executeTakeFirst())
  if (!found || !row) throw new QueryError('EntryNotFound', `nothing is known here by '${id.slice(0, 100)}'`)
  const candidates = (found.candidates ?? []).filter(uri => uri !== row.uri).map(uri => ({ uri }))
  return answer({
    ...row,
    via: found.via,
    candidates: candidates.length > 0 ? candidates : undefined,
    replacedBy: await replacementOf(db, row.uri),
  })
}

async function find(db: Database, reference: Reference, id: string): Promise<Found | undefined> {
  switch (reference.kind) {
    case 'record': {
      const did = reference.authority.startsWith('did:')
        ? reference.authority
        : await findAccount(db, reference.authority)
      const via = id.trim().startsWith('at://')
        ? 'at-uri'
        : /^https?:/.test(id.trim())
          ? 'web-address'
          : 'handle'
      return did ? entryOf(db, atUri(did, reference.collection, reference.rkey), via) : undefined
    }
    case 'identifier':
      return byKey(db, identifierKey(reference.scheme, reference.value))
    case 'url':
      return byAddress(db, reference.uri)
    default:
      return undefined
  }
}

/** A version, head or mirror means its dataset. */
async function entryOf(db: Database, uri: string, via: string): Promise<Found | undefined> {
  if (uri.includes(`/${ENTRY}/`)) return { uri, via }
  const link = await db
    .selectFrom('link')
    .select('subject')
    .where('uri', '=', uri)
    .where('kind', 'not in', ['state', 'adoption'])
    .executeTakeFirst()
  return link?.subject.includes(`/${ENTRY}/`) ? { uri: link.subject, via } : undefined
}

async function byKey(db: Database, key: string): Promise<Found | undefined> {
  const rows = await db
    .selectFrom('identifier')
    .innerJoin('record', 'record.uri', 'identifier.uri')
    .select(['identifier.uri', 'identifier.scheme'])
    .where('identifier.value', '=', key)
    .where('record.visible', '=', 1)
    .orderBy('record.first_seen')
    .orderBy('record.uri')
    .limit(MOST_CANDIDATES)
    .execute()
  const found = await Promise.all(
    rows.map(async row => ({ scheme: row.scheme, entry: await entryOf(db, row.uri, '') })),
  )
  const entries = found.filter(({ entry }) => entry !== undefined)
  const first = entries[0]
  if (!first?.entry) return undefined
  const via = ['distribution', 'landing-page'].includes(first.scheme) ? first.scheme : 'identifier'
  return { uri: first.entry.uri, via, candidates: [...new Set(entries.map(({ entry }) => entry!.uri))] }
}

/** A place inside a bucket or a site means the dataset whose address holds it: the longest one that is known. */
async function byAddress(db: Database, address: string): Promise<Found | undefined> {
  const SHORTEST_PATH = 3
  const parts = addressKey(address).split('/')
  for (let length = parts.length; length >= SHORTEST_PATH; length--) {
    const found = await byKey(db, parts.slice(0, length).join('/'))
    if (found) return found
  }
  return undefined
}
