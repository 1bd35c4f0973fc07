import { accountNames } from '../entry-facts.ts'
import type { LineageGraph } from '../graph/graph.ts'
import { inParts } from '../in-parts.ts'
import type { JsonValue } from '../json-text.ts'
import { labelsOf, labelViews } from '../moderation/labels.ts'
import { isVersionUri, ownerOf } from '../reference-key.ts'
import { type Database, DELETED } from '../schema.ts'
import { authorView } from './views.ts'

const MOST_ALIASES = 64

/**
 * Nodes with title, owner, whether their record is held, and their other names. What is not held is told as it is: deleted where its
 * deletion was seen here, unavailable else; its edges stay.
 */
export async function nodeViews(
  db: Database,
  graph: LineageGraph,
  depths: ReadonlyMap<string, number>,
): Promise<JsonValue[]> {
  const names = [...depths.keys()]
  const records = names.filter(name => name.startsWith('at://'))
  const rows = await inParts(records, part =>
    db
      .selectFrom('record')
      .select(['uri', 'did', 'cid', 'json'])
      .where('uri', 'in', part)
      .where('visible', '=', 1)
      .execute(),
  )
  const held = new Map(rows.map(row => [row.uri, row]))
  const [deleted, identifiers, accounts, labels] = await Promise.all([
    deletedAmong(
      db,
      records.filter(uri => !held.has(uri)),
    ),
    inParts([...held.keys()], part =>
      db.selectFrom('identifier').select(['uri', 'value']).where('uri', 'in', part).execute(),
    ),
    accountNames(
      db,
      records.flatMap(uri => ownerOf(uri) ?? []),
    ),
    labelsOf(
      db,
      rows.flatMap(({ uri, did }) => [uri, did]),
    ),
  ])
  const aliases = new Map<string, Set<string>>()
  for (const { uri, value } of identifiers) {
    const known = aliases.get(uri)
    if (known) known.add(value)
    else aliases.set(uri, new Set([value]))
  }
  return names.map(name => {
    const row = held.get(name)
    const owner = ownerOf(name)
    const others = new Set([...graph.keysOf(name), ...(aliases.get(name) ?? [])])
    others.delete(name)
    return {
      id: name,
      kind: kindOf(name),
      title: row && titleIn(row.json),
      author: owner === undefined ? undefined : authorView(accounts.get(owner), owner),
      depth: depths.get(name)!,
      state: stateOf(name, row !== undefined, deleted.has(name)),
      labels: row && labelViews(labels, row),
      aliases: others.size === 0 ? undefined : [...others].slice(0, MOST_ALIASES).map(id => ({ id })),
    }
  })
}

export function kindOf(name: string): string {
  if (name.startsWith('at://')) return isVersionUri(name) ? 'version' : 'entry'
  return /^[a-z][a-z0-9+.-]*:\/\//.test(name) ? 'url' : 'identifier'
}

export function stateOf(name: string, isHeld: boolean, isDeleted: boolean): string {
  if (!name.startsWith('at://')) return 'external'
  if (isHeld) return 'available'
  return isDeleted ? 'deleted' : 'unavailable'
}

/** Records whose own deletion is the last that was heard of them. */
export async function deletedAmong(db: Database, uris: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await inParts(uris, part =>
    db
      .selectFrom('update_log')
      .leftJoin('record', 'record.uri', 'update_log.uri')
      .select('update_log.uri')
      .where('update_log.uri', 'in', part)
      .where('update_log.action', '=', DELETED)
      // Held and hidden: the account is away, or the record broke its lexicon.
      .where('record.uri', 'is', null)
      .groupBy('update_log.uri')
      .execute(),
  )
  return new Set(rows.flatMap(({ uri }) => uri ?? []))
}

export function titleIn(json: string): string | undefined {
  const { title, version } = JSON.parse(json) as { title?: unknown; version?: unknown }
  const text = title ?? version
  return typeof text === 'string' ? text.slice(0, 1000) : undefined
}
