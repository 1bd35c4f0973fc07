import { ReaderError } from '../../errors.ts'
import type { Cost, Objects, ReadOptions } from '../../objects.ts'
import type { ArrayMetadata } from './array-metadata.ts'
import { compressedBound } from './codecs/codec.ts'
import { encodedSize, isPlain, plainSize } from './codecs/pipeline.ts'
import { checkChunkBytes, MAX_CHUNK_BYTES } from './limits.ts'
import { indexBytes, innerGrid, parseShardIndex, type ShardIndex } from './shard-index.ts'

/** Objects that know what one of theirs would cost before it is read: what references say, or manifests. */
export interface CostedObjects extends Objects {
  cost?(path: string, options?: ReadOptions): Promise<Cost | undefined>
}

/** Stored as it is and larger than this, a chunk is read in parts. */
const WHOLE_BYTES = 1 << 20
const CACHED_INDEX_BYTES = 16 << 20

/**
 * What is decoded at once:
 * - `whole`: each object is one chunk
 * - `sharded`: each object holds chunks, and says where
 * - `plain`: bytes lie as the elements do, so any run of them can be read alone
 */
export type Layout = 'whole' | 'sharded' | 'plain'

/** One array of a store: its metadata, where its chunks lie, and what has been learnt of them. */
export class ZarrArray {
  readonly name: string
  readonly metadata: ArrayMetadata
  readonly objects: CostedObjects
  readonly layout: Layout
  /** Of what is decoded at once: a chunk, an inner chunk, or so much of a plain chunk as is worth one read. */
  readonly unitShape: readonly number[]
  /** Bytes an encoded unit can have at most. */
  readonly mostEncoded: number
  readonly #path: string
  readonly #indexes = new Map<string, Promise<ShardIndex | undefined>>()
  #decodedBytes = 0
  #encodedBytes = 0

  constructor(name: string, path: string, metadata: ArrayMetadata, objects: CostedObjects) {
    const { chunkShape, shards, pipeline } = metadata
    const bytes = plainSize(pipeline, chunkShape)
    this.name = name
    this.#path = path === '' ? '' : `${path}/`
    this.metadata = metadata
    this.objects = objects
    this.layout =
      shards !== undefined ? 'sharded' : isPlain(pipeline) && bytes! > WHOLE_BYTES ? 'plain' : 'whole'
    this.unitShape =
      shards?.innerShape ??
      (this.layout === 'plain' ? partOf(chunkShape, pipeline.type.itemSize) : chunkShape)
    this.mostEncoded = encodedSize(pipeline, this.unitShape).bytes
  }

  /** @throws {ReaderError} `OverBudget` where what must be decoded at once is larger than a worker can hold. */
  checkReadable(): void {
    const bytes = plainSize(this.metadata.pipeline, this.unitShape)
    if (bytes !== undefined) checkChunkBytes(bytes, this.name)
    else if (this.unitShape.reduce((product, length) => product * length, 1) > MAX_CHUNK_BYTES / 4)
      checkChunkBytes(MAX_CHUNK_BYTES + 1, this.name)
  }

  pathOf(place: readonly number[]): string {
    return this.#path + this.metadata.keyOf(place)
  }

  /** What encoded chunks took of their decoded size so far; half where nothing has been read. */
  get ratio(): number {
    if (encodedSize(this.metadata.pipeline, this.unitShape).exact) return 1
    return this.#decodedBytes === 0 ? 0.5 : this.#encodedBytes / this.#decodedBytes
  }

  /** Bytes of an encoded unit, as far as is known. */
  get likelyEncoded(): number {
    const { bytes, exact } = encodedSize(this.metadata.pipeline, this.unitShape)
    return exact ? bytes : this.unitBytes * this.ratio
  }

  learn(encoded: number): void {
    this.#encodedBytes += encoded
    this.#decodedBytes += this.unitBytes
  }

  /** Of a decoded unit; a guess where elements have no fixed size. */
  get unitBytes(): number {
    const { pipeline } = this.metadata
    return (
      plainSize(pipeline, this.unitShape) ?? this.unitShape.reduce((product, length) => product * length, 16)
    )
  }

  /** A whole object, which may not be larger than its chunk can be. */
  async object(path: string, options: ReadOptions): Promise<Uint8Array | undefined> {
    const most =
      this.metadata.pipeline.inner === undefined ? this.mostEncoded : compressedBound(MAX_CHUNK_BYTES)
    const refuse = (bytes: number) => {
      if (bytes > most)
        throw new ReaderError(
          'Corrupt',
          `'${path}' has more than ${most} bytes, which its array says a chunk can have at most`,
          { path, bytes },
        )
    }
    const bytes = await this.objects.get(path, await this.#bounded(path, refuse, options))
    if (bytes !== undefined) refuse(bytes.length)
    return bytes
  }

  /** Stores that refer to chunks know their sizes before; of others what travels is watched, so that no more than allowed does. */
  async #bounded(path: string, refuse: (bytes: number) => void, options: ReadOptions): Promise<ReadOptions> {
    if (this.objects.cost !== undefined) {
      refuse((await this.objects.cost(path, options))?.bytes ?? 0)
      return options
    }
    let received = 0
    return {
      ...options,
      meter: {
        request: () => options.meter?.request(),
        received(more) {
          options.meter?.received(more)
          received += more
          refuse(received)
        },
      },
    }
  }

  /** Bytes of an object; undefined where there is none. */
  async part(
    path: string,
    start: number,
    end: number,
    options: ReadOptions,
  ): Promise<Uint8Array | undefined> {
    const ranged = await this.objects.getRange(path, start, end, options)
    if (ranged !== undefined && ranged.bytes.length !== end - start)
      throw new ReaderError('Corrupt', `'${path}' ends before byte ${end}, which its array says it has`, {
        path,
      })
    return ranged?.bytes
  }

  /** The number of chunks in a shard, and along each dimension. */
  get shardGrid(): readonly number[] {
    return innerGrid(this.metadata.chunkShape, this.metadata.shards!)
  }

  get shardIndexBytes(): number {
    return indexBytes(
      this.shardGrid.reduce((product, length) => product * length, 1),
      this.metadata.shards!,
    )
  }

  /** Where the chunks of a shard lie; kept, as readers come back. Undefined where there is no shard. */
  shardIndex(path: string, options: ReadOptions): Promise<ShardIndex | undefined> {
    const known = this.#indexes.get(path)
    if (known !== undefined) {
      this.#indexes.delete(path)
      this.#indexes.set(path, known)
      return known
    }
    const index = this.#readIndex(path, options)
    this.#indexes.set(path, index)
    index.catch(() => this.#indexes.delete(path))
    while (this.#indexes.size > Math.max(1, CACHED_INDEX_BYTES / this.shardIndexBytes))
      this.#indexes.delete(this.#indexes.keys().next().value!)
    return index
  }

  async #readIndex(path: string, options: ReadOptions): Promise<ShardIndex | undefined> {
    const layout = this.metadata.shards!
    const length = this.shardIndexBytes
    const ranged = layout.indexAtEnd
      ? await this.objects.getRange(path, -length, undefined, options)
      : await this.objects.getRange(path, 0, length, options)
    if (ranged === undefined) return undefined
    const chunks = this.shardGrid.reduce((product, count) => product * count, 1)
    return parseShardIndex(ranged.bytes, chunks, layout, this.mostEncoded, ranged.size)
  }
}

/** As many trailing dimensions of a plain chunk as make a read worth while. */
function partOf(chunkShape: readonly number[], itemSize: number): number[] {
  const part = chunkShape.map(() => 1)
  let bytes = itemSize
  for (let axis = chunkShape.length - 1; axis >= 0 && bytes < WHOLE_BYTES; axis--) {
    part[axis] = Math.max(1, Math.min(chunkShape[axis]!, Math.floor(WHOLE_BYTES / bytes)))
    bytes *= part[axis]!
  }
  return part
}
