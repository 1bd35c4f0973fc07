import { ReaderError } from '../errors.ts'
import { ByteLru } from './byte-lru.ts'

/** What tells one state of an object from another, as far as the server says it. */
export interface Validators {
  readonly etag: string | undefined
  readonly lastModified: string | undefined
  readonly size: number | undefined
}

const MAX_PINNED = 20_000

/** Holds ranges of one object together: all come from the state that the first came from. */
export class Pins {
  readonly #pins = new ByteLru<Validators>(MAX_PINNED)

  get(path: string): Validators | undefined {
    return this.#pins.get(path)
  }

  /** An If-Match header; weak ETags never match there (RFC 9110, section 13.1.1). */
  condition(path: string): Readonly<Record<string, string>> {
    const etag = this.#pins.get(path)?.etag
    return etag?.startsWith('"') ? { 'if-match': etag } : {}
  }

  /** @throws {ReaderError} `Unavailable` where the object is another than before */
  hold(path: string, name: string, now: Validators): void {
    const before = this.#pins.get(path)
    if (before && differ(before, now)) throw changed(name)
    const merged = {
      etag: now.etag ?? before?.etag,
      lastModified: now.lastModified ?? before?.lastModified,
      size: now.size ?? before?.size,
    }
    this.#pins.set(path, merged, 1)
  }
}

export function changed(name: string): ReaderError {
  return new ReaderError('Unavailable', `${name} changed while it was read: open it again`, { changed: true })
}

function differ(a: Validators, b: Validators): boolean {
  if (a.size !== undefined && b.size !== undefined && a.size !== b.size) return true
  if (a.etag !== undefined && b.etag !== undefined) return opaque(a.etag) !== opaque(b.etag)
  return a.lastModified !== undefined && b.lastModified !== undefined && a.lastModified !== b.lastModified
}

function opaque(etag: string): string {
  return etag.replace(/^W\//, '')
}
