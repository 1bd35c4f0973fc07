/**
 * A segment in a file, written once: a head of 32-bit words, the lists of terms, the dictionary and its blocks, the columns. Lists and
 * dictionary are read where they are asked for, the rest is kept in memory. In the byte order of the machine: search is derived,
 * and is made anew elsewhere.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ColumnArrays } from '../columns.ts'
import { VALUES } from '../columns.ts'
import { fieldCount } from '../features.ts'
import type { Merging } from './merge.ts'
import { ENTRY_WORDS, Postings, PostingsWriter, Room, type Words } from './postings.ts'
import { Segment } from './segment.ts'

/** Says what the file is, in which form, and in which byte order. */
const MAGIC = 0x46525332
const HEAD_WORDS = 16
/** Words of lists that are written at once. */
const WRITTEN_AT_ONCE = 1 << 18

type Column = Uint16Array | Int32Array | Uint32Array | Float64Array

/** What the head says, in this order after {@link MAGIC}; sizes beyond 32 bits are two words, the lower first. */
interface Head {
  readonly rows: number
  readonly terms: number
  readonly blocks: number
  readonly tags: number
  /** Bytes of lists, and of the whole file. */
  readonly lists: number
  readonly bytes: number
}

/** A file that is no whole segment: it was cut, or written elsewhere. */
export class BrokenSegment extends Error {
  override readonly name = 'BrokenSegment'
}

/**
 * Writes what a merge gives into a new file, durably.
 * @param breathe called wherever there may be a pause
 * @returns the segment; undefined where no row is left
 */
export async function writeSegment(
  path: string,
  merging: Merging,
  breathe: () => Promise<void>,
): Promise<Segment | undefined> {
  if (merging.rows === 0) return undefined
  const file = await open(path, 'wx')
  try {
    await new SegmentWriter(file).write(merging, breathe)
    await file.sync()
  } finally {
    await file.close()
  }
  await syncFolder(dirname(path))
  return openSegment(path)
}

/** So that the file has its name after a power cut. Where folders cannot be opened there is nothing to be done. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  try {
    await folder?.sync()
  } finally {
    await folder?.close()
  }
}

class SegmentWriter {
  readonly #file: FileHandle
  #at = HEAD_WORDS * 4

  constructor(file: FileHandle) {
    this.#file = file
  }

  async write(merging: Merging, breathe: () => Promise<void>): Promise<void> {
    const writer = new PostingsWriter()
    for (const _ of merging.postings(writer)) {
      if (writer.waiting >= WRITTEN_AT_ONCE) await this.#put(writer.take())
      await breathe()
    }
    await this.#put(writer.take())
    const lists = this.#at - HEAD_WORDS * 4
    const blocks = writer.blocks()
    await this.#begin(writer.dictionary())
    await this.#begin(blocks)
    const steps = merging.columns()
    let step = steps.next()
    for (; !step.done; step = steps.next()) await breathe()
    const columns = step.value
    for (const part of partsOf(columns)) await this.#begin(part)
    const { rows } = merging
    const tags = columns.tags.length
    const head = { rows, terms: writer.terms, blocks: blocks.length, tags, lists, bytes: this.#at }
    await this.#file.write(headWords(head), 0, HEAD_WORDS * 4, 0)
  }

  async #put(part: ArrayBufferView): Promise<void> {
    const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength)
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#at + done)
      done += bytesWritten
    }
    this.#at += bytes.length
  }

  async #begin(part: ArrayBufferView): Promise<void> {
    if (part.byteLength === 0) return
    this.#at = aligned(this.#at)
    await this.#put(part)
  }
}

/** Numbers of eight bytes begin at a multiple of eight. */
const aligned = (at: number): number => Math.ceil(at / 8) * 8

/** @throws {BrokenSegment} where the file is not whole */
export function openSegment(path: string): Segment {
  const file = openSync(path, 'r')
  try {
    return readSegment(file, path)
  } catch (error) {
    closeSync(file)
    throw error
  }
}

function readSegment(file: number, path: string): Segment {
  const { size } = fstatSync(file)
  const words = new Uint32Array(HEAD_WORDS)
  if (size >= words.byteLength) readInto(file, words, 0)
  const head = headOf(words)
  if (head?.bytes !== size)
    throw new BrokenSegment(`'${path}' has ${size} bytes and is no whole segment of search`)
  let at = HEAD_WORDS * 4
  const skip = (bytes: number) => {
    const begin = aligned(at)
    at = begin + bytes
    return begin
  }
  const read = <Part extends Column>(part: Part): Part => {
    readInto(file, part, skip(part.byteLength))
    return part
  }
  const lists = new WordsInFile(file, skip(head.lists))
  const dictionary = new WordsInFile(file, skip(head.terms * ENTRY_WORDS * 4))
  const blocks = read(new Uint32Array(head.blocks))
  const columns = emptyColumns(head)
  for (const part of partsOf(columns)) read(part)
  return new SegmentInFile(columns, new Postings(lists, dictionary, head.terms, blocks), file)
}

class SegmentInFile extends Segment {
  readonly #file: number

  constructor(columns: ColumnArrays, postings: Postings, file: number) {
    super(columns, postings)
    this.#file = file
  }

  override close(): void {
    closeSync(this.#file)
  }
}

class WordsInFile implements Words {
  readonly #file: number
  readonly #begin: number

  constructor(file: number, begin: number) {
    this.#file = file
    this.#begin = begin
  }

  read(at: number, count: number, room: Room = new Room()): Uint32Array {
    const words = room.of(count)
    readInto(this.#file, words, this.#begin + at * 4)
    return words
  }
}

function readInto(file: number, part: Column, position: number): void {
  for (let done = 0; done < part.byteLength; ) {
    const read = readSync(file, part, done, part.byteLength - done, position + done)
    if (read === 0) throw new BrokenSegment('a segment of search ends before its end')
    done += read
  }
}

/** The columns in the order in which they are written. */
const partsOf = ({ id, used, values, lengths, tagEnds, tags }: ColumnArrays): Column[] => [
  id,
  used,
  ...values,
  lengths,
  tagEnds,
  tags,
]

const emptyColumns = ({ rows, tags }: Head): ColumnArrays => ({
  id: new Int32Array(rows),
  used: new Int32Array(rows),
  values: Array.from({ length: VALUES }, () => new Float64Array(rows)),
  lengths: new Uint16Array(rows * fieldCount),
  tagEnds: new Uint32Array(rows + 1),
  tags: new Uint32Array(tags),
})

function headWords({ rows, terms, blocks, tags, lists, bytes }: Head): Uint32Array {
  const words = new Uint32Array(HEAD_WORDS)
  words.set([MAGIC, rows, terms, blocks, tags, ...halves(lists), ...halves(bytes)])
  return words
}

function headOf(words: Uint32Array): Head | undefined {
  const [magic, rows, terms, blocks, tags, ...sizes] = words as unknown as number[]
  if (magic !== MAGIC) return undefined
  const [listsLow, listsHigh, bytesLow, bytesHigh] = sizes as [number, number, number, number]
  return {
    rows: rows!,
    terms: terms!,
    blocks: blocks!,
    tags: tags!,
    lists: listsHigh * 2 ** 32 + listsLow,
    bytes: bytesHigh * 2 ** 32 + bytesLow,
  }
}

const halves = (size: number): [low: number, high: number] => [size % 2 ** 32, Math.floor(size / 2 ** 32)]
