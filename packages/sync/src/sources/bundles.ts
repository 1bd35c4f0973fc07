import { type BundledAccount, readBundle, readBundled } from '../bundle.ts'
import { FrameError } from '../frame.ts'
import { IdentityError, type IdentityResolver } from '../identity.ts'
import type { KeyRange } from '../mst-range.ts'
import type { PublicKey } from '../signature.ts'
import { type Snapshot, SnapshotError } from '../snapshot.ts'
import type { EventSource, SourceSink } from '../source.ts'
import { isDirectoryAway, patiently } from './patience.ts'

/** One bundle of a snapshot. */
export interface BundleFile {
  readonly name: string
  /** @throws if it cannot be had; then the whole source fails */
  read(): Promise<Uint8Array>
}

export interface BundlesOptions {
  readonly collections: (nsid: string) => boolean
  /** Of the keys that the bundles hold. */
  readonly range: KeyRange
  readonly identities: Pick<IdentityResolver, 'resolve' | 'formerKeys'>
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Milliseconds before an unreachable directory of keys is asked again; doubles up to `maxWait`. */
  readonly minWait: number
  readonly maxWait: number
}

/** What came of an account: a state, or why there is none. */
interface Found {
  readonly did: string
  readonly snapshot?: Snapshot
  readonly reason?: string
}

/** Numbers of one file's accounts. */
const PER_FILE = 1_000_000
/** Accounts read at once; directories are asked for twice as many. */
const WIDTH = 16

/**
 * Bundles of another service, read one after the other. What is not signed by its account, or is not whole, is refused with the
 * reason, and the account's own host asked; a file that is no bundle ends the source.
 */
export class Bundles implements EventSource {
  readonly #files: readonly BundleFile[]
  readonly #options: BundlesOptions
  readonly #stopping = new AbortController()
  readonly #done = Promise.withResolvers<void>()
  #resumed: PromiseWithResolvers<void> | undefined

  constructor(files: readonly BundleFile[], options: BundlesOptions) {
    this.#files = files
    this.#options = options
    this.#done.promise.catch(() => undefined)
  }

  /** Resolves when all is told. @throws SnapshotError that names the file, or what reading one threw */
  get done(): Promise<void> {
    return this.#done.promise
  }

  start(sink: SourceSink): void {
    this.#run(sink).then(this.#done.resolve, this.#done.reject)
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
    await this.#done.promise.catch(() => undefined)
  }

  async #run(sink: SourceSink): Promise<void> {
    const after = sink.cursor() ?? -1
    for (const [place, file] of this.#files.entries()) {
      this.#stopping.signal.throwIfAborted()
      const { accounts, blocks } = await opened(file)
      const first = Math.max(0, after + 1 - place * PER_FILE)
      const begin = (from: number) => this.#part(accounts.slice(from, from + WIDTH), blocks, sink)
      let reading = begin(first)
      for (let from = first; from < accounts.length; from += WIDTH) {
        await this.#resumed?.promise
        this.#stopping.signal.throwIfAborted()
        const found = await reading
        // Directories are asked for the next ones while these are stored.
        reading = begin(from + WIDTH)
        for (const [index, { did, snapshot, reason }] of found.entries()) {
          const seq = place * PER_FILE + from + index
          if (snapshot) sink.snapshot(snapshot, seq, true)
          else {
            if (reason) sink.rejected(new FrameError('snapshot', `${file.name}: ${reason}`))
            sink.account(did, seq)
          }
        }
      }
    }
    sink.ended()
  }

  #part(
    accounts: readonly BundledAccount[],
    blocks: ReadonlyMap<string, Uint8Array>,
    sink: SourceSink,
  ): Promise<Found[]> {
    const reading = Promise.all(
      accounts.map(async account => ({ did: account.did, ...(await this.#read(account, blocks, sink)) })),
    )
    // What fails is thrown where it is waited for; the source may have ended before.
    reading.catch(() => undefined)
    return reading
  }

  async #read(
    { did, commit }: BundledAccount,
    blocks: ReadonlyMap<string, Uint8Array>,
    sink: SourceSink,
  ): Promise<Omit<Found, 'did'>> {
    if (commit === undefined) return {}
    const { collections, range, identities, now, minWait, maxWait } = this.#options
    const { signal } = this.#stopping
    const work = async () => {
      const identity = await identities.resolve(did)
      const snapshot = await readBundled({ did, commit }, blocks, identity, {
        collections,
        range,
        now: now(),
        formerKeys: () => this.#formerKeys(did),
      })
      return { ...snapshot, ...(identity.pds !== undefined && { host: identity.pds }) }
    }
    // The directory of did:plc is waited for; a domain that does not answer for its did:web is not.
    const mayPass = (error: unknown) => isDirectoryAway(error) && did.startsWith('did:plc:')
    try {
      return { snapshot: await patiently(work, mayPass, { minWait, maxWait, sink, signal }) }
    } catch (error) {
      if (error instanceof SnapshotError || error instanceof IdentityError) return { reason: error.message }
      throw error
    }
  }

  async #formerKeys(did: string): Promise<PublicKey[]> {
    try {
      return [...(await this.#options.identities.formerKeys(did))]
    } catch (error) {
      if (error instanceof IdentityError && error.kind !== 'unreachable') return []
      throw error
    }
  }
}

async function opened(file: BundleFile) {
  const bytes = await file.read()
  try {
    return readBundle(bytes)
  } catch (error) {
    if (error instanceof SnapshotError)
      throw new SnapshotError(`${file.name}: ${error.message}`, { cause: error })
    throw error
  }
}
