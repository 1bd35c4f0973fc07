import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CarError, readCarStream } from '../car.ts'
import { CborError } from '../cbor.ts'
import { CommitError, parseCommit } from '../commit.ts'
import { FrameError, LIMITS } from '../frame.ts'
import type { Identity, IdentityResolver } from '../identity.ts'
import type { KeyRange } from '../mst-range.ts'
import { readSnapshot, type Snapshot, SnapshotError } from '../snapshot.ts'
import type { EventSource, SourceSink } from '../source.ts'
import { isDirectoryAway, patiently } from './patience.ts'

export interface ArchiveOptions {
  readonly collections: (nsid: string) => boolean
  readonly proofs?: KeyRange
  /** The accounts' keys. */
  readonly identities: Pick<IdentityResolver, 'resolve' | 'formerKeys'>
  /** The files are taken as they are, without a look at signatures: where keys cannot be had, or the archive is your own. */
  readonly trusted?: boolean
  /** Bytes of the largest file. */
  readonly maxBytes: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** Milliseconds before an unreachable directory of keys is asked again; doubles up to `maxWait`. */
  readonly minWait?: number
  readonly maxWait?: number
}

interface ArchivedFile {
  readonly path: string
  readonly seq: number
}

/**
 * A folder of repositories as CAR files (`*.car`, also in folders below), each as `getRepo` gives it. They are read one by one,
 * in the order in which they came into the folder; after a restart those that came since are read. Of an account with
 * several files the one with the highest rev counts, and nothing that is older than what is held.
 */
export class Archive implements EventSource {
  readonly #folder: string
  readonly #options: ArchiveOptions
  readonly #stopping = new AbortController()
  #sink: SourceSink | undefined
  #running: Promise<void> | undefined
  /** Pending while paused. */
  #resumed: PromiseWithResolvers<void> | undefined

  constructor(folder: string, options: ArchiveOptions) {
    this.#folder = folder
    this.#options = options
  }

  start(sink: SourceSink): void {
    this.#sink = sink
    this.#running = this.#run().catch(error => {
      if (!this.#stopping.signal.aborted) throw error
    })
  }

  pause(): void {
    this.#resumed ??= Promise.withResolvers()
  }

  resume(): void {
    this.#resumed?.resolve()
    this.#resumed = undefined
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.resume()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const sink = this.#sink!
    const files = await this.#patiently(() => archivedFiles(this.#folder))
    const after = sink.cursor() ?? -1
    sink.connected(true)
    for (const file of files) {
      if (file.seq <= after) continue
      await this.#resumed?.promise
      signal.throwIfAborted()
      await this.#read(file)
    }
    sink.connected(false)
    sink.ended()
  }

  async #read({ path, seq }: ArchivedFile): Promise<void> {
    const sink = this.#sink!
    try {
      const snapshot = await this.#patiently(() => this.#snapshot(path))
      this.#stopping.signal.throwIfAborted()
      sink.snapshot(snapshot, seq)
    } catch (error) {
      this.#stopping.signal.throwIfAborted()
      // The file is at fault, or gone: the others are not. Mended, it has a new time, and is read after the next start.
      sink.rejected(new FrameError('archive', `${path}: ${(error as Error).message}`, seq))
    }
  }

  async #snapshot(path: string): Promise<Snapshot> {
    const { collections, proofs, identities, trusted, maxBytes, now = Date.now } = this.#options
    const { signal } = this.#stopping
    const did = await accountOf(path)
    const identity: Pick<Identity, 'did' | 'key'> = trusted ? { did } : await identities.resolve(did)
    return readSnapshot(() => createReadStream(path, { highWaterMark: CHUNK, signal }), identity, {
      collections,
      ...(proofs && { proofs }),
      maxBytes,
      now: now(),
      trusted: trusted ?? false,
      formerKeys: async () => [...(await identities.formerKeys(did))],
    })
  }

  /** Waits out what passes: a directory of keys or a folder that cannot be reached. */
  #patiently<T>(work: () => Promise<T>): Promise<T> {
    const { minWait = 1000, maxWait = 60_000 } = this.#options
    return patiently(work, error => isDirectoryAway(error) || error instanceof FolderError, {
      minWait,
      maxWait,
      sink: this.#sink!,
      signal: this.#stopping.signal,
    })
  }
}

const CHUNK = 256 * 1024

class FolderError extends Error {}

/**
 * The CAR files of a folder with their numbers: the microseconds of their last change (of content, name or permissions: it
 * cannot be set), each at least one above the one before.
 */
async function archivedFiles(folder: string): Promise<ArchivedFile[]> {
  const found: { path: string; changed: number }[] = []
  try {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.name.endsWith('.car') || entry.isDirectory()) continue
      const path = join(entry.parentPath, entry.name)
      const status = await stat(path, { bigint: true }).catch(() => undefined)
      if (status?.isFile()) found.push({ path, changed: Number(status.ctimeNs / 1000n) })
    }
  } catch (error) {
    throw new FolderError(`archive '${folder}' cannot be read: ${(error as Error).message}`)
  }
  found.sort((a, b) => a.changed - b.changed || (a.path < b.path ? -1 : 1))
  let last = -1
  return found.map(({ path, changed }) => {
    last = Math.max(changed, last + 1)
    return { path, seq: last }
  })
}

/**
 * The DID in the first signed commit of a CAR, nearly always its first block: no more of the file is read.
 * @throws SnapshotError if there is none
 */
async function accountOf(path: string): Promise<string> {
  let did: string | undefined
  async function* untilFound() {
    for await (const chunk of createReadStream(path, { highWaterMark: 64 * 1024 })) {
      yield chunk as Buffer
      if (did !== undefined) return
    }
  }
  try {
    await readCarStream(untilFound(), { maxBlockBytes: LIMITS.blocksBytes }, block => {
      if (did === undefined) did = didOf(block)
      return false
    })
  } catch (error) {
    // Cut off on purpose once the account is known.
    if (!(error instanceof CarError) || did === undefined) throw error
  }
  if (did === undefined) throw new SnapshotError('holds no signed commit')
  return did
}

function didOf(block: Uint8Array): string | undefined {
  try {
    return parseCommit(block).did
  } catch (error) {
    if (error instanceof CborError || error instanceof CommitError) return undefined
    throw error
  }
}
