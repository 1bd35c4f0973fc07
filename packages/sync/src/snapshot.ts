/** The whole of one repository, fetched from its PDS and verified. */
import { CarError, readCarStream } from './car.ts'
import { CborError, isWellFormedRecord } from './cbor.ts'
import type { BinaryCid } from './cid.ts'
import { type Commit, CommitError, isSignedBy, parseCommit } from './commit.ts'
import { LIMITS, parsePath } from './frame.ts'
import { type HttpClient, HttpError } from './http.ts'
import type { Identity, IdentityResolver } from './identity.ts'
import { MstError } from './mst-node.ts'
import { walkTree } from './mst-walk.ts'
import { isTid } from './tid.ts'
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
}

export interface SnapshotOptions {
  readonly collections: (nsid: string) => boolean
  readonly maxBytes: number
  /** Milliseconds since 1970. */
  readonly now: number
  /** Whoever made the CAR is trusted: its signature is not looked at. */
  readonly trusted?: boolean
  /** Keys that may have signed besides `identity.key`, asked for only when that one did not. */
  readonly formerKeys?: () => Promise<Identity['key'][]>
}

const NODE_START = Buffer.from([0xa2, 0x61, 0x65])

/**
 * Reads a repository as CAR and verifies it: every block against its CID, the commit's did, rev and signature, the whole MST,
 * every wanted record present. Of the records only the wanted ones are kept in memory: those whose `$type` names a wanted
 * collection; a record with another `$type` than its path says is kept for its odd size of text, so nothing is missed.
 * @throws SnapshotError that says what is wrong with it
 */
export async function readSnapshot(
  car: AsyncIterable<Uint8Array>,
  identity: Pick<Identity, 'did' | 'key'>,
  options: SnapshotOptions,
): Promise<Snapshot> {
  try {
    return await read(car, identity, options)
  } catch (error) {
    if (
      error instanceof CarError ||
      error instanceof CborError ||
      error instanceof CommitError ||
      error instanceof MstError
    )
      throw new SnapshotError(`repository of '${identity.did}': ${error.message}`, { cause: error })
    throw error
  }
}

async function read(
  stream: AsyncIterable<Uint8Array>,
  { did, key }: Pick<Identity, 'did' | 'key'>,
  options: SnapshotOptions,
): Promise<Snapshot> {
  const { collections, now } = options
  const car = await readCarStream(
    stream,
    { maxBytes: options.maxBytes, maxBlockBytes: LIMITS.blocksBytes },
    block => mayBeNeeded(block, collections),
  )
  const block = car.blocks.get(car.root)
  if (block === undefined) throw new SnapshotError(`repository of '${did}' lacks its commit block`)
  const commit = parseCommit(block)
  if (commit.did !== did) throw new SnapshotError(`repository of '${did}' is of '${commit.did}'`)
  if (!isTid(commit.rev) || !isPlausibleRev(commit.rev, now))
    throw new SnapshotError(`repository of '${did}' has the rev '${commit.rev}', over 5 minutes ahead`)
  const formerKey = await checkSignature(commit, key, options)
  const records = new Map<string, SnapshotRecord>()
  for (const { key: path, cid } of walkTree(commit.data, car.blocks)) {
    const slash = path.indexOf('/')
    if (!collections(path.slice(0, slash))) continue
    const parts = parsePath(path)
    if (parts === undefined) continue
    const bytes = car.blocks.get(cid)
    if (bytes === undefined) throw new SnapshotError(`repository of '${did}' lacks the record '${path}'`)
    const malformed =
      bytes.length > LIMITS.recordBytes || cid.charCodeAt(1) !== 0x71 || !isWellFormedRecord(bytes)
    records.set(path, { ...parts, cid, bytes, malformed })
  }
  return { did, rev: commit.rev, commit: car.root, data: commit.data, records, formerKey }
}

/**
 * Commits and nodes are kept, and records unless their `$type` says that nobody wants them. A wanted path whose record names an
 * unwanted `$type` would be missed, and is then reported as lacking: such a record breaks its lexicon.
 */
function mayBeNeeded(block: Uint8Array, collections: (nsid: string) => boolean): boolean {
  const bytes = block as Buffer
  if (bytes.length < 3 || NODE_START.equals(bytes.subarray(0, 3))) return true
  const type = topLevelType(bytes)
  return type === undefined || collections(type)
}

/** `$type` of a block that is a map and holds it within its first fields, without decoding the whole. */
function topLevelType(bytes: Buffer): string | undefined {
  // "$type" has five characters: among the canonical order's first keys, nearly always within the first kilobyte.
  const at = bytes.indexOf('e$type', 0, 'latin1')
  if (at < 0) return undefined
  const head = bytes[at + 6]!
  const [length, start] = head === 0x78 ? [bytes[at + 7]!, at + 8] : [head - 0x60, at + 7]
  if (length < 0 || length > 317 || start + length > bytes.length) return undefined
  return bytes.toString('latin1', start, start + length)
}

async function checkSignature(
  commit: Commit,
  key: Identity['key'],
  { formerKeys, trusted }: SnapshotOptions,
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

/** `com.atproto.sync.*` at one PDS. */
export class PdsClient {
  readonly #http: HttpClient
  readonly #base: string

  constructor(http: HttpClient, origin: string) {
    this.#http = http
    this.#base = `${origin}/xrpc/com.atproto.sync.`
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

  /** CID of the newest commit as text. */
  async latestCommit(did: string): Promise<string | undefined> {
    const { cid } = (await this.#http.json(this.#url('getLatestCommit', did), { maxBytes: 8192 })) as {
      cid?: unknown
    }
    return typeof cid === 'string' ? cid : undefined
  }

  async snapshot(
    identity: Pick<Identity, 'did' | 'key'>,
    identities: IdentityResolver,
    options: Omit<SnapshotOptions, 'formerKeys'>,
    signal?: AbortSignal,
  ): Promise<Snapshot> {
    const car = await this.#http.stream(this.#url('getRepo', identity.did), {
      idle: 60_000,
      total: 30 * 60_000,
      signal,
      headers: { accept: 'application/vnd.ipld.car' },
    })
    try {
      return await readSnapshot(car, identity, {
        ...options,
        formerKeys: async () => [...(await identities.formerKeys(identity.did))],
      })
    } finally {
      car.destroy()
    }
  }

  #url(method: string, did: string): string {
    return `${this.#base}${method}?did=${encodeURIComponent(did)}`
  }
}
