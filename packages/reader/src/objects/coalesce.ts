import { ReaderError } from '../errors.ts'
import type { Cost, Objects, ReadOptions } from '../objects.ts'
import { together } from '../together.ts'

/** Bytes `[start, end)` of an object. */
export interface ByteSpan {
  readonly start: number
  readonly end: number
}

export interface CoalesceOptions extends ReadOptions {
  /** Bytes between two ranges that are rather read than asked around. */
  readonly gap?: number
  /** The most that one request asks for, in bytes; a longer range is read in parts. */
  readonly maxRequest?: number
  /** Requests at a time; with `maxRequest` it bounds what is in memory besides the result. */
  readonly concurrency?: number
}

/** Part of a wanted range, within one request. */
interface Piece extends ByteSpan {
  /** Of the range that was asked for. */
  readonly index: number
}

interface PlannedRequest extends ByteSpan {
  readonly pieces: readonly Piece[]
}

/** At 60 ms and 100 Mbit/s a request costs as much time as 750 kB; a gap also counts against budgets. */
const DEFAULT_GAP = 64 * 1024
const DEFAULT_MAX_REQUEST = 8 * 1024 * 1024
const DEFAULT_CONCURRENCY = 8

/** Few requests that cover all ranges, in the order of their starts. */
export function planRanges(ranges: readonly ByteSpan[], options: CoalesceOptions = {}): PlannedRequest[] {
  const { gap = DEFAULT_GAP, maxRequest = DEFAULT_MAX_REQUEST } = options
  const pieces = ranges.flatMap((range, index) => cut(range, index, maxRequest))
  pieces.sort((a, b) => a.start - b.start || a.end - b.end)
  const planned: { start: number; end: number; pieces: Piece[] }[] = []
  for (const piece of pieces) {
    const last = planned.at(-1)
    const end = last ? Math.max(last.end, piece.end) : piece.end
    if (last && piece.start - last.end <= gap && end - last.start <= maxRequest) {
      last.end = end
      last.pieces.push(piece)
    } else planned.push({ start: piece.start, end: piece.end, pieces: [piece] })
  }
  return planned
}

/** What `readRanges` will cost. */
export function costOfRanges(ranges: readonly ByteSpan[], options: CoalesceOptions = {}): Cost {
  const planned = planRanges(ranges, options)
  return { requests: planned.length, bytes: planned.reduce((sum, { start, end }) => sum + end - start, 0) }
}

/**
 * Reads many ranges of one object by few requests.
 * @returns the bytes of each range, in the order asked (views that may share memory); undefined when there is no object
 * @throws {ReaderError} `Corrupt` where the object ends before a range does
 */
export async function readRanges(
  objects: Objects,
  path: string,
  ranges: readonly ByteSpan[],
  options: CoalesceOptions = {},
): Promise<readonly Uint8Array[] | undefined> {
  const results: Uint8Array[] = ranges.map(() => new Uint8Array(0))
  let absent = false
  await eachRequest(objects, path, planRanges(ranges, options), options, ({ start, pieces }, bytes) => {
    if (!bytes) {
      absent = true
      return
    }
    for (const piece of pieces) {
      const part = bytes.subarray(piece.start - start, piece.end - start)
      const range = ranges[piece.index]!
      const whole = range.end - range.start
      if (part.length === whole) results[piece.index] = part
      else {
        if (results[piece.index]!.length === 0) results[piece.index] = new Uint8Array(whole)
        results[piece.index]!.set(part, piece.start - range.start)
      }
    }
  })
  return absent ? undefined : results
}

/** Makes the requests, some at a time; the first failure cancels the others. */
async function eachRequest(
  objects: Objects,
  path: string,
  planned: readonly PlannedRequest[],
  options: CoalesceOptions,
  use: (request: PlannedRequest, bytes: Uint8Array | undefined) => void,
): Promise<void> {
  const { concurrency = DEFAULT_CONCURRENCY, meter } = options
  const requests = planned[Symbol.iterator]()
  const work = async (each: ReadOptions) => {
    for (const request of requests) {
      const { start, end } = request
      const range = await objects.getRange(path, start, end, each)
      if (range && range.bytes.length < end - start)
        throw new ReaderError(
          'Corrupt',
          `${objects.name}: '${path}' ends at byte ${start + range.bytes.length}, but ${start}–${end} are to be read`,
        )
      use(request, range?.bytes)
    }
  }
  await together({ signal: options.signal, meter }, Array(Math.min(concurrency, planned.length)).fill(work))
}

function cut({ start, end }: ByteSpan, index: number, maxRequest: number): Piece[] {
  const pieces: Piece[] = []
  for (let from = start; from < end; from += maxRequest)
    pieces.push({ index, start: from, end: Math.min(end, from + maxRequest) })
  return pieces
}
