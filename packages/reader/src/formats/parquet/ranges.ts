import { type ByteSpan, planRanges } from '../../objects/coalesce.ts'
import type { Cost } from '../../objects.ts'

export type ReadBytes = (start: number, end: number) => Promise<Uint8Array>

interface Segment extends ByteSpan {
  bytes: Promise<Uint8Array> | undefined
  /** Wanted bytes that nobody has read yet; at 0 the segment is let go. */
  unread: number
}

/**
 * The parts of a file that one reading will want, merged into few requests. A part is fetched when it is first read, and let go
 * when all of it was read or passed over; what was not foreseen is asked of the file directly.
 */
export class RangePlan {
  readonly #segments: Segment[]
  readonly #read: ReadBytes

  /** @param longest bytes of one request, at most. */
  constructor(read: ReadBytes, wanted: readonly ByteSpan[], longest: number) {
    this.#read = read
    this.#segments = segmentsOf(wanted, longest)
  }

  get cost(): Cost {
    return {
      requests: this.#segments.length,
      bytes: this.#segments.reduce((sum, { start, end }) => sum + end - start, 0),
    }
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let at = start
    while (at < end) {
      const segment = this.#segmentAt(at)
      const until = Math.min(end, segment?.end ?? this.#nextAfter(at))
      if (segment === undefined) {
        parts.push(await this.#read(at, until))
      } else {
        segment.bytes ??= this.#read(segment.start, segment.end)
        const bytes = await segment.bytes
        parts.push(bytes.subarray(at - segment.start, until - segment.start))
        this.#pass(segment, until - at)
      }
      at = until
    }
    return parts.length === 1 ? parts[0]! : concatenated(parts)
  }

  /** Says that a range will not be read after all. */
  skip(start: number, end: number): void {
    for (const segment of this.#segments) {
      const passed = Math.min(end, segment.end) - Math.max(start, segment.start)
      if (passed > 0) this.#pass(segment, passed)
    }
  }

  #pass(segment: Segment, bytes: number): void {
    segment.unread -= bytes
    if (segment.unread <= 0) segment.bytes = undefined
  }

  #segmentAt(at: number): Segment | undefined {
    let [low, high] = [0, this.#segments.length - 1]
    while (low <= high) {
      const middle = (low + high) >> 1
      const segment = this.#segments[middle]!
      if (at < segment.start) high = middle - 1
      else if (at >= segment.end) low = middle + 1
      else return segment
    }
    return undefined
  }

  #nextAfter(at: number): number {
    return this.#segments.find(({ start }) => start > at)?.start ?? Number.POSITIVE_INFINITY
  }
}

function segmentsOf(wanted: readonly ByteSpan[], longest: number): Segment[] {
  return planRanges(wanted, { maxRequest: longest }).map(({ start, end, pieces }) => ({
    start,
    end,
    bytes: undefined,
    unread: pieces.reduce((sum, piece) => sum + piece.end - piece.start, 0),
  }))
}

export function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
