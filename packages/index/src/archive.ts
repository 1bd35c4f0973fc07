/** What proves the records held: kept with every commit, and put together again when somebody asks. */
import { setImmediate as breath } from 'node:timers/promises'
import { encode } from '@atproto/lex-cbor'
import { jsonToLex } from '@atproto/lex-json'
import type { RepoEvent, SignedHead } from '@frost/sync'
import { writeCar } from '@frost/sync/car-writer'
import { CborError } from '@frost/sync/cbor'
import { type BinaryCid, cidFromText, cidOfBlock } from '@frost/sync/cid'
import { parseCommit } from '@frost/sync/commit'
import { MstError } from '@frost/sync/mst-node'
import { findKey } from '@frost/sync/mst-proof'
import { edgeNodes, type RangeRecord, rangeNodes, rangeRecords } from '@frost/sync/mst-range'
import { sql } from 'kysely'
import { among } from './among.ts'
import type { Put } from './engine.ts'
import { QueryError } from './errors.ts'
import { stateNow } from './former-states.ts'
import { parts } from './in-parts.ts'
import { FROST_KEYS, packed, unpacked } from './kept-blocks.ts'
import { keptSince, type ProofPolicy } from './proof-policy.ts'
import { type Nodes, RangeTrees } from './range-trees.ts'
import type { Database, RecordRow } from './schema.ts'

/** Characters of an account's records that are proved at once: they are held in memory. */
const MOST_CHARACTERS = 256 * 1024 * 1024
/** Records of an account of which one is proved: its tree is made of all of them. */
const MOST_RECORDS = 200_000
/** Records that are encoded at once, which holds up the event loop. */
const RECORDS_A_PIECE = 500

/** By the hash of the signed commit, which says everything that is in them. */
const trees = new RangeTrees()

/** Keeps the newest signed head of each repository, and the nodes at the edge of its tree that a commit left as they were. */
export async function keepHeads(tx: Database, put: Put, events: readonly RepoEvent[]): Promise<void> {
  const told = new Map<string, SignedHead[]>()
  const purged = new Set<string>()
  for (const event of events) {
    if (event.type === 'account' && event.purge) {
      told.delete(event.did)
      purged.add(event.did)
    }
    if (event.type !== 'commit' || !event.head) continue
    const heads = told.get(event.did)
    if (heads) heads.push(event.head)
    else told.set(event.did, [event.head])
  }
  for (const part of parts([...purged]))
    await tx
      .deleteFrom('repo_head')
      .where(among(tx, 'did', part))
      .execute()
  const before = new Map<string, Nodes>()
  for (const part of parts([...told.keys()])) {
    const rows = await tx
      .selectFrom('repo_head')
      .select(['did', 'nodes'])
      .where(among(tx, 'did', part))
      .execute()
    for (const { did, nodes } of rows) before.set(did, unpacked(nodes))
  }
  const rows = [...told].map(([did, heads]) => {
    // Blocks are named by what they hold: whichever commit brought a node, it is the one that the last tree means.
    const sources = [...heads.map(({ nodes }) => nodes), before.get(did)]
    const blocks = { get: (cid: BinaryCid) => sources.find(source => source?.has(cid))?.get(cid) }
    const { commit } = heads.at(-1)!
    const nodes = edgeNodes(parseCommit(commit).data, FROST_KEYS, blocks)
    return { did, commit_block: Buffer.from(commit), nodes: packed(nodes.values()) }
  })
  await put('repo_head', rows, 'did')
}

interface Head {
  readonly cid: BinaryCid
  readonly block: Uint8Array
  readonly data: BinaryCid
  readonly edge: Nodes
}

type Row = Pick<RecordRow, 'collection' | 'rkey' | 'cid' | 'json'>

/**
 * A CAR that proves one record to be in its repository, as `com.atproto.sync.getRecord` gives it: the signed commit, the nodes on
 * the way, the record.
 * @throws QueryError `RecordNotFound`, `ProofUnavailable`
 */
export async function recordProof(db: Database, uri: string, most = MOST_RECORDS): Promise<Uint8Array> {
  const row = await db
    .selectFrom('record')
    .select(['did', 'collection', 'rkey', 'cid', 'json'])
    .where('uri', '=', uri)
    .where('visible', '=', 1)
    .executeTakeFirst()
  if (!row) throw new QueryError('RecordNotFound', `'${uri}' is not known here, or its owner withdrew it`)
  const { cid, block, data, edge } = await headOf(db, row.did)
  const key = `${row.collection}/${row.rkey}`
  const way = new Map<BinaryCid, Uint8Array>()
  await held(row.did, async () => {
    const tree = await trees.of(cid, async () => {
      const states = await statesOf(db, row.did, most)
      await breath()
      return rangeNodes(data, FROST_KEYS, edge, states)
    })
    const found = findKey(data, key, {
      get(node) {
        const bytes = tree.get(node)
        if (bytes) way.set(node, bytes)
        return bytes
      },
    })
    if (found !== cidFromText(row.cid)) throw new MstError('another state is in the tree')
  })
  return writeCar(cid, [[cid, block], ...way, [cidFromText(row.cid), blockOf(row)]])
}

/**
 * The same of a state that a record was in, with the head of then.
 * @throws QueryError `RecordNotFound`, `ProofUnavailable`
 */
export async function stateProof(
  db: Database,
  uri: string,
  cid: string,
  policy: ProofPolicy,
): Promise<Uint8Array> {
  const now = await stateNow(db, uri)
  if (!now || now.cid === cid) return recordProof(db, uri)
  const row = await db
    .selectFrom('former_state')
    .select(['cid', 'json', 'proof'])
    .where('uri', '=', uri)
    .where('cid', '=', cid)
    .where('until', '>=', keptSince(policy))
    .orderBy(sql`case when proof is null then 1 else 0 end`)
    .orderBy('place', 'desc')
    .executeTakeFirst()
  if (!row?.proof)
    throw new QueryError(
      'ProofUnavailable',
      `no proof of the state ${cid.slice(0, 100)} of '${uri}' is kept: nobody had pinned it when it was replaced, or it is beyond what is kept here`,
    )
  const [collection, rkey] = uri.split('/').slice(3) as [string, string]
  const blocks = [...unpacked(row.proof)]
  return writeCar(blocks[0]![0], [...blocks, [cidFromText(cid), blockOf({ ...row, collection, rkey })]])
}

/**
 * A CAR of all of an account's FROST records: the signed commit, every node of the tree that meets them, the records. Nothing of
 * them can be left out unseen.
 * @throws QueryError `AccountNotFound`, `ProofUnavailable`
 */
export async function repositoryProof(db: Database, did: string): Promise<Uint8Array> {
  const { commit, blocks } = await repositoryBlocks(db, did)
  return writeCar(commit, blocks)
}

/**
 * The blocks of {@link repositoryProof}, the signed commit first.
 * @throws QueryError `AccountNotFound`, `ProofUnavailable`
 */
export async function repositoryBlocks(
  db: Database,
  did: string,
): Promise<{ readonly commit: BinaryCid; readonly blocks: readonly (readonly [BinaryCid, Uint8Array])[] }> {
  const active = await db
    .selectFrom('repo')
    .select('did')
    .where('did', '=', did)
    .where('active', '=', 1)
    .executeTakeFirst()
  if (!active) throw new QueryError('AccountNotFound', `'${did}' is not known here, or not active`)
  await refuseUngivable(db, did)
  const { cid, block, data, edge } = await headOf(db, did)
  const rows: Row[] = await db
    .selectFrom('record')
    .select(['collection', 'rkey', 'cid', 'json'])
    .where('did', '=', did)
    .execute()
  const nodes = await held(did, async () => rangeNodes(data, FROST_KEYS, edge, sorted(rows)))
  const wanted = new Set(rangeRecords(data, FROST_KEYS, nodes).map(record => record.cid))
  const records: [BinaryCid, Uint8Array][] = []
  for (const [place, row] of rows.entries()) {
    if (place % RECORDS_A_PIECE === RECORDS_A_PIECE - 1) await breath()
    const cid = cidFromText(row.cid)
    if (wanted.has(cid)) records.push([cid, blockOf(row)])
  }
  return { commit: cid, blocks: [[cid, block], ...nodes, ...records] }
}

/** All or nothing of a repository is proved; what was taken down is given to nobody. */
async function refuseUngivable(db: Database, did: string): Promise<void> {
  const own = db.selectFrom('record').where('did', '=', did)
  const down = await db
    .selectFrom('takedown')
    .select('subject')
    .where('subject', 'in', own.select('uri'))
    .executeTakeFirst()
  if (down) throw unavailable(did, 'a record of it was taken down here')
  const { characters } = await own
    .select(sql<number | null>`sum(length(json))`.as('characters'))
    .executeTakeFirstOrThrow()
  if (Number(characters ?? 0) > MOST_CHARACTERS)
    throw unavailable(did, `its records have more than ${MOST_CHARACTERS} characters`)
}

async function headOf(db: Database, did: string): Promise<Head> {
  const row = await db.selectFrom('repo_head').selectAll().where('did', '=', did).executeTakeFirst()
  if (!row) throw unavailable(did, 'no signed head of it was kept')
  const { data } = parseCommit(row.commit_block)
  return { cid: cidOfBlock(row.commit_block), block: row.commit_block, data, edge: unpacked(row.nodes) }
}

async function held<T>(did: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof MstError || error instanceof CborError) throw unavailable(did, error.message)
    throw error
  }
}

function unavailable(did: string, why: string): QueryError {
  return new QueryError(
    'ProofUnavailable',
    `what is held of ${did} does not prove it (${why}): ask its own repository, or again after its next write`,
  )
}

/** @throws QueryError `ProofUnavailable` where they are more */
async function statesOf(db: Database, did: string, most: number): Promise<RangeRecord[]> {
  const rows = await db
    .selectFrom('record')
    .select(['collection', 'rkey', 'cid'])
    .where('did', '=', did)
    .limit(most + 1)
    .execute()
  if (rows.length > most) throw unavailable(did, `it has more than ${most} records`)
  await breath()
  return sorted(rows)
}

function sorted(rows: readonly Pick<Row, 'collection' | 'rkey' | 'cid'>[]): RangeRecord[] {
  return rows
    .map(({ collection, rkey, cid }) => ({ key: `${collection}/${rkey}`, cid: cidFromText(cid) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
}

/** The record's own block: canonical DAG-CBOR follows from what a record says. */
function blockOf({ json, cid, collection, rkey }: Row): Uint8Array {
  const block = encode(jsonToLex(JSON.parse(json)))
  if (cidOfBlock(block) === cidFromText(cid)) return block
  throw new QueryError('ProofUnavailable', `the record ${collection}/${rkey} was not kept byte by byte`)
}
