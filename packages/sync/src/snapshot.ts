/** The whole of one repository, read and verified. */
import type { IncomingMessage } from 'node:http'
import type { Share } from './budget.ts'
import { readCarStream } from './car.ts'
import { asBuffer, isWellFormedRecord, recordType } from './cbor.ts'
import type { BinaryCid } from './cid.ts'
import { type Commit, isSignedBy, parseCommit } from './commit.ts'
import type { SignedHead } from './events.ts'
import { LIMITS, parsePath } from './frame.ts'
import { type HttpClient, HttpError } from './http.ts'
import type { Identity, IdentityResolver } from './identity.ts'
import { isMalformed } from './malformed.ts'
import { edgeNodes, type KeyRange } from './mst-range.ts'
import { walkTree } from './mst-walk.ts'
import { inPace, type Pace } from './pace.ts'
import { isPlausibleRev } from './verify.ts'

export class SnapshotError extends Error {
  override readonly name = 'SnapshotError'
}

export interface SnapshotRecord {
  readonly collection: string
  readonly rkey: string
  readonly cid: BinaryCid
  readonly bytes: Uint8Array
  readonly malformed: boolean
}

/** A verified state of a repository. */
export interface Snapshot {
  readonly did: string
  readonly rev: string
  readonly commit: BinaryCid
  readonly data: BinaryCid
  /** Records of the wanted collections by `collection/rkey`. */
  readonly records: ReadonlyMap<string, SnapshotRecord>
  /** Signed by a key that the DID had before. */
  readonly formerKey: boolean
  /** Where proofs are asked for. */
  readonly head?: SignedHead
  /** Origin of the account's PDS, where its document was looked at for this. */
  readonly host?: string
}

export interface SnapshotOptions {
  readonly collections: (nsid: string) => boolean
  readonly proofs?: KeyRange
  /** Bytes of CAR. */
  readonly maxBytes: number
  /** Memory for the blocks; whoever holds the snapshot gives it back. */
  readonly memory?: Share
  /** Milliseconds since 1970. */
  readonly now: number
  /** Whoever made the CAR is trusted: its signature is not looked at. */
  readonly trusted?: boolean
  /** Keys that may have signed besides `identity.key`, asked for only when that one did not. */
  readonly formerKeys?: () => Promise<Identity['key'][]>
}

/** A repository's bytes from their beginning, each time that it is called. */
export type OpenCar = () => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>

/** Wanted paths hold records that were not among the blocks kept. */
class RecordsLackingError extends SnapshotError {
  readonly cids: ReadonlySet<BinaryCid>
  constructor(message: string, cids: ReadonlySet<BinaryCid>) {
    super(message)
    this.cids = cids
  }
}

const NODE_START = Buffer.from([0xa2, 0x61, 0x65])
/** What a kept block takes beside its bytes. */
const BLOCK_OVERHEAD = 300

/**
 * Reads a repository as CAR and verifies it: every block against its CID, the commit's did, rev and signature, the whole MST,
 * every wanted record present. Of the records only those are kept in memory whose `$type` does not say that nobody wants them.
 * Where a wanted path holds one of those all the same, the CAR is read once more for it.
 * @throws SnapshotError that says what is wrong with it
 */
export async function readSnapshot(
  open: OpenCar,
  identity: Pick<Identity, 'did' | 'key'>,
  options: SnapshotOptions,
): Promise<Snapshot> {
  try {
    return await read(open, identity, options)
  } catch (error) {
    if (!(error instanceof RecordsLackingError)) throw error
    options.memory?.giveBack()
    return read(open, identity, options, error.cids)
  }
}

const noCids: ReadonlySet<BinaryCid> = new Set()

async function read(
  open: OpenCar,
  { did, key }: Pick<Identity, 'did' | 'key'>,
  options: SnapshotOptions,
  also = noCids,
): Promise<Snapshot> {
  const { collections, now, memory } = options
  const keep = (block: Uint8Array, cid: BinaryCid): boolean => {
    if (!mayBeNeeded(block, collections) && !also.has(cid)) return false
    if (memory?.take(block.length + BLOCK_OVERHEAD) === false)
      throw new SnapshotError(`repository of '${did}' takes more memory than there is for it`)
    return true
  }
  try {
    const limits = { maxBytes: options.maxBytes, maxBlockBytes: LIMITS.blocksBytes }
    const car = await readCarStream(await open(), limits, keep)
    const block = car.blocks.get(car.root)
    if (block === undefined) throw new SnapshotError(`repository of '${did}' lacks its commit block`)
    const commit = parseCommit(block)
    if (commit.did !== did) throw new SnapshotError(`repository of '${did}' is of '${commit.did}'`)
    if (!isPlausibleRev(commit.rev, now))
      throw new SnapshotError(`repository of '${did}' has the rev '${commit.rev}', over 5 minutes ahead`)
    const formerKey = await checkSignature(commit, key, options)
    const records = wantedRecords(did, commit.data, car.blocks, collections)
    const { rev, data } = commit
    const { proofs } = options
    const head = proofs && { commit: block, nodes: edgeNodes(data, proofs, car.blocks) }
    return { did, rev, commit: car.root, data, records, formerKey, ...(head && { head }) }
  } catch (error) {
    if (isMalformed(error))
      throw new SnapshotError(`repository of '${did}': ${error.message}`, { cause: error })
    throw error
  }
}

function wantedRecords(
  did: string,
  data: BinaryCid,
  blocks: ReadonlyMap<BinaryCid, Uint8Array>,
  collections: (nsid: string) => boolean,
): Map<string, SnapshotRecord> {
  const records = new Map<string, SnapshotRecord>()
  const lacking = new Set<BinaryCid>()
  let lackingPath = ''
  for (const { key: path, cid } of walkTree(data, blocks)) {
    if (!collections(path.slice(0, path.indexOf('/')))) continue
    const parts = parsePath(path)
    if (parts === undefined) continue
    const bytes = blocks.get(cid)
    if (bytes === undefined) {
      lacking.add(cid)
      lackingPath = path
      continue
    }
    records.set(path, { ...parts, cid, bytes, malformed: isMalformedRecord(cid, bytes) })
  }
  if (lacking.size > 0)
    throw new RecordsLackingError(`repository of '${did}' lacks the record '${lackingPath}'`, lacking)
  return records
}

/** Whether a record's block breaks the data model. */
export function isMalformedRecord(cid: BinaryCid, bytes: Uint8Array): boolean {
  return bytes.length > LIMITS.recordBytes || cid.charCodeAt(1) !== 0x71 || !isWellFormedRecord(bytes)
}

/** Commits and nodes are kept, and records unless their `$type` says that nobody wants them. */
function mayBeNeeded(block: Uint8Array, collections: (nsid: string) => boolean): boolean {
  const bytes = asBuffer(block)
  if (bytes.length < 3 || NODE_START.equals(bytes.subarray(0, 3))) return true
  const type = recordType(bytes)
  return type === undefined || collections(type)
}

/** Whether it was a former key that signed. @throws SnapshotError where no key of the account did */
export async function checkSignature(
  commit: Commit,
  key: Identity['key'],
  { formerKeys, trusted }: Pick<SnapshotOptions, 'formerKeys' | 'trusted'>,
): Promise<boolean> {
  if (trusted) return false
  if (key !== undefined && isSignedBy(commit, key)) return false
  for (const former of (await formerKeys?.()) ?? [])
    if (former !== undefined && former.did !== key?.did && isSignedBy(commit, former)) return true
  throw new SnapshotError(`repository of '${commit.did}' is not signed by a key of its account`)
}

/** What a PDS says of an account it hosts. */
export type HostAnswer =
  | { readonly kind: 'active'; readonly rev?: string }
  | { readonly kind: 'inactive'; readonly status: string }
  | { readonly kind: 'absent' }

const inactiveErrors = new Map<string, string>(
  Object.entries({
    RepoTakendown: 'takendown',
    RepoSuspended: 'suspended',
    RepoDeactivated: 'deactivated',
  }),
)

/** Reads an error of a PDS about a repository: not there, or why it is hidden. Undefined for any other error. */
export function hostAnswerOf(error: unknown): HostAnswer | undefined {
  if (!(error instanceof HttpError) || error.status < 400 || error.status > 499) return undefined
  if (error.error === 'RepoNotFound') return { kind: 'absent' }
  const status = error.error === undefined ? undefined : inactiveErrors.get(error.error)
  return status === undefined ? undefined : { kind: 'inactive', status }
}

/** What one PDS is asked of its accounts' repositories. */
export class PdsClient {
  readonly #http: HttpClient
  readonly #origin: string

  constructor(http: HttpClient, origin: string) {
    this.#http = http
    this.#origin = origin
  }

  /** @throws HttpError if the host is unreachable or answers nonsense */
  async repoStatus(did: string): Promise<HostAnswer> {
    try {
      const answer = (await this.#http.json(this.#url('getRepoStatus', did), { maxBytes: 8192 })) as Record<
        string,
        unknown
      >
      if (answer?.active === true)
        return { kind: 'active', ...(typeof answer.rev === 'string' && { rev: answer.rev }) }
      if (answer?.active === false)
        return { kind: 'inactive', status: typeof answer.status === 'string' ? answer.status : 'deactivated' }
      throw new HttpError(200, `getRepoStatus for '${did}' does not say whether it is active`)
    } catch (error) {
      const said = hostAnswerOf(error)
      if (said) return said
      throw error
    }
  }

  /** The value of a record as the host has it; undefined where there is none. @throws HttpError */
  async record(did: string, collection: string, rkey: string): Promise<unknown> {
    const query = new URLSearchParams({ repo: did, collection, rkey })
    try {
      const answer = await this.#http.json(`${this.#origin}/xrpc/com.atproto.repo.getRecord?${query}`)
      return (answer as { value?: unknown } | null)?.value
    } catch (error) {
      if (error instanceof HttpError && error.error === 'RecordNotFound') return undefined
      throw error
    }
  }

  /** CID of the newest commit as text. */
  async latestCommit(did: string): Promise<string | undefined> {
    const answer = await this.#http.json(this.#url('getLatestCommit', did), { maxBytes: 8192 })
    const { cid } = (answer ?? {}) as { cid?: unknown }
    return typeof cid === 'string' ? cid : undefined
  }

  /** @throws HttpError if the host does not give it; SnapshotError if what it gives is wrong */
  async snapshot(
    identity: Pick<Identity, 'did' | 'key'>,
    identities: Pick<IdentityResolver, 'formerKeys'>,
    { pace, ...options }: Omit<SnapshotOptions, 'formerKeys'> & { readonly pace: Pace },
    signal?: AbortSignal,
  ): Promise<Snapshot> {
    let car: IncomingMessage | undefined
    const open = async () => {
      car?.destroy()
      car = await this.#http.stream(this.#url('getRepo', identity.did), {
        idle: 60_000,
        begin: 60_000,
        total: 30 * 60_000,
        signal,
        headers: { accept: 'application/vnd.ipld.car' },
      })
      return inPace(car, new URL(this.#origin).host, pace)
    }
    try {
      return await readSnapshot(open, identity, {
        ...options,
        formerKeys: async () => [...(await identities.formerKeys(identity.did))],
      })
    } finally {
      car?.destroy()
    }
  }

  #url(method: string, did: string): string {
    return `${this.#origin}/xrpc/com.atproto.sync.${method}?did=${encodeURIComponent(did)}`
  }
}
