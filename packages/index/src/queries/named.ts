import { items } from '../projection.ts'
import { parseRecord } from '../record-text.ts'
import { isVersionUri, ownerOf } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { datasetsOfVersions } from '../version-datasets.ts'

/** DIDs that a record names as having to do with what it describes. */
export function accountsNamed(json: string): ReadonlySet<string> {
  const { creators, contributors, contacts, publisher } = parseRecord(json)
  return new Set(
    [...items(creators), ...items(contributors), ...items(contacts), ...items([publisher])].flatMap(
      ({ did }) => (typeof did === 'string' ? did : []),
    ),
  )
}

/**
 * Whose word about a claim counts: whom it names (of a version, its dataset too), and the owners of what it relates to something.
 * Whoever makes the claim has said so by making it.
 */
export async function namedInClaim(db: Database, claim: string): Promise<ReadonlySet<string>> {
  const dataset = isVersionUri(claim) ? (await datasetsOfVersions(db, [claim])).get(claim) : undefined
  const uris = dataset === undefined ? [claim] : [claim, dataset]
  const [records, edges] = await Promise.all([
    db.selectFrom('record').select('json').where('uri', 'in', uris).where('visible', '=', 1).execute(),
    db.selectFrom('edge').select(['from_key', 'to_key']).where('uri', '=', claim).execute(),
  ])
  const named = records.flatMap(({ json }) => [...accountsNamed(json)])
  const related = edges.flatMap(({ from_key, to_key }) => [ownerOf(from_key), ownerOf(to_key)])
  const all = new Set([...named, ...related].filter(did => did !== undefined))
  all.delete(ownerOf(claim)!)
  return all
}
