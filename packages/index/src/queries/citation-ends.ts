import { accountNames } from '../entry-facts.ts'
import { claimsOf } from '../graph/identity.ts'
import { parts } from '../in-parts.ts'
import type { JsonValue } from '../json-text.ts'
import { labelsOf, labelViews } from '../moderation/labels.ts'
import { items, text } from '../projection.ts'
import { parseRecord } from '../record-text.ts'
import { isEntryUri, isVersionUri, ownerOf, referenceKey } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { datasetsOfVersions } from '../version-datasets.ts'
import { deletedAmong, kindOf, stateOf } from './lineage-nodes.ts'
import { authorView } from './views.ts'

const MOST_LABELS = 100
/** Records that are in memory at once: strangers write them, and any of them may be as large as a record can be. */
const READ_AT_ONCE = 8

/** A thing that cites or is cited. */
export interface CitationEnd {
  /** The dataset that it is, is a version of, or that alone claims it, where one is held. */
  readonly dataset: string | undefined
  /** As a record names it, in the shape of the lexicon: what is not held here is called what that record calls it. */
  in(record: string): JsonValue
}

/**
 * What citations name, by key: as far as it is held here with title, owner and labels.
 * @param jsons the records that name them, by at-uri
 */
export async function citationEnds(
  db: Database,
  said: readonly { readonly uri: string; readonly other: string }[],
  jsons: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, CitationEnd>> {
  const keys = [...new Set(said.map(({ other }) => other))]
  const datasets = await datasetsBehind(db, keys)
  const uris = [...new Set([...keys.filter(key => key.startsWith('at://')), ...datasets.values()])]
  const held = await recordsOf(db, uris)
  const [deleted, accounts, labels] = await Promise.all([
    deletedAmong(
      db,
      keys.filter(key => key.startsWith('at://') && !held.has(key)),
    ),
    accountNames(
      db,
      uris.flatMap(uri => ownerOf(uri) ?? []),
    ),
    labelsOf(
      db,
      [...held.values()].flatMap(({ uri, did }) => [uri, did]),
    ),
  ])
  const titlesIn = titlesSaid(jsons)
  return new Map(
    keys.map(key => {
      const behind = datasets.get(key)
      const dataset = behind !== undefined && held.has(behind) ? behind : undefined
      const owner = ownerOf(behind ?? key)
      const rows = [...new Set([behind, key])].flatMap(uri => held.get(uri ?? '') ?? [])
      // A version and its dataset have one author, whose labels are told once.
      const told = new Map(
        rows.flatMap(row => labelViews(labels, row) ?? []).map(label => [JSON.stringify(label), label]),
      )
      const title = titleHeld(held.get(behind ?? key), isVersionUri(key) ? held.get(key) : undefined)
      const end = {
        id: key,
        kind: kindOf(key),
        dataset,
        author: owner === undefined ? undefined : authorView(accounts.get(owner), owner),
        state: stateOf(key, held.has(key), deleted.has(key)),
        labels: told.size > 0 ? [...told.values()].slice(0, MOST_LABELS) : undefined,
      }
      return [key, { dataset, in: uri => ({ ...end, title: title ?? titlesIn(uri).get(key) }) }] as const
    }),
  )
}

interface HeldRecord {
  readonly uri: string
  readonly did: string
  readonly cid: string
  readonly title: string | undefined
  /** What a version is called. */
  readonly label: string | undefined
}

/** Of records only what is told of them. */
async function recordsOf(db: Database, uris: readonly string[]): Promise<ReadonlyMap<string, HeldRecord>> {
  const held = new Map<string, HeldRecord>()
  for (const part of parts(uris, READ_AT_ONCE)) {
    const rows = await db
      .selectFrom('record')
      .select(['uri', 'did', 'cid', 'json'])
      .where('uri', 'in', part)
      .where('visible', '=', 1)
      .execute()
    for (const { uri, did, cid, json } of rows) {
      const { title, version } = parseRecord(json)
      held.set(uri, { uri, did, cid, title: text(title ?? version)?.slice(0, 1000), label: text(version) })
    }
  }
  return held
}

/** The dataset that a key is, is a version of, or that alone claims it. */
async function datasetsBehind(db: Database, keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const [versions, claims] = await Promise.all([
    datasetsOfVersions(db, keys.filter(isVersionUri)),
    claimsOf(
      db,
      keys.filter(key => !key.startsWith('at://')),
    ),
  ])
  const alone = [...claims].flatMap(([key, entries]) =>
    entries.length === 1 ? [[key, entries[0]!] as const] : [],
  )
  return new Map([...keys.filter(isEntryUri).map(uri => [uri, uri] as const), ...versions, ...alone])
}

function titleHeld(row: HeldRecord | undefined, version: HeldRecord | undefined): string | undefined {
  if (row?.title === undefined || version?.label === undefined) return row?.title
  return `${row.title}, version ${version.label}`.slice(0, 1000)
}

/** What records call the works that they relate to, by key; each is read once. */
function titlesSaid(jsons: ReadonlyMap<string, string>): (uri: string) => ReadonlyMap<string, string> {
  const read = new Map<string, ReadonlyMap<string, string>>()
  return uri => {
    const known = read.get(uri) ?? titlesIn(jsons.get(uri) ?? '{}')
    read.set(uri, known)
    return known
  }
}

function titlesIn(json: string): ReadonlyMap<string, string> {
  const titles = new Map<string, string>()
  for (const { ref, title, citation } of items(parseRecord(json).relatedItems)) {
    const key = referenceKey(ref)
    const said = text(title) ?? text(citation)
    if (key !== undefined && said !== undefined && !titles.has(key)) titles.set(key, said.slice(0, 1000))
  }
  return titles
}
