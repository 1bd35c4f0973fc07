import { ReaderError } from '../../errors.ts'
import type { Objects, ReadOptions } from '../../objects.ts'
import { rangesOf } from '../text/ranges.ts'
import type { ArrowSource, BatchPlace } from './dataset.ts'
import { type Block, blocksOf, type Message, messageAt } from './messages.ts'

const MAGIC = 'ARROW1'
const TAIL_BYTES = 32 * 1024

/** The file format: its footer says where everything lies. @throws {ReaderError} `Corrupt`, `Unsupported`. */
export async function arrowFile(objects: Objects, options: ReadOptions): Promise<ArrowSource> {
  const tail = await objects.getRange('', -TAIL_BYTES, undefined, options)
  if (tail === undefined) throw new ReaderError('NotFound', `there is no '${objects.name}'`)
  const size = tail.size ?? tail.bytes.length
  const read = async (start: number, end: number, readOptions: ReadOptions) => {
    const inTail = start - (size - tail.bytes.length)
    if (inTail >= 0) return tail.bytes.subarray(inTail, end - (size - tail.bytes.length))
    const ranged = await objects.getRange('', start, end, readOptions)
    if (ranged?.bytes.length === end - start) return ranged.bytes
    throw new ReaderError(
      'Corrupt',
      `'${objects.name}': bytes ${start} to ${end} of ${size} are not all there`,
    )
  }
  if (Buffer.from(tail.bytes.subarray(-6)).toString('latin1') !== MAGIC || tail.bytes.length < 18)
    throw new ReaderError(
      'Corrupt',
      `'${objects.name}' does not end as an Arrow file does: is the download complete?`,
    )
  const length = new DataView(tail.bytes.buffer, tail.bytes.byteOffset).getInt32(tail.bytes.length - 10, true)
  if (length <= 0 || length + 18 > size)
    throw new ReaderError('Corrupt', `the Arrow footer says it has ${length} bytes of ${size}`)
  const { dictionaries, batches } = blocksOf(await read(size - 10 - length, size - 10, options), size)
  const { message, bytes: schema } = await firstMessage(objects, 8, options)
  if (message.kind !== 'schema')
    throw new ReaderError('Corrupt', 'the Arrow file does not begin with a schema')
  let dictionaryMessages: Promise<readonly Uint8Array[]> | undefined
  const codecs = batches.length > 0 ? await codecOf(batches[0]!) : []
  async function codecOf({ start, metadata }: Block): Promise<readonly string[]> {
    const found = messageAt(await read(start, start + metadata, options), 0)
    return found !== undefined && 'kind' in found && found.codec ? [found.codec] : []
  }
  const places = batches.map(
    ({ start, metadata, end }): BatchPlace => ({
      bytes: end - start,
      async rows(readOptions) {
        const found = messageAt(await read(start, start + metadata, readOptions), 0)
        return found !== undefined && 'kind' in found ? found.rows : 0
      },
      async messages(readOptions) {
        dictionaryMessages ??= Promise.all(
          dictionaries.map(block => read(block.start, block.end, readOptions)),
        )
        return [...(await dictionaryMessages), await read(start, end, readOptions)]
      },
    }),
  )
  return {
    kind: 'file',
    schema,
    size,
    codecs,
    known: places,
    async *batches() {
      yield* places
    },
  }
}

/** The stream format: messages one after another. */
export async function arrowStream(
  objects: Objects,
  size: number | undefined,
  options: ReadOptions,
): Promise<ArrowSource> {
  const { message, bytes: schema } = await firstMessage(objects, 0, options)
  if (message.kind !== 'schema')
    throw new ReaderError('Corrupt', 'the Arrow stream does not begin with a schema')
  return {
    kind: 'stream',
    schema,
    size,
    codecs: [],
    known: undefined,
    async *batches(readOptions) {
      const dictionaries: Uint8Array[] = []
      for await (const { message: found, bytes } of messagesOf(rangesOf(objects, readOptions))) {
        if (found.kind === 'dictionary') dictionaries.push(bytes)
        if (found.kind !== 'batch') continue
        const before = [...dictionaries]
        yield { bytes: bytes.length, rows: async () => found.rows, messages: async () => [...before, bytes] }
      }
    },
  }
}

interface Whole {
  readonly message: Message
  readonly bytes: Uint8Array
}

async function firstMessage(objects: Objects, at: number, options: ReadOptions): Promise<Whole> {
  for (let end = 4096; ; ) {
    const ranged = await objects.getRange('', 0, end, options)
    const bytes = ranged?.bytes ?? new Uint8Array(0)
    const found = messageAt(bytes, at)
    if (found === undefined) throw new ReaderError('Corrupt', 'the Arrow data holds nothing')
    const needed = 'needed' in found ? found.needed : at + found.length
    if (needed <= bytes.length && 'kind' in found)
      return { message: found, bytes: bytes.subarray(at, needed) }
    if (bytes.length < end) throw new ReaderError('Corrupt', 'the Arrow data ends within its schema')
    end = Math.max(needed, end * 2)
  }
}

async function* messagesOf(ranges: AsyncGenerator<Uint8Array>): AsyncGenerator<Whole> {
  let held: Uint8Array = new Uint8Array(0)
  let parts: Uint8Array[] = []
  let have = 0
  let needed = 8
  for await (const range of ranges) {
    parts.push(range)
    have += range.length
    if (have < needed) continue
    held = Buffer.concat([held, ...parts])
    parts = []
    let at = 0
    for (;;) {
      const found = messageAt(held, at)
      if (found === undefined) return
      const end = 'needed' in found ? found.needed : at + found.length
      if (end > held.length || 'needed' in found) {
        needed = end - at
        break
      }
      yield { message: found, bytes: held.subarray(at, end) }
      at = end
    }
    held = Uint8Array.from(held.subarray(at))
    have = held.length
  }
  if (have > 0)
    throw new ReaderError('Corrupt', 'the Arrow stream ends within a message: is the download complete?')
}
