import { ReaderError } from '../../errors.ts'
import type { Objects, ReadOptions } from '../../objects.ts'
import { zstd } from '../zarr/codecs/deflate.ts'
import { rootOf, type Table } from './flatbuffer.ts'

const MAGIC = Buffer.from('ICE🧊CHUNK')
const HEADER_BYTES = 39
/** Decompressed: a manifest of a few million chunks. */
const MAX_DOCUMENT_BYTES = 128 << 20

export const FILE_TYPES = { snapshot: 1, manifest: 2, transactionLog: 4, repository: 6 } as const

/** A metadata file: what it holds, and which version of the specification it follows. */
export interface Document {
  readonly version: 1 | 2
  readonly root: Table
  /** Decompressed. */
  readonly size: number
}

/**
 * A metadata file of that type (specification, "Binary File Format"); undefined where there is none.
 * @throws {ReaderError} `Corrupt`, `Unsupported` for a later version.
 */
export async function readDocument(
  objects: Objects,
  path: string,
  type: keyof typeof FILE_TYPES,
  options: ReadOptions,
): Promise<Document | undefined> {
  const bytes = await objects.get(path, options)
  return bytes === undefined ? undefined : parseDocument(bytes, path, type)
}

export async function parseDocument(
  bytes: Uint8Array,
  path: string,
  type: keyof typeof FILE_TYPES,
): Promise<Document> {
  const refuse = (what: string) => new ReaderError('Corrupt', `'${path}' ${what}`, { path })
  if (!isIcechunk(bytes)) throw refuse('does not begin as an Icechunk file does')
  const [version = 0, found, compression] = bytes.subarray(MAGIC.length + 24, HEADER_BYTES)
  if (version !== 1 && version !== 2)
    throw new ReaderError(
      'Unsupported',
      `'${path}' follows version ${version} of the Icechunk specification: 1 and 2 are read`,
    )
  if (found !== FILE_TYPES[type]) throw refuse(`is of type ${found}, not ${FILE_TYPES[type]} (${type})`)
  if (compression !== 0 && compression !== 1)
    throw refuse(`is compressed by ${compression}, which is not known`)
  const body = bytes.subarray(HEADER_BYTES)
  let data: Uint8Array = body
  if (compression === 1) {
    try {
      data = await zstd.decode(body, MAX_DOCUMENT_BYTES)
    } catch (error) {
      throw refuse(`cannot be decompressed: ${(error as Error).message}`)
    }
  }
  return { version, root: rootOf(data, `'${path}'`), size: data.length }
}

export function isIcechunk(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER_BYTES && MAGIC.every((byte, at) => bytes[at] === byte)
}
