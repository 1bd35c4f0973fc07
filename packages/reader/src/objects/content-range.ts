/** A Content-Range header of a 206: `[start, end)` and the size of the whole, where it is said. */
export interface ContentRange {
  readonly start: number
  readonly end: number
  readonly size: number | undefined
}

/** RFC 9110, section 14.4; undefined for anything else, and for numbers that contradict each other. */
export function parseContentRange(header: string | undefined): ContentRange | undefined {
  const parts = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(header?.trim() ?? '')
  if (!parts) return undefined
  const [start, last] = [Number(parts[1]), Number(parts[2])]
  const size = parts[3] === '*' ? undefined : Number(parts[3])
  if (last < start || (size !== undefined && last >= size)) return undefined
  return { start, end: last + 1, size }
}

/** The size that a 416 tells: `bytes * /SIZE`. */
export function parseUnsatisfied(header: string | undefined): number | undefined {
  const parts = /^bytes \*\/(\d{1,15})$/i.exec(header?.trim() ?? '')
  return parts ? Number(parts[1]) : undefined
}

/** Bytes `[start, end)`, `[start, …` to the end, or the last `-start`. */
export interface AskedRange {
  readonly start: number
  readonly end: number | undefined
}

/** The value of a Range header. */
export function rangeHeader({ start, end }: AskedRange): string {
  if (start < 0) return `bytes=${start}`
  return `bytes=${start}-${end === undefined ? '' : end - 1}`
}

/** Whether an answer is what was asked for: exactly it, or cut at the end of the object. */
export function answers(asked: AskedRange, { start, end, size }: ContentRange): boolean {
  if (asked.start < 0) {
    if (size === undefined) return end - start === -asked.start
    return end === size && start === Math.max(0, size + asked.start)
  }
  if (start !== asked.start) return false
  if (asked.end !== undefined && end > asked.end) return false
  return end === asked.end || size === undefined || end === size
}
