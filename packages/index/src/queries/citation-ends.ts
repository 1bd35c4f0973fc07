import { accountNames } from '../entry-facts.ts'
import { claimsOf } from '../graph/identity.ts'
import { inParts } from '../in-parts.ts'
import type { JsonValue } from '../json-text.ts'
import { items, text } from '../projection.ts'
import { parseRecord } from '../record-text.ts'
import { isEntryUri, isVersionUri, ownerOf, referenceKey } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { datasetsOfVersions } from '../version-datasets.ts'
import { deletedAmong, kindOf, stateOf, titleIn } from './lineage-nodes.ts'
import { authorView } from './views.ts'

/** A thing that cites or is cited, in the shape of the lexicon. */
type CitationEnd = { [name: string]: JsonValue } & { readonly dataset: string | undefined }

/** What citations name, by key: as far as it is held here with title and owner, else as whoever names it calls it. */
export async function citationEnds(
  db: Database,
  said: readonly { readonly other: string; readonly json: string }[],
): Promise<ReadonlyMap<string, CitationEnd>> {
  const keys = [...new Set(said.map(({ other }) => other))]
  const datasets = await datasetsBehind(db, keys)
  const uris = [...new Set([...keys.filter(key => key.startsWith('at://')), ...datasets.values()])]
  const rows = await inParts(uris, part =>
    db
      .selectFrom('record')
      .select(['uri', 'json'])
      .where('uri', 'in', part)
      .where('visible', '=', 1)
      .execute(),
  )
  const held = new Map(rows.map(row => [row.uri, row]))
  const [deleted, accounts] = await Promise.all([
    deletedAmong(
      db,
      keys.filter(key => key.startsWith('at://') && !held.has(key)),
    ),
    accountNames(
      db,
      uris.flatMap(uri => ownerOf(uri) ?? []),
    ),
  ])
  return new Map(
    said.map(({ other, json }) => {
      const dataset = datasets.get(other)
      const row = held.get(dataset ?? other)
      const owner = ownerOf(dataset ?? other)
      const end = {
        id: other,
        kind: kindOf(other),
        title: titleHeld(row, isVersionUri(other) ? held.get(other) : undefined) ?? titleSaid(json, other),
        dataset: dataset !== undefined && held.has(dataset) ? dataset : undefined,
        author: owner === undefined ? undefined : authorView(accounts.get(owner), owner),
        state: stateOf(other, held.has(other), deleted.has(other)),
      }
      return [other, end] as const
    }),
  )
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

function titleHeld(row: { readonly json: string } | undefined, version: typeof row): string | undefined {
  const title = row && titleIn(row.json)
  const label = version && text(parseRecord(version.json).version)
  return title !== undefined && label !== undefined ? `${title}, version ${label}`.slice(0, 1000) : title
}

/** What a record itself calls a work that it relates to. */
function titleSaid(json: string, key: string): string | undefined {
  const item = items(parseRecord(json).relatedItems).find(({ ref }) => referenceKey(ref) === key)
  return (text(item?.title) ?? text(item?.citation))?.slice(0, 1000)
}
