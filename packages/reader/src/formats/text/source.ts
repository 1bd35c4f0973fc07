import { constants, gunzipSync } from 'node:zlib'
import type { Probe } from '../../format.ts'
import type { Objects, ReadOptions } from '../../objects.ts'
import { markOf, TextStream } from './decode.ts'
import { gunzipped, rangesOf } from './ranges.ts'

/** A text file, plain or in gzip. */
export interface TextSource {
  readonly objects: Objects
  readonly gzip: boolean
  /** Of the object, as it lies. */
  readonly size: number | undefined
  /** All of it, from the beginning. */
  text(options?: ReadOptions): AsyncGenerator<string>
}

export function textSource(objects: Objects, probe: Probe): TextSource {
  const gzip = isGzip(probe.head)
  return {
    objects,
    gzip,
    size: probe.size,
    async *text(options) {
      const bytes = rangesOf(objects, options)
      const stream = new TextStream()
      for await (const chunk of gzip ? gunzipped(bytes) : bytes) {
        const text = stream.push(chunk)
        if (text !== '') yield text
      }
      const rest = stream.push(new Uint8Array(0), true)
      if (rest !== '') yield rest
    },
  }
}

export function isGzip(head: Uint8Array | undefined): boolean {
  return head !== undefined && head[0] === 0x1f && head[1] === 0x8b && head[2] === 8
}

/** Text that the probe's head holds; undefined where the bytes are no text. */
export function headText({ head }: Probe): string | undefined {
  if (head === undefined || head.length === 0) return undefined
  const bytes = isGzip(head) ? partOfGzip(head) : head
  if (bytes === undefined || bytes.length === 0) return undefined
  const { encoding } = markOf(bytes)
  if (encoding === 'utf-8' && bytes.some(isBinary)) return undefined
  const stream = new TextStream()
  try {
    const text = stream.push(bytes, bytes.length < 3)
    return text === '' ? undefined : text
  } catch {
    return undefined
  }
}

/** Control characters that no text holds: all but tab, line ends, form feed and escape. */
function isBinary(byte: number): boolean {
  return byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 0x1b
}

const HEAD_TEXT = 64 * 1024

function partOfGzip(head: Uint8Array): Uint8Array | undefined {
  try {
    return gunzipSync(head, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: HEAD_TEXT * 64,
    }).subarray(0, HEAD_TEXT)
  } catch {
    return undefined
  }
}

/** Text from the middle and the end of a long file that is not compressed, each from the beginning of a line on. */
export async function textSamples(
  source: TextSource,
  bytes: number,
  options: ReadOptions = {},
): Promise<readonly string[]> {
  const { size, gzip, objects } = source
  if (gzip || size === undefined || size < 8 * bytes) return []
  const starts = [Math.floor(size / 2), size - bytes]
  const parts = await Promise.all(starts.map(start => objects.getRange('', start, start + bytes, options)))
  const head = await objects.getRange('', 0, 3, options)
  if (markOf(head?.bytes ?? new Uint8Array(0)).encoding !== 'utf-8') return []
  return parts.flatMap((part, i) => {
    const text = new TextDecoder('utf-8').decode(part?.bytes)
    const from = text.indexOf('\n') + 1
    const to = i === starts.length - 1 ? text.length : text.lastIndexOf('\n') + 1
    return from > 0 && to > from ? [text.slice(from, to)] : []
  })
}
