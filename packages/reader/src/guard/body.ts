import type { Readable } from 'node:stream'
import { ReaderError } from '../errors.ts'
import type { Meter } from '../objects.ts'
import type { Timeouts } from './settings.ts'

export interface BodyLimits {
  /** Of bytes; one more ends the read with what `excess` gives. */
  readonly max: number
  readonly excess: () => Error
  /** Of bytes, where it is known and not above `max`; a body may still be shorter. */
  readonly expected?: number
  readonly timeouts: Timeouts
  readonly meter?: Meter
  /** For messages. */
  readonly name: string
}

/** Beyond this a buffer grows with what arrives instead of by what the server claims. */
const MAX_CLAIMED = 64 * 1024 * 1024

/**
 * Reads a body to its end. It is destroyed, and with it the connection, as soon as it is too long, silent or too slow.
 * @throws {ReaderError} `Unavailable` where it is too slow; the error of `excess`
 */
export async function readBody(body: Readable, limits: BodyLimits): Promise<Uint8Array> {
  const { max, excess, expected, meter, name, timeouts } = limits
  const sink = expected !== undefined && expected <= MAX_CLAIMED ? new FixedSink(expected) : new GrowingSink()
  const watch = watchPace(body, timeouts, name)
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      watch.received(chunk.length)
      meter?.received(chunk.length)
      if (sink.length + chunk.length > max) throw excess()
      sink.add(chunk)
    }
    return sink.bytes()
  } finally {
    watch.stop()
    body.destroy()
  }
}

/** Destroys a stream that pauses for too long or lags behind the least rate. */
function watchPace(body: Readable, timeouts: Timeouts, name: string) {
  const started = performance.now()
  let last = started
  let total = 0
  const deadline = () =>
    Math.min(last + timeouts.idle, started + timeouts.grace + (total / timeouts.minRate) * 1000)
  const slow = () => {
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    return new ReaderError(
      'Unavailable',
      `${name} comes too slowly: ${total} bytes in ${seconds} s. Try again later, or read a copy elsewhere`,
    )
  }
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const arm = () => {
    timer = setTimeout(
      // What arrived while this thread was busy is read first: the server is not to blame for it.
      () =>
        setImmediate(() => {
          if (stopped) return
          if (performance.now() >= deadline()) body.destroy(slow())
          else arm()
        }),
      Math.max(1, deadline() - performance.now()),
    )
  }
  arm()
  return {
    received(bytes: number) {
      total += bytes
      last = performance.now()
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

class FixedSink {
  readonly #buffer: Buffer
  length = 0

  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafeSlow(size)
  }

  add(chunk: Uint8Array): void {
    if (this.length + chunk.length > this.#buffer.length) throw new RangeError('more bytes than expected')
    this.#buffer.set(chunk, this.length)
    this.length += chunk.length
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.length)
  }
}

class GrowingSink {
  readonly #chunks: Uint8Array[] = []
  length = 0

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.length += chunk.length
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks, this.length)
  }
}
