import { ReaderError } from '../../errors.ts'
import type { ReadOptions } from '../../objects.ts'
import type { ReferredObjects } from '../referred-objects.ts'
import { FlexMap, flexRoot } from './flexbuffer.ts'
import type { ChunkRef } from './manifest.ts'

const RELATIVE = 'vcc://'

/** Chunks that lie in files outside the repository. */
export class VirtualChunks {
  readonly #objects: ReferredObjects
  /** URLs that `vcc://NAME/` stands for. */
  readonly #containers: ReadonlyMap<string, string>

  constructor(objects: ReferredObjects, containers: ReadonlyMap<string, string>) {
    this.#objects = objects
    this.#containers = containers
  }

  /** @throws {ReaderError} `Corrupt` where the object is no longer what it was when it was referred to. */
  async read(
    { location, offset, etag }: ChunkRef & { kind: 'virtual' },
    start: number,
    end: number,
    options: ReadOptions,
  ): Promise<Uint8Array> {
    const ranged = await this.#objects.range(this.expand(location), offset + start, offset + end, options)
    if (etag !== undefined && ranged.etag !== undefined && bare(etag) !== bare(ranged.etag))
      throw new ReaderError(
        'Corrupt',
        `'${location}' has changed since it was referred to: its ETag is ${ranged.etag}, not ${etag}`,
      )
    return ranged.bytes
  }

  /** @throws {ReaderError} `Corrupt` for the name of a container that the repository does not have. */
  expand(location: string): string {
    if (!location.startsWith(RELATIVE)) return location
    const slash = location.indexOf('/', RELATIVE.length)
    const name = slash < 0 ? location.slice(RELATIVE.length) : location.slice(RELATIVE.length, slash)
    const prefix = this.#containers.get(name)
    if (prefix === undefined || slash < 0)
      throw new ReaderError(
        'Corrupt',
        `'${location}' names a container of virtual chunks that the repository does not have`,
      )
    return prefix + location.slice(slash + 1)
  }
}

function bare(etag: string): string {
  return etag.replace(/^W\//, '').replace(/^"|"$/g, '')
}

/** Names and prefixes of the configuration's containers; a configuration that cannot be read names none. */
export function containersOf(configuration: Uint8Array | undefined): ReadonlyMap<string, string> {
  const containers = new Map<string, string>()
  if (configuration === undefined) return containers
  try {
    const root = flexRoot(configuration)
    const all = root instanceof FlexMap ? root.get('virtual_chunk_containers') : undefined
    if (all instanceof FlexMap)
      for (const [, container] of all.entries()) {
        if (!(container instanceof FlexMap)) continue
        const name = container.get('name')
        const prefix = container.get('url_prefix')
        if (typeof name === 'string' && typeof prefix === 'string') containers.set(name, prefix)
      }
  } catch (error) {
    if (!(error instanceof ReaderError)) throw error
  }
  return containers
}
