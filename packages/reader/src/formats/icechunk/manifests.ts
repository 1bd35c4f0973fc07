import type { Objects, ReadOptions } from '../../objects.ts'
import { type Manifest, readManifest } from './manifest.ts'

const CACHED_BYTES = 64 << 20

/** Manifests of a repository, each read once and kept while there is room. */
export class Manifests {
  readonly #objects: Objects
  readonly #known = new Map<string, Promise<Manifest>>()
  #bytes = 0

  constructor(objects: Objects) {
    this.#objects = objects
  }

  get count(): number {
    return this.#known.size
  }

  has(id: string): boolean {
    return this.#known.has(id)
  }

  get(id: string, options: ReadOptions): Promise<Manifest> {
    const known = this.#known.get(id)
    if (known !== undefined) {
      this.#known.delete(id)
      this.#known.set(id, known)
      return known
    }
    const reading = readManifest(this.#objects, id, options)
    this.#known.set(id, reading)
    reading.then(
      manifest => this.#keep(manifest),
      () => this.#known.delete(id),
    )
    return reading
  }

  #keep({ id, size }: Manifest): void {
    this.#bytes += size
    for (const [oldest, reading] of this.#known) {
      if (this.#bytes <= CACHED_BYTES || oldest === id) return
      this.#known.delete(oldest)
      reading.then(
        manifest => {
          this.#bytes -= manifest.size
        },
        () => {},
      )
    }
  }
}
