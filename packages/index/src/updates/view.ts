import { inParts } from '../in-parts.ts'
import { isEntryUri, isVersionUri, ownerOf } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import type { Update } from '../update-log.ts'
import { datasetsOfVersions } from '../version-datasets.ts'

/** An update as subscribers are told of it: the shape of `updates.defs#update`, with the record as JSON text. */
export interface UpdateView {
  readonly seq: number
  readonly action: string
  /** The record; `at://DID` where it is about an account. */
  readonly uri: string
  readonly did: string
  readonly time: string
  readonly collection?: string
  readonly cid?: string
  /** The record as the owner wrote it, as long as this state of it is kept. */
  readonly json?: string
  /** The dataset that it is about. */
  readonly dataset?: string
  /** The datasets for whose followers it is: usually that one; all of an account whose standing changed. */
  readonly about: readonly string[]
  /** Where a search for what it is derived from begins. After a deletion its own edges are gone: those it named stand in. */
  readonly roots: readonly string[]
}

/** Makes of the log's entries what is told of them. */
export async function describeUpdates(db: Database, updates: readonly Update[]): Promise<UpdateView[]> {
  const versions = new Set(updates.flatMap(({ touches }) => touches.filter(isVersionUri)))
  const [texts, datasets] = await Promise.all([
    recordTexts(db, updates),
    datasetsOfVersions(db, [...versions]),
  ])
  return updates.map(update => {
    const { seq, did, time, collection, cid, touches } = update
    const entries = touches.filter(isEntryUri)
    if (update.kind !== 'record' || !update.uri) {
      const own = entries.filter(uri => ownerOf(uri) === did)
      const action = update.kind === 'identity' ? 'identity' : `account-${update.action}`
      return { seq, action, uri: `at://${did}`, did, time, about: own, roots: own }
    }
    const { uri, action } = update
    const json = cid === undefined ? undefined : texts.get(`${uri} ${cid}`)
    const first = touches.find(key => isEntryUri(key) || isVersionUri(key))
    const dataset = isEntryUri(uri) ? uri : first && (isVersionUri(first) ? datasets.get(first) : first)
    return {
      seq,
      action,
      uri,
      did,
      time,
      ...(collection !== undefined && { collection }),
      ...(cid !== undefined && { cid }),
      ...(json !== undefined && { json }),
      ...(dataset !== undefined && { dataset }),
      about: dataset === undefined ? [] : [dataset],
      roots: action === 'delete' ? entries : dataset === undefined ? [] : [dataset],
    }
  })
}

/** Texts of the states that updates brought, as far as they are still known; by uri and CID. */
async function recordTexts(db: Database, updates: readonly Update[]): Promise<Map<string, string>> {
  const brought = updates.flatMap(({ uri, cid }) => (uri && cid ? [{ uri, cid }] : []))
  const uris = [...new Set(brought.map(({ uri }) => uri))]
  const now = await inParts(uris, part =>
    db
      .selectFrom('record')
      .select(['uri', 'cid', 'json'])
      .where('uri', 'in', part)
      .where('visible', '=', 1)
      .execute(),
  )
  const texts = new Map(now.map(({ uri, cid, json }) => [`${uri} ${cid}`, json]))
  // What is not shown now was not shown better before.
  const shown = new Set(now.map(({ uri }) => uri))
  const replaced = brought.filter(({ uri, cid }) => shown.has(uri) && !texts.has(`${uri} ${cid}`))
  const wanted = new Set(replaced.map(({ uri, cid }) => `${uri} ${cid}`))
  const before = await inParts([...new Set(replaced.map(({ cid }) => cid))], part =>
    db
      .selectFrom('former_state')
      .select(['uri', 'cid', 'json'])
      .where('uri', 'in', [...new Set(replaced.map(({ uri }) => uri))])
      .where('cid', 'in', part)
      .execute(),
  )
  for (const { uri, cid, json } of before) if (wanted.has(`${uri} ${cid}`)) texts.set(`${uri} ${cid}`, json)
  return texts
}
