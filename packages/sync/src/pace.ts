import type { IncomingMessage } from 'node:http'
import { brokenOff, HttpError } from './http.ts'

/** How slow whoever sends may be. */
export interface Pace {
  /** Bytes a second, on the average. */
  readonly rate: number
  /** Milliseconds for which less is borne. */
  readonly patience: number
}

/** Milliseconds that a timer takes. */
const MOST = 2 ** 31 - 1

/**
 * The body of an answer as it arrives, as long as it keeps the pace: whoever sends a byte a minute would hold a place that others wait
 * for. Only the time counts for which it is waited for, not that in which the reader is at work.
 * @throws HttpError without status where it is too slow or breaks off
 */
export async function* inPace(
  answer: IncomingMessage,
  host: string,
  { rate, patience }: Pace,
): AsyncGenerator<Uint8Array> {
  const chunks = answer[Symbol.asyncIterator]()
  let bytes = 0
  let waited = 0
  for (;;) {
    const since = performance.now()
    const slow = () =>
      answer.destroy(new HttpError(0, `'${host}' sends less than ${rate} bytes a second: ${bytes} so far`))
    const left = patience + (bytes / rate) * 1000 - waited
    const timer = setTimeout(slow, Math.min(Math.max(left, 0), MOST))
    let next: IteratorResult<Uint8Array>
    try {
      next = await chunks.next()
    } catch (error) {
      if (error instanceof HttpError) throw error
      throw brokenOff(host, error)
    } finally {
      clearTimeout(timer)
    }
    waited += performance.now() - since
    if (next.done) return
    bytes += next.value.length
    yield next.value
  }
}
