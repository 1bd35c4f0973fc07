import { ReaderError } from '../../errors.ts'
import type { ReadOptions } from '../../objects.ts'
import type { FilePages } from './file-pages.ts'

/** How numbers of a TIFF are written: TIFF 6.0, section 2, and the BigTIFF extension. */
export interface TiffLayout {
  readonly little: boolean
  readonly big: boolean
  readonly firstDirectory: number
}

/** One field of an image file directory; where its values lie, not yet read. */
export interface Field {
  readonly type: number
  readonly count: number
  /** Of the first value, in the file. */
  readonly offset: number
}

export type Directory = ReadonlyMap<number, Field>

/** Bytes of one value of each field type. */
const TYPE_BYTES: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
}
const MAX_FIELDS = 4096
/** Of one field's values, where they are read whole. */
const MAX_FIELD_BYTES = 4 * 1024 * 1024

/** Undefined where the bytes do not begin a TIFF. */
export function tiffLayout(head: Uint8Array): TiffLayout | undefined {
  if (head.length < 8) return undefined
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const order = view.getUint16(0)
  if (order !== 0x4949 && order !== 0x4d4d) return undefined
  const little = order === 0x4949
  const version = view.getUint16(2, little)
  if (version === 42) return { little, big: false, firstDirectory: view.getUint32(4, little) }
  const big = version === 43 && head.length >= 16 && view.getUint16(4, little) === 8
  return big ? { little, big, firstDirectory: Number(view.getBigUint64(8, little)) } : undefined
}

/**
 * The directories of a file in their order, each once.
 * @throws {ReaderError} `Corrupt` where one lies outside the file, or the chain comes back to itself
 */
export async function readDirectories(
  pages: FilePages,
  layout: TiffLayout,
  most: number,
  options: ReadOptions,
): Promise<{ readonly directories: readonly Directory[]; readonly more: boolean }> {
  const directories: Directory[] = []
  const seen = new Set<number>()
  let at = layout.firstDirectory
  while (at !== 0) {
    if (seen.has(at)) throw corrupt(`the directory at byte ${at} comes twice in the chain of directories`)
    if (directories.length === most) return { directories, more: true }
    seen.add(at)
    const { directory, next } = await readDirectory(pages, layout, at, options)
    directories.push(directory)
    at = next
  }
  if (directories.length === 0) throw corrupt('it has no image')
  return { directories, more: false }
}

async function readDirectory(pages: FilePages, layout: TiffLayout, at: number, options: ReadOptions) {
  const { little, big } = layout
  const [countBytes, entryBytes, nextBytes] = big ? [8, 20, 8] : [2, 12, 4]
  const start = await pages.view(at, at + countBytes, options)
  const count = big ? Number(start.getBigUint64(0, little)) : start.getUint16(0, little)
  if (count === 0 || count > MAX_FIELDS) throw corrupt(`the directory at byte ${at} claims ${count} fields`)
  const entriesEnd = at + countBytes + count * entryBytes
  const view = await pages.view(at + countBytes, entriesEnd + nextBytes, options)
  const directory = new Map<number, Field>()
  for (let entry = 0; entry < count; entry++) {
    const from = entry * entryBytes
    const type = view.getUint16(from + 2, little)
    const values = big ? Number(view.getBigUint64(from + 4, little)) : view.getUint32(from + 4, little)
    const bytes = TYPE_BYTES[type]
    if (bytes === undefined) continue
    const valueAt = from + (big ? 12 : 8)
    const inline = values * bytes <= (big ? 8 : 4)
    const offset = inline
      ? at + countBytes + valueAt
      : big
        ? Number(view.getBigUint64(valueAt, little))
        : view.getUint32(valueAt, little)
    directory.set(view.getUint16(from, little), { type, count: values, offset })
  }
  const nextAt = count * entryBytes
  return { directory, next: big ? Number(view.getBigUint64(nextAt, little)) : view.getUint32(nextAt, little) }
}

/** Reads fields of a directory. Values are checked against the file before anything is made for them. */
export class FieldReader {
  readonly #pages: FilePages
  readonly #layout: TiffLayout
  readonly #directory: Directory

  constructor(pages: FilePages, layout: TiffLayout, directory: Directory) {
    this.#pages = pages
    this.#layout = layout
    this.#directory = directory
  }

  count(tag: number): number {
    return this.#directory.get(tag)?.count ?? 0
  }

  /** Values `[from, to)` of a field, all of them when absent; an empty list where there is no such field. */
  async numbers(tag: number, options: ReadOptions, from = 0, to?: number): Promise<number[]> {
    const field = this.#directory.get(tag)
    if (field === undefined) return []
    const end = to ?? field.count
    if (end > field.count) throw corrupt(`field ${tag} has ${field.count} values, ${end} are needed`)
    const bytes = TYPE_BYTES[field.type]!
    const view = await this.#view(tag, field.offset + from * bytes, (end - from) * bytes, options)
    return Array.from({ length: end - from }, (_, index) =>
      valueAt(view, field.type, index * bytes, this.#layout.little),
    )
  }

  async number(tag: number, options: ReadOptions): Promise<number | undefined> {
    return (await this.numbers(tag, options, 0, Math.min(1, this.count(tag))))[0]
  }

  async bytes(tag: number, options: ReadOptions): Promise<Uint8Array | undefined> {
    const field = this.#directory.get(tag)
    if (field === undefined) return undefined
    const view = await this.#view(tag, field.offset, field.count * TYPE_BYTES[field.type]!, options)
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  }

  async text(tag: number, options: ReadOptions): Promise<string | undefined> {
    const bytes = await this.bytes(tag, options)
    return bytes && new TextDecoder().decode(bytes).split('\0', 1)[0]
  }

  async #view(tag: number, offset: number, bytes: number, options: ReadOptions): Promise<DataView> {
    if (bytes > MAX_FIELD_BYTES)
      throw new ReaderError(
        'Unsupported',
        `TIFF: field ${tag} has ${bytes} bytes; at most ${MAX_FIELD_BYTES} are read`,
      )
    return this.#pages.view(offset, offset + bytes, options)
  }
}

function valueAt(view: DataView, type: number, at: number, little: boolean): number {
  switch (type) {
    case 3:
      return view.getUint16(at, little)
    case 4:
    case 13:
      return view.getUint32(at, little)
    case 5:
      return view.getUint32(at, little) / view.getUint32(at + 4, little)
    case 6:
      return view.getInt8(at)
    case 8:
      return view.getInt16(at, little)
    case 9:
      return view.getInt32(at, little)
    case 10:
      return view.getInt32(at, little) / view.getInt32(at + 4, little)
    case 11:
      return view.getFloat32(at, little)
    case 12:
      return view.getFloat64(at, little)
    case 16:
    case 18:
      return Number(view.getBigUint64(at, little))
    case 17:
      return Number(view.getBigInt64(at, little))
    default:
      return view.getUint8(at)
  }
}

export function corrupt(message: string): ReaderError {
  return new ReaderError('Corrupt', `TIFF: ${message}`)
}
