import zlib from 'node:zlib'
import { ReaderError } from '../../errors.ts'
import type { Objects, ReadOptions } from '../../objects.ts'
import { readDocument } from './envelope.ts'
import type { Table, Vector } from './flatbuffer.ts'
import { idText, nodeKey } from './object-id.ts'

/** Where an encoded chunk lies. */
export type ChunkRef =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | { readonly kind: 'native'; readonly id: string; readonly offset: number; readonly length: number }
  | {
      readonly kind: 'virtual'
      readonly location: string
      readonly offset: number
      readonly length: number
      readonly etag: string | undefined
    }

const MAX_LOCATION_BYTES = 16 * 1024

/** References to chunks of one or more arrays, decoded as they are asked for. */
export class Manifest {
  readonly id: string
  readonly size: number
  readonly #arrays: ReadonlyMap<string, Vector>
  readonly #dictionary: Uint8Array | undefined

  constructor(id: string, root: Table, size: number) {
    this.id = id
    this.size = size
    this.#dictionary = root.bytes(2)
    const arrays = new Map<string, Vector>()
    for (const array of root.tables(1).eachTable()) {
      const node = array.struct(0, 8)
      if (node !== undefined) arrays.set(nodeKey(node), array.tables(1))
    }
    this.#arrays = arrays
  }

  /** Of the chunk at that place in the array's grid; undefined where there is none. References are sorted by place. */
  find(node: string, place: readonly number[]): ChunkRef | undefined {
    const refs = this.#arrays.get(node)
    if (refs === undefined) return undefined
    let low = 0
    let high = refs.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const ref = refs.table(middle)
      const order = compared(ref.vector(0, 4), place)
      if (order === 0) return this.#refOf(ref)
      if (order < 0) low = middle + 1
      else high = middle - 1
    }
    return undefined
  }

  /** All chunks of an array: place, and what tells one content from another. */
  *entries(node: string): Generator<readonly [string, string]> {
    for (const ref of this.#arrays.get(node)?.eachTable() ?? []) {
      const index = ref.vector(0, 4)
      const place = Array.from({ length: index?.length ?? 0 }, (_, axis) => index!.uint32(axis)).join('/')
      const found = this.#refOf(ref)
      yield [
        place,
        found.kind === 'inline'
          ? `inline ${Buffer.from(found.bytes).toString('base64')}`
          : JSON.stringify(found),
      ]
    }
  }

  /** Where the chunks of an array lie. */
  *chunks(node: string): Generator<ChunkRef> {
    for (const ref of this.#arrays.get(node)?.eachTable() ?? []) yield this.#refOf(ref)
  }

  #refOf(ref: Table): ChunkRef {
    const inline = ref.bytes(1)
    if (inline !== undefined) return { kind: 'inline', bytes: inline }
    const offset = ref.size(2)
    const length = ref.size(3)
    const id = ref.struct(4, 12)
    if (id !== undefined) return { kind: 'native', id: idText(id), offset, length }
    const location = ref.string(5) ?? this.#decompressed(ref.bytes(8))
    if (location === undefined) throw new ReaderError('Corrupt', `manifest ${this.id}: a chunk lies nowhere`)
    return { kind: 'virtual', location, offset, length, etag: ref.string(6) }
  }

  #decompressed(location: Uint8Array | undefined): string | undefined {
    if (location === undefined) return undefined
    try {
      const options = {
        maxOutputLength: MAX_LOCATION_BYTES,
        ...(this.#dictionary === undefined ? {} : { dictionary: Buffer.from(this.#dictionary) }),
      }
      return zlib.zstdDecompressSync(location, options).toString('utf8')
    } catch (error) {
      throw new ReaderError(
        'Corrupt',
        `manifest ${this.id}: a location cannot be decompressed: ${(error as Error).message}`,
      )
    }
  }
}

function compared(index: Vector | undefined, place: readonly number[]): number {
  for (let axis = 0; axis < place.length; axis++) {
    const difference = (index !== undefined && axis < index.length ? index.uint32(axis) : -1) - place[axis]!
    if (difference !== 0) return difference
  }
  return 0
}

/** @throws {ReaderError} `Corrupt`, also where the manifest is not there. */
export async function readManifest(objects: Objects, id: string, options: ReadOptions): Promise<Manifest> {
  const path = `manifests/${id}`
  const document = await readDocument(objects, path, 'manifest', options)
  if (document === undefined)
    throw new ReaderError('Corrupt', `'${path}' is referred to, but is not there`, { path })
  return new Manifest(id, document.root, document.size)
}
