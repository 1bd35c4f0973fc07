import { accountNames, UNKNOWN_HANDLE } from '../entry-facts.ts'
import { QueryError } from '../errors.ts'
import { answer, type JsonText } from '../json-text.ts'
import { ownerNotices } from '../notice-facts.ts'
import { isEntryUri, isVersionUri, ownerOf } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { deletedAmong } from './lineage-nodes.ts'
import { deletedAt } from './pinned-state.ts'
import { authorView } from './views.ts'

/**
 * What is known of a dataset or version that is not to be seen. What its record said went with it; that it was there, and what others
 * and its owner say of it, did not.
 * @throws QueryError TombstoneNotFound where nothing is known, the record is there to be seen, or its account is away
 */
export async function getTombstone(db: Database, { uri }: { uri: string }): Promise<JsonText> {
  const { did, isActive, name } = await ownName(db, uri)
  const record = await db.selectFrom('record').select('visible').where('uri', '=', name).executeTakeFirst()
  if (record?.visible === 1) throw notFound(uri, 'is here to be seen')
  const author = authorView((await accountNames(db, [did])).get(did), did)
  if (record && (await isTakenDown(db, [name, did])))
    return answer({ uri: name, state: 'taken-down', author })
  if (!isActive) throw notFound(uri, 'belongs to an account that is not active')
  const [isDeleted, notices] = await Promise.all([
    deletedAmong(db, [name]).then(uris => uris.has(name)),
    ownerNotices(db, [name]),
  ])
  const said = notices.get(name)
  if (!record && (isDeleted || said)) {
    const time = isDeleted ? await deletedAt(db, name) : undefined
    return answer({ uri: name, state: 'deleted', deletedAt: time, author, notices: said })
  }
  if (!(await isReferredTo(db, name))) throw notFound(uri, 'is not known here')
  return answer({ uri: name, state: 'unavailable', author })
}

/** The uri under its owner's DID, also where the operator has taken the whole account down. */
async function ownName(db: Database, uri: string) {
  const [, , authority = '', ...rest] = uri.split('/')
  const isDid = authority.startsWith('did:')
  const handle = authority.toLowerCase()
  if (handle === UNKNOWN_HANDLE) throw notFound(uri, 'names no account: write its DID')
  const row = await db
    .selectFrom('repo')
    .select(['did', 'active'])
    .where(isDid ? 'did' : 'handle', '=', isDid ? authority : handle)
    .orderBy('active', 'desc')
    .executeTakeFirst()
  const name = row && `at://${row.did}/${rest.join('/')}`
  if (!row || !name || !(isEntryUri(name) || isVersionUri(name)) || ownerOf(name) !== row.did)
    throw notFound(uri, 'names no dataset of an account that is known here')
  return { did: row.did, isActive: row.active === 1, name }
}

async function isTakenDown(db: Database, subjects: readonly string[]): Promise<boolean> {
  const row = await db
    .selectFrom('takedown')
    .select('subject')
    .where('subject', 'in', subjects)
    .executeTakeFirst()
  return row !== undefined
}

async function isReferredTo(db: Database, name: string): Promise<boolean> {
  const row = await db
    .selectFrom('edge')
    .innerJoin('record', 'record.uri', 'edge.uri')
    .select('edge.uri')
    .where('edge.to_key', '=', name)
    .where('record.visible', '=', 1)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

const notFound = (uri: string, why: string) =>
  new QueryError('TombstoneNotFound', `'${uri.slice(0, 200)}' ${why}`)
