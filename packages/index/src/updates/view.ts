import { inParts } from '../in-parts.ts'
import { isEntryUri, isVersionUri, ownerOf } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import type { Update } from '../update-log.ts'

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
  /** The record as the owner wrote it, while it is still what the update brought. */
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
  const [texts, datasets] = await Promise.all([recordTexts(db, updates), versionDatasets(db, updates)])
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

/** Texts of the states that updates brought, as far as they are still there; by uri and CID. */
async function recordTexts(db: Database, updates: readonly Update[]): Promise<Map<string, string>> {
  const uris = updates.flatMap(({ uri, cid }) => (uri && cid ? [uri] : []))
  const rows = await inParts([...new Set(uris)], part =>
    db
      .selectFrom('record')
      .select(['uri', 'cid', 'json'])
      .where('uri', 'in', part)
      .where('visible', '=', 1)
      .execute(),
  )
  return new Map(rows.map(({ uri, cid, json }) => [`${uri} ${cid}`, json]))
}

/** The datasets of the versions that updates name. */
async function versionDatasets(db: Database, updates: readonly Update[]): Promise<Map<string, string>> {
  const versions = new Set(updates.flatMap(({ touches }) => touches.filter(isVersionUri)))
  const rows = await inParts([...versions], part =>
    db
      .selectFrom('link')
      .select(['uri', 'subject'])
      .where('uri', 'in', part)
      .where('kind', '=', 'version')
      .execute(),
  )
  return new Map(rows.map(({ uri, subject }) => [uri, subject]))
}
