import { createHash } from 'node:crypto'
import type { Objects, ReadOptions } from '@frost/reader'
import { Ledger } from '@frost/reader/budget'
import type { Read } from '../job.ts'

/** Beyond so many reads, or bytes without an ETag, asking again costs as much as a new answer. */
const MOST_READS = 32
const MOST_BYTES = 256_000
const AT_ONCE = 8
/** What asking again may cost: a store that now gives more than it gave has changed. */
const AGAIN = { requests: 4 * MOST_READS, bytes: 4 * MOST_BYTES }

/** What a job read, so that it can be asked later whether its answer still holds. */
export class ReadLog {
  readonly #reads = new Map<string, Read>()
  #bytes = 0
  #isOpen = true

  /** Undefined where there was too much of it. */
  get reads(): readonly Read[] | undefined {
    return this.#isOpen ? [...this.#reads.values()] : undefined
  }

  note(read: Read, untaggedBytes = 0): void {
    if (!this.#isOpen) return
    const key = JSON.stringify([read.location, read.path, read.state.is === 'listing'])
    const before = this.#reads.get(key)
    // A digest says more than an ETag of what may have changed in between.
    if (before === undefined || (before.state.is === 'tagged' && read.state.is === 'object')) {
      this.#reads.set(key, read)
      this.#bytes += untaggedBytes
    }
    if (this.#reads.size > MOST_READS || this.#bytes > MOST_BYTES) this.#isOpen = false
  }

  /** No later answer can be told to hold: a part of an object came without an ETag. */
  close(): void {
    this.#isOpen = false
  }
}

/** The same objects; what is read of them is noted. */
export function recorded(objects: Objects, log: ReadLog, location?: string): Objects {
  const of = (path: string) => (location === undefined ? { path } : { location, path })
  const { list, refusals } = objects
  return {
    name: objects.name,
    ...(refusals && { refusals: () => refusals.call(objects) }),
    async get(path, options) {
      const bytes = await objects.get(path, options)
      if (bytes === undefined) log.note({ ...of(path), state: { is: 'absent' } })
      else log.note({ ...of(path), state: { is: 'object', digest: digestOf(bytes) } }, bytes.length)
      return bytes
    },
    async getRange(path, start, end, options) {
      const range = await objects.getRange(path, start, end, options)
      if (range === undefined) log.note({ ...of(path), state: { is: 'absent' } })
      else if (range.etag !== undefined)
        log.note({
          ...of(path),
          state: {
            is: 'tagged',
            etag: range.etag,
            ...(range.size === undefined ? {} : { size: range.size }),
          },
        })
      else if (range.size !== undefined && range.size === range.bytes.length)
        log.note({ ...of(path), state: { is: 'object', digest: digestOf(range.bytes) } }, range.bytes.length)
      else log.close()
      return range
    },
    ...(list && {
      async list(path: string, options?: ReadOptions) {
        const names = await list.call(objects, path, options)
        log.note({ ...of(path), state: { is: 'listing', digest: listingDigest(names) } })
        return names
      },
    }),
  }
}

/** Whether every read would give what it gave. @throws {ReaderError} where one cannot be made, or they cost too much */
export async function isUnchanged(
  reads: readonly Read[],
  objectsOf: (location: string | undefined) => Promise<Objects>,
  options: ReadOptions,
): Promise<boolean> {
  const rest = [...reads]
  const again: ReadOptions = { ...options, meter: new Ledger(AGAIN) }
  let same = true
  const next = async (): Promise<void> => {
    for (let read = rest.pop(); read !== undefined && same; read = rest.pop()) {
      const objects = await objectsOf(read.location)
      if (!(await holds(read, objects, again))) same = false
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, next))
  return same
}

async function holds({ path, state }: Read, objects: Objects, options: ReadOptions): Promise<boolean> {
  switch (state.is) {
    case 'absent':
      return (await objects.getRange(path, 0, 1, options)) === undefined
    case 'tagged': {
      const now = await objects.getRange(path, 0, 1, options)
      return now !== undefined && now.etag === state.etag && (now.size ?? state.size) === state.size
    }
    case 'object': {
      const now = await objects.get(path, options)
      return now !== undefined && digestOf(now) === state.digest
    }
    case 'listing':
      return listingDigest(await objects.list?.(path, options)) === state.digest
  }
}

function listingDigest(names: readonly string[] | undefined): string {
  return digestOf(Buffer.from(JSON.stringify(names ?? null)))
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url')
}
