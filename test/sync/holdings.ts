/** What the repositories hold, what an AppView holds of them, and whether that is the same. */
import { join } from 'node:path'
import { Digest } from '@frost/index/digest'
import type { Engine } from '@frost/index/engine'
import { openPostgres } from '@frost/index/engines/postgres'
import { openSqlite } from '@frost/index/engines/sqlite'
import { inParts } from '@frost/index/in-parts'
import { atUri, nsid } from '@frost/lexicon'
import { askXrpc } from '../stand.ts'
import type { AppViewProcess } from './appview-process.ts'
import { isBroken, RECORD_NAMES } from './records.ts'
import type { Writer } from './writers.ts'

export interface Holdings {
  /** at-uri → CID and value of every valid record of active accounts. */
  readonly records: ReadonlyMap<string, { readonly cid: string; readonly value: unknown }>
  /** DID → handle of active accounts. */
  readonly handles: ReadonlyMap<string, string | null>
}

/** What the living repositories hold, asked of their own hosts. */
export async function truthOf(writers: readonly Writer[]): Promise<Holdings> {
  const records = new Map<string, { cid: string; value: unknown }>()
  const handles = new Map<string, string>()
  for (const writer of writers) {
    if (writer.state !== 'active') continue
    handles.set(writer.did, writer.handle)
    for (const name of RECORD_NAMES)
      for (const [rkey, { cid, value }] of await writer.records(name))
        if (!isBroken(name, value)) records.set(atUri(writer.did, nsid(name), rkey), { cid, value })
  }
  return { records, handles }
}

/** Digest per collection, as `describeService` gives it. */
export function digestsOf({ records }: Holdings): ReadonlyMap<string, string> {
  const digests = new Map(RECORD_NAMES.map(name => [nsid(name) as string, new Digest()]))
  for (const [uri, { cid }] of records) digests.get(uri.split('/')[3]!)!.add(uri, cid)
  return new Map([...digests].map(([name, digest]) => [name, digest.hex]))
}

/** What differs between a running AppView and the truth, as far as it says so itself; nothing: it agrees. */
export async function differences(appview: AppViewProcess, truth: Holdings): Promise<string[]> {
  const { digests } = await appview.state()
  const found = [...digestsOf(truth)]
    .filter(([name, digest]) => digests[name] !== digest)
    .map(([name]) => name)
  if (found.length > 0) return found

  for (const [did, handle] of truth.handles) {
    const profile = await askXrpc<{ handle?: string }>(appview.url, 'actor.getProfile', { actor: did })
    if (profile.handle !== handle) found.push(`${did} is called ${profile.handle}, not ${handle}`)
  }
  return found
}

export interface StoredHoldings extends Holdings {
  /** Every row that was made from the records: links, edges, identifiers. */
  readonly derived: readonly string[]
}

/** What the database of a stopped AppView holds. */
export const heldBy = (appview: AppViewProcess): Promise<StoredHoldings> => inDatabase(appview, read)

/** The states in which a stopped AppView left repositories, and what it stored of records, as JSON text. */
export const storedOf = (
  appview: AppViewProcess,
  dids: readonly string[],
  uris: readonly string[],
): Promise<string[]> =>
  inDatabase(appview, async ({ reader }) => {
    const repos = await inParts(dids, part =>
      reader.selectFrom('repo').select('state').where('did', 'in', part).execute(),
    )
    const records = await inParts(uris, part =>
      reader.selectFrom('record').select(['uri', 'cid', 'visible', 'seq']).where('uri', 'in', part).execute(),
    )
    return [...repos.map(({ state }) => state), ...records.map(row => JSON.stringify(row))]
  })

async function inDatabase<Result>(
  { indexDir, databaseUrl }: AppViewProcess,
  ask: (engine: Engine) => Promise<Result>,
): Promise<Result> {
  const engine = databaseUrl
    ? await openPostgres(databaseUrl)
    : await openSqlite(join(indexDir, 'index.sqlite'))
  try {
    return await ask(engine)
  } finally {
    await engine.close()
  }
}

async function read({ reader }: Engine): Promise<StoredHoldings> {
  const records = await reader
    .selectFrom('record')
    .select(['uri', 'cid', 'json'])
    .where('visible', '=', 1)
    .execute()
  const accounts = await reader.selectFrom('repo').select(['did', 'handle']).where('active', '=', 1).execute()
  const derived: string[] = []
  for (const table of ['link', 'edge', 'identifier'] as const)
    for (const row of await reader.selectFrom(table).selectAll().execute())
      derived.push(`${table} ${JSON.stringify(Object.entries(heardAnywhere(row)).sort())}`)
  return {
    records: new Map(records.map(({ uri, cid, json }) => [uri, { cid, value: JSON.parse(json) as unknown }])),
    handles: new Map(accounts.map(({ did, handle }) => [did, handle])),
    derived: derived.sort(),
  }
}

/** When something became news is each AppView's own: it is the time at which the record arrived there. */
function heardAnywhere<Row extends object>(row: Row): Row {
  const isNews = 'kind' in row && ['told', 'release', 'activity'].includes(String(row.kind))
  return isNews && 'sort_key' in row ? { ...row, sort_key: String(row.sort_key).replace(/^\S+/, '') } : row
}
