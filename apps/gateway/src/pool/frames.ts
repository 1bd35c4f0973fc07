/**
 * All that a worker says, over a pipe of its own: frames of a kind (1 byte), a length (4 bytes, big-endian) and so many bytes. It says
 * `ready` once. A job is answered by `accepted`, `head`, any number of `data` and `end`; or by `failed` at any point, which is its
 * last frame too.
 */
export const FRAME = { accepted: 1, head: 2, data: 3, end: 4, failed: 5, ready: 6 } as const

export type FrameKind = keyof typeof FRAME

export interface Frame {
  readonly kind: FrameKind
  readonly payload: Buffer
}

const HEADER_BYTES = 5
/** Longer ones come from a process that is out of its mind. */
const MAX_PAYLOAD = 1_048_576
export const DATA_BYTES = 131_072

const KINDS = new Map<number, FrameKind>(
  Object.entries(FRAME).map(([kind, code]) => [code, kind as FrameKind]),
)

export function encodeFrame(kind: FrameKind, payload: Uint8Array = new Uint8Array(0)): Buffer {
  if (payload.length > MAX_PAYLOAD) throw new RangeError(`a frame of ${payload.length} bytes is too long`)
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length)
  frame.writeUInt8(FRAME[kind], 0)
  frame.writeUInt32BE(payload.length, 1)
  frame.set(payload, HEADER_BYTES)
  return frame
}

/**
 * The frames of a stream, read only as far as they are asked for. Ends with the stream, also within a frame.
 * @throws {RangeError} for bytes that are no frames
 */
export async function* framesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let pending: Buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    pending = pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([pending, chunk])
    while (pending.length >= HEADER_BYTES) {
      const kind = KINDS.get(pending.readUInt8(0))
      const length = pending.readUInt32BE(1)
      if (kind === undefined || length > MAX_PAYLOAD)
        throw new RangeError(`byte ${pending.readUInt8(0)} with length ${length} begins no frame`)
      if (pending.length < HEADER_BYTES + length) break
      yield { kind, payload: pending.subarray(HEADER_BYTES, HEADER_BYTES + length) }
      pending = pending.subarray(HEADER_BYTES + length)
    }
  }
}
