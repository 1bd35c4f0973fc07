import { setTimeout as delay } from 'node:timers/promises'
import { type BundledAccount, readBundle, readBundled } from '../bundle.ts'
import { FrameError } from '../frame.ts'
import { IdentityError, type IdentityResolver } from '../identity.ts'
import type { KeyRange } from '../mst-range.ts'
import type { PublicKey } from '../signature.ts'
import { type Snapshot, SnapshotError } from '../snapshot.ts'
import type { EventSource, SourceSink } from '../source.ts'

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

/** Numbers of one file's accounts. */
const PER_FILE = 1_000_000
/** Directories asked at once. */
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
      for (let from = 0; from < accounts.length; from += WIDTH) {
        await this.#resumed?.promise
        this.#stopping.signal.throwIfAborted()
        const part = accounts.slice(from, from + WIDTH)
        const told = await Promise.all(
          part.map((account, index) =>
            place * PER_FILE + from + index <= after ? undefined : this.#read(account, blocks, sink),
          ),
        )
        for (const [index, found] of told.entries()) {
          if (!found) continue
          const seq = place * PER_FILE + from + index
          if (found.snapshot) sink.snapshot(found.snapshot, seq, true)
          else {
            if (found.reason) sink.rejected(new FrameError('snapshot', `${file.name}: ${found.reason}`))
            sink.account(part[index]!.did, seq)
          }
        }
      }
    }
    sink.ended()
  }

  async #read(
    { did, commit }: BundledAccount,
    blocks: ReadonlyMap<string, Uint8Array>,
    sink: SourceSink,
  ): Promise<{ readonly snapshot?: Snapshot; readonly reason?: string }> {
    if (commit === undefined) return {}
    const { collections, range, identities, now } = this.#options
    try {
      return {
        snapshot: await this.#patiently(did, sink, async () =>
          readBundled({ did, commit }, blocks, await identities.resolve(did), {
            collections,
            range,
            now: now(),
            formerKeys: () => this.#formerKeys(did),
          }),
        ),
      }
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

  /** The directory of did:plc is waited for; a domain that does not answer for its did:web is not. */
  async #patiently<T>(did: string, sink: SourceSink, work: () => Promise<T>): Promise<T> {
    const { minWait, maxWait } = this.#options
    const { signal } = this.#stopping
    for (let attempt = 0; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        signal.throwIfAborted()
        const mayPass = error instanceof IdentityError && error.kind === 'unreachable'
        if (!mayPass || !did.startsWith('did:plc:')) throw error
        const wait = Math.round(Math.min(maxWait, minWait * 2 ** Math.min(attempt, 20)))
        sink.failed(error, wait)
        await delay(wait, undefined, { signal })
      }
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
