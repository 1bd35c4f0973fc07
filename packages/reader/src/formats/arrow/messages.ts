import { ReaderError } from '../../errors.ts'
import { FlatTable, lengthOf } from './flatbuffer.ts'

/** One encapsulated message of Arrow's IPC format (Columnar.md, "Encapsulated message format"). */
export interface Message {
  readonly kind: 'schema' | 'dictionary' | 'batch' | 'other'
  /** Rows of a record batch. */
  readonly rows: number
  /** Buffers of a record batch are compressed. */
  readonly codec: 'lz4' | 'zstd' | undefined
  /** Prefix, metadata and body together. */
  readonly length: number
}

/** What the first bytes of a message say, or how many are needed to say it; undefined at the end of the stream. */
export function messageAt(bytes: Uint8Array, at: number): Message | { readonly needed: number } | undefined {
  if (at + 8 > bytes.length) return { needed: at + 8 }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const marked = view.getInt32(at, true) === -1
  const prefix = marked ? 8 : 4
  const metadata = view.getInt32(at + prefix - 4, true)
  if (metadata === 0) return undefined
  if (metadata < 0 || metadata > MAX_METADATA)
    throw new ReaderError('Corrupt', `an Arrow message says that its metadata has ${metadata} bytes`)
  const start = at + prefix
  if (start + metadata > bytes.length) return { needed: start + metadata }
  const message = FlatTable.root(bytes.subarray(start, start + metadata))
  const body = message.length(3)
  if (body > MAX_BODY)
    throw new ReaderError(
      'Unsupported',
      `an Arrow record batch of ${body} bytes; ${MAX_BODY} are read at a time`,
    )
  const kind = KINDS[message.uint8(1, 0)] ?? 'other'
  const header = message.table(2)
  const compression =
    kind === 'batch' ? header?.table(3) : kind === 'dictionary' ? header?.table(1)?.table(3) : undefined
  const rows = kind === 'batch' ? (header?.length(0) ?? 0) : 0
  if (rows > MAX_ROWS)
    throw new ReaderError('Unsupported', `an Arrow record batch of ${rows} rows; ${MAX_ROWS} are read`)
  return {
    kind,
    rows,
    codec: compression === undefined ? undefined : compression.uint8(0, 0) === 1 ? 'zstd' : 'lz4',
    length: prefix + metadata + body,
  }
}

/** The metadata of a message that begins with the bytes and is whole. @throws {ReaderError} `Corrupt` */
export function metadataOf(bytes: Uint8Array): FlatTable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const prefix = view.getInt32(0, true) === -1 ? 8 : 4
  const length = view.getInt32(prefix - 4, true)
  if (length < 0 || prefix + length > bytes.length)
    throw new ReaderError('Corrupt', `an Arrow message says that its metadata has ${length} bytes`)
  return FlatTable.root(bytes.subarray(prefix, prefix + length))
}

const KINDS = ['other', 'schema', 'dictionary', 'batch'] as const
const MAX_METADATA = 64 * 1024 * 1024
const MAX_BODY = 512 * 1024 * 1024
const MAX_ROWS = 64 * 1024 * 1024

/** Where a message lies in a file. */
export interface Block {
  readonly start: number
  /** Of prefix and metadata. */
  readonly metadata: number
  readonly end: number
}

/** The footer of the file format: where dictionaries and record batches lie. */
export function blocksOf(
  footer: Uint8Array,
  size: number,
): { dictionaries: readonly Block[]; batches: readonly Block[] } {
  const table = FlatTable.root(footer)
  const block = (view: DataView, at: number): Block => {
    const start = lengthOf(view.getBigInt64(at, true))
    const metadata = view.getInt32(at + 8, true)
    const end = start + metadata + lengthOf(view.getBigInt64(at + 16, true))
    if (metadata < 0 || end > size)
      throw new ReaderError('Corrupt', `an Arrow record batch ends at byte ${end} of ${size}`)
    return { start, metadata, end }
  }
  return { dictionaries: table.structs(2, 24, block), batches: table.structs(3, 24, block) }
}
